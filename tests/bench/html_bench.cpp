// Main content out of HTML as Markdown, MB of page a second on one core.
// usage: rag_bench_html [FOLDER]    FOLDER: of .html files; default: the pages of the tests

#include "text/extract.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr double measured_seconds = 3.0;

std::vector<std::string> read_pages(const std::string& folder) {
    std::vector<std::string> pages;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (entry.is_regular_file() && entry.path().extension() == ".html") {
            std::ifstream stream(entry.path(), std::ios::binary);
            pages.emplace_back(std::istreambuf_iterator<char>(stream),
                               std::istreambuf_iterator<char>());
        }
    }
    return pages;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string folder = argc > 1 ? argv[1] : RAG_SOURCE_DIR "/tests/fixtures";
    const std::vector<std::string> pages = read_pages(folder);
    if (pages.empty()) {
        std::fprintf(stderr, "No .html file lies under %s.\n", folder.c_str());
        return 2;
    }
    std::size_t read = 0;
    std::size_t bytes = 0;
    std::size_t text = 0;
    std::vector<double> times_ms;
    const auto begun = Clock::now();
    double seconds = 0;
    while (seconds < measured_seconds) {
        const std::string& page = pages[read++ % pages.size()];
        const auto start = Clock::now();
        text += rag::text::extract_text(page, {"page.html", "text/html"}).text.size();
        times_ms.push_back(
            std::chrono::duration<double, std::milli>(Clock::now() - start).count());
        bytes += page.size();
        seconds = std::chrono::duration<double>(Clock::now() - begun).count();
    }
    std::sort(times_ms.begin(), times_ms.end());
    std::printf("%zu pages of %.1f KB on average: %.1f MB of HTML/s, %.0f pages/s, "
                "p50 %.2f ms, p99 %.2f ms; %.0f %% of it is text that is kept\n",
                pages.size(), static_cast<double>(bytes) / static_cast<double>(read) / 1e3,
                static_cast<double>(bytes) / 1e6 / seconds, static_cast<double>(read) / seconds,
                times_ms[times_ms.size() / 2], times_ms[times_ms.size() * 99 / 100],
                100.0 * static_cast<double>(text) / static_cast<double>(bytes));
    return 0;
}
