#include "formats/office_package.hpp"

#include "formats/markdown_builder.hpp"
#include "formats/xml.hpp"
#include "rag/error.hpp"

#include <array>
#include <utility>

namespace rag::formats {
namespace {

constexpr std::string_view old_container = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";

std::string_view check_container(std::string_view bytes) {
    if (bytes.starts_with(old_container)) {
        throw Error(ErrorCode::invalid_argument,
                    "The document is protected with a password, or in the format of an older "
                    "Office. Save it without a password in the present format, then take it in.");
    }
    return bytes;
}

std::string relations_part(std::string_view part) {
    const std::size_t slash = part.rfind('/');
    const std::size_t name = slash == std::string_view::npos ? 0 : slash + 1;
    return std::string(part.substr(0, name)) + "_rels/" + std::string(part.substr(name)) + ".rels";
}

}  // namespace

OfficePackage::OfficePackage(std::string_view bytes)
    : archive_(check_container(bytes), is_markup_part) {
    main_part_ = related_part("", "officeDocument");
    archive_.require(main_part_.empty() ? "_rels/.rels" : main_part_);
}

Relations OfficePackage::relations_of(std::string_view part) const {
    Relations relations;
    const std::string name = relations_part(part);
    if (!archive_.has(name)) {
        return relations;
    }
    XmlReader xml(archive_.part(name), name);
    for (auto event = xml.next(); event != XmlReader::Event::done; event = xml.next()) {
        if (event == XmlReader::Event::start && xml.is("Relationship")) {
            const std::string type = xml.attribute("Type");
            const std::string target = xml.attribute("Target");
            const bool outside = xml.attribute("TargetMode") == "External";
            relations[xml.attribute("Id")] = {type.substr(type.rfind('/') + 1),
                                              outside ? target : resolve_part(part, target)};
        }
    }
    return relations;
}

std::string OfficePackage::related_part(std::string_view part, std::string_view type) const {
    for (const auto& [id, relation] : relations_of(part)) {
        if (relation.type == type) {
            return relation.target;
        }
    }
    return {};
}

void OfficePackage::read_properties(ReadDocument& document) const {
    constexpr std::array<std::pair<std::string_view, const char*>, 6> kept{
        {{"creator", "author"},
         {"description", "description"},
         {"language", "language"},
         {"keywords", "keywords"},
         {"created", "created_at"},
         {"modified", "modified_at"}}};
    const std::string name = related_part("", "core-properties");
    if (name.empty() || !archive_.has(name)) {
        return;
    }
    XmlReader xml(archive_.part(name), name);
    for (auto event = xml.next(); event != XmlReader::Event::done; event = xml.next()) {
        if (event != XmlReader::Event::start || xml.depth() != 1) {
            continue;
        }
        const std::string property(xml.name());
        const std::string value = one_line(xml.read_text(4096));
        if (property == "title") {
            document.title = value;
        }
        for (const auto& [known, key] : kept) {
            if (property == known && !value.empty()) {
                document.metadata[key] = value;
            }
        }
    }
}

}  // namespace rag::formats
