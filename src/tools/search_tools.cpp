#include "base/utf8.hpp"
#include "memory/json_forms.hpp"
#include "rag/error.hpp"
#include "tools/resources.hpp"
#include "tools/tool_sets.hpp"

#include <charconv>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace rag::tools {
namespace {

constexpr std::int64_t connector_hits = 20;
constexpr std::int64_t shown_id_max = 80;

SearchMode read_mode(const Json& arguments) {
    const std::string mode = optional_text(arguments, "search_mode").value_or("hybrid");
    if (mode == "vector") {
        return SearchMode::vector;
    }
    return mode == "keyword" ? SearchMode::keyword : SearchMode::hybrid;
}

SearchQuery read_query(const Json& arguments) {
    SearchQuery query;
    query.text = text_of(arguments, "query");
    query.collection = optional_text(arguments, "collection_name");
    query.limit = integer_of(arguments, "limit", query.limit);
    if (const auto threshold = arguments.find("threshold");
        threshold != arguments.end() && threshold->is_number()) {
        query.threshold = threshold->get<double>();
    }
    query.mode = read_mode(arguments);
    query.filter = parse_metadata_filter(object_of(arguments, "metadata_filter"));
    query.context_chunks = integer_of(arguments, "context_chunks", 0);
    query.include_source = flag_of(arguments, "include_source");
    query.max_chars = integer_of(arguments, "max_chars", content_code_points_default);
    return query;
}

/// Each document once, at its best passage's place.
Json connector_results(const SearchResult& found) {
    Json results = Json::array();
    std::set<DocumentId> seen;
    for (const SearchHit& hit : found.hits) {
        if (seen.insert(hit.document_id).second) {
            results.push_back(
                {{"id", std::to_string(hit.document_id)},
                 {"title", hit.filename},
                 {"url", hit.source_url.value_or(document_address(hit.document_id))}});
        }
    }
    return {{"results", std::move(results)}};
}

/// Where a fetch begins: a document, or the rest of one that was too long for one answer.
struct Place {
    DocumentId id = 0;
    std::int64_t offset = 0;
};

std::optional<std::int64_t> read_number(std::string_view text) {
    std::int64_t number = 0;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    return read.ec == std::errc() && read.ptr == end && number > 0 ? std::optional(number)
                                                                   : std::nullopt;
}

/// "7", or "7@60000" for what comes after 60000 characters of it.
Place read_place(std::string_view text) {
    const std::size_t at = text.find('@');
    const auto id = read_number(text.substr(0, at));
    const auto offset = at == std::string_view::npos ? std::optional<std::int64_t>(0)
                                                     : read_number(text.substr(at + 1));
    if (!id || !offset) {
        throw Error(
            ErrorCode::not_found,
            "Document " + std::string(first_code_points(text, shown_id_max)) + " not found");
    }
    return {*id, *offset};
}

std::string text_of_part(const memory::DocumentView& view) {
    if (!view.next_offset) {
        return view.document.content;
    }
    return view.document.content + "\n\n[The document goes on: fetch the id " +
           std::to_string(view.document.id) + '@' + std::to_string(*view.next_offset) + ".]";
}

Json fetched_form(const std::string& asked, const memory::DocumentView& view) {
    const Document& document = view.document;
    const auto source = document.metadata.find("source");
    const bool has_url = source != document.metadata.end() && source->is_string() &&
                         source->get_ref<const std::string&>().starts_with("http");
    return {{"id", asked},
            {"title", document.filename},
            {"text", text_of_part(view)},
            {"url", has_url ? source->get<std::string>() : document_address(document.id)},
            {"metadata", document.metadata}};
}

}  // namespace

mcp::Tool search_documents(const MemoryProvider& memory) {
    return make_tool("search_documents", Role::reader, mcp::Duration::brief,
                     [memory](const CallContext& context, const Json& arguments) {
                         const SearchResult found =
                             memory(context).search(context, read_query(arguments));
                         const auto fields = flag_of(arguments, "include_metadata")
                                                 ? memory::HitFields::with_metadata
                                                 : memory::HitFields::basic;
                         mcp::ToolResult result = result_of(memory::search_form(found, fields));
                         result.notes = memory::search_notes_form(found);
                         return result;
                     });
}

mcp::Tool connector_search(const MemoryProvider& memory) {
    return make_tool(
        "search", Role::reader, mcp::Duration::brief,
        [memory](const CallContext& context, const Json& arguments) {
            SearchQuery query;
            query.text = text_of(arguments, "query");
            query.limit = connector_hits;
            return result_of(connector_results(memory(context).search(context, query)));
        });
}

mcp::Tool connector_fetch(const MemoryProvider& memory) {
    return make_tool(
        "fetch", Role::reader, mcp::Duration::brief,
        [memory](const CallContext& context, const Json& arguments) {
            const std::string asked = text_of(arguments, "id");
            const Place place = read_place(asked);
            memory::GetDocument request;
            request.document_id = place.id;
            request.offset = place.offset;
            return result_of(fetched_form(asked, memory(context).get_document(context, request)));
        });
}

}  // namespace rag::tools
