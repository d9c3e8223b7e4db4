#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace rag::formats {

/// The parts of a zip file, by name. What is no text (pictures, fonts, archives inside) is never
/// unpacked.
class Archive final {
public:
    /// Whether the part of this name is to be read.
    using Wanted = std::function<bool(std::string_view name)>;

    /// Reads the wanted parts. Throws Error{invalid_argument} for what is no zip file, is damaged,
    /// encrypted, or unpacks to more than limits.hpp allows.
    Archive(std::string_view bytes, const Wanted& wanted);

    bool has(std::string_view name) const { return parts_.find(name) != parts_.end(); }
    /// The part's bytes; empty where there is none.
    std::string_view part(std::string_view name) const;
    /// The same; throws Error{invalid_argument} where there is none.
    std::string_view require(std::string_view name) const;
    /// A part that is done with.
    void forget(std::string_view name);

private:
    std::map<std::string, std::string, std::less<>> parts_;
};

/// Parts that hold markup: .xml, .rels, .opf, .ncx, .xhtml, .html, .htm.
bool is_markup_part(std::string_view name);

/// `target` as written in the part `source`: relative to its folder, or to the root with a slash in
/// front; dots and percent signs resolved, without fragment. Empty for what leads elsewhere.
std::string resolve_part(std::string_view source, std::string_view target);

}  // namespace rag::formats
