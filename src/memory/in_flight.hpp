#pragma once

#include "rag/context.hpp"
#include "rag/error.hpp"

#include <atomic>
#include <condition_variable>
#include <exception>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

namespace rag::memory {

/// Calls of this process that are running now, so that a repeat joins instead of starting the same
/// work twice. The work runs on the thread of the call that came first and goes on as long as one
/// of those who wait for it has not been cancelled. Safe for concurrent use.
template <class Result>
class InFlight final {
public:
    using Work = std::function<Result(const CallContext&)>;

    /// Runs `work`, or waits for the call with the same key. A call that ended because its first
    /// caller's time was over is begun anew by one that still waits.
    Result run(const CallContext& context, const std::string& key, const Work& work) {
        for (;;) {
            context.check();
            bool first = false;
            const std::shared_ptr<Call> call = find_or_add(key, first);
            try {
                return first ? lead(context, key, *call, work) : join(context, *call);
            } catch (const Error& error) {
                const bool over = error.code() == ErrorCode::cancelled ||
                                  error.code() == ErrorCode::deadline_exceeded;
                if (first || !over) {
                    throw;
                }
            }
        }
    }

private:
    /// Shared by all who wait for it: none of them knows who leaves last.
    struct Call {
        std::atomic<int> wanted_by{0};
        std::stop_source stop;

        std::mutex mutex;
        std::condition_variable_any ended;
        // Guarded by mutex.
        std::list<ProgressSink> sinks;
        Progress last;
        bool reported = false;
        bool finished = false;
        std::optional<Result> result;
        std::exception_ptr error;

        void leave() {
            if (--wanted_by == 0) {
                stop.request_stop();
            }
        }
    };

    std::shared_ptr<Call> find_or_add(const std::string& key, bool& first) {
        const std::scoped_lock lock(mutex_);
        std::shared_ptr<Call>& call = calls_[key];
        first = call == nullptr;
        if (first) {
            call = std::make_shared<Call>();
        }
        ++call->wanted_by;
        return call;
    }

    Result lead(const CallContext& context, const std::string& key, Call& call, const Work& work) {
        const std::stop_callback on_stop(context.stop, [&call] { call.leave(); });
        CallContext own = context;
        own.stop = call.stop.get_token();
        own.on_progress = [&call, sink = context.on_progress](const Progress& progress) {
            const std::scoped_lock lock(call.mutex);
            call.last = progress;
            call.reported = true;
            if (sink) {
                sink(progress);
            }
            for (const ProgressSink& joined : call.sinks) {
                joined(progress);
            }
        };
        std::optional<Result> result;
        std::exception_ptr error;
        try {
            result = work(own);
        } catch (...) {
            error = std::current_exception();
        }
        {
            const std::scoped_lock lock(mutex_);
            calls_.erase(key);
        }
        const std::scoped_lock lock(call.mutex);
        call.finished = true;
        call.result = result;
        call.error = error;
        call.ended.notify_all();
        if (error) {
            std::rethrow_exception(error);
        }
        return *std::move(result);
    }

    Result join(const CallContext& context, Call& call) {
        const std::stop_callback on_stop(context.stop, [&call] { call.leave(); });
        std::unique_lock lock(call.mutex);
        auto sink = call.sinks.end();
        if (context.on_progress) {
            if (call.reported) {
                context.on_progress(call.last);
            }
            sink = call.sinks.insert(call.sinks.end(), context.on_progress);
        }
        const auto finished = [&call] { return call.finished; };
        if (context.deadline == SteadyTime::max()) {
            call.ended.wait(lock, context.stop, finished);
        } else {
            call.ended.wait_until(lock, context.stop, context.deadline, finished);
        }
        if (sink != call.sinks.end()) {
            call.sinks.erase(sink);
        }
        if (call.error) {
            std::rethrow_exception(call.error);
        }
        if (call.result) {
            return *call.result;
        }
        lock.unlock();
        if (!context.stop.stop_requested()) {
            call.leave();
        }
        context.check();
        throw Error(ErrorCode::deadline_exceeded, "The call ran out of time.");
    }

    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<Call>> calls_;  ///< Guarded by mutex_.
};

}  // namespace rag::memory
