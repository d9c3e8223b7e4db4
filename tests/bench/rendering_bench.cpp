// Pages in a real Chromium: how many a second, and how much memory that takes.
// usage: rag_bench_rendering [--pages N]

#include "browser/chromium.hpp"
#include "browser/process.hpp"
#include "browser/site.hpp"
#include "rag/error.hpp"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace rag;
using Steady = std::chrono::steady_clock;

constexpr int nodes = 200;

/// Two scripts' worth of work: data are fetched, and a list is made of them.
const std::string shell =
    "<!doctype html><html><head><title>Bench</title></head><body><div id=root></div>"
    "<script src=/app.js></script></body></html>";
const std::string script =
    "fetch('/data.json').then(r => r.json()).then(d => { document.getElementById('root').innerHTML"
    " = '<main>' + d.map(t => `<p>${t}</p>`).join('') + '</main>'; });";

std::string make_data() {
    std::string data = "[";
    for (int i = 0; i < nodes; ++i) {
        data += (i == 0 ? "\"" : ",\"") + std::string("Sentence ") + std::to_string(i) +
                " of a page that was made by its script, of a usual length.\"";
    }
    return data + ']';
}

HttpResponse page_of(const test::Site& site, int number) {
    return {200,
            {{"content-type", "text/html; charset=utf-8"}},
            shell,
            site.url("/page/" + std::to_string(number)),
            false};
}

double milliseconds_since(Steady::time_point start) {
    return std::chrono::duration<double, std::milli>(Steady::now() - start).count();
}

/// Proportional set size of the processes of the group (proc(5), smaps_rollup), in MB.
double shared_out_mb_of_group(pid_t group) {
    double kb = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string name = entry.path().filename().string();
        if (name.find_first_not_of("0123456789") != std::string::npos ||
            ::getpgid(std::stoi(name)) != group) {
            continue;
        }
        std::ifstream file(entry.path() / "smaps_rollup");
        for (std::string line; std::getline(file, line);) {
            if (line.starts_with("Pss:")) {
                kb += std::stod(line.substr(4));
            }
        }
    }
    return kb / 1024;
}

void measure(browser::Chromium& chromium, const test::Site& site, int at_once, int pages) {
    std::atomic<int> next = 0;
    std::atomic<int> failed = 0;
    const auto start = Steady::now();
    {
        std::vector<std::jthread> callers;
        for (int i = 0; i < at_once; ++i) {
            callers.emplace_back([&] {
                for (int number = next++; number < pages; number = next++) {
                    try {
                        const auto page = chromium.render({}, page_of(site, number));
                        failed += page.html.find("Sentence 199") == std::string::npos ? 1 : 0;
                    } catch (const Error&) {
                        ++failed;
                    }
                }
            });
        }
    }
    const double seconds = milliseconds_since(start) / 1000;
    std::printf(
        "  %d at once: %5.1f pages/s, %4.0f ms a page; %d failed; the browser has %.0f MB"
        " (PSS), %.0f MB for itself alone\n",
        at_once, pages / seconds, seconds * 1000 * at_once / pages, failed.load(),
        shared_out_mb_of_group(chromium.group()),
        static_cast<double>(browser::private_bytes_of_group(chromium.group())) / 1e6);
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
    const int pages = argc == 3 && std::string(argv[1]) == "--pages" ? std::stoi(argv[2]) : 60;
    test::Site site;
    site.page("/app.js", script, "text/javascript");
    site.page("/data.json", make_data(), "application/json");
    site.start();
    browser::ChromiumOptions options;
    const char* path = std::getenv("PATH");
    options.search_path = path == nullptr ? "" : path;
    options.allow_hosts = {site.authority()};
    browser::Chromium chromium(std::move(options));
    if (const std::string why = chromium.why_not(); !why.empty()) {
        std::fprintf(stderr, "%s\n", why.c_str());
        return 1;
    }
    auto start = Steady::now();
    const std::string name = chromium.probe({});
    std::printf("%s: ready in %.0f ms", name.c_str(), milliseconds_since(start));
    start = Steady::now();
    chromium.render({}, page_of(site, 0));
    std::printf(", the first page in %.0f ms\n", milliseconds_since(start));
    for (const int at_once : {1, 2, 4}) {
        measure(chromium, site, at_once, pages);
    }
    return 0;
}
