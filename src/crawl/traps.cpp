#include "crawl/traps.hpp"

#include "base/ascii.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <vector>

namespace rag::crawl {
namespace {

constexpr std::size_t url_bytes_max = 2000;
constexpr std::size_t segments_max = 24;
constexpr int repeats_max = 3;
constexpr std::size_t parameters_max = 8;
constexpr int dates_max = 100;   ///< Pages of a calendar.
constexpr int facets_max = 200;  ///< Combinations of two parameters or more for a path.

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(separator), text.size());
        if (end > 0) {
            parts.push_back(text.substr(0, end));
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

std::string_view name_of(std::string_view parameter) {
    return parameter.substr(0, parameter.find('='));
}

bool is_visitor_mark(std::string_view parameter) {
    constexpr std::array<std::string_view, 10> marks{
        "phpsessid", "jsessionid", "aspsessionid", "cfid",   "cftoken",
        "gclid",     "fbclid",     "msclkid",      "mc_cid", "mc_eid"};
    const std::string name = ascii_lower(name_of(parameter));
    if (name.starts_with("utm_") || std::find(marks.begin(), marks.end(), name) != marks.end()) {
        return true;
    }
    // Short names mean other things too; a long value of nothing but digits and letters tells.
    constexpr std::array<std::string_view, 4> perhaps{"sid", "s", "session", "sessionid"};
    constexpr std::size_t random_bytes_min = 20;
    const std::size_t equals = parameter.find('=');
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : parameter.substr(equals + 1);
    return std::find(perhaps.begin(), perhaps.end(), name) != perhaps.end() &&
           value.size() >= random_bytes_min && std::all_of(value.begin(), value.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
           });
}

bool repeats(const std::vector<std::string_view>& segments) {
    return std::any_of(segments.begin(), segments.end(), [&](std::string_view segment) {
        return std::count(segments.begin(), segments.end(), segment) > repeats_max;
    });
}

/// Digits in a row as one, so that the pages of a calendar look alike.
std::string shape_of(std::string_view text) {
    std::string shape;
    for (const char c : text) {
        const bool digit = c >= '0' && c <= '9';
        if (!digit) {
            shape.push_back(c);
        } else if (shape.empty() || shape.back() != '0') {
            shape.push_back('0');
        }
    }
    return shape;
}

bool is_number(std::string_view text, std::size_t digits_min, std::size_t digits_max) {
    return text.size() >= digits_min && text.size() <= digits_max &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool names_time(const std::vector<std::string_view>& parameters) {
    constexpr std::array<std::string_view, 5> names{"year", "month", "day", "week", "date"};
    return std::any_of(parameters.begin(), parameters.end(), [&](std::string_view parameter) {
        const std::string name = ascii_lower(name_of(parameter));
        return std::find(names.begin(), names.end(), name) != names.end() ||
               name.find("-date") != std::string::npos || name.find("_date") != std::string::npos;
    });
}

/// "/calendar/2026/11", "/events/2026-11-21": a path that ends with a date and no name.
bool ends_with_date(const std::vector<std::string_view>& segments) {
    if (segments.empty()) {
        return false;
    }
    const std::string last = shape_of(segments.back());
    const bool dashed = (last == "0-0" || last == "0-0-0") && segments.back().size() >= 6;
    const auto is_year = [&](std::size_t from_end) {
        return segments.size() > from_end &&
               is_number(segments[segments.size() - 1 - from_end], 4, 4) &&
               (segments[segments.size() - 1 - from_end].starts_with("19") ||
                segments[segments.size() - 1 - from_end].starts_with("20"));
    };
    const bool two = is_number(segments.back(), 1, 2);
    const bool parted =
        two && (is_year(1) || (segments.size() >= 3 &&
                               is_number(segments[segments.size() - 2], 1, 2) && is_year(2)));
    return dashed || parted;
}

}  // namespace

Url without_visitor_marks(Url url) {
    const std::size_t mark = ascii_lower(url.path).find(";jsessionid=");
    if (mark != std::string::npos) {
        url.path.erase(mark, std::min(url.path.find('/', mark), url.path.size()) - mark);
    }
    const std::vector<std::string_view> parameters = split(url.query, '&');
    if (std::none_of(parameters.begin(), parameters.end(), is_visitor_mark)) {
        return url;
    }
    std::string kept;
    for (const std::string_view parameter : parameters) {
        if (!is_visitor_mark(parameter)) {
            kept += (kept.empty() ? "" : "&") + std::string(parameter);
        }
    }
    url.query = kept;
    url.has_query = !kept.empty();
    return url;
}

bool Traps::take(const Url& url) {
    const std::vector<std::string_view> segments = split(url.path, '/');
    const std::vector<std::string_view> parameters = split(url.query, '&');
    if (url.path.size() + url.query.size() > url_bytes_max || segments.size() > segments_max ||
        parameters.size() > parameters_max || repeats(segments)) {
        return false;
    }
    const bool dated = names_time(parameters) || ends_with_date(segments);
    if (dated) {
        std::string kind = "date " + url.host + shape_of(url.path);
        for (const std::string_view parameter : parameters) {
            kind += '&' + std::string(name_of(parameter));
        }
        return ++taken_[kind] <= dates_max;
    }
    if (parameters.size() >= 2) {
        return ++taken_["facets " + url.host + url.path] <= facets_max;
    }
    return true;
}

}  // namespace rag::crawl
