#include "crawl/simulated_web.hpp"

#include "base/url.hpp"
#include "rag/error.hpp"

#include <algorithm>
#include <array>
#include <deque>

namespace rag::testing {
namespace {

const std::vector<std::string> hosts{"www.sim.test", "docs.sim.test"};

bool is_hidden(const std::string& path) {
    return path.starts_with("/private");
}

}  // namespace

SimulatedWeb::SimulatedWeb(std::uint64_t seed, SimulatedClock& clock, Features features)
    : random_(seed), clock_(clock) {
    for (const std::string& host : hosts) {
        delays_[host] = std::chrono::milliseconds(chance(50) ? 0 : 200 * (1 + random_() % 10));
    }
    make_pages(features);
    keep_root_at_home();
}

bool SimulatedWeb::chance(int percent) {
    return static_cast<int>(random_() % 100) < percent;
}

std::string SimulatedWeb::some_url() {
    return urls_[random_() % urls_.size()];
}

void SimulatedWeb::make_pages(Features features) {
    const std::size_t count = 2 + random_() % 40;
    for (std::size_t i = 0; i < count; ++i) {
        const std::string& host = hosts[chance(75) ? 0 : 1];
        urls_.push_back("http://" + host + (i > 0 && chance(10) ? "/private/" : "/p/") +
                        std::to_string(i));
    }
    root_ = urls_[0];
    for (std::size_t i = 0; i < count; ++i) {
        SimulatedPage& page = pages_[urls_[i]];
        using Kind = SimulatedPage::Kind;
        constexpr std::array<Kind, 5> faults{Kind::missing, Kind::broken, Kind::busy_once,
                                             Kind::unreachable, Kind::leaves};
        if (i > 0 && chance(20)) {
            page.kind = faults[random_() % faults.size()];
        } else if (features.redirects && chance(15)) {
            page.kind = chance(60) ? Kind::moved : Kind::copy;
            page.target = some_url();
        }
        if (page.kind == Kind::leaves && !features.redirects) {
            page.kind = Kind::broken;
        }
        page.noindex = i > 0 && chance(5);
        page.nofollow = chance(5);
        page.has_etag = chance(60);
        page.text = static_cast<int>(features.redirects && chance(10) ? 0 : i);
        for (std::size_t link = random_() % 7; link > 0; --link) {
            page.links.push_back(some_url());
        }
        if (chance(20)) {
            page.links.emplace_back("http://else.test/out");
            page.links.emplace_back("http://sim.test.evil.test/");
        }
        if (features.traps && chance(10)) {
            page.links.push_back("http://www.sim.test/calendar?month=" + std::to_string(i));
            page.links.push_back(urls_[i] + "?PHPSESSID=" + std::to_string(random_()));
        }
    }
}

/// Where a crawl begins may move to another site, which is another story.
void SimulatedWeb::keep_root_at_home() {
    std::set<std::string> seen;
    const SimulatedPage* page = &pages_[root_];
    while (page->kind == SimulatedPage::Kind::moved && seen.insert(page->target).second) {
        page = &pages_[page->target];
    }
    if (page->kind == SimulatedPage::Kind::leaves) {
        pages_[root_].kind = SimulatedPage::Kind::plain;
    }
}

void SimulatedWeb::begin_session() {
    answered_.clear();
    was_busy_.clear();
    restart_crawler();
}

void SimulatedWeb::check(const std::string& host, const std::string& path, const std::string& url) {
    if (host != hosts[0] && host != hosts[1]) {
        breaches_.push_back("asked outside of the site: " + url);
        return;
    }
    if (is_hidden(path)) {
        breaches_.push_back("asked for what robots.txt forbids: " + url);
    }
    const auto last = last_answer_.find(host);
    if (last != last_answer_.end() && clock_.steady_now() - last->second < delays_[host]) {
        breaches_.push_back("asked too soon: " + url);
    }
    const auto before = answered_.find(url);
    if (before != answered_.end() && before->second != 503) {
        breaches_.push_back("asked twice: " + url);
    }
}

std::vector<std::string> SimulatedWeb::answered() const {
    std::vector<std::string> urls;
    for (const auto& [url, status] : answered_) {
        urls.push_back(url);
    }
    return urls;
}

HttpResponse SimulatedWeb::send(const CallContext& context, const HttpRequest& request) {
    const std::scoped_lock lock(mutex_);
    return send_in_turn(context, request);
}

HttpResponse SimulatedWeb::send_in_turn(const CallContext& context, const HttpRequest& request) {
    context.check();
    const Url url = parse_url(request.url).value_or(Url{});
    clock_.pass(std::chrono::milliseconds(1 + random_() % 50));
    if (url.path == "/robots.txt") {
        const auto delay = delays_.find(url.host);
        std::string text = "User-agent: *\nDisallow: /private\n";
        if (delay != delays_.end() && delay->second.count() > 0) {
            text += "Crawl-delay: " +
                    std::to_string(static_cast<double>(delay->second.count()) / 1000) + '\n';
        }
        return {200, {{"content-type", "text/plain"}}, text, request.url, false};
    }
    if (url.path == "/sitemap.xml") {
        return {404, {}, "", request.url, false};
    }
    ++requests_;
    check(url.host, url.path, request.url);
    last_answer_[url.host] = clock_.steady_now();
    const auto found = pages_.find(request.url);
    if (found == pages_.end() && url.path == "/calendar") {
        // Every month leads to the next one.
        const std::string next = std::to_string(std::stoll(url.query.substr(6)) + 1);
        answered_[request.url] = 200;
        return {200,
                {{"content-type", "text/html"}},
                "<html><body><main><p>Month " + url.query +
                    "</p><a href=\"/calendar?month=" + next + "\">next</a></main></body></html>",
                request.url,
                false};
    }
    if (found == pages_.end()) {
        answered_[request.url] = 404;
        return {404, {}, "", request.url, false};
    }
    HttpResponse response = answer(request, found->second);
    answered_[request.url] = response.status;
    return response;
}

HttpResponse SimulatedWeb::answer(const HttpRequest& request, SimulatedPage& page) {
    using Kind = SimulatedPage::Kind;
    const std::string& url = request.url;
    switch (page.kind) {
        case Kind::missing: return {404, {}, "", url, false};
        case Kind::broken: return {500, {}, "", url, false};
        case Kind::unreachable:
            answered_[url] = 0;
            throw Error(ErrorCode::unavailable, "Nothing accepts the connection.");
        case Kind::moved: return {301, {{"location", page.target}}, "", url, false};
        case Kind::leaves: return {302, {{"location", "http://else.test/"}}, "", url, false};
        case Kind::busy_once:
            if (was_busy_.insert(url).second) {
                return {503, {{"retry-after", "3"}}, "", url, false};
            }
            break;
        case Kind::plain:
        case Kind::copy: break;
    }
    const std::string etag = '"' + std::to_string(page.text) + '"';
    for (const auto& [name, value] : request.headers) {
        if (name == "If-None-Match" && page.has_etag && value == etag) {
            ++unchanged_;
            return {304, {}, "", url, false};
        }
    }
    std::string body = "<html><head><title>T</title>";
    if (page.kind == Kind::copy) {
        body += "<link rel=canonical href=\"" + page.target + "\">";
    }
    if (page.noindex || page.nofollow) {
        body += std::string("<meta name=robots content=\"") + (page.noindex ? "noindex" : "") +
                (page.nofollow ? ",nofollow" : "") + "\">";
    }
    body += "</head><body><main><p>Some words of page number " + std::to_string(page.text) +
            " that make a text.</p>";
    for (const std::string& link : page.links) {
        body += "<a href=\"" + link + "\">x</a> ";
    }
    HttpHeaders headers{{"content-type", "text/html"}};
    if (page.has_etag) {
        headers.emplace_back("etag", etag);
    }
    return {200, headers, body + "</main></body></html>", url, false};
}

std::map<std::string, std::int64_t> SimulatedWeb::depths(std::int64_t depth_max) const {
    using Kind = SimulatedPage::Kind;
    std::map<std::string, std::int64_t> depths{{root_, 0}};
    std::deque<std::string> queue{root_};
    while (!queue.empty()) {
        const std::string url = queue.front();
        queue.pop_front();
        const SimulatedPage& page = pages_.at(url);
        const bool answers = page.kind == Kind::plain || page.kind == Kind::busy_once;
        if (!answers || page.nofollow || depths[url] >= depth_max ||
            is_hidden(parse_url(url)->path)) {
            continue;
        }
        for (const std::string& link : page.links) {
            if (pages_.contains(link) && depths.emplace(link, depths[url] + 1).second) {
                queue.push_back(link);
            }
        }
    }
    return depths;
}

}  // namespace rag::testing
