#include "base/utf8.hpp"
#include "formats/archive.hpp"
#include "formats/containers.hpp"
#include "formats/limits.hpp"
#include "formats/markdown_builder.hpp"
#include "formats/xml.hpp"
#include "rag/error.hpp"
#include "text/html.hpp"

#include <array>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace rag::formats {
namespace {

using Event = XmlReader::Event;

[[noreturn]] void refuse(const std::string& sentence) {
    throw Error(ErrorCode::invalid_argument, sentence);
}

/// What the package document says (EPUB 3.3, section 5).
struct Package {
    std::string part;                                       ///< Its own name.
    std::map<std::string, std::string, std::less<>> parts;  ///< Of the manifest, by id.
    std::vector<std::string> spine;                         ///< Parts in the order of reading.
    std::string navigation;                                 ///< The part of EPUB 3; may be empty.
    std::string contents;                                   ///< The .ncx of EPUB 2; may be empty.
};

std::string find_package(const Archive& archive) {
    constexpr std::string_view container = "META-INF/container.xml";
    XmlReader xml(archive.require(container), std::string(container));
    for (Event event = xml.next(); event != Event::done; event = xml.next()) {
        if (event == Event::start && xml.is("rootfile")) {
            return resolve_part("", xml.attribute("full-path"));
        }
    }
    return {};
}

void read_description(XmlReader& xml, ReadDocument& document) {
    constexpr std::array<std::pair<std::string_view, const char*>, 5> kept{
        {{"creator", "author"},
         {"language", "language"},
         {"description", "description"},
         {"publisher", "publisher"},
         {"date", "created_at"}}};
    const std::string name(xml.name());
    const std::string value = one_line(xml.read_text(16 * 1024));
    if (value.empty()) {
        return;
    }
    if (name == "title" && document.title.empty()) {
        document.title = value;
    }
    for (const auto& [known, key] : kept) {
        if (name != known) {
            continue;
        }
        // A book may have several authors; of the rest the first counts.
        if (!document.metadata.contains(key)) {
            document.metadata[key] = value;
        } else if (name == "creator") {
            document.metadata[key] = document.metadata[key].get<std::string>() + ", " + value;
        }
    }
}

Package read_package(const Archive& archive, ReadDocument& document) {
    Package package;
    package.part = find_package(archive);
    XmlReader xml(archive.require(package.part), package.part);
    bool in_metadata = false;
    for (Event event = xml.next(); event != Event::done; event = xml.next()) {
        if (xml.is("metadata") && event != Event::text) {
            in_metadata = event == Event::start;
            continue;
        }
        if (event != Event::start) {
            continue;
        }
        if (in_metadata) {
            read_description(xml, document);
        } else if (xml.is("item")) {
            const std::string part = resolve_part(package.part, xml.attribute("href"));
            package.parts[xml.attribute("id")] = part;
            if (xml.attribute("properties").find("nav") != std::string::npos) {
                package.navigation = part;
            }
            if (xml.attribute("media-type") == "application/x-dtbncx+xml") {
                package.contents = part;
            }
        } else if (xml.is("itemref")) {
            const auto item = package.parts.find(xml.attribute("idref"));
            if (item != package.parts.end()) {
                package.spine.push_back(item->second);
            }
        }
    }
    return package;
}

/// Titles by part, the first one of each.
using Titles = std::map<std::string, std::string, std::less<>>;

void read_ncx(const Archive& archive, const Package& package, Titles& titles) {
    XmlReader xml(archive.part(package.contents), package.contents);
    std::string label;
    for (Event event = xml.next(); event != Event::done; event = xml.next()) {
        if (event == Event::start && xml.is("navLabel")) {
            label = one_line(xml.read_text(1024));
        } else if (event == Event::start && xml.is("content")) {
            titles.try_emplace(resolve_part(package.contents, xml.attribute("src")), label);
        }
    }
}

/// A table of contents is a convenience: without a readable one the chapters speak for themselves.
Titles read_titles(const Archive& archive, const Package& package) {
    Titles titles;
    try {
        if (archive.has(package.navigation)) {
            const auto page =
                text::read_html(archive.part(package.navigation), "application/xhtml+xml");
            for (const text::HtmlLink& entry : page.links) {
                titles.try_emplace(resolve_part(package.navigation, entry.href), entry.text);
            }
        } else if (archive.has(package.contents)) {
            read_ncx(archive, package, titles);
        }
    } catch (const Error&) {
        titles.clear();
    }
    return titles;
}

/// Fonts are disguised in many books; a chapter is encrypted only where a seller wants it so.
void check_protection(const Archive& archive, const Package& package) {
    constexpr std::string_view part = "META-INF/encryption.xml";
    if (!archive.has(part)) {
        return;
    }
    const std::set<std::string> spine(package.spine.begin(), package.spine.end());
    XmlReader xml(archive.part(part), std::string(part));
    for (Event event = xml.next(); event != Event::done; event = xml.next()) {
        if (event == Event::start && xml.is("CipherReference") &&
            spine.contains(resolve_part("", xml.attribute("URI")))) {
            refuse(
                "The book is encrypted by its seller (DRM), so its text cannot be read. Take in "
                "an edition without protection.");
        }
    }
}

bool has_heading(std::string_view markdown) {
    return markdown.starts_with('#') || markdown.find("\n#") != std::string_view::npos;
}

}  // namespace

ReadDocument read_epub(std::string_view bytes) {
    const Archive archive(bytes, is_markup_part);
    ReadDocument document;
    const Package package = read_package(archive, document);
    if (package.spine.empty()) {
        refuse("The book is damaged: it names no chapters. Open it in a reader and save it anew.");
    }
    if (package.spine.size() > chapters_max) {
        refuse("The book has " + std::to_string(package.spine.size()) + " parts; at most " +
               std::to_string(chapters_max) + " are read. Split it into several files.");
    }
    check_protection(archive, package);
    const Titles titles = read_titles(archive, package);
    MarkdownBuilder out;
    for (const std::string& part : package.spine) {
        // The table of contents may be a page of the book too; it repeats what follows.
        if (part == package.navigation || !archive.has(part)) {
            continue;
        }
        text::HtmlOptions options;
        options.content = text::PageContent::whole;
        const auto page = text::read_html(archive.part(part), "application/xhtml+xml", options);
        const auto title = titles.find(part);
        if (title != titles.end() && !is_blank(page.extracted.text) &&
            !has_heading(page.extracted.text)) {
            out.heading(1, title->second);
        }
        out.block(page.extracted.text);
    }
    document.markdown = out.take();
    return document;
}

}  // namespace rag::formats
