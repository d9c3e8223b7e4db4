#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rag {

/// Counts up. Safe for concurrent use.
class Counter {
public:
    void add(std::uint64_t count = 1) { value_.fetch_add(count, std::memory_order_relaxed); }
    std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

/// How values are spread over fixed buckets. Safe for concurrent use.
class Histogram {
public:
    /// `bounds` ascending; above the last one is +Inf.
    explicit Histogram(std::vector<double> bounds);

    void observe(double value);

    struct Reading {
        std::vector<std::uint64_t> cumulative;  ///< One for each bound, then +Inf.
        double sum = 0;
    };
    Reading read() const;
    const std::vector<double>& bounds() const { return bounds_; }

private:
    const std::vector<double> bounds_;
    std::deque<std::atomic<std::uint64_t>> counts_;
    std::atomic<double> sum_{0};
};

/// The process's measurements, written out in Prometheus' text format (version 0.0.4). What it
/// hands out lives as long as it does. Safe for concurrent use.
class Metrics {
public:
    using Labels = std::vector<std::pair<std::string, std::string>>;

    /// The series of this name and these labels; made at the first call. A name that has
    /// `series_max` series already gives one whose label values are all "other", so that nothing
    /// a peer sends can grow the page without bound.
    Counter& counter(std::string_view name, std::string_view help, const Labels& labels = {});
    Histogram& histogram(std::string_view name, std::string_view help,
                         const std::vector<double>& bounds, const Labels& labels = {});
    /// Values that are read when the page is written; `read` must not block for long and must not
    /// use this object. A second one of the same name and labels takes the place of the first.
    void gauge(std::string_view name, std::string_view help, std::function<double()> read,
               const Labels& labels = {});
    /// As gauge(), for what only grows.
    void running_total(std::string_view name, std::string_view help, std::function<double()> read,
                       const Labels& labels = {});

    std::string text() const;

    static constexpr std::size_t series_max = 200;

private:
    struct Series {
        Labels labels;
        std::unique_ptr<Counter> counter;
        std::unique_ptr<Histogram> histogram;
        std::function<double()> read;
    };
    struct Family {
        std::string help;
        std::string_view type;                 ///< As the page names it.
        std::map<std::string, Series> series;  ///< By the labels as written.
    };
    /// What every series of a name shares.
    struct Heading {
        std::string_view name;
        std::string_view help;
        std::string_view type;
    };

    Series& series_locked(const Heading& heading, const Labels& labels);

    mutable std::mutex mutex_;
    std::map<std::string, Family, std::less<>> families_;
};

}  // namespace rag
