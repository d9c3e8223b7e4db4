#pragma once

#include "formats/archive.hpp"
#include "rag/document_reader.hpp"

#include <map>
#include <string>
#include <string_view>

namespace rag::formats {

/// Where a part leads, by the id that the part uses.
struct Relation {
    std::string type;    ///< The last word of its type, e.g. "hyperlink", "slide".
    std::string target;  ///< A part's name, or a URL as written.
};
using Relations = std::map<std::string, Relation, std::less<>>;

/// A document of Word, Excel or PowerPoint: parts in a zip file that name each other (ECMA-376,
/// part 2, "Open Packaging Conventions").
class OfficePackage final {
public:
    /// Throws Error{invalid_argument} as Archive does, and for a document with a password, which is
    /// no zip file but an older kind of container.
    explicit OfficePackage(std::string_view bytes);

    const Archive& archive() const { return archive_; }
    /// The name of the part that everything hangs from.
    const std::string& main_part() const { return main_part_; }
    /// Of a part; empty when it names none.
    Relations relations_of(std::string_view part) const;
    /// The name of the part that `part` has exactly one of, e.g. "styles"; empty without one.
    std::string related_part(std::string_view part, std::string_view type) const;

    /// Title and metadata from the package's properties.
    void read_properties(ReadDocument& document) const;

private:
    Archive archive_;
    std::string main_part_;
};

}  // namespace rag::formats
