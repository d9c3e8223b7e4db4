#pragma once

#include "rag/clock.hpp"
#include "rag/http_client.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace rag::testing {

/// Time that passes only when somebody waits or a server answers. Safe for concurrent use.
class SimulatedClock final : public Clock {
public:
    Timestamp now() const override { return Timestamp{std::chrono::milliseconds{now_ms_}}; }
    SteadyTime steady_now() const override { return SteadyTime{now().time_since_epoch()}; }
    void pass(std::chrono::milliseconds time) { now_ms_ += time.count(); }

private:
    std::atomic<std::int64_t> now_ms_ = 1'700'000'000'000;
};

struct SimulatedPage {
    enum class Kind { plain, missing, broken, busy_once, unreachable, moved, leaves, copy };

    Kind kind = Kind::plain;
    std::vector<std::string> links;  ///< Absolute.
    std::string target;              ///< Of what moved or copies.
    bool noindex = false;
    bool nofollow = false;
    bool has_etag = false;
    int text = 0;  ///< Another number, another content.
};

/// A web made from a seed: sites of one domain and a foreign one, with faults and traps. Notes what
/// a polite crawler must never do. Requests may come from several threads.
class SimulatedWeb final : public HttpClient {
public:
    struct Features {
        bool redirects = true;
        bool traps = true;
    };

    SimulatedWeb(std::uint64_t seed, SimulatedClock& clock, Features features);

    HttpResponse send(const CallContext& context, const HttpRequest& request) override;

    /// A crawl begins or is taken up: nobody remembers when a host was asked last.
    void restart_crawler() { last_answer_.clear(); }
    /// Another session may ask for everything anew.
    void begin_session();
    /// The visit of the URL was lost with its process; asking again is right.
    void forget(const std::string& url) { answered_.erase(url); }
    /// Between crawls.
    std::vector<std::string> answered() const;

    const std::string& root() const { return root_; }
    std::map<std::string, SimulatedPage>& pages() { return pages_; }
    const std::vector<std::string>& breaches() const { return breaches_; }
    std::int64_t requests() const { return requests_; }
    std::int64_t unchanged_answers() const { return unchanged_; }
    /// Links to the page by the shortest way, where that can be told: without redirects.
    std::map<std::string, std::int64_t> depths(std::int64_t depth_max) const;

private:
    void make_pages(Features features);
    void keep_root_at_home();
    void check(const std::string& host, const std::string& path, const std::string& url);
    HttpResponse answer(const HttpRequest& request, SimulatedPage& page);
    bool chance(int percent);
    std::string some_url();

    HttpResponse send_in_turn(const CallContext& context, const HttpRequest& request);

    std::mutex mutex_;  ///< Over one request.
    std::mt19937_64 random_;
    SimulatedClock& clock_;
    std::string root_;
    std::vector<std::string> urls_;
    std::map<std::string, SimulatedPage> pages_;
    std::map<std::string, std::chrono::milliseconds> delays_;  ///< By host; what robots.txt asks.
    std::map<std::string, SteadyTime> last_answer_;            ///< By host.
    std::map<std::string, int> answered_;                      ///< URL to its last status.
    std::set<std::string> was_busy_;
    std::vector<std::string> breaches_;
    std::int64_t requests_ = 0;
    std::int64_t unchanged_ = 0;
};

}  // namespace rag::testing
