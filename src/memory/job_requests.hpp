#pragma once

#include "base/json.hpp"
#include "memory/requests.hpp"
#include "rag/context.hpp"

#include <string>
#include <string_view>

/// Requests as they are written into the store, so that another process can do the work with the
/// first caller's rights.
namespace rag::memory {

constexpr std::string_view directory_job = "ingest_directory";
constexpr std::string_view url_job = "ingest_url";
constexpr std::string_view text_job = "ingest_text";

Json write_caller(const Caller& caller);
Caller read_caller(const Json& json);

Json write_request(const IngestDirectory& request);
IngestDirectory read_directory_request(const Json& json);

Json write_request(const IngestUrl& request);
IngestUrl read_url_request(const Json& json);

Json write_request(const IngestText& request);
IngestText read_text_request(const Json& json);

/// Equal for calls of the same caller that ask a tool for the same thing.
std::string join_key(const Caller& caller, std::string_view tool, const Json& arguments);

}  // namespace rag::memory
