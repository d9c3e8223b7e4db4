#include "memory/json_forms.hpp"
#include "tools/tool_sets.hpp"

namespace rag::tools {

mcp::Tool list_collections(const MemoryProvider& memory) {
    return make_tool(
        "list_collections", Role::reader, mcp::Duration::brief,
        [memory](const CallContext& context, const Json&) {
            return result_of(memory::collections_form(memory(context).list_collections(context)));
        });
}

mcp::Tool create_collection(const MemoryProvider& memory) {
    return make_tool("create_collection", Role::writer, mcp::Duration::brief,
                     [memory](const CallContext& context, const Json& arguments) {
                         const memory::CreateCollection request{text_of(arguments, "name"),
                                                                text_of(arguments, "description")};
                         return result_of(memory::created_collection_form(
                             memory(context).create_collection(context, request)));
                     });
}

mcp::Tool update_collection_description(const MemoryProvider& memory) {
    return make_tool("update_collection_description", Role::writer, mcp::Duration::brief,
                     [memory](const CallContext& context, const Json& arguments) {
                         const memory::UpdateCollectionDescription request{
                             text_of(arguments, "name"), text_of(arguments, "description")};
                         return result_of(memory::updated_collection_form(
                             memory(context).update_collection_description(context, request)));
                     });
}

mcp::Tool get_collection_info(const MemoryProvider& memory) {
    return make_tool(
        "get_collection_info", Role::reader, mcp::Duration::brief,
        [memory](const CallContext& context, const Json& arguments) {
            return result_of(memory::collection_info_form(memory(context).get_collection_info(
                context, text_of(arguments, "collection_name"))));
        });
}

mcp::Tool delete_collection(const MemoryProvider& memory) {
    return make_tool("delete_collection", Role::admin, mcp::Duration::brief,
                     [memory](const CallContext& context, const Json& arguments) {
                         const std::string name = text_of(arguments, "collection_name");
                         return result_of(memory::deleted_collection_form(
                             name, memory(context).delete_collection(context, name)));
                     });
}

mcp::Tool export_collection(const MemoryProvider& memory) {
    return make_tool("export_collection", Role::reader, mcp::Duration::lengthy,
                     [memory](const CallContext& context, const Json& arguments) {
                         memory::ExportCollection request;
                         request.name = text_of(arguments, "collection_name");
                         request.cursor = optional_text(arguments, "cursor");
                         request.vectors = flag_of(arguments, "include_vectors");
                         request.max_chars = integer_of(arguments, "max_chars", request.max_chars);
                         return result_of(memory::exported_part_form(
                             memory(context).export_collection(context, request)));
                     });
}

}  // namespace rag::tools
