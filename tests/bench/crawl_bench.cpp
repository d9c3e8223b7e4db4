// A site of many pages on loopback, taken in by the whole product: first crawl, second crawl.
// usage: rag_bench_crawl [--pages N] [--store sqlite|postgres]...

#include "bench/text_maker.hpp"
#include "support/running_server.hpp"

#include <httplib.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <thread>

namespace {

using namespace rag::test;
using nlohmann::json;
using rag::bench::TextMaker;
using Clock = std::chrono::steady_clock;

constexpr std::size_t page_bytes = 3000;  // Of text, beside navigation and footer.
constexpr std::size_t pages_a_section = 70;
const char* const long_ago = "2020-01-01";

enum class Sitemap { none, with_dates };

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

/// The start page leads to sections, a section to its pages.
class BenchSite {
public:
    BenchSite(std::size_t pages, Sitemap sitemap) : sections_((pages - 1) / (pages_a_section + 1)) {
        make_pages(pages);
        server_.Get("/robots.txt", [](const auto&, auto& response) {
            response.set_content("User-agent: *\nCrawl-delay: 0\n", "text/plain");
        });
        if (sitemap == Sitemap::with_dates) {
            server_.Get("/sitemap.xml", [this](const auto&, auto& response) {
                response.set_content(sitemap_, "application/xml");
            });
        }
        server_.Get(".*",
                    [this](const auto& request, auto& response) { answer(request, response); });
        server_.set_tcp_nodelay(true);
        port_ = server_.bind_to_any_port("127.0.0.1");
        make_sitemap();
        thread_ = std::jthread([this] { server_.listen_after_bind(); });
    }
    ~BenchSite() { server_.stop(); }
    BenchSite(const BenchSite&) = delete;
    BenchSite& operator=(const BenchSite&) = delete;

    std::string authority() const { return "127.0.0.1:" + std::to_string(port_); }
    std::size_t size() const { return pages_.size(); }
    std::int64_t bytes() const { return bytes_; }

private:
    void answer(const httplib::Request& request, httplib::Response& response) {
        const auto page = pages_.find(request.path);
        if (page == pages_.end()) {
            response.status = 404;
            return;
        }
        const std::string etag = "\"1-" + request.path + '"';
        response.set_header("ETag", etag);
        if (request.get_header_value("If-None-Match") == etag) {
            response.status = 304;
            return;
        }
        bytes_ += static_cast<std::int64_t>(page->second.size());
        response.set_content(page->second, "text/html; charset=utf-8");
    }

    void make_pages(std::size_t pages) {
        TextMaker texts(7);
        std::string navigation = "<nav><ul>";
        for (std::size_t section = 0; section < sections_; ++section) {
            navigation += link("/s/" + std::to_string(section));
        }
        navigation += "</ul></nav>";
        pages_["/"] = page("Start", navigation, texts.make_document(page_bytes));
        for (std::size_t section = 0; section < sections_; ++section) {
            const std::string path = "/s/" + std::to_string(section);
            std::string list;
            for (std::size_t i = 0; i < pages_a_section && pages_.size() + 1 < pages; ++i) {
                const std::string below = path + '/' + std::to_string(i);
                list += link(below);
                pages_[below] = page(below, navigation, texts.make_document(page_bytes));
            }
            pages_[path] =
                page(path, navigation, texts.make_document(page_bytes) + "<ul>" + list + "</ul>");
        }
    }

    static std::string link(const std::string& path) {
        return "<li><a href=\"" + path + "\">" + path + "</a></li>";
    }
    static std::string page(const std::string& title, const std::string& navigation,
                            const std::string& text) {
        return "<!doctype html><html lang=en><head><title>" + title +
               "</title><meta name=description content=\"A page of the bench\"></head><body>" +
               navigation + "<main><h1>" + title + "</h1><p>" + text +
               "</p></main><footer>Made for measuring</footer></body></html>";
    }
    void make_sitemap() {
        sitemap_ = "<urlset>";
        for (const auto& [path, page] : pages_) {
            sitemap_ += "<url><loc>http://" + authority() + path + "</loc><lastmod>" + long_ago +
                        "</lastmod></url>";
        }
        sitemap_ += "</urlset>";
    }

    std::size_t sections_;
    std::map<std::string, std::string> pages_;
    std::string sitemap_;
    httplib::Server server_;
    int port_ = 0;
    std::atomic<std::int64_t> bytes_ = 0;
    std::jthread thread_;
};

double crawl(McpClient& client, const BenchSite& site, const char* mode) {
    const auto start = Clock::now();
    const json result = call_tool(client, "ingest_url",
                                  {{"url", "http://" + site.authority() + "/"},
                                   {"collection_name", "bench"},
                                   {"mode", mode},
                                   {"follow_links", true},
                                   {"max_depth", 2},
                                   {"max_pages", 10'000}});
    const double seconds = seconds_since(start);
    const json& report =
        result.contains("structuredContent") ? result.at("structuredContent") : result;
    std::printf("  %-8s %6.2f s, %7.1f pages/s: %s pages fetched, %s unchanged, %s chunks\n", mode,
                seconds, static_cast<double>(site.size()) / seconds,
                report.value("pages_crawled", json()).dump().c_str(),
                report.value("pages_unchanged", json()).dump().c_str(),
                report.value("total_chunks", json()).dump().c_str());
    std::fflush(stdout);
    return seconds;
}

void measure(StoreKind store, Sitemap sitemap, std::size_t pages) {
    BenchSite site(pages, sitemap);
    const TestMemory memory(store);
    RunningServer server(memory, Transport::streamable_http,
                         {{"RAG_CRAWL_ALLOW_HOSTS", site.authority()}});
    const auto client = server.connect(Wire::legacy);
    call_tool(*client, "create_collection", {{"name", "bench"}, {"description", "Pages"}});
    std::printf("%s, %zu pages, %s\n", store == StoreKind::sqlite ? "SQLite" : "Postgres",
                site.size(), sitemap == Sitemap::none ? "ETags" : "a sitemap with dates");
    const double first = crawl(*client, site, "crawl");
    const double second = crawl(*client, site, "recrawl");
    std::printf(
        "  the second is %.1f times faster; %.1f MB of HTML; memory now %.0f MB, at most "
        "%.0f MB\n",
        first / second, static_cast<double>(site.bytes()) / 1e6,
        memory_kb(server.process().pid(), "VmRSS") / 1024,
        memory_kb(server.process().pid(), "VmHWM") / 1024);
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
    std::size_t pages = 5000;
    std::vector<StoreKind> stores;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string name = argv[i];
        const std::string value = argv[i + 1];
        if (name == "--pages") {
            pages = std::stoul(value);
        } else if (name == "--store") {
            stores.push_back(value == "postgres" ? StoreKind::postgres : StoreKind::sqlite);
        }
    }
    if (stores.empty()) {
        stores = {StoreKind::sqlite, StoreKind::postgres};
    }
    for (const StoreKind store : stores) {
        measure(store, Sitemap::none, pages);
        measure(store, Sitemap::with_dates, pages);
    }
    return 0;
}
