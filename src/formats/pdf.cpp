#include "formats/pdf.hpp"

#include "base/utf8.hpp"
#include "formats/child_process.hpp"
#include "formats/limits.hpp"
#include "formats/markdown_builder.hpp"
#include "rag/error.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace rag::formats {
namespace {

constexpr std::size_t info_bytes_max = std::size_t{64} << 10U;
/// Below the worker's, so that it still can say what happened.
constexpr std::chrono::seconds program_time_max{45};
constexpr int exit_not_allowed = 3;  // pdftotext(1), "Exit codes"

[[noreturn]] void refuse(const std::string& sentence) {
    throw Error(ErrorCode::invalid_argument, sentence);
}

ChildResult run_program(const std::string& name, std::vector<std::string> arguments, int file,
                        std::size_t output_bytes_max) {
    ChildOptions options;
    options.program = find_program(name);
    if (options.program.empty()) {
        refuse("PDFs cannot be read here: the program " + name +
               " is not installed. Ask the operator to install the package poppler-utils.");
    }
    options.arguments = std::move(arguments);
    options.input = file;
    options.output_bytes_max = output_bytes_max;
    options.time_max = program_time_max;
    options.group = ProcessGroup::ours;
    return run_child({}, options);
}

void check_end(const ChildResult& result) {
    if (result.end == ChildEnd::exited && result.status == 0) {
        return;
    }
    if (result.errors.find("ncorrect password") != std::string::npos) {
        refuse("The PDF is protected with a password. Save it without one, then take it in.");
    }
    if (result.end == ChildEnd::exited && result.status == exit_not_allowed) {
        refuse("The PDF does not allow its text to be copied. Save it without that restriction.");
    }
    if (result.end == ChildEnd::out_of_time) {
        refuse("The PDF takes longer than " + std::to_string(program_time_max.count()) +
               " s to be read. Split it into several files.");
    }
    if (result.end == ChildEnd::too_much_output) {
        refuse("The PDF holds more than " + std::to_string(text_bytes_max >> 20U) +
               " MB of text. Split it into several files.");
    }
    refuse(
        "The PDF is damaged and could not be read. Open it in a viewer and save or print it to "
        "a new PDF.");
}

/// "2024-05-01T10:00:00Z", or with "+02" for a whole hour: to what RFC 3339 has.
std::string full_time(std::string_view written) {
    std::string time(written);
    const std::size_t sign = time.find_last_of("+-");
    const std::size_t hour = time.find('T');
    if (hour != std::string::npos && sign != std::string::npos && sign > hour &&
        time.size() - sign == 3) {
        time += ":00";
    }
    return time;
}

/// Whether the line ends in a word that the next one goes on with.
bool divides_word(std::string_view line, std::string_view next) {
    const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
    return line.size() >= 2 && line.back() == '-' &&
           (is_lower(line[line.size() - 2]) || (line[line.size() - 2] & 0x80) != 0) &&
           !next.empty() && (is_lower(next.front()) || (next.front() & 0x80) != 0);
}

/// A mark that the text of its item follows on another line.
bool is_lone_bullet(std::string_view line) {
    constexpr std::array<std::string_view, 6> bullets{"\u2022", "\u25AA", "\u25E6",
                                                      "\u2023", "\u25CF", "\u00B7"};
    return std::find(bullets.begin(), bullets.end(), line) != bullets.end();
}

void append_page(std::string& out, std::string_view page) {
    bool joins = false;
    while (!page.empty()) {
        const std::size_t end = std::min(page.find('\n'), page.size());
        const std::string_view line = trim(page.substr(0, end));
        page.remove_prefix(std::min(end + 1, page.size()));
        if (is_lone_bullet(line)) {
            out += "- ";
            page.remove_prefix(std::min(page.find_first_not_of("\n "), page.size()));
            continue;
        }
        const std::string_view next = trim(page.substr(0, page.find('\n')));
        const bool divided = divides_word(line, next);
        const std::string_view kept = divided ? line.substr(0, line.size() - 1) : line;
        out += joins ? std::string(kept) : plain_line(kept);
        out += divided ? "" : "\n";
        joins = divided;
    }
    while (out.ends_with('\n')) {
        out.pop_back();
    }
    out += '\n';
}

}  // namespace

std::string find_pdf_program() {
    return find_program("pdftotext");
}

PdfFacts parse_pdfinfo(std::string_view printed) {
    constexpr std::array<std::pair<std::string_view, const char*>, 5> kept{
        {{"Author", "author"},
         {"Subject", "description"},
         {"Keywords", "keywords"},
         {"CreationDate", "created_at"},
         {"ModDate", "modified_at"}}};
    PdfFacts facts;
    while (!printed.empty()) {
        const std::size_t end = std::min(printed.find('\n'), printed.size());
        const std::string_view line = printed.substr(0, end);
        printed.remove_prefix(std::min(end + 1, printed.size()));
        const std::size_t colon = std::min(line.find(':'), line.size());
        const std::string_view key = line.substr(0, colon);
        const std::string value =
            replace_invalid_utf8(trim(line.substr(std::min(colon + 1, line.size()))));
        if (value.empty()) {
            continue;
        }
        if (key == "Pages") {
            std::from_chars(value.data(), value.data() + value.size(), facts.pages);
        } else if (key == "Title") {
            facts.title = value;
        }
        for (const auto& [known, name] : kept) {
            if (known == key) {
                facts.metadata[name] = key.ends_with("Date") ? full_time(value) : value;
            }
        }
    }
    facts.metadata["page_count"] = facts.pages;
    return facts;
}

std::string markdown_of_pages(std::string_view printed) {
    std::string out;
    for (int page = 1; !printed.empty(); ++page) {
        const std::size_t end = std::min(printed.find('\f'), printed.size());
        const std::string_view text = printed.substr(0, end);
        printed.remove_prefix(std::min(end + 1, printed.size()));
        if (!is_blank(text)) {
            out += (out.empty() ? "# Page " : "\n# Page ") + std::to_string(page) + "\n\n";
            append_page(out, text.substr(text.find_first_not_of("\n")));
        }
    }
    return out;
}

ReadDocument read_pdf(int file) {
    // A name of its own for the open file: it is read from any place, as these programs want it.
    const std::string name = "/proc/self/fd/0";
    const ChildResult info =
        run_program("pdfinfo", {"-isodates", "-enc", "UTF-8", name}, file, info_bytes_max);
    check_end(info);
    PdfFacts facts = parse_pdfinfo(info.output);
    if (facts.pages > pdf_pages_max) {
        refuse("The PDF has " + std::to_string(facts.pages) + " pages; at most " +
               std::to_string(pdf_pages_max) + " are read. Split it into several files.");
    }
    const ChildResult text = run_program("pdftotext", {"-enc", "UTF-8", "-eol", "unix", name, "-"},
                                         file, text_bytes_max);
    check_end(text);
    ReadDocument document;
    document.markdown =
        markdown_of_pages(is_utf8(text.output) ? text.output : replace_invalid_utf8(text.output));
    if (document.markdown.empty()) {
        refuse("The PDF has " + std::to_string(facts.pages) +
               " pages but no text: it holds scanned images. Run text recognition over it first, "
               "for example with 'ocrmypdf in.pdf out.pdf'.");
    }
    document.title = std::move(facts.title);
    document.metadata = std::move(facts.metadata);
    return document;
}

}  // namespace rag::formats
