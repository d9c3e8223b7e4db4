#pragma once

#include "base/json.hpp"
#include "memory/requests.hpp"
#include "rag/page_source.hpp"

namespace rag::memory {

/// Throws Error{invalid_argument} naming the argument.
void check_bounds(const IngestUrl& request);

/// What of the request decides where a crawl goes.
CrawlRequest to_crawl(const IngestUrl& request);

/// Whether a crawl with the bounds `next` reaches whatever one with `last` did.
bool is_same_or_wider(const IngestUrl& next, const IngestUrl& last);

/// Whether both follow the same links, however many pages they take.
bool follows_same_links(const IngestUrl& next, const IngestUrl& last);

/// Counts what a page says for machines beyond what every page has.
void count_facts(const Metadata& metadata, CrawlReport& report);

/// Counts of a crawl as they stand in the frontier, and back.
Json write_counts(const CrawlReport& report);
void read_counts(const Json& counts, CrawlReport& report);

}  // namespace rag::memory
