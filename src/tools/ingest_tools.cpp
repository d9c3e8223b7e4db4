#include "memory/json_forms.hpp"
#include "tools/tool_sets.hpp"

namespace rag::tools {

mcp::Tool ingest_text(const MemoryProvider& memory) {
    return make_tool(
        "ingest_text", Role::writer, mcp::Duration::lengthy,
        [memory](const CallContext& context, const Json& arguments) {
            memory::IngestText request;
            request.content = text_of(arguments, "content");
            request.collection = text_of(arguments, "collection_name");
            request.title = optional_text(arguments, "document_title").value_or(std::string());
            request.metadata = object_of(arguments, "metadata");
            request.mode = optional_text(arguments, "mode") == "replace" ? memory::TextMode::replace
                                                                         : memory::TextMode::add;
            request.include_chunk_ids = flag_of(arguments, "include_chunk_ids");
            return result_of(
                memory::ingested_text_form(memory(context).ingest_text(context, request)));
        });
}

mcp::Tool ingest_file(const MemoryProvider& memory) {
    return make_tool("ingest_file", Role::writer, mcp::Duration::lengthy,
                     [memory](const CallContext& context, const Json& arguments) {
                         memory::IngestFile request;
                         request.path = text_of(arguments, "file_path");
                         request.collection = text_of(arguments, "collection_name");
                         request.metadata = object_of(arguments, "metadata");
                         request.include_chunk_ids = flag_of(arguments, "include_chunk_ids");
                         return result_of(memory::ingested_file_form(
                             memory(context).ingest_file(context, request)));
                     });
}

mcp::Tool ingest_directory(const MemoryProvider& memory) {
    return make_tool(
        "ingest_directory", Role::writer, mcp::Duration::lengthy,
        [memory](const CallContext& context, const Json& arguments) {
            memory::IngestDirectory request;
            request.path = text_of(arguments, "directory_path");
            request.collection = text_of(arguments, "collection_name");
            std::vector<std::string> extensions = texts_of(arguments, "file_extensions");
            if (!extensions.empty()) {
                request.extensions = std::move(extensions);
            }
            request.recursive = flag_of(arguments, "recursive");
            request.include_hidden = flag_of(arguments, "include_hidden");
            request.prune = flag_of(arguments, "prune");
            request.include_document_ids = flag_of(arguments, "include_document_ids");
            return result_of(
                memory::directory_report_form(memory(context).ingest_directory(context, request)));
        });
}

}  // namespace rag::tools
