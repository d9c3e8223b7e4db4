// Documents through the product: files by the command line, folders, and what a site offers.

#include "support/document_maker.hpp"
#include "support/rag_command.hpp"
#include "support/running_server.hpp"

#include <doctest/doctest.h>
#include <httplib.h>

#include <filesystem>
#include <fstream>
#include <thread>

using namespace rag::test;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

json result_of(const Ended& ended) {
    return json::parse(ended.output);
}

void write(const TestMemory& memory, const std::string& name, const std::string& bytes) {
    std::filesystem::create_directories(
        std::filesystem::path(memory.dir() + '/' + name).parent_path());
    std::ofstream(memory.dir() + '/' + name, std::ios::binary) << bytes;
}

json ingest(const TestMemory& memory, const std::string& file) {
    const Ended ended =
        run_rag(memory, {"--json", "ingest", "file", file, "--collection", "c", "--create"});
    REQUIRE_MESSAGE(ended.status == 0, ended.errors);
    return result_of(ended);
}

/// The best hit with its metadata.
json find(const TestMemory& memory, const std::string& question) {
    RunningServer server(memory, Transport::stdio);
    const auto client = server.connect(Wire::legacy);
    const json result =
        call_tool(*client, "search_documents",
                  {{"query", question}, {"collection_name", "c"}, {"include_metadata", true}});
    return result.at("structuredContent").at("result").at(0);
}

const std::string word_body =
    docx_paragraph("Heading1", "Lighthouses") + docx_paragraph("Heading2", "Lamps") +
    docx_paragraph("Normal", "The Fresnel lens gathers the lamp's light into one beam.");

}  // namespace

TEST_CASE("files: whoever takes in a folder of folders alone is told what was not looked at") {
    const TestMemory memory(StoreKind::sqlite);
    write(memory, "notes/inner/a.md", "The ferry leaves at nine.");
    const auto ingest_folder = [&](std::vector<std::string> further) {
        std::vector<std::string> arguments{"ingest",       "directory", memory.dir() + "/notes",
                                           "--collection", "c",         "--create"};
        arguments.insert(arguments.end(), further.begin(), further.end());
        return run_rag(memory, arguments);
    };
    const Ended flat = ingest_folder({});
    CHECK(flat.status == 0);
    CHECK(flat.errors.find("-r takes the folders below it") != std::string::npos);
    const Ended deep = ingest_folder({"--recursive"});
    CHECK(deep.output.starts_with("1 files: 1 ingested"));
    CHECK(deep.errors.find("-r takes") == std::string::npos);
}

TEST_CASE("files: a passage of a DOCX, an EPUB and a PDF is found with its heading or page") {
    const TestMemory memory(StoreKind::sqlite);
    write(memory, "lights.docx", make_docx(word_body));
    write(memory, "bees.epub",
          make_epub("Bees", {{"Foreword", "<p>To all who keep hives.</p>"},
                             {"Swarming",
                              "<p>In May the old queen leaves with half the colony."
                              "</p>"}}));
    write(memory, "bridges.pdf",
          make_pdf(
              {"A page about arches of stone.", "", "Suspension bridges hang from steel cables."},
              "Bridges"));
    CHECK(ingest(memory, "lights.docx")["file_type"] == "docx");
    CHECK(ingest(memory, "bees.epub")["status"] == "created");
    CHECK(ingest(memory, "bridges.pdf")["num_chunks"].get<int>() >= 1);
    CHECK(ingest(memory, "bridges.pdf")["status"] == "unchanged");

    const json lens = find(memory, "Which lens makes one beam of a lamp's light?");
    CHECK(lens["source_filename"] == "lights.docx");
    CHECK(lens["heading_path"] == "Lighthouses > Lamps");
    CHECK(lens["metadata"]["author"] == "Grace Hopper");

    const json swarm = find(memory, "When does the old queen leave the hive?");
    CHECK(swarm["source_filename"] == "bees.epub");
    CHECK(swarm["content"].get<std::string>().find("# Swarming") != std::string::npos);

    const json cables = find(memory, "What do suspension bridges hang from?");
    CHECK(cables["source_filename"] == "bridges.pdf");
    CHECK(cables["metadata"]["title"] == "Bridges");
    CHECK(cables["metadata"]["page_count"] == 3);
    const int page = cables["metadata"]["page"];
    CHECK(cables["metadata"].value("page_end", page) == 3);
}

TEST_CASE("files: a changed document is a new version, what cannot be read is named") {
    const TestMemory memory(StoreKind::sqlite);
    write(memory, "docs/a.docx", make_docx(word_body));
    write(memory, "docs/locked.pdf", make_locked_pdf());
    write(memory, "docs/scan.pdf", make_pdf({"", ""}));
    write(memory, "docs/bomb.docx",
          make_docx("", {{"word/footnotes.xml", std::string(std::size_t{40} << 20U, ' ')}}));
    const std::vector<std::string> arguments{"--json",       "ingest",     "directory",
                                             "docs",         "-c",         "c",
                                             "--extensions", ".docx,.pdf", "--create"};
    const json first = result_of(run_rag(memory, arguments));
    CHECK(first["files_ingested"] == 1);
    REQUIRE(first["failed_files"].size() == 3);
    CHECK(first["failed_files"][0]["error"].get<std::string>().find("out of proportion") !=
          std::string::npos);
    CHECK(first["failed_files"][1]["error"].get<std::string>().find("password") !=
          std::string::npos);
    CHECK(first["failed_files"][2]["error"].get<std::string>().find("ocrmypdf") !=
          std::string::npos);
    write(memory, "docs/a.docx", make_docx(word_body + docx_paragraph("Normal", "And more.")));
    CHECK(result_of(run_rag(memory, arguments))["files_updated"] == 1);
}

TEST_CASE("files: a PDF that a page links to is crawled") {
    const TestMemory memory(StoreKind::sqlite);
    httplib::Server site;
    site.Get("/", [](const auto&, auto& response) {
        response.set_content(
            "<html><title>T</title><main><p>Some words that make a page.</p>"
            "<a href=/report.pdf>the report</a></main></html>",
            "text/html");
    });
    site.Get("/report.pdf", [](const auto&, auto& response) {
        response.set_content(make_pdf({"Otters hold hands while they sleep."}, "Otters"),
                             "application/pdf");
    });
    const int port = site.bind_to_any_port("127.0.0.1");
    const std::jthread thread([&] { site.listen_after_bind(); });
    const std::string authority = "127.0.0.1:" + std::to_string(port);
    const Ended crawled = run_rag(memory,
                                  {"--json", "ingest", "url", "http://" + authority + "/", "-c",
                                   "c", "--create", "--follow-links"},
                                  {{"RAG_CRAWL_ALLOW_HOSTS", authority}});
    site.stop();
    REQUIRE_MESSAGE(crawled.status == 0, crawled.errors);
    CHECK(result_of(crawled)["pages_ingested"] == 2);
    const json otters = find(memory, "How do otters sleep?");
    CHECK(otters["source_filename"] == "Otters");
    CHECK(otters["metadata"]["page"] == 1);
    CHECK(otters["metadata"]["source"] == "http://" + authority + "/report.pdf");
}

TEST_CASE("files: the worker says nothing but its answer, and refuses what it does not know") {
    const TestMemory memory(StoreKind::sqlite);
    CHECK(run_rag(memory, {"extract-worker"}).status == 2);
    CHECK(run_rag(memory, {"extract-worker", "exe"}).status == 2);
    const Ended ended = run_rag(memory, {"extract-worker", "docx"});
    CHECK(ended.status == 0);
    CHECK(result_of(ended).contains("error"));
}
