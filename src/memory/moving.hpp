#pragma once

#include "memory/dump.hpp"
#include "rag/embedder.hpp"
#include "rag/transfer.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

/// A store's content as lines of text, out and in.
namespace rag::memory {

/// A line of an export is at most this long: a document of the largest size with all its versions
/// and vectors fits.
constexpr std::size_t dump_line_bytes_max = std::size_t{1} << 30;

struct ExportReport {
    std::int64_t collections = 0;
    std::int64_t documents = 0;
};

/// Takes a line without its line break.
using WriteLine = std::function<void(const std::string& line)>;

/// Writes all of the scope as it was when this began. Reports a progress for each document. Throws
/// what Transfer::read and `write` throw.
ExportReport export_lines(const CallContext& context, Transfer& store, const TransferScope& scope,
                          const WriteLine& write);

struct ImportReport {
    std::int64_t collections_added = 0;
    std::int64_t documents_added = 0;
    std::int64_t documents_known = 0;      ///< Were there already with the same content.
    std::int64_t documents_differing = 0;  ///< Are there with other content, which stays.
    std::int64_t chunks_embedded = 0;      ///< Came without vectors, and got them here.
    /// Chunks that came without vectors and whose collection's model is not the configured one:
    /// they are found by words until `rag reindex`.
    std::int64_t chunks_without_vectors = 0;
};

/// The next line without its line break; false at the end. The text is valid until the next call.
using ReadLine = std::function<bool(std::string& line)>;

/// Takes an export in, document by document, each whole or not at all; what is there already stays,
/// so that the same export may come again. Throws Error{invalid_argument} with the number of a line
/// that is damaged, or where the last line is missing; what came before it is stored.
ImportReport import_lines(const CallContext& context, Transfer& store, Embedder& embedder,
                          const ReadLine& read);

}  // namespace rag::memory
