#pragma once

#include "browser/devtools.hpp"
#include "browser/finder.hpp"
#include "net/guarded_lookup.hpp"
#include "rag/page_renderer.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace rag::browser {

/// Whether the browser confines its own processes.
enum class Sandbox {
    on,   ///< But where this program runs as root: there Chromium's sandbox cannot be made.
    off,  ///< Where the program is confined as a whole, and user namespaces are forbidden.
};

struct ChromiumOptions {
    std::string program;      ///< As find_browser takes it.
    std::string search_path;  ///< PATH
    Sandbox sandbox = Sandbox::on;
    std::string user_agent;                ///< What pages are told beside the browser's own words.
    std::vector<std::string> allow_hosts;  ///< See net::GuardedLookup.
    net::Lookup lookup = net::system_lookup;
    std::chrono::milliseconds page_time{30'000};     ///< For one page, all in all.
    std::chrono::milliseconds idle_time{60'000};     ///< Then the browser is ended.
    std::int64_t page_bytes_max = 64 * 1024 * 1024;  ///< Through the proxy, both ways.
    std::int64_t memory_bytes_max = std::int64_t{1} << 30U;
    int pages_at_once = 4;
    int pages_of_one_browser = 500;  ///< Then a new one is started: browsers grow.
};

/// PageRenderer by a headless Chromium on this machine: one process for many pages, started with
/// the first, ended when idle. It can reach nothing but the proxy of the page that it shows. A page
/// that brings it down is one page that failed; the next one starts it anew.
class Chromium final : public PageRenderer {
public:
    explicit Chromium(ChromiumOptions options);
    ~Chromium() override;

    std::string why_not() override;
    std::string probe(const CallContext& context) override;
    RenderedPage render(const CallContext& context, const HttpResponse& answer) override;

    /// The process group of the browser that runs; -1 where none does.
    pid_t group();

private:
    struct Running;
    class Place;

    /// The one that runs, or a new one. Never null.
    std::shared_ptr<Running> running(const CallContext& context);
    RenderedPage render_in(Running& running, const CallContext& context,
                           const HttpResponse& answer);

    const ChromiumOptions options_;
    net::GuardedLookup lookup_;
    std::mutex starting_;  ///< Held while a browser is started; guards the next.
    std::shared_ptr<Running> running_;
    std::mutex places_mutex_;
    std::condition_variable_any place_free_;
    int places_taken_ = 0;
};

/// How a Chromium is started so that it does nothing of its own accord, and reaches nothing but by
/// a proxy that is named later, for each page.
std::vector<std::string> chromium_arguments(Sandbox sandbox);

}  // namespace rag::browser
