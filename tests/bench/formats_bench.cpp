// Text out of documents, MB of document and of text a second, by format: in this process, and as
// the product does it in one of its own.
// usage: rag_bench_formats [--bytes N]    N: bytes of text in each document

#include "bench/text_maker.hpp"
#include "formats/child_process.hpp"
#include "formats/in_process.hpp"
#include "formats/pdf.hpp"
#include "formats/worker.hpp"
#include "formats/worker_reader.hpp"
#include "support/document_maker.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

namespace {

using namespace rag;
using Clock = std::chrono::steady_clock;

constexpr double measured_seconds = 1.0;
constexpr std::size_t lines_a_page = 45;

struct Sample {
    DocumentType type;
    std::string bytes;
};

/// The letters that mean something in XML and PDF left out.
std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
        std::erase_if(line, [](char c) { return std::strchr("<>&()\\#", c) != nullptr; });
        for (std::size_t at = 0; at < line.size(); at += 80) {
            lines.push_back(line.substr(at, 80));
        }
    }
    return lines;
}

std::string join(const std::vector<std::string>& lines, const std::string& before,
                 const std::string& after) {
    std::string out;
    for (const std::string& line : lines) {
        out += before + line + after;
    }
    return out;
}

std::vector<Sample> make_samples(std::size_t bytes) {
    const std::vector<std::string> lines = lines_of(bench::TextMaker(3).make_document(bytes));
    std::string word;
    for (const std::string& line : lines) {
        word += test::docx_paragraph("Normal", line);
    }
    std::vector<test::Chapter> chapters;
    std::vector<std::string> pages;
    for (std::size_t at = 0; at < lines.size(); at += lines_a_page) {
        const auto begin = lines.begin() + static_cast<std::ptrdiff_t>(at);
        const std::vector<std::string> page(
            begin, begin + static_cast<std::ptrdiff_t>(std::min(lines_a_page, lines.size() - at)));
        chapters.push_back({"Chapter", join(page, "<p>", "</p>")});
        pages.push_back(join(page, "", "\n"));
    }
    const std::string cells =
        join(lines, "<row><c t=\"inlineStr\"><is><t>", "</t></is></c><c><v>12.5</v></c></row>");
    const std::string relation = "<R><Relationship Id=\"r1\" Type=\"x/";
    const std::string book = test::make_zip(
        {{"_rels/.rels", relation + "officeDocument\" Target=\"w.xml\"/></R>"},
         {"w.xml", "<w xmlns:r=\"x/relationships\"><sheet name=\"S\" r:id=\"r1\"/></w>"},
         {"_rels/w.xml.rels", relation + "worksheet\" Target=\"s.xml\"/></R>"},
         {"s.xml", "<worksheet>" + cells + "</worksheet>"}});
    return {{DocumentType::docx, test::make_docx(word)},
            {DocumentType::epub, test::make_epub("Book", chapters)},
            {DocumentType::xlsx, book},
            {DocumentType::mail, "From: a@x\nSubject: S\n\n" + join(lines, "", "\n")},
            {DocumentType::pdf, test::make_pdf(pages)}};
}

/// Runs of `work` a second.
double rate_of(const std::function<void()>& work) {
    work();
    int runs = 0;
    const auto begun = Clock::now();
    double seconds = 0;
    while (seconds < measured_seconds) {
        work();
        ++runs;
        seconds = std::chrono::duration<double>(Clock::now() - begun).count();
    }
    return runs / seconds;
}

void measure(const Sample& sample) {
    formats::WorkerReader reader;
    std::size_t text = 0;
    const double apart =
        rate_of([&] { text = reader.read({}, sample.type, sample.bytes).markdown.size(); });
    const double inside = sample.type == DocumentType::pdf ? 0.0 : rate_of([&] {
        formats::read_in_process(sample.type, sample.bytes);
    });
    const auto megabytes = [](double rate, std::size_t bytes) {
        return rate * static_cast<double>(bytes) / 1e6;
    };
    std::fprintf(
        stdout,
        "{\"format\":\"%s\",\"file_kb\":%zu,\"text_kb\":%zu,\"documents_per_s\":%.1f,"
        "\"file_mb_per_s\":%.1f,\"text_mb_per_s\":%.1f,\"in_process_text_mb_per_s\":%.1f}\n",
        std::string(to_string(sample.type)).c_str(), sample.bytes.size() / 1000, text / 1000, apart,
        megabytes(apart, sample.bytes.size()), megabytes(apart, text), megabytes(inside, text));
}

}  // namespace

int main(int argc, char** argv) {
    if (formats::is_worker_call(argc, argv)) {
        return formats::run_worker(argc, argv);
    }
    std::vector<std::size_t> sizes{20'000, 2'000'000};
    if (argc == 3 && std::strcmp(argv[1], "--bytes") == 0) {
        sizes = {static_cast<std::size_t>(std::atoll(argv[2]))};
    }
    for (const std::size_t size : sizes) {
        for (const Sample& sample : make_samples(size)) {
            measure(sample);
        }
    }
    return 0;
}
