#include "base/metrics.hpp"

#include <fmt/format.h>

namespace rag {
namespace {

std::string escape(std::string_view text, std::string_view also) {
    std::string escaped;
    for (const char c : text) {
        if (c == '\n') {
            escaped += "\\n";
        } else if (c == '\\' || also.find(c) != std::string_view::npos) {
            escaped += '\\';
            escaped += c;
        } else {
            escaped += c;
        }
    }
    return escaped;
}

/// Without braces: a="1",b="2".
std::string write_labels(const Metrics::Labels& labels) {
    std::string text;
    for (const auto& [name, value] : labels) {
        text += fmt::format("{}{}=\"{}\"", text.empty() ? "" : ",", name, escape(value, "\""));
    }
    return text;
}

std::string braced(const std::string& labels) {
    return labels.empty() ? std::string() : '{' + labels + '}';
}

void write_histogram(std::string& page, const std::string& name, const std::string& labels,
                     const Histogram& histogram) {
    const Histogram::Reading reading = histogram.read();
    const std::string before = labels.empty() ? std::string() : labels + ',';
    for (std::size_t i = 0; i < reading.cumulative.size(); ++i) {
        const std::string bound = i < histogram.bounds().size()
                                      ? fmt::format("{}", histogram.bounds()[i])
                                      : std::string("+Inf");
        page += fmt::format("{}_bucket{{{}le=\"{}\"}} {}\n", name, before, bound,
                            reading.cumulative[i]);
    }
    page += fmt::format("{}_sum{} {}\n", name, braced(labels), reading.sum);
    page += fmt::format("{}_count{} {}\n", name, braced(labels), reading.cumulative.back());
}

}  // namespace

Histogram::Histogram(std::vector<double> bounds)
    : bounds_(std::move(bounds)), counts_(bounds_.size() + 1) {}

void Histogram::observe(double value) {
    std::size_t bucket = 0;
    while (bucket < bounds_.size() && value > bounds_[bucket]) {
        ++bucket;
    }
    counts_[bucket].fetch_add(1, std::memory_order_relaxed);
    double sum = sum_.load(std::memory_order_relaxed);
    while (!sum_.compare_exchange_weak(sum, sum + value, std::memory_order_relaxed)) {
    }
}

Histogram::Reading Histogram::read() const {
    Reading reading;
    std::uint64_t total = 0;
    for (const auto& count : counts_) {
        total += count.load(std::memory_order_relaxed);
        reading.cumulative.push_back(total);
    }
    reading.sum = sum_.load(std::memory_order_relaxed);
    return reading;
}

Metrics::Series& Metrics::series_locked(const Heading& heading, const Labels& labels) {
    Family& family = families_[std::string(heading.name)];
    if (family.help.empty()) {
        family.help = std::string(heading.help);
        family.type = heading.type;
    }
    std::string key = write_labels(labels);
    Labels kept = labels;
    if (family.series.size() >= series_max && !family.series.contains(key)) {
        for (auto& label : kept) {
            label.second = "other";
        }
        key = write_labels(kept);
    }
    Series& series = family.series[key];
    series.labels = std::move(kept);
    return series;
}

Counter& Metrics::counter(std::string_view name, std::string_view help, const Labels& labels) {
    const std::scoped_lock lock(mutex_);
    Series& series = series_locked({name, help, "counter"}, labels);
    if (!series.counter) {
        series.counter = std::make_unique<Counter>();
    }
    return *series.counter;
}

Histogram& Metrics::histogram(std::string_view name, std::string_view help,
                              const std::vector<double>& bounds, const Labels& labels) {
    const std::scoped_lock lock(mutex_);
    Series& series = series_locked({name, help, "histogram"}, labels);
    if (!series.histogram) {
        series.histogram = std::make_unique<Histogram>(bounds);
    }
    return *series.histogram;
}

void Metrics::gauge(std::string_view name, std::string_view help, std::function<double()> read,
                    const Labels& labels) {
    const std::scoped_lock lock(mutex_);
    series_locked({name, help, "gauge"}, labels).read = std::move(read);
}

void Metrics::running_total(std::string_view name, std::string_view help,
                            std::function<double()> read, const Labels& labels) {
    const std::scoped_lock lock(mutex_);
    series_locked({name, help, "counter"}, labels).read = std::move(read);
}

std::string Metrics::text() const {
    const std::scoped_lock lock(mutex_);
    std::string page;
    for (const auto& [name, family] : families_) {
        page += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, escape(family.help, ""), name,
                            family.type);
        for (const auto& [labels, series] : family.series) {
            if (series.counter) {
                page += fmt::format("{}{} {}\n", name, braced(labels), series.counter->value());
            }
            if (series.histogram) {
                write_histogram(page, name, labels, *series.histogram);
            }
            if (series.read) {
                page += fmt::format("{}{} {}\n", name, braced(labels), series.read());
            }
        }
    }
    return page;
}

}  // namespace rag
