// The architecture and the style of the tree, read from the files themselves.

#include "tidy/rules.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

using namespace rag::tidy;

namespace {

namespace fs = std::filesystem;

SourceFile read_source(const fs::path& path) {
    SourceFile file;
    file.path = fs::relative(path, RAG_SOURCE_DIR).string();
    std::ifstream stream(path);
    for (std::string line; std::getline(stream, line);) {
        file.lines.push_back(line);
    }
    return file;
}

std::vector<SourceFile> read_tree() {
    std::vector<SourceFile> files;
    for (const char* folder : {"include", "src"}) {
        for (const auto& entry :
             fs::recursive_directory_iterator(fs::path(RAG_SOURCE_DIR) / folder)) {
            const std::string extension = entry.path().extension().string();
            if (extension == ".hpp" || extension == ".cpp") {
                files.push_back(read_source(entry.path()));
            }
        }
    }
    return files;
}

std::string read_text(const fs::path& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

template <class Check>
void check_tree(Check check) {
    const std::vector<SourceFile> files = read_tree();
    REQUIRE(files.size() > 20);
    for (const SourceFile& file : files) {
        for (const std::string& finding : check(file)) {
            FAIL_CHECK(finding);
        }
    }
}

}  // namespace

TEST_CASE("architecture: rooms include only the rooms below them") {
    check_tree(check_room_dependencies);
}

TEST_CASE("architecture: a third-party library stays in its rooms") {
    check_tree(check_third_party);
}

TEST_CASE("style: coroutines, environment, output and threads stay in their places") {
    check_tree(check_banned_words);
}

TEST_CASE("style: files, functions and lines stay readable") {
    check_tree(check_shape);
}

TEST_CASE("build: every source is named in its room's CMakeLists.txt") {
    for (const SourceFile& file : read_tree()) {
        const fs::path path = fs::path(RAG_SOURCE_DIR) / file.path;
        if (path.extension() == ".cpp") {
            const std::string list = read_text(path.parent_path() / "CMakeLists.txt");
            if (list.find(path.filename().string()) == std::string::npos) {
                FAIL_CHECK(file.path << " is in no CMakeLists.txt");
            }
        }
    }
}

TEST_CASE("rules: each one finds what it is there for") {
    const auto file = [](const char* path, std::vector<std::string> lines) {
        return SourceFile{path, std::move(lines)};
    };
    CHECK(check_room_dependencies(file("src/text/a.cpp", {"#include \"memory/search.hpp\""}))
              .size() == 1);
    CHECK(check_room_dependencies(
              file("src/memory/a.cpp", {"#include \"text/chunk.hpp\"", "#include \"rag/store.hpp\"",
                                        "#include \"base/json.hpp\""}))
              .empty());
    CHECK(
        check_room_dependencies(file("include/rag/a.hpp", {"#include \"base/json.hpp\""})).size() ==
        1);
    CHECK(check_third_party(file("src/memory/a.cpp", {"#include <sqlite3.h>"})).size() == 1);
    CHECK(check_third_party(file("src/storage/a.cpp", {"#include <sqlite3.h>"})).empty());
    CHECK(check_banned_words(file("src/memory/a.cpp", {"    co_await x;"})).size() == 1);
    CHECK(check_banned_words(file("src/http/a.cpp", {"    co_await x;"})).empty());
    CHECK(check_banned_words(file("src/memory/a.cpp", {"// TODO later"})).size() == 1);
    CHECK(check_banned_words(file("src/memory/a.cpp", {"// co_await is for http"})).empty());
    CHECK(check_shape(file("src/memory/a.cpp", {std::string(101, 'x')})).size() == 1);
    CHECK(check_shape(file("src/memory/a.hpp", {"int x();"})).size() == 1);
    std::vector<std::string> lines{"void f() {"};
    lines.insert(lines.end(), function_lines_max, "    g();");
    lines.emplace_back("}");
    CHECK(check_shape(file("src/memory/a.cpp", lines)).size() == 1);
}
