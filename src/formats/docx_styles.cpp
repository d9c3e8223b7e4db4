#include "formats/docx_styles.hpp"

#include "base/ascii.hpp"
#include "formats/xml.hpp"

#include <algorithm>
#include <charconv>

namespace rag::formats {
namespace {

/// Styles based on each other in a circle end here.
constexpr int based_on_max = 16;

using Event = XmlReader::Event;

int number_of(std::string_view text, int otherwise) {
    int value = otherwise;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

int level_of(std::string_view text) {
    return std::clamp(number_of(text, 0), 0, list_levels - 1);
}

}  // namespace

DocxStyles::DocxStyles(std::string_view xml) {
    if (xml.empty()) {
        return;
    }
    XmlReader reader(xml, "styles.xml");
    Style style;
    std::string id;
    for (Event event = reader.next(); event != Event::done; event = reader.next()) {
        if (event == Event::end && reader.is("style")) {
            styles_[id] = style;
        }
        if (event != Event::start) {
            continue;
        }
        const std::string value = reader.attribute("val");
        if (reader.is("style")) {
            id = reader.attribute("styleId");
            style = {};
        } else if (reader.is("name")) {
            style.name = ascii_lower(value);
        } else if (reader.is("basedOn")) {
            style.based_on = value;
        } else if (reader.is("outlineLvl")) {
            style.outline = number_of(value, -1);
        } else if (reader.is("numId")) {
            style.list.list = value;
        } else if (reader.is("ilvl")) {
            style.list.level = level_of(value);
        }
    }
}

const DocxStyles::Style* DocxStyles::find(std::string_view id) const {
    const auto found = styles_.find(id);
    return found == styles_.end() ? nullptr : &found->second;
}

int DocxStyles::heading_level(std::string_view id) const {
    constexpr std::string_view heading = "heading ";
    const Style* style = find(id);
    for (int i = 0; style != nullptr && i < based_on_max; ++i) {
        if (style->name.starts_with(heading)) {
            return std::max(number_of(std::string_view(style->name).substr(heading.size()), 0), 0);
        }
        if (style->name == "title") {
            return 1;
        }
        if (style->outline >= 0 && style->outline < list_levels) {
            return style->outline + 1;
        }
        style = find(style->based_on);
    }
    return 0;
}

bool DocxStyles::is_contents(std::string_view id) const {
    const Style* style = find(id);
    return style != nullptr && style->name.size() == 5 && style->name.starts_with("toc ");
}

bool DocxStyles::is_code(std::string_view id) const {
    const Style* style = find(id);
    return style != nullptr && (style->name == "source code" || style->name == "code" ||
                                style->name == "html preformatted" || style->name == "macro");
}

ListPlace DocxStyles::list_of(std::string_view id) const {
    const Style* style = find(id);
    for (int i = 0; style != nullptr && i < based_on_max; ++i) {
        if (!style->list.list.empty()) {
            return style->list;
        }
        style = find(style->based_on);
    }
    return {};
}

DocxLists::DocxLists(std::string_view xml) {
    if (xml.empty()) {
        return;
    }
    XmlReader reader(xml, "numbering.xml");
    std::string abstract;
    std::string list;
    std::size_t level = 0;
    for (Event event = reader.next(); event != Event::done; event = reader.next()) {
        if (event != Event::start) {
            continue;
        }
        if (reader.is("abstractNum")) {
            abstract = reader.attribute("abstractNumId");
        } else if (reader.is("lvl")) {
            level = static_cast<std::size_t>(level_of(reader.attribute("ilvl")));
        } else if (reader.is("numFmt")) {
            abstract_lists_[abstract].at(level) = reader.attribute("val");
        } else if (reader.is("num")) {
            list = reader.attribute("numId");
        } else if (reader.is("abstractNumId")) {
            abstract_of_[list] = reader.attribute("val");
        } else if (reader.is("lvlOverride")) {
            reader.skip();
        }
    }
}

std::string DocxLists::next_mark(const ListPlace& place) {
    const auto level = static_cast<std::size_t>(std::clamp(place.level, 0, list_levels - 1));
    std::array<int, list_levels>& counts = counts_[place.list];
    ++counts.at(level);
    std::fill(counts.begin() + static_cast<std::ptrdiff_t>(level) + 1, counts.end(), 0);
    const auto abstract = abstract_of_.find(place.list);
    const auto formats = abstract == abstract_of_.end() ? abstract_lists_.end()
                                                        : abstract_lists_.find(abstract->second);
    const std::string format =
        formats == abstract_lists_.end() ? std::string() : formats->second.at(level);
    const bool counted = !format.empty() && format != "bullet" && format != "none";
    return counted ? std::to_string(counts.at(level)) + '.' : "-";
}

}  // namespace rag::formats
