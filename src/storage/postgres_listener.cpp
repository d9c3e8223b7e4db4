#include "storage/postgres_listener.hpp"

#include "base/log.hpp"
#include "base/pause.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace rag::storage {
namespace {

using std::chrono::milliseconds;

constexpr const char* channel = "rag_memory_changes";
/// How long a read that brought nothing keeps searches from trying it again.
constexpr milliseconds quiet_time{20};
/// How often the feed is asked for what an older transaction holds back.
constexpr milliseconds again_first{25};
constexpr milliseconds again_longest{200};
constexpr milliseconds idle_wait{10'000};
constexpr milliseconds retry_first{250};
constexpr milliseconds retry_longest{5'000};

std::chrono::steady_clock::rep ticks(std::chrono::steady_clock::time_point time) {
    return time.time_since_epoch().count();
}

}  // namespace

PostgresListener::PostgresListener(PostgresPool& pool, std::function<void()> news)
    : pool_(pool),
      news_(std::move(news)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

PostgresListener::~PostgresListener() {
    thread_.request_stop();
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
    thread_.join();
    ::close(wake_);
}

bool PostgresListener::is_due() const {
    return connected_ && is_behind() &&
           ticks(std::chrono::steady_clock::now()) >= quiet_until_.load();
}

bool PostgresListener::is_behind() const {
    return newest_ >= read_up_to_ || sessions_ != sessions_read_;
}

void PostgresListener::note_read(std::uint64_t sessions_before, std::int64_t position,
                                 bool brought_nothing) {
    read_up_to_ = position;
    if (brought_nothing) {
        sessions_read_ = sessions_before;
        quiet_until_ = ticks(std::chrono::steady_clock::now() + quiet_time);
    }
}

void PostgresListener::run(const std::stop_token& stop) {
    CallContext context;
    context.stop = stop;
    milliseconds retry = retry_first;
    while (!stop.stop_requested()) {
        try {
            ApartConnection apart(pool_, context);
            listen(apart, stop);
            retry = retry_first;
        } catch (const PostgresFailure&) {
            retry = connected_ ? retry_first : std::min(retry * 2, retry_longest);
            log::debug("the database tells no more when it is written to; it is asked instead");
        } catch (const Error& error) {
            log::debug("there is no connection to listen on: {}", error.message());
        }
        connected_ = false;
        pause_unless_stopped(stop, retry);
    }
}

/// Until the end is asked for; throws PostgresFailure when the connection is lost.
void PostgresListener::listen(ApartConnection& apart, const std::stop_token& stop) {
    PostgresConnection& connection = apart.open();
    bool told = true;  // Of what was written before anybody listened.
    connection.listen(channel, [&](const std::string& payload) {
        take(payload);
        told = true;
    });
    ++sessions_;
    connected_ = true;
    milliseconds again = again_first;
    while (!stop.stop_requested()) {
        const bool behind = is_behind();
        if (behind) {
            news_();
        }
        again = told ? again_first : std::min(again * 2, again_longest);
        told = false;
        connection.wait_for_notifications(wake_, behind ? again : idle_wait);
    }
}

/// "SCHEMA. POOL TRANSACTION"; what this process writes it knows already.
void PostgresListener::take(const std::string& payload) {
    const std::string ours = pool_.options().schema + ". ";
    if (!payload.starts_with(ours)) {
        return;
    }
    const std::size_t space = payload.find(' ', ours.size());
    if (space == std::string::npos ||
        payload.compare(ours.size(), space - ours.size(), pool_.id()) == 0) {
        return;
    }
    std::int64_t transaction = 0;
    const char* begin = payload.data() + space + 1;
    const char* end = payload.data() + payload.size();
    if (std::from_chars(begin, end, transaction).ec == std::errc{} && transaction > newest_) {
        newest_ = transaction;  // Only this thread writes it.
    }
}

}  // namespace rag::storage
