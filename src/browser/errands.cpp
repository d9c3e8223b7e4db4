#include "browser/errands.hpp"

#include "base/ascii.hpp"
#include "base/encoding.hpp"
#include "base/log.hpp"
#include "base/url.hpp"
#include "rag/error.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace rag::browser {
namespace {

constexpr std::size_t fetches_at_once = 6;
constexpr std::size_t waiting_max = 1'000;
constexpr std::int64_t answer_bytes_max = 16 * 1024 * 1024;
/// Less than a page has to load: one answer that never ends does not cost the page.
constexpr std::chrono::seconds answer_time{10};

bool is_known(const std::string& method) {
    constexpr std::array<std::string_view, 7> known{"GET", "HEAD",  "POST",  "OPTIONS",
                                                    "PUT", "PATCH", "DELETE"};
    return std::find(known.begin(), known.end(), method) != known.end();
}

/// Connections that are meant to stay open, and messages that nobody waits for.
bool is_endless(const Json& params) {
    const std::string type = params.at("resourceType").get<std::string>();
    return type == "EventSource" || type == "WebSocket" || type == "Ping" ||
           type == "CSPViolationReport" ||
           params.at("request").at("headers").value("Accept", "") == "text/event-stream";
}

/// Null when the browser does not show all of it, as with files.
std::optional<std::string> read_body(const Json& request) {
    std::string body;
    for (const Json& entry : request.value("postDataEntries", Json::array())) {
        const auto bytes = from_base64(entry.value("bytes", std::string()));
        if (!entry.contains("bytes") || !bytes) {
            return std::nullopt;
        }
        body += *bytes;
    }
    return body.empty() && request.value("hasPostData", false) ? std::nullopt
                                                               : std::optional(std::move(body));
}

}  // namespace

Errands::Errands(HttpClient& client, const CallContext& context, std::int64_t bytes_max)
    : client_(client),
      bytes_max_(bytes_max),
      context_(context),
      workers_("page", fetches_at_once, waiting_max) {
    context_.stop = over_.get_token();
}

Errands::~Errands() {
    over_.request_stop();
}

bool Errands::run(HttpRequest request, OnAnswer on_answer) {
    return workers_.try_post(
        [this, request = std::move(request), on_answer = std::move(on_answer)]() mutable {
            fetch(std::move(request), on_answer);
        });
}

void Errands::fetch(HttpRequest request, const OnAnswer& on_answer) {
    if (over_.stop_requested()) {
        return;
    }
    const std::int64_t left =
        bytes_max_ - bytes_.fetch_add(static_cast<std::int64_t>(request.body.size()));
    if (left <= 0) {
        on_answer(nullptr);
        return;
    }
    request.body_bytes_max = static_cast<std::size_t>(std::min(left, answer_bytes_max));
    try {
        const HttpResponse answer = client_.send(context_, request);
        bytes_ += static_cast<std::int64_t>(answer.body.size());
        on_answer(answer.truncated ? nullptr : &answer);
    } catch (const Error& error) {
        log::debug("what a page asked for was not fetched: {}", error.message());
        on_answer(nullptr);
    }
}

std::optional<HttpRequest> read_paused_request(const Json& params) {
    const Json& paused = params.at("request");
    const auto url = parse_url(paused.at("url").get<std::string>());
    auto body = read_body(paused);
    HttpRequest request;
    request.method = paused.at("method").get<std::string>();
    if (!url || !body || !is_known(request.method) || is_endless(params)) {
        return std::nullopt;
    }
    request.url = url->text();
    request.body = std::move(*body);
    for (const auto& [name, value] : paused.at("headers").items()) {
        // What belongs to the connection is the client's.
        const std::string low = ascii_lower(name);
        if (low != "content-length" && low != "transfer-encoding" && low != "upgrade" &&
            low != "te" && low != "expect" && !low.starts_with("proxy-")) {
            request.headers.emplace_back(name, value.get<std::string>());
        }
    }
    request.reach = Reach::public_only;
    request.redirects_max = 0;
    request.timeout = answer_time;
    return request;
}

}  // namespace rag::browser
