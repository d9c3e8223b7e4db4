#include "browser/page.hpp"

#include "base/encoding.hpp"
#include "base/log.hpp"
#include "rag/error.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <utility>

namespace rag::browser {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds quiet_time{150};  ///< Without a request, after which a page is at rest.
constexpr seconds settle_time_max{8};    ///< After loading, for pages that ask again and again.
constexpr seconds load_time_max{15};     ///< For pages some part of which never comes.
/// A page that shows hardly any text may be waiting for a timer.
constexpr std::int64_t text_length_min = 200;
constexpr milliseconds patience{2'000};
constexpr milliseconds look_again_after{200};
constexpr int documents_max = 10;  ///< Scripts can lead from page to page without an end.
constexpr std::size_t in_flight_max = 5'000;
constexpr int view_width = 1280;
/// Tall, because many pages fetch a part when it comes into view.
constexpr int view_height = 4'000;

/// Run in a world of its own, where the page's scripts have changed nothing, once they have nothing
/// to do. What a page keeps in
/// shadow trees, where markup does not show it, is put in its place in an inert copy. A noscript
/// element says what is not so.
constexpr std::string_view capture_script = R"js((async () => {
  await new Promise((done) => requestIdleCallback(done, {timeout: 1000}));
  const limit = 8 * 1024 * 1024;
  for (const element of document.querySelectorAll('noscript')) element.remove();
  const inert = document.implementation.createHTMLDocument('');
  const copy = (node) => {
    const made = inert.importNode(node, false);
    const assigned = node.nodeName === 'SLOT' ? node.assignedNodes() : [];
    const inside = node.shadowRoot ? node.shadowRoot.childNodes
        : assigned.length > 0 ? assigned : node.childNodes;
    for (const child of inside) made.appendChild(copy(child));
    return made;
  };
  const root = document.documentElement;
  let html = '';
  try {
    const shadows = [...document.querySelectorAll('*')].some((element) => element.shadowRoot);
    html = (shadows ? copy(root) : root).outerHTML;
  } catch {
    html = root ? root.outerHTML : '';
  }
  const text = document.body ? document.body.innerText.length : 0;
  return {html: html.slice(0, limit).toWellFormed(), length: text, url: document.URL};
})())js";

/// A port where nothing listens: what a page in a browser elsewhere asks past the interception of
/// its requests goes there.
constexpr const char* dead_proxy = "http://127.0.0.1:1";

/// What a document may not do in a browser elsewhere: open what is intercepted by nobody.
constexpr std::string_view confinement =
    "sandbox allow-scripts allow-same-origin allow-forms; frame-src 'none'; object-src 'none'; "
    "connect-src http: https: data: blob:; webrtc 'block'";

/// What no policy keeps from sending datagrams past a proxy, and what has no use without a
/// connection of its own: gone before any script of a page or of a frame runs.
constexpr std::string_view confinement_script = R"js(
for (const name of ['RTCPeerConnection', 'webkitRTCPeerConnection', 'RTCIceTransport',
    'WebTransport', 'SharedWorker', 'fetchLater'])
  delete globalThis[name];
delete Navigator.prototype.serviceWorker;
)js";

/// What is not looked at, and so not loaded.
bool is_unwanted(const std::string& type) {
    return type == "Image" || type == "Media" || type == "Font";
}

/// Connections that are meant to stay open, and messages that nobody waits for.
bool is_endless(const std::string& type) {
    return type == "EventSource" || type == "WebSocket" || type == "Ping" ||
           type == "CSPViolationReport";
}

std::string without_fragment(const std::string& url) {
    return url.substr(0, url.find('#'));
}

Json header_list(const HttpHeaders& headers) {
    Json list = Json::array();
    for (const auto& [name, value] : headers_for_browser(headers)) {
        list.push_back({{"name", name}, {"value", value}});
    }
    return list;
}

}  // namespace

HttpHeaders headers_for_browser(const HttpHeaders& headers) {
    constexpr std::array<std::string_view, 12> left_out{"alt-svc",
                                                        "connection",
                                                        "content-disposition",
                                                        "content-encoding",
                                                        "content-length",
                                                        "keep-alive",
                                                        "link",
                                                        "refresh",
                                                        "strict-transport-security",
                                                        "trailer",
                                                        "transfer-encoding",
                                                        "upgrade"};
    HttpHeaders kept;
    std::copy_if(headers.begin(), headers.end(), std::back_inserter(kept), [&](const auto& header) {
        return std::find(left_out.begin(), left_out.end(), header.first) == left_out.end();
    });
    return kept;
}

Page::Page(Devtools& browser, const CallContext& context, const PageOptions& options)
    : browser_(browser), context_(context), options_(options), root_(browser, "", context, {}) {}

Page::~Page() {
    errands_.reset();
    try {
        if (!browser_context_.empty()) {
            root_.post("Target.disposeBrowserContext", {{"browserContextId", browser_context_}});
        }
    } catch (const Error& error) {
        // Then the browser is over, and the context with it.
        log::debug("a page's context could not be given up: {}", error.message());
    }
}

void Page::open() {
    const std::string proxy = options_.client != nullptr
                                  ? dead_proxy
                                  : "http://127.0.0.1:" + std::to_string(options_.proxy_port);
    const Json made = root_.call("Target.createBrowserContext",
                                 {{"disposeOnDetach", true},
                                  {"proxyServer", proxy},
                                  // Loopback is not excepted either, as it would be otherwise.
                                  {"proxyBypassList", "<-loopback>"}});
    browser_context_ = made.at("browserContextId").get<std::string>();
    root_.post("Browser.setDownloadBehavior",
               {{"behavior", "deny"}, {"browserContextId", browser_context_}});
    frame_ = root_
                 .call("Target.createTarget",
                       {{"url", "about:blank"}, {"browserContextId", browser_context_}})
                 .at("targetId")
                 .get<std::string>();
    const Json attached =
        root_.call("Target.attachToTarget", {{"targetId", frame_}, {"flatten", true}});
    session_ = attached.at("sessionId").get<std::string>();
    talk_ = std::make_unique<Conversation>(
        browser_, session_, context_,
        [this](const std::string& method, const Json& params) { handle(method, params); });
}

void Page::set_up() {
    Json patterns = Json::array();
    for (const char* type : {"Document", "Image", "Media", "Font"}) {
        patterns.push_back({{"urlPattern", "*"}, {"resourceType", type}});
    }
    if (options_.client != nullptr) {
        patterns = Json::array({{{"urlPattern", "*"}}});
        confine();
    }
    talk_->post("Inspector.enable");
    talk_->post("Network.enable", {{"maxTotalBufferSize", 0}, {"maxResourceBufferSize", 0}});
    talk_->post("Network.setBypassServiceWorker", {{"bypass", true}});
    talk_->post("Fetch.enable", {{"patterns", patterns}});
    talk_->post("Emulation.setDeviceMetricsOverride", {{"width", view_width},
                                                       {"height", view_height},
                                                       {"deviceScaleFactor", 1},
                                                       {"mobile", false}});
    if (!options_.user_agent.empty()) {
        talk_->post("Network.setUserAgentOverride", {{"userAgent", options_.user_agent}});
    }
    // Commands to the page's process are done in order, but not before the browser's own: a page
    // that was navigated before this answer could commit unseen.
    talk_->call("Page.enable");
}

/// Workers and frames in a process of their own are intercepted by nobody: they are held before
/// they begin, and never let go.
void Page::confine() {
    errands_ = std::make_unique<Errands>(*options_.client, context_, options_.bytes_max);
    talk_->post("Target.setAutoAttach",
                {{"autoAttach", true}, {"waitForDebuggerOnStart", true}, {"flatten", true}});
    talk_->post("Page.setPrerenderingAllowed", {{"isAllowed", false}});
    talk_->post("Page.addScriptToEvaluateOnNewDocument",
                {{"source", std::string(confinement_script)}});
}

RenderedPage Page::render(const HttpResponse& answer) {
    open();
    set_up();
    answer_ = &answer;
    const Json gone = talk_->call("Page.navigate", {{"url", answer.url}});
    if (!is_committed_ && gone.contains("errorText")) {
        throw Error(ErrorCode::unavailable, "The browser could not show the page: " +
                                                gone.at("errorText").get<std::string>() + '.');
    }
    Json seen;
    const auto begin = std::chrono::steady_clock::now();
    for (;;) {
        wait_for_rest();
        seen = capture();
        const auto now = std::chrono::steady_clock::now();
        if (seen.at("length").get<std::int64_t>() >= text_length_min ||
            now - std::max(loaded_at_, begin) >= patience) {
            break;
        }
        const auto again = now + look_again_after;
        while (std::chrono::steady_clock::now() < again) {
            talk_->follow(again);
        }
    }
    answer_ = nullptr;
    return {without_fragment(seen.at("url").get<std::string>()),
            std::move(seen.at("html").get_ref<std::string&>()), 0};
}

bool Page::is_at_rest(SteadyTime now) const {
    if (!is_committed_) {
        return false;
    }
    if (!is_loaded_) {
        return now - loaded_at_ >= load_time_max;
    }
    return (in_flight_.empty() && now - changed_at_ >= quiet_time) ||
           now - loaded_at_ >= settle_time_max;
}

void Page::wait_for_rest() {
    while (!is_at_rest(std::chrono::steady_clock::now())) {
        talk_->follow(std::chrono::steady_clock::now() + quiet_time / 4);
    }
}

Json Page::capture() {
    for (int attempt = 0;; ++attempt) {
        try {
            const Json world = talk_->call("Page.createIsolatedWorld",
                                           {{"frameId", frame_}, {"worldName", "rag"}});
            Json result =
                talk_->call("Runtime.evaluate", {{"expression", std::string(capture_script)},
                                                 {"contextId", world.at("executionContextId")},
                                                 {"returnByValue", true},
                                                 {"awaitPromise", true},
                                                 {"silent", true}});
            if (!result.contains("exceptionDetails")) {
                return std::move(result.at("result").at("value"));
            }
            throw Error(ErrorCode::unavailable, "The page could not be read in the browser.");
        } catch (const Error& error) {
            // A script may lead to another page just now.
            if (error.code() != ErrorCode::unavailable || attempt > 0 || browser_.is_over()) {
                throw;
            }
            wait_for_rest();
        }
    }
}

void Page::handle(const std::string& method, const Json& params) {
    if (method == "Fetch.requestPaused") {
        decide_on_request(params);
    } else if (method.starts_with("Network.")) {
        note_request(method, params);
    } else if (method == "Page.frameNavigated") {
        const Json& frame = params.at("frame");
        if (!frame.contains("parentId") && frame.at("url") != "about:blank") {
            is_committed_ = true;
            is_loaded_ = false;
            in_flight_.clear();
            loaded_at_ = changed_at_ = std::chrono::steady_clock::now();
        }
    } else if (method == "Page.loadEventFired" && is_committed_) {
        is_loaded_ = true;
        loaded_at_ = changed_at_ = std::chrono::steady_clock::now();
    } else if (method == "Target.attachedToTarget") {
        if (params.at("targetInfo").at("type") == "worker") {
            browser_.send(params.at("sessionId").get<std::string>(),
                          "Runtime.runIfWaitingForDebugger", Json::object(), nullptr,
                          context_.deadline);
        }
    } else if (method == "Page.javascriptDialogOpening") {
        talk_->post("Page.handleJavaScriptDialog", {{"accept", false}});
    } else if (method == "Inspector.targetCrashed") {
        throw Error(ErrorCode::unavailable,
                    "The page made the browser's process for it crash, or needed too much memory.");
    }
}

/// The page itself is delivered from what was fetched, once; what its scripts lead to goes through
/// the proxy or is fetched here. Whatever stands in frames is another page.
void Page::decide_on_request(const Json& params) {
    const std::string request = params.at("requestId").get<std::string>();
    const std::string type = params.at("resourceType").get<std::string>();
    const bool is_document = type == "Document";
    if (is_document && params.at("frameId") == frame_ && !is_delivered_) {
        is_delivered_ = true;
        deliver(request, type, *answer_);
    } else if (is_unwanted(type) || (is_document && params.at("frameId") != frame_) ||
               (is_document && ++documents_ > documents_max)) {
        fail(request);
    } else {
        let_through(request, params);
    }
}

void Page::let_through(const std::string& request, const Json& params) {
    if (!errands_) {
        tell("Fetch.continueRequest", {{"requestId", request}});
        return;
    }
    auto wanted = read_paused_request(params);
    const std::string type = params.at("resourceType").get<std::string>();
    const bool is_taken =
        wanted && errands_->run(std::move(*wanted), [this, request, type](const auto* answer) {
            if (answer != nullptr) {
                deliver(request, type, *answer);
            } else {
                fail(request);
            }
        });
    if (!is_taken) {
        fail(request);
    }
}

void Page::deliver(const std::string& request, const std::string& type,
                   const HttpResponse& answer) {
    Json headers = header_list(answer.headers);
    if (options_.client != nullptr && type == "Document") {
        headers.push_back(
            {{"name", "Content-Security-Policy"}, {"value", std::string(confinement)}});
    }
    tell("Fetch.fulfillRequest", {{"requestId", request},
                                  {"responseCode", answer.status},
                                  {"responseHeaders", headers},
                                  {"body", to_base64(answer.body)}});
}

void Page::fail(const std::string& request) {
    tell("Fetch.failRequest", {{"requestId", request}, {"errorReason", "BlockedByClient"}});
}

/// By any thread. A browser that is over is noticed by whoever waits for it.
void Page::tell(const std::string& method, const Json& params) {
    try {
        browser_.send(session_, method, params, nullptr, context_.deadline);
    } catch (const Error& error) {
        log::debug("the browser was not told {}: {}", method, error.message());
    }
}

void Page::note_request(const std::string& method, const Json& params) {
    if (method == "Network.requestWillBeSent") {
        // Of a worker's script the end is not told here; it belongs to no loader of the page's.
        if (params.value("loaderId", "") != "" && !is_endless(params.value("type", "")) &&
            in_flight_.size() < in_flight_max) {
            in_flight_.insert(params.at("requestId").get<std::string>());
            changed_at_ = std::chrono::steady_clock::now();
        }
    } else if (method == "Network.loadingFinished" || method == "Network.loadingFailed") {
        if (in_flight_.erase(params.at("requestId").get<std::string>()) > 0) {
            changed_at_ = std::chrono::steady_clock::now();
        }
    }
}

}  // namespace rag::browser
