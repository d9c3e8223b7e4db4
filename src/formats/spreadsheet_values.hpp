#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace rag::formats {

/// From where a workbook counts its days.
enum class DateEpoch { year_1900, year_1904 };

/// A day of Excel as a date: "45000.5" is "2023-03-15 12:00:00". What is no number stays.
std::string date_of_serial(const std::string& written, DateEpoch epoch);

/// A number without the noise of binary fractions: "0.30000000000000004" is "0.3".
std::string short_number(const std::string& written);

/// Whether a number format shows a date or a time, e.g. "yyyy\-mm\-dd" (ECMA-376, part 1,
/// 18.8.31).
bool is_date_format(std::string_view code);

/// Which styles of a workbook's cells show dates.
class CellFormats final {
public:
    CellFormats() = default;
    /// `xml` is the styles' part; may be empty.
    explicit CellFormats(std::string_view xml);

    bool is_date(std::size_t style) const { return style < dates_.size() && dates_[style]; }

private:
    std::vector<bool> dates_;
};

}  // namespace rag::formats
