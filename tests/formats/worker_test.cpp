// Each document in a process of its own: whatever it does there ends with a sentence here.

#include "formats/documents.hpp"
#include "formats/worker_reader.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <stop_token>
#include <thread>

using namespace rag;
using namespace rag::test;
using namespace std::chrono_literals;

namespace {

formats::WorkerOptions options(std::chrono::milliseconds time_max = 60s) {
    formats::WorkerOptions made;
    made.program = RAG_TEST_WORKER;
    made.time_max = time_max;
    return made;
}

std::string refusal(formats::WorkerReader& reader, DocumentType type, const std::string& bytes,
                    const CallContext& context = {}) {
    try {
        reader.read(context, type, bytes);
    } catch (const Error& error) {
        return error.message();
    }
    return {};
}

int open_files() {
    int count = 0;
    for (int fd = 0; fd < 256; ++fd) {
        count += fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
    }
    return count;
}

/// A part that unpacks to this many bytes of nothing.
std::string zip_bomb(std::size_t bytes) {
    return make_docx("", {{"word/footnotes.xml", std::string(bytes, ' ')}});
}

}  // namespace

TEST_CASE("worker: documents of every container come back with title, metadata and text") {
    formats::WorkerReader reader(options());
    const ReadDocument word =
        reader.read({}, DocumentType::docx,
                    make_docx(docx_paragraph("Title", "Größe") + docx_paragraph("Normal", "x\ty")));
    CHECK(word.title == "Größe");
    CHECK(word.markdown == "# Größe\n\nx\ty\n");
    CHECK(word.metadata.at("author") == "Grace Hopper");
    const ReadDocument pdf = reader.read({}, DocumentType::pdf, make_pdf({"Hello page"}, "P"));
    CHECK(pdf.markdown == "# Page 1\n\nHello page\n");
    CHECK(reader.read({}, DocumentType::epub, make_epub("B", {{"One", "<p>w</p>"}})).title == "B");
}

TEST_CASE("worker: a crash, a flood and a stand-still are each a sentence") {
    formats::WorkerReader reader(options(2s));
    CHECK(holds(refusal(reader, DocumentType::docx, "crash"), "stops its reader"));
    CHECK(holds(refusal(reader, DocumentType::docx, "talk"), "more text than is stored"));
    CHECK(holds(refusal(reader, DocumentType::docx, "sleep"), "takes longer"));
    CHECK(holds(refusal(reader, DocumentType::docx, "no document"), "damaged"));
    formats::WorkerOptions missing = options();
    missing.program = "/nonexistent/program";
    formats::WorkerReader nobody(missing);
    CHECK(!refusal(nobody, DocumentType::docx, "x").empty());
}

TEST_CASE("worker: a stop request ends it at once, a deadline in time") {
    formats::WorkerReader reader(options());
    std::stop_source stop;
    CallContext context;
    context.stop = stop.get_token();
    std::jthread stopper([&] {
        std::this_thread::sleep_for(100ms);
        stop.request_stop();
    });
    const auto begun = std::chrono::steady_clock::now();
    CHECK_THROWS_AS(reader.read(context, DocumentType::docx, "sleep"), Error);
    CallContext hurried;
    hurried.deadline = std::chrono::steady_clock::now() + 200ms;
    CHECK_THROWS_AS(reader.read(hurried, DocumentType::docx, "sleep"), Error);
    CHECK(std::chrono::steady_clock::now() - begun < 30s);
}

TEST_CASE("worker: documents made to do harm end with a sentence") {
    formats::WorkerReader reader(options());
    CHECK(holds(refusal(reader, DocumentType::docx, zip_bomb(std::size_t{60} << 20U)),
                "out of proportion"));
    Parts many;
    for (int i = 0; i < 20'100; ++i) {
        many.emplace_back("x" + std::to_string(i), "");
    }
    CHECK(holds(refusal(reader, DocumentType::epub, make_zip(many)), "more than 20000 parts"));
    std::string entities = "<!DOCTYPE a [<!ENTITY a \"aaaaaaaaaa\">";
    for (char c = 'b'; c <= 'k'; ++c) {
        const std::string before = std::string("&") + static_cast<char>(c - 1) + ';';
        entities += std::string("<!ENTITY ") + c + " \"";
        for (int i = 0; i < 10; ++i) {
            entities += before;
        }
        entities += "\">";
    }
    CHECK(holds(refusal(reader, DocumentType::docx,
                        make_docx("", {{"word/footnotes.xml", entities + "]><a>&k;</a>"}})),
                "no well-formed XML"));
    std::string nested;
    for (int i = 0; i < 100'000; ++i) {
        nested += "<w:tbl><w:tr><w:tc>";
    }
    CHECK(!refusal(reader, DocumentType::docx, make_docx(nested)).empty());
}

TEST_CASE("worker: tables in tables beyond any use are passed over") {
    std::string open;
    std::string close;
    for (int i = 0; i < 60; ++i) {
        open += "<w:tbl><w:tr><w:tc>";
        close += "</w:tc></w:tr></w:tbl>";
    }
    CHECK(markdown_of(DocumentType::docx,
                      make_docx(docx_paragraph("Normal", "above") + open +
                                docx_paragraph("Normal", "far down") + close)) == "above\n");
}

TEST_CASE("worker: nothing is left open, however many there were") {
    formats::WorkerReader reader(options());
    const std::string document = make_docx(docx_paragraph("Normal", "words"));
    reader.read({}, DocumentType::docx, document);
    const int before = open_files();
    std::vector<std::jthread> threads;
    for (int i = 0; i < 6; ++i) {
        threads.emplace_back([&] {
            for (int round = 0; round < 4; ++round) {
                reader.read({}, DocumentType::docx, document);
                refusal(reader, DocumentType::docx, "crash");
            }
        });
    }
    threads.clear();
    CHECK(open_files() == before);
}
