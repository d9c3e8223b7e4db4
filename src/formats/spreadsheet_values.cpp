#include "formats/spreadsheet_values.hpp"

#include "base/ascii.hpp"
#include "formats/xml.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>
#include <set>

namespace rag::formats {
namespace {

constexpr double serial_max = 2'958'466;  // 9999-12-31, the last day that Excel knows.
constexpr std::int64_t seconds_a_day = 86'400;

using Event = XmlReader::Event;

std::optional<double> number_of(const std::string& text) {
    double value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    return read.ec == std::errc() && read.ptr == text.data() + text.size() && std::isfinite(value)
               ? std::optional(value)
               : std::nullopt;
}

/// Those that every workbook has (ECMA-376, part 1, 18.8.30).
bool is_built_in_date(int id) {
    return (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) ||
           (id >= 50 && id <= 58);
}

}  // namespace

std::string date_of_serial(const std::string& written, DateEpoch epoch) {
    const auto serial = number_of(written);
    if (!serial || *serial < 0 || *serial > serial_max) {
        return written;
    }
    const auto seconds =
        static_cast<std::int64_t>(std::llround(*serial * static_cast<double>(seconds_a_day)));
    const std::int64_t time = seconds % seconds_a_day;
    std::int64_t day = seconds / seconds_a_day;
    const std::string clock =
        fmt::format("{:02}:{:02}:{:02}", time / 3600, time / 60 % 60, time % 60);
    if (day == 0) {
        return clock;
    }
    using namespace std::chrono_literals;
    const std::chrono::sys_days first = epoch == DateEpoch::year_1904
                                            ? std::chrono::sys_days(1904y / 1 / 1)
                                            : std::chrono::sys_days(1899y / 12 / 30);
    // Excel believes that there was a 29th of February in 1900.
    day += epoch == DateEpoch::year_1900 && day < 60 ? 1 : 0;
    const std::chrono::year_month_day date(first + std::chrono::days(day));
    const std::string text =
        fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    return time == 0 ? text : text + ' ' + clock;
}

std::string short_number(const std::string& written) {
    constexpr std::size_t digits_shown = 15;  // As many as Excel shows.
    if (written.size() <= digits_shown) {
        return written;
    }
    const auto value = number_of(written);
    return value ? fmt::format("{:.15g}", *value) : written;
}

bool is_date_format(std::string_view code) {
    bool quoted = false;
    bool bracketed = false;
    for (std::size_t i = 0; i < code.size(); ++i) {
        const char c = ascii_lower(code[i]);
        if (c == '"') {
            quoted = !quoted;
        } else if (!quoted && (c == '\\' || c == '_' || c == '*')) {
            ++i;  // The next character stands for itself.
        } else if (!quoted && (c == '[' || c == ']')) {
            bracketed = c == '[';
        } else if (!quoted && !bracketed &&
                   (c == 'y' || c == 'm' || c == 'd' || c == 'h' || c == 's')) {
            return true;
        }
    }
    return false;
}

CellFormats::CellFormats(std::string_view xml) {
    if (xml.empty()) {
        return;
    }
    XmlReader reader(xml, "styles.xml");
    std::set<int> dates;
    bool in_cells = false;
    for (Event event = reader.next(); event != Event::done; event = reader.next()) {
        if (event != Event::text && reader.is("cellXfs")) {
            in_cells = event == Event::start;
        }
        if (event != Event::start || !(reader.is("numFmt") || reader.is("xf"))) {
            continue;
        }
        const std::string written = reader.attribute("numFmtId");
        int id = 0;
        std::from_chars(written.data(), written.data() + written.size(), id);
        if (reader.is("numFmt") && is_date_format(reader.attribute("formatCode"))) {
            dates.insert(id);
        } else if (reader.is("xf") && in_cells) {
            dates_.push_back(is_built_in_date(id) || dates.contains(id));
        }
    }
}

}  // namespace rag::formats
