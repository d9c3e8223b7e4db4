#include "memory/json_forms.hpp"
#include "tools/tool_sets.hpp"

namespace rag::tools {

namespace {

/// From here on a text is embedded for so long that a client with tasks should not wait for it.
constexpr std::size_t long_text_bytes = std::size_t{256} * 1024;

memory::IngestText read_text(const Json& arguments) {
    memory::IngestText request;
    request.content = text_of(arguments, "content");
    request.collection = text_of(arguments, "collection_name");
    request.title = optional_text(arguments, "document_title").value_or(std::string());
    request.metadata = object_of(arguments, "metadata");
    request.mode = optional_text(arguments, "mode") == "replace" ? memory::TextMode::replace
                                                                 : memory::TextMode::add;
    request.include_chunk_ids = flag_of(arguments, "include_chunk_ids");
    return request;
}

memory::IngestDirectory read_directory(const Json& arguments) {
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
    return request;
}

bool is_long_text(const Json& arguments) {
    const auto content = arguments.find("content");
    return content != arguments.end() && content->is_string() &&
           content->get_ref<const std::string&>().size() >= long_text_bytes;
}

}  // namespace

mcp::Tool ingest_text(const MemoryProvider& memory) {
    mcp::Tool tool = make_tool("ingest_text", Role::writer, mcp::Duration::lengthy,
                               [memory](const CallContext& context, const Json& arguments) {
                                   return result_of(memory::ingested_text_form(
                                       memory(context).ingest_text(context, read_text(arguments))));
                               });
    tool.task_plan = {
        mcp::TaskUse::offered, is_long_text,
        [memory](const CallContext& context, const Json& arguments) {
            return memory(context).begin_ingest_text(context, read_text(arguments)).id;
        }};
    return tool;
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
    mcp::Tool tool =
        make_tool("ingest_directory", Role::writer, mcp::Duration::lengthy,
                  [memory](const CallContext& context, const Json& arguments) {
                      return result_of(memory::directory_report_form(
                          memory(context).ingest_directory(context, read_directory(arguments))));
                  });
    tool.task_plan = {
        mcp::TaskUse::offered, {}, [memory](const CallContext& context, const Json& arguments) {
            return memory(context).begin_ingest_directory(context, read_directory(arguments)).id;
        }};
    return tool;
}

}  // namespace rag::tools
