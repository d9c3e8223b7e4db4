#include "tools/resources.hpp"

#include "base/ascii.hpp"
#include "base/encoding.hpp"
#include "base/utf8.hpp"
#include "memory/json_forms.hpp"
#include "rag/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace rag::tools {
namespace {

constexpr std::string_view collection_prefix = "memory://collections/";
constexpr std::string_view document_prefix = "memory://documents/";
constexpr std::string_view job_prefix = "memory://jobs/";
constexpr std::string_view json_type = "application/json";
constexpr std::string_view documents_cursor = "documents:";
constexpr std::int64_t documents_a_page = 100;
constexpr std::size_t completions_max = 100;

bool is_unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

/// RFC 3986, section 2.1.
std::string percent_encode(std::string_view text) {
    std::string out;
    for (const char c : text) {
        out += is_unreserved(c) ? std::string(1, c)
                                : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

/// Null for a `%` that two hexadecimal digits do not follow.
std::optional<std::string> percent_decode(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out.push_back(text[i]);
            continue;
        }
        if (i + 2 >= text.size()) {
            return std::nullopt;
        }
        unsigned int byte = 0;
        const char* begin = text.data() + i + 1;
        if (std::from_chars(begin, begin + 2, byte, 16).ptr != begin + 2) {
            return std::nullopt;
        }
        out.push_back(static_cast<char>(byte));
        i += 2;
    }
    return out;
}

/// The name that an address ends in; null for one that no collection can have.
std::optional<std::string> read_name(std::string_view encoded) {
    std::optional<std::string> name = percent_decode(encoded);
    const bool possible = name && !name->empty() && is_utf8(*name) &&
                          std::none_of(name->begin(), name->end(),
                                       [](unsigned char c) { return c < 0x20 || c == 0x7f; });
    return possible ? name : std::nullopt;
}

std::optional<std::int64_t> read_number(std::string_view text) {
    std::int64_t number = 0;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    return read.ec == std::errc() && read.ptr == end && number >= 0 ? std::optional(number)
                                                                    : std::nullopt;
}

std::string write_cursor(std::int64_t offset) {
    return to_base64url(std::string(documents_cursor) + std::to_string(offset));
}

std::int64_t read_cursor(std::string_view cursor) {
    const std::optional<std::string> text = from_base64url(cursor);
    if (text && text->starts_with(documents_cursor)) {
        if (const auto offset =
                read_number(std::string_view(*text).substr(documents_cursor.size()))) {
            return *offset;
        }
    }
    throw Error(ErrorCode::invalid_argument,
                "The cursor is not one of this server's; list from the beginning.");
}

mcp::ResourceContents as_json(std::string_view uri, const Json& value) {
    return {std::string(uri), std::string(json_type), dump_json(value), {}};
}

mcp::ResourceContents as_text(std::string_view uri, const memory::DocumentView& view) {
    std::string text = view.document.content;
    if (view.next_offset) {
        text += fmt::format(
            "\n\n[The document goes on: get_document_by_id with document_id {} and "
            "offset {}.]",
            view.document.id, *view.next_offset);
    }
    return {std::string(uri), "text/markdown", std::move(text), {}};
}

}  // namespace

std::string collection_address(std::string_view name) {
    return std::string(collection_prefix) + percent_encode(name);
}

std::string document_address(DocumentId id) {
    return std::string(document_prefix) + std::to_string(id);
}

mcp::ResourcePage MemoryResources::list(const CallContext& context, std::string_view cursor) {
    return cursor.empty() ? list_collections(context)
                          : list_documents(context, read_cursor(cursor));
}

mcp::ResourcePage MemoryResources::list_collections(const CallContext& context) {
    mcp::ResourcePage page;
    page.resources.push_back({std::string(collections_address), "collections", "Collections",
                              "All collections with their descriptions and sizes.",
                              std::string(json_type)});
    std::int64_t documents = 0;
    for (const Collection& collection : memory_(context).list_collections(context)) {
        documents += collection.document_count;
        page.resources.push_back({collection_address(collection.name), collection.name,
                                  collection.name, collection.description, std::string(json_type)});
    }
    if (documents > 0) {
        page.next_cursor = write_cursor(0);
    }
    return page;
}

mcp::ResourcePage MemoryResources::list_documents(const CallContext& context, std::int64_t offset) {
    memory::ListDocuments request;
    request.limit = documents_a_page;
    request.offset = offset;
    const memory::DocumentList list = memory_(context).list_documents(context, request);
    mcp::ResourcePage page;
    for (const DocumentSummary& document : list.documents) {
        page.resources.push_back(
            {document_address(document.id), document.filename, document.filename,
             fmt::format("A document of {} passages in {}.", document.chunk_count,
                         fmt::join(document.collections, ", ")),
             "text/markdown"});
    }
    if (list.has_more) {
        page.next_cursor = write_cursor(offset + documents_a_page);
    }
    return page;
}

std::vector<Json> MemoryResources::templates() {
    return {{{"uriTemplate", std::string(collection_prefix) + "{name}"},
             {"name", "collection"},
             {"title", "Collection"},
             {"description", "What a collection holds: counts, documents, crawled sites."},
             {"mimeType", json_type}},
            {{"uriTemplate", std::string(document_prefix) + "{id}"},
             {"name", "document"},
             {"title", "Document"},
             {"description", "The text of a stored document."},
             {"mimeType", "text/markdown"}},
            {{"uriTemplate", std::string(job_prefix) + "{id}"},
             {"name", "job"},
             {"title", "Job"},
             {"description", "Where a long ingest is: state, pages done, waiting, failed."},
             {"mimeType", json_type}}};
}

std::optional<mcp::ResourceContents> MemoryResources::read(const CallContext& context,
                                                           std::string_view uri) {
    try {
        if (uri == collections_address) {
            return as_json(uri,
                           memory::collections_form(memory_(context).list_collections(context)));
        }
        if (uri.starts_with(collection_prefix)) {
            const auto name = read_name(uri.substr(collection_prefix.size()));
            if (!name) {
                return std::nullopt;
            }
            return as_json(uri, memory::collection_info_form(
                                    memory_(context).get_collection_info(context, *name)));
        }
        if (uri.starts_with(document_prefix)) {
            const auto id = read_number(uri.substr(document_prefix.size()));
            if (!id || *id == 0) {
                return std::nullopt;
            }
            memory::GetDocument request;
            request.document_id = *id;
            return as_text(uri, memory_(context).get_document(context, request));
        }
        if (uri.starts_with(job_prefix)) {
            return as_json(uri, memory::job_form(memory_(context).get_job(
                                    context, uri.substr(job_prefix.size()))));
        }
    } catch (const Error& error) {
        if (error.code() != ErrorCode::not_found) {
            throw;
        }
    }
    return std::nullopt;
}

std::vector<std::string> MemoryResources::complete(const CallContext& context,
                                                   std::string_view template_uri,
                                                   std::string_view variable,
                                                   std::string_view typed) {
    const bool names = template_uri.starts_with(collection_prefix) && variable == "name";
    return names ? complete_collection(context, memory_, typed) : std::vector<std::string>{};
}

std::vector<std::string> complete_collection(const CallContext& context,
                                             const MemoryProvider& memory, std::string_view typed) {
    std::vector<std::string> names;
    for (const Collection& collection : memory(context).list_collections(context)) {
        if (ascii_lower(collection.name).starts_with(ascii_lower(typed)) &&
            names.size() < completions_max) {
            names.push_back(collection.name);
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace rag::tools
