#include "browser/chromium.hpp"

#include "base/log.hpp"
#include "browser/conversation.hpp"
#include "browser/page.hpp"
#include "browser/pipe.hpp"
#include "browser/proxy.hpp"
#include "rag/error.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <string_view>
#include <utility>

namespace rag::browser {
namespace {

constexpr std::chrono::seconds start_time_max{15};

CallContext until(const CallContext& context, SteadyTime deadline) {
    CallContext own = context;
    own.deadline = std::min(context.deadline, deadline);
    return own;
}

/// The browser's own words, so that pages choose what it can read, without the one that says that
/// nobody watches; and our name, as every page is told that we fetch.
std::string user_agent_for(std::string own, const std::string& configured) {
    constexpr std::string_view headless = "HeadlessChrome";
    if (const std::size_t at = own.find(headless); at != std::string::npos) {
        own.replace(at, headless.size(), "Chrome");
    }
    return configured.empty() ? own : own + ' ' + configured;
}

/// As for the proxy: nothing of what the operator sends to certain hosts.
net::NetOptions net_options_for(const ChromiumOptions& options) {
    net::NetOptions net;
    net.allow_hosts = options.allow_hosts;
    net.lookup = options.lookup;
    return net;
}

}  // namespace

/// A browser with what is known of it.
struct Chromium::Running {
    Running(DevtoolsOptions options, const CallContext& context)
        : devtools(std::move(options), context) {}

    Devtools devtools;
    std::string product;     ///< Constant from the start on.
    std::string user_agent;  ///< The same.
    std::atomic<int> pages = 0;
};

/// One of the pages that may be open at once.
class Chromium::Place final {
public:
    Place(Chromium& owner, const CallContext& context) : owner_(owner) {
        std::unique_lock lock(owner_.places_mutex_);
        while (!owner_.place_free_.wait_until(lock, context.stop, context.deadline, [this] {
            return owner_.places_taken_ < owner_.options_.pages_at_once;
        })) {
            context.check();
        }
        ++owner_.places_taken_;
    }
    ~Place() {
        {
            const std::scoped_lock lock(owner_.places_mutex_);
            --owner_.places_taken_;
        }
        owner_.place_free_.notify_one();
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

private:
    Chromium& owner_;
};

std::vector<std::string> chromium_arguments(Sandbox sandbox) {
    std::vector<std::string> arguments{
        "--headless",
        "--disable-gpu",
        "--disable-software-rasterizer",
        "--disable-dev-shm-usage",
        "--hide-scrollbars",
        "--mute-audio",
        "--no-first-run",
        "--no-default-browser-check",
        "--no-pings",
        "--password-store=basic",
        "--block-new-web-contents",
        "--disable-background-networking",
        "--disable-breakpad",
        "--disable-client-side-phishing-detection",
        "--disable-component-update",
        "--disable-crash-reporter",
        "--disable-default-apps",
        "--disable-domain-reliability",
        "--disable-extensions",
        "--disable-notifications",
        "--disable-sync",
        "--metrics-recording-only",
        // A page has a proxy of its own; whatever belongs to no page is sent to a port where
        // nothing listens. The browser looks no name up, and knows no way but TCP.
        "--proxy-server=http://127.0.0.1:1",
        "--proxy-bypass-list=<-loopback>",
        "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
        "--disable-quic",
        "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
        "--webrtc-ip-handling-policy=disable_non_proxied_udp",
        "--disable-features=AutofillServerCommunication,DialMediaRouteProvider,MediaRouter,"
        "NetworkTimeServiceQuerying,OptimizationHints,Translate",
        // Of one page's scripts, in MB.
        "--js-flags=--max-old-space-size=512",
    };
    // As root Chromium refuses to run otherwise: its sandbox is made of user namespaces, in which
    // root would be root again.
    if (sandbox == Sandbox::off || ::geteuid() == 0) {
        arguments.emplace_back("--no-sandbox");
    }
    return arguments;
}

Chromium::Chromium(ChromiumOptions options)
    : options_(std::move(options)),
      remote_(parse_remote_address(options_.program)),
      lookup_(options_.allow_hosts, options_.lookup),
      client_(net_options_for(options_)) {}

Chromium::~Chromium() = default;

std::string Chromium::why_not() {
    if (remote_) {
        return {};
    }
    if (is_remote(options_.program)) {
        return "RAG_BROWSER is '" + mask_remote_address(options_.program) +
               "', which is no address of a browser; give ws://HOST:PORT/PATH, wss://..., "
               "http://HOST:PORT or the path of a Chromium.";
    }
    return find_browser(options_.program, options_.search_path).problem;
}

pid_t Chromium::group() {
    const std::scoped_lock lock(starting_);
    return running_ && !running_->devtools.is_over() ? running_->devtools.group() : -1;
}

/// What may be shown of where the browser is.
std::string Chromium::name() const {
    return remote_ ? remote_->place() : find_browser(options_.program, options_.search_path).path;
}

std::string Chromium::probe(const CallContext& context) {
    return running(context)->product + ", " + name();
}

RenderedPage Chromium::render(const CallContext& context, const HttpResponse& answer) {
    const Place place(*this, context);
    const CallContext own = until(context, std::chrono::steady_clock::now() + options_.page_time);
    try {
        return try_render(own, answer);
    } catch (const Error& error) {
        context.check();
        if (error.code() == ErrorCode::deadline_exceeded) {
            throw Error(ErrorCode::deadline_exceeded,
                        "The page did not come to rest in the browser within " +
                            std::to_string(options_.page_time.count() / 1000) + " s.");
        }
        throw;
    } catch (const Json::exception&) {
        throw Error(ErrorCode::unavailable, "The browser said something that cannot be read.");
    }
}

/// A service ends connections as it likes, so that a page whose connection was lost is shown once
/// more; one that brings a browser down here is not.
RenderedPage Chromium::try_render(const CallContext& context, const HttpResponse& answer) {
    const auto browser = running(context);
    ++browser->pages;
    const Devtools::Use use(browser->devtools);
    if (use.is_granted()) {
        try {
            return render_in(*browser, context, answer);
        } catch (const Error& error) {
            if (!remote_ || error.code() != ErrorCode::unavailable ||
                !browser->devtools.is_over()) {
                throw;
            }
            log::debug("a page is shown once more: {}", error.message());
        }
    }
    // It became idle in this very moment, or was lost.
    const auto next = running(context);
    ++next->pages;
    const Devtools::Use another(next->devtools);
    return render_in(*next, context, answer);
}

RenderedPage Chromium::render_in(Running& running, const CallContext& context,
                                 const HttpResponse& answer) {
    return remote_ ? render_elsewhere(running, context, answer)
                   : render_here(running, context, answer);
}

RenderedPage Chromium::render_here(Running& running, const CallContext& context,
                                   const HttpResponse& answer) {
    ProxyOptions proxy_options;
    proxy_options.bytes_max = options_.page_bytes_max;
    proxy_options.deadline = context.deadline;
    GuardedProxy proxy(lookup_, proxy_options);
    PageOptions page_options;
    page_options.proxy_port = proxy.port();
    page_options.user_agent = running.user_agent;
    Page page(running.devtools, context, page_options);
    RenderedPage rendered = page.render(answer);
    rendered.bytes = proxy.bytes();
    if (proxy.is_exhausted()) {
        log::warn("a page was cut off from the network after {} bytes", rendered.bytes);
    }
    return rendered;
}

RenderedPage Chromium::render_elsewhere(Running& running, const CallContext& context,
                                        const HttpResponse& answer) {
    PageOptions page_options;
    page_options.client = &client_;
    page_options.bytes_max = options_.page_bytes_max;
    page_options.user_agent = running.user_agent;
    Page page(running.devtools, context, page_options);
    RenderedPage rendered = page.render(answer);
    rendered.bytes = page.bytes();
    return rendered;
}

std::shared_ptr<Chromium::Running> Chromium::running(const CallContext& context) {
    const std::scoped_lock lock(starting_);
    if (!running_ || running_->devtools.is_over() ||
        running_->pages >= options_.pages_of_one_browser) {
        if (const std::string why = why_not(); !why.empty()) {
            throw Error(ErrorCode::unavailable, why);
        }
        // One that is merely old lives on until its last page is read.
        running_.reset();
        running_ = begin(context);
    }
    return running_;
}

DevtoolsOptions Chromium::devtools_options() const {
    DevtoolsOptions options;
    options.idle_time = options_.idle_time;
    if (remote_) {
        options.connect = reach_browser(*remote_, options_.browser_lookup);
        return options;
    }
    PipeOptions pipe;
    pipe.program = name();
    pipe.arguments = chromium_arguments(options_.sandbox);
    pipe.memory_bytes_max = options_.memory_bytes_max;
    options.connect = start_browser(std::move(pipe));
    return options;
}

std::shared_ptr<Chromium::Running> Chromium::begin(const CallContext& context) {
    const auto made = std::make_shared<Running>(devtools_options(), context);
    const Devtools::Use use(made->devtools);
    const CallContext own = until(context, std::chrono::steady_clock::now() + start_time_max);
    const std::string trouble =
        "The browser '" + name() + "' does not " + (remote_ ? "answer: " : "start: ");
    try {
        const Json answered = Conversation(made->devtools, "", own, {}).call("Browser.getVersion");
        made->product = answered.at("product").get<std::string>();
        made->user_agent =
            user_agent_for(answered.at("userAgent").get<std::string>(), options_.user_agent);
    } catch (const Error& error) {
        context.check();
        throw Error(ErrorCode::unavailable, trouble + error.message());
    } catch (const Json::exception&) {
        throw Error(ErrorCode::unavailable, trouble + "it does not say what it is.");
    }
    log::info("the browser is {}: {}", remote_ ? "connected" : "started", made->product);
    return made;
}

}  // namespace rag::browser
