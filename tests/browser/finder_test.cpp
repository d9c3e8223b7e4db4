#include "browser/finder.hpp"

#include "support/temp_dir.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>

using namespace rag::browser;

namespace {

std::string make_program(const rag::test::TempDir& dir, const std::string& name) {
    const std::string path = dir.file(name);
    std::ofstream(path) << "#!/bin/sh\n";
    chmod(path.c_str(), 0700);
    return path;
}

}  // namespace

TEST_CASE("finder: the shell made for it comes before a whole Chromium, PATH in its order") {
    const rag::test::TempDir first;
    const rag::test::TempDir second;
    const std::string search = first.path().string() + ':' + second.path().string();
    CHECK(find_browser("", search).path.empty());
    const std::string whole = make_program(first, "chromium");
    CHECK(find_browser("", search).path == whole);
    const std::string shell = make_program(second, "chromium-headless-shell");
    CHECK(find_browser("", search).path == shell);
    CHECK(find_browser("", search).problem.empty());
    CHECK(find_browser("chromium", search).path == whole);
    CHECK(find_browser(whole, "").path == whole);
}

TEST_CASE("finder: what is no program, and none at all, is a sentence with the way out") {
    const rag::test::TempDir dir;
    std::ofstream(dir.file("chromium")) << "not to be run";
    CHECK(find_browser("", dir.path().string()).problem.find("chromium-headless-shell") !=
          std::string::npos);
    CHECK(find_browser(dir.file("chromium"), "")
              .problem.find("RAG_BROWSER is '" + dir.file("chromium")) == 0);
    CHECK(find_browser("/no/such/program", "").path.empty());
    CHECK(find_browser(dir.path().string(), "").path.empty());
}

TEST_CASE(
    "finder: the browser can be switched off, and folders relative to anywhere do not count") {
    const rag::test::TempDir dir;
    make_program(dir, "chromium");
    CHECK(find_browser("off", dir.path().string()).problem.find("'off'") != std::string::npos);
    CHECK(find_browser("", ".:bin::").path.empty());
}
