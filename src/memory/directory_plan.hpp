#pragma once

#include "memory/directory_walk.hpp"
#include "memory/ingest.hpp"
#include "memory/requests.hpp"
#include "rag/store.hpp"

#include <cstdint>
#include <string_view>

namespace rag::memory {

/// Says what taking in a folder would do, without doing it: reads, extracts and cuts as
/// DirectoryIngest does, embeds and writes nothing. Used by one thread.
class DirectoryPlan final {
public:
    DirectoryPlan(Store& store, Ingest& ingest, const FileAccess& files)
        : store_(store), ingest_(ingest), files_(files) {}

    /// Throws what the ingest would throw before its first file.
    DirectoryEstimate estimate(const CallContext& context, const IngestDirectory& request,
                               MissingCollection missing);

private:
    void count(const CallContext& context, const IngestDirectory& request,
               std::optional<CollectionId> collection, const WalkedFile& file,
               DirectoryEstimate& estimate);

    Store& store_;
    Ingest& ingest_;
    const FileAccess& files_;
};

/// About how many tokens a byte-pair encoding of OpenAI's makes of well-formed UTF-8: a quarter of
/// the characters in ASCII, half of those of other alphabets, one for each ideograph. Within a
/// fifth for prose; code and numbers take more.
std::int64_t estimate_tokens(std::string_view text);

}  // namespace rag::memory
