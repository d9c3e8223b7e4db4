#pragma once

#include "browser/devtools.hpp"
#include "browser/finder.hpp"
#include "browser/remote.hpp"
#include "net/client.hpp"
#include "net/guarded_lookup.hpp"
#include "rag/page_renderer.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace rag::browser {

/// Whether the browser confines its own processes.
enum class Sandbox {
    on,   ///< But where this program runs as root: there Chromium's sandbox cannot be made.
    off,  ///< Where the program is confined as a whole, and user namespaces are forbidden.
};

struct ChromiumOptions {
    std::string program;      ///< As find_browser takes it, or the address of one elsewhere.
    std::string search_path;  ///< PATH
    Sandbox sandbox = Sandbox::on;
    std::string user_agent;                ///< What pages are told beside the browser's own words.
    std::vector<std::string> allow_hosts;  ///< See net::GuardedLookup.
    net::Lookup lookup = net::system_lookup;          ///< For what pages ask.
    net::Lookup browser_lookup = net::system_lookup;  ///< For the address of a browser elsewhere.
    std::chrono::milliseconds page_time{30'000};      ///< For one page, all in all.
    std::chrono::milliseconds idle_time{60'000};      ///< Then the browser is ended.
    std::int64_t page_bytes_max = 64 * 1024 * 1024;   ///< What it loads beside itself.
    std::int64_t memory_bytes_max = std::int64_t{1} << 30U;  ///< Of a browser on this machine.
    int pages_at_once = 4;
    int pages_of_one_browser = 500;  ///< Then a new one is started: browsers grow.
};

/// PageRenderer by a headless Chromium: a process on this machine, which can reach nothing but the
/// proxy of the page that it shows, or a connection to one elsewhere, for whose pages everything is
/// fetched here. One for many pages, begun with the first, ended when idle. A page that
/// brings it down is one page that failed; the next one begins anew.
class Chromium final : public PageRenderer {
public:
    explicit Chromium(ChromiumOptions options);
    ~Chromium() override;

    std::string why_not() override;
    std::string probe(const CallContext& context) override;
    RenderedPage render(const CallContext& context, const HttpResponse& answer) override;

    /// The process group of the browser that runs; -1 where none does, or elsewhere.
    pid_t group();

private:
    struct Running;
    class Place;

    /// The one that runs, or a new one. Never null.
    std::shared_ptr<Running> running(const CallContext& context);
    std::shared_ptr<Running> begin(const CallContext& context);
    DevtoolsOptions devtools_options() const;
    std::string name() const;
    RenderedPage try_render(const CallContext& context, const HttpResponse& answer);
    RenderedPage render_in(Running& running, const CallContext& context,
                           const HttpResponse& answer);
    RenderedPage render_here(Running& running, const CallContext& context,
                             const HttpResponse& answer);
    RenderedPage render_elsewhere(Running& running, const CallContext& context,
                                  const HttpResponse& answer);

    const ChromiumOptions options_;
    const std::optional<RemoteAddress> remote_;  ///< Null for a browser on this machine.
    net::GuardedLookup lookup_;                  ///< Of the proxies.
    net::NetClient client_;                      ///< Of pages in a browser elsewhere.
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
