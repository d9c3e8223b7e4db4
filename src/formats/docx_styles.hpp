#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>

namespace rag::formats {

constexpr int list_levels = 9;

/// A paragraph's place in a list of Word.
struct ListPlace {
    std::string list;  ///< numId; empty or "0" for none.
    int level = 0;
};

/// What the styles of a Word document say of paragraphs, as far as structure goes.
class DocxStyles final {
public:
    /// `xml` may be empty. Throws Error{invalid_argument} for what is no XML.
    explicit DocxStyles(std::string_view xml);

    /// 1 for headings of the first level and titles; 0 for other paragraphs. What a style is based
    /// on counts too.
    int heading_level(std::string_view style) const;
    /// Lines of a table of contents, which repeat the headings.
    bool is_contents(std::string_view style) const;
    /// Lines of a program, by the names that such styles have.
    bool is_code(std::string_view style) const;
    ListPlace list_of(std::string_view style) const;

private:
    struct Style {
        std::string name;  ///< Lower case. Word's own names are English in every language.
        std::string based_on;
        int outline = -1;  ///< 0 for the first level.
        ListPlace list;
    };
    const Style* find(std::string_view id) const;

    std::map<std::string, Style, std::less<>> styles_;
};

/// Counts the items of a Word document's lists.
class DocxLists final {
public:
    explicit DocxLists(std::string_view xml);

    /// What the next item at this place begins with: "-", "3.".
    std::string next_mark(const ListPlace& place);

private:
    using Formats = std::array<std::string, list_levels>;  ///< numFmt by level.

    std::map<std::string, Formats, std::less<>> abstract_lists_;
    std::map<std::string, std::string, std::less<>> abstract_of_;  ///< By numId.
    std::map<std::string, std::array<int, list_levels>, std::less<>> counts_;
};

}  // namespace rag::formats
