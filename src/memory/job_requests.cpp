#include "memory/job_requests.hpp"

#include "base/hash.hpp"
#include "base/roles.hpp"
#include "rag/error.hpp"

#include <array>

namespace rag::memory {
namespace {

constexpr std::array<std::string_view, 3> reaches = {"none", "working_tree", "whole_machine"};
constexpr std::array<std::string_view, 3> renders = {"auto", "never", "always"};

/// The place of the word; 0, the least of them, for one that is not known.
template <std::size_t N>
int place_of(const std::array<std::string_view, N>& words, const std::string& word) {
    for (std::size_t i = 0; i < N; ++i) {
        if (words[i] == word) {
            return static_cast<int>(i);
        }
    }
    return 0;
}

template <class Read>
auto read_or_corrupt(Read read) {
    try {
        return read();
    } catch (const Json::exception&) {
        throw Error(ErrorCode::corrupt, "The stored request of a job cannot be read.");
    }
}

}  // namespace

Json write_caller(const Caller& caller) {
    return {{"principal", caller.principal},
            {"role", role_name(caller.role)},
            {"collections", caller.collections},
            {"files", reaches[static_cast<std::size_t>(caller.files)]}};
}

Caller read_caller(const Json& json) {
    return read_or_corrupt([&] {
        Caller caller;
        caller.principal = json.at("principal").get<std::string>();
        caller.role = parse_role(json.at("role").get<std::string>()).value_or(Role::reader);
        caller.collections = json.at("collections").get<std::vector<std::string>>();
        caller.files =
            static_cast<FileReach>(place_of(reaches, json.at("files").get<std::string>()));
        return caller;
    });
}

Json write_request(const IngestDirectory& request) {
    return {{"directory_path", request.path},
            {"collection_name", request.collection},
            {"file_extensions", request.extensions},
            {"recursive", request.recursive},
            {"include_hidden", request.include_hidden},
            {"prune", request.prune},
            {"include_document_ids", request.include_document_ids},
            {"metadata", request.metadata}};
}

IngestDirectory read_directory_request(const Json& json) {
    return read_or_corrupt([&] {
        IngestDirectory request;
        request.path = json.at("directory_path").get<std::string>();
        request.collection = json.at("collection_name").get<std::string>();
        request.extensions = json.at("file_extensions").get<std::vector<std::string>>();
        request.recursive = json.at("recursive").get<bool>();
        request.include_hidden = json.at("include_hidden").get<bool>();
        request.prune = json.at("prune").get<bool>();
        request.include_document_ids = json.at("include_document_ids").get<bool>();
        request.metadata = json.at("metadata");
        return request;
    });
}

Json write_request(const IngestUrl& request) {
    return {{"url", request.url},
            {"collection_name", request.collection},
            {"mode", request.mode == CrawlMode::crawl ? "crawl" : "recrawl"},
            {"follow_links", request.follow_links},
            {"max_depth", request.max_depth},
            {"max_pages", request.max_pages},
            {"include_patterns", request.include_patterns},
            {"exclude_patterns", request.exclude_patterns},
            {"render", renders[static_cast<std::size_t>(request.render)]},
            {"metadata", request.metadata},
            {"include_document_ids", request.include_document_ids}};
}

IngestUrl read_url_request(const Json& json) {
    return read_or_corrupt([&] {
        IngestUrl request;
        request.url = json.at("url").get<std::string>();
        request.collection = json.at("collection_name").get<std::string>();
        request.mode = json.at("mode") == "recrawl" ? CrawlMode::recrawl : CrawlMode::crawl;
        request.follow_links = json.at("follow_links").get<bool>();
        request.max_depth = json.at("max_depth").get<std::int64_t>();
        request.max_pages = json.at("max_pages").get<std::int64_t>();
        request.include_patterns = json.at("include_patterns").get<std::vector<std::string>>();
        request.exclude_patterns = json.at("exclude_patterns").get<std::vector<std::string>>();
        request.render =
            static_cast<RenderMode>(place_of(renders, json.at("render").get<std::string>()));
        request.metadata = json.at("metadata");
        request.include_document_ids = json.at("include_document_ids").get<bool>();
        return request;
    });
}

Json write_request(const IngestText& request) {
    return {{"content", request.content},
            {"collection_name", request.collection},
            {"document_title", request.title},
            {"metadata", request.metadata},
            {"mode", request.mode == TextMode::replace ? "replace" : "add"},
            {"include_chunk_ids", request.include_chunk_ids}};
}

IngestText read_text_request(const Json& json) {
    return read_or_corrupt([&] {
        IngestText request;
        request.content = json.at("content").get<std::string>();
        request.collection = json.at("collection_name").get<std::string>();
        request.title = json.at("document_title").get<std::string>();
        request.metadata = json.at("metadata");
        request.mode = json.at("mode") == "replace" ? TextMode::replace : TextMode::add;
        request.include_chunk_ids = json.at("include_chunk_ids").get<bool>();
        return request;
    });
}

std::string join_key(const Caller& caller, std::string_view tool, const Json& arguments) {
    const Json all = {write_caller(caller), tool, arguments};
    return sha256_hex(dump_json(all));
}

}  // namespace rag::memory
