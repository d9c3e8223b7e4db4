#include "crawl/robots.hpp"

#include "base/ascii.hpp"
#include "base/url.hpp"
#include "base/utf8.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace rag::crawl {
namespace {

constexpr std::size_t sitemaps_max = 100;
constexpr double delay_seconds_max = 60;

/// In the same percent-encoding as the targets that it is compared with.
std::string normal_pattern(std::string_view pattern) {
    static const Url base = parse_url("http://robots.invalid/").value_or(Url{});
    const auto url = resolve_url(base, pattern);
    return url && pattern.starts_with('/') ? url->target() : std::string(pattern);
}

/// The next line without its comment.
std::string_view take_line(std::string_view& text) {
    const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line.substr(0, line.find('#'));
}

/// The name alone of what may be written with a version: "rag-memory/1.0".
std::string product_of(std::string_view value) {
    return ascii_lower(trim(value.substr(0, value.find_first_of("/ "))));
}

/// A site that asks for no pause gets none.
std::optional<std::chrono::milliseconds> read_delay(const std::string& value) {
    char* end = nullptr;
    const double seconds = std::min(std::strtod(value.c_str(), &end), delay_seconds_max);
    return end != value.c_str() && seconds >= 0
               ? std::optional(std::chrono::milliseconds(static_cast<int>(seconds * 1000)))
               : std::nullopt;
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view text) {
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = std::string_view::npos;
    std::size_t resume = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resume = t;
        } else if (p < pattern.size() && pattern[p] == text[t]) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

Robots::Robots(std::string_view text, std::string_view product) {
    struct Group {
        std::vector<Rule> rules;
        std::optional<std::chrono::milliseconds> delay;
        bool found = false;
    };
    Group ours;
    Group everyones;
    bool names_us = false;
    bool names_all = false;
    bool in_rules = true;
    const auto add = [&](auto&& change) {
        in_rules = true;
        if (names_us) {
            change(ours);
        }
        if (names_all) {
            change(everyones);
        }
    };
    text = text.substr(0, robots_bytes_max);
    if (text.starts_with("\xEF\xBB\xBF")) {
        text.remove_prefix(3);
    }
    while (!text.empty()) {
        const std::string_view line = take_line(text);
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) {
            continue;
        }
        const std::string key = ascii_lower(trim(line.substr(0, colon)));
        const std::string value(trim(line.substr(colon + 1)));
        if (key == "user-agent") {
            if (std::exchange(in_rules, false)) {
                names_us = names_all = false;
            }
            const bool us = product_of(value) == product;
            names_us = names_us || us;
            names_all = names_all || value == "*";
            ours.found = ours.found || us;
        } else if (key == "allow" || key == "disallow") {
            add([&](Group& group) {
                if (!value.empty()) {
                    group.rules.push_back({normal_pattern(value), key == "allow"});
                }
            });
        } else if (key == "crawl-delay") {
            add([&](Group& group) { group.delay = read_delay(value); });
        } else if (key == "sitemap" && sitemaps_.size() < sitemaps_max) {
            sitemaps_.push_back(value);
        }
    }
    Group& chosen = ours.found ? ours : everyones;
    rules_ = std::move(chosen.rules);
    delay_ = chosen.delay;
}

bool Robots::allows(std::string_view target) const {
    std::size_t longest = 0;
    bool allow = true;
    for (const Rule& rule : rules_) {
        const bool anchored = rule.pattern.ends_with('$');
        const std::string pattern =
            anchored ? rule.pattern.substr(0, rule.pattern.size() - 1) : rule.pattern + '*';
        const std::size_t length = rule.pattern.size();
        if ((length > longest || (length == longest && rule.allow)) &&
            glob_matches(pattern, target)) {
            longest = length;
            allow = rule.allow;
        }
    }
    return allow;
}

}  // namespace rag::crawl
