#pragma once

#include "rag/transfer.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

/// The lines of an export: one JSON object each, a header first, then collections, then documents,
/// and a last line that says that nothing is missing. docs/QUALITY.md describes them for people.
namespace rag::memory {

constexpr std::int64_t dump_format = 1;

struct DumpHeader {
    std::int64_t collections = 0;
    std::int64_t documents = 0;
    bool vectors = true;
};

struct DumpEnd {
    std::int64_t collections = 0;
    std::int64_t documents = 0;
};

using DumpLine = std::variant<DumpHeader, MovedCollection, MovedDocument, DumpEnd>;

/// Each without its line break. Equal values give equal bytes.
std::string write_dump_line(const DumpHeader& header);
std::string write_dump_line(const MovedCollection& collection);
std::string write_dump_line(const MovedDocument& document);
std::string write_dump_line(const DumpEnd& end);

/// Reads lines, one after the other; used by one thread.
class DumpParser final {
public:
    DumpParser();
    ~DumpParser();
    DumpParser(const DumpParser&) = delete;
    DumpParser& operator=(const DumpParser&) = delete;

    /// Throws Error{invalid_argument} with a sentence that says what is wrong with the line, also
    /// for a format that is newer than this program.
    DumpLine parse(std::string_view line);

private:
    struct Parser;
    std::unique_ptr<Parser> parser_;
};

}  // namespace rag::memory
