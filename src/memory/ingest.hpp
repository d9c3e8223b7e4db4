#pragma once

#include "memory/document_writer.hpp"
#include "memory/file_access.hpp"
#include "memory/requests.hpp"
#include "rag/clock.hpp"
#include "rag/document_reader.hpp"
#include "rag/store.hpp"

#include <string>
#include <string_view>

namespace rag::memory {

/// Takes in one text or one file. Safe for concurrent use.
class Ingest final {
public:
    /// `documents` may be null: then documents (PDF, DOCX...) are refused.
    Ingest(Store& store, DocumentWriter& writer, const FileAccess& files, const Clock& clock,
           DocumentReader* documents)
        : store_(store), writer_(writer), files_(files), clock_(clock), documents_(documents) {}

    IngestedDocument text(const CallContext& context, const IngestText& request);
    IngestedDocument file(const CallContext& context, const IngestFile& request);

    /// A file that has been allowed already. `shown` is how the caller knows it.
    IngestedDocument read_file(const CallContext& context, const Collection& collection,
                               const AllowedPath& path, std::string_view shown,
                               const Metadata& metadata);
    /// The file as it would be stored. Throws what reading and extracting it throw.
    SourceDocument load_file(const CallContext& context, const AllowedPath& path,
                             std::string_view shown, const Metadata& metadata) const;

private:
    IngestedDocument describe(const SourceDocument& source, const WrittenDocument& written,
                              const std::string& collection) const;
    void add_chunk_ids(const CallContext& context, IngestedDocument& ingested);

    Store& store_;
    DocumentWriter& writer_;
    const FileAccess& files_;
    const Clock& clock_;
    DocumentReader* const documents_;
};

}  // namespace rag::memory
