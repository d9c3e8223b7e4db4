#include "memory/json_forms.hpp"
#include "tools/tool_sets.hpp"

namespace rag::tools {
namespace {

DocumentId id_of(const Json& arguments) {
    return integer_of(arguments, "document_id", 0);
}

}  // namespace

mcp::Tool get_document_by_id(const MemoryProvider& memory) {
    return make_tool(
        "get_document_by_id", Role::reader, mcp::Duration::brief,
        [memory](const CallContext& context, const Json& arguments) {
            memory::GetDocument request;
            request.document_id = id_of(arguments);
            request.include_chunks = flag_of(arguments, "include_chunks");
            if (const auto version = integer_of(arguments, "version", 0)) {
                request.version = version;
            }
            request.offset = integer_of(arguments, "offset", 0);
            request.max_chars = integer_of(arguments, "max_chars", request.max_chars);
            return result_of(memory::document_form(memory(context).get_document(context, request)));
        });
}

mcp::Tool update_document(const MemoryProvider& memory) {
    return make_tool("update_document", Role::writer, mcp::Duration::lengthy,
                     [memory](const CallContext& context, const Json& arguments) {
                         memory::UpdateDocument request;
                         request.document_id = id_of(arguments);
                         request.content = optional_text(arguments, "content");
                         request.title = optional_text(arguments, "title");
                         if (const auto metadata = arguments.find("metadata");
                             metadata != arguments.end() && !metadata->is_null()) {
                             request.metadata = *metadata;
                         }
                         return result_of(memory::updated_document_form(
                             memory(context).update_document(context, request)));
                     });
}

mcp::Tool delete_document(const MemoryProvider& memory) {
    return make_tool("delete_document", Role::writer, mcp::Duration::brief,
                     [memory](const CallContext& context, const Json& arguments) {
                         const DocumentId id = id_of(arguments);
                         return result_of(memory::deleted_document_form(
                             id, memory(context).delete_document(context, id)));
                     });
}

mcp::Tool list_documents(const MemoryProvider& memory) {
    return make_tool("list_documents", Role::reader, mcp::Duration::brief,
                     [memory](const CallContext& context, const Json& arguments) {
                         memory::ListDocuments request;
                         request.collection = optional_text(arguments, "collection_name");
                         request.limit = integer_of(arguments, "limit", request.limit);
                         request.offset = integer_of(arguments, "offset", 0);
                         request.filter =
                             parse_metadata_filter(object_of(arguments, "metadata_filter"));
                         const auto fields = flag_of(arguments, "include_details")
                                                 ? memory::DocumentFields::detailed
                                                 : memory::DocumentFields::basic;
                         return result_of(memory::document_list_form(
                             memory(context).list_documents(context, request), fields));
                     });
}

mcp::Tool list_document_versions(const MemoryProvider& memory) {
    return make_tool("list_document_versions", Role::reader, mcp::Duration::brief,
                     [memory](const CallContext& context, const Json& arguments) {
                         const DocumentId id = id_of(arguments);
                         return result_of(memory::document_versions_form(
                             id, memory(context).list_document_versions(context, id)));
                     });
}

mcp::Tool restore_document_version(const MemoryProvider& memory) {
    return make_tool("restore_document_version", Role::writer, mcp::Duration::lengthy,
                     [memory](const CallContext& context, const Json& arguments) {
                         const memory::RestoreDocumentVersion request{
                             id_of(arguments), integer_of(arguments, "version", 0)};
                         return result_of(memory::updated_document_form(
                             memory(context).restore_document_version(context, request)));
                     });
}

}  // namespace rag::tools
