#include "mcp/modern.hpp"

#include "mcp/mirrored_headers.hpp"

#include <array>
#include <string>
#include <utility>

namespace rag::mcp {
namespace {

/// How long a client may keep the lists, which are the same for everyone and change with the
/// program.
constexpr int catalogue_ttl_ms = 300'000;

struct CacheHint {
    std::string_view method;
    int ttl_ms;
    std::string_view scope;
};

/// 2026-07-28, server/utilities/caching: these six carry hints. Public is only what all callers get
/// alike.
constexpr std::array<CacheHint, 6> cache_hints{{
    {"server/discover", catalogue_ttl_ms, "public"},
    {"tools/list", catalogue_ttl_ms, "public"},
    {"prompts/list", catalogue_ttl_ms, "public"},
    {"resources/templates/list", catalogue_ttl_ms, "public"},
    {"resources/list", 0, "private"},
    {"resources/read", 0, "private"},
}};

const Json& meta_of(const Json& params) {
    static const Json none = Json::object();
    const auto meta = params.find("_meta");
    return meta != params.end() && meta->is_object() ? *meta : none;
}

std::string read_version(const Json& meta) {
    const auto version = meta.find(meta_key::protocol_version);
    if (version == meta.end() || !version->is_string()) {
        throw EnvelopeFailure(std::string("params._meta needs the string ") +
                              meta_key::protocol_version + ".");
    }
    return version->get<std::string>();
}

void read_envelope(const Json& meta, Call& call) {
    const auto capabilities = meta.find(meta_key::client_capabilities);
    if (capabilities == meta.end() || !capabilities->is_object()) {
        throw EnvelopeFailure(std::string("params._meta needs the object ") +
                              meta_key::client_capabilities + " (it may be empty).");
    }
    call.capabilities = read_client_capabilities(*capabilities);
    if (const auto level = meta.find(meta_key::log_level); level != meta.end()) {
        call.log_level =
            level->is_string() ? parse_log_level(level->get<std::string>()) : std::nullopt;
        if (!call.log_level) {
            throw EnvelopeFailure("params._meta has an unknown " +
                                  std::string(meta_key::log_level) + ": " + dump_json(*level) +
                                  ".");
        }
    }
    if (const auto token = meta.find("progressToken"); token != meta.end()) {
        if (!read_request_id(*token)) {
            throw EnvelopeFailure("params._meta.progressToken must be a string or an integer.");
        }
        call.progress_token = *token;
    }
}

}  // namespace

bool claims_modern(const Json& params) {
    return meta_of(params).contains(meta_key::protocol_version);
}

Call admit_modern(Message message, const Arrival& arrival, VersionHeader rule) {
    const Json& meta = meta_of(message.params);
    const std::string version = read_version(meta);
    if (arrival.headers != nullptr) {
        const bool strict = rule == VersionHeader::strict;
        check_stated_headers(*arrival.headers, strict ? std::optional(version) : std::nullopt,
                             message.method);
    }
    Call call;
    read_envelope(meta, call);
    const std::optional<Revision> revision = parse_revision(version);
    if (!revision || era_of(*revision) != Era::modern) {
        throw RpcFailure(code::unsupported_protocol_version,
                         "The protocol version '" + version + "' is not supported.",
                         {{"supported", modern_revisions()}, {"requested", version}});
    }
    if (arrival.headers != nullptr) {
        check_required_headers(*arrival.headers, message.method, message.params);
    }
    call.id = std::move(*message.id);
    call.method = std::move(message.method);
    call.params = std::move(message.params);
    call.revision = *revision;
    call.wire = arrival.wire;
    call.caller = arrival.caller;
    call.wants_stream = !call.progress_token.is_null() || call.log_level.has_value();
    return call;
}

Json discover(const ServerCard& card) {
    Json result = {{"supportedVersions", modern_revisions()},
                   {"capabilities", server_capabilities(card, latest_modern)}};
    if (!card.instructions.empty()) {
        result["instructions"] = card.instructions;
    }
    return result;
}

void complete_modern_result(Json& result, std::string_view method, const ServerCard& card) {
    if (!result.contains("resultType")) {
        result["resultType"] = "complete";
    }
    result["_meta"][meta_key::server_info] = server_info(card);
    if (result["resultType"] != "complete") {
        return;
    }
    for (const CacheHint& hint : cache_hints) {
        if (hint.method == method) {
            result["ttlMs"] = hint.ttl_ms;
            result["cacheScope"] = hint.scope;
        }
    }
}

}  // namespace rag::mcp
