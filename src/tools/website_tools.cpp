#include "memory/json_forms.hpp"
#include "tools/tool_sets.hpp"

namespace rag::tools {
namespace {

memory::CrawlMode read_mode(const Json& arguments) {
    const std::string mode = optional_text(arguments, "mode").value_or("crawl");
    return mode == "recrawl" || mode == "reingest" ? memory::CrawlMode::recrawl
                                                   : memory::CrawlMode::crawl;
}

RenderMode read_render(const Json& arguments) {
    const std::string render = optional_text(arguments, "render").value_or("auto");
    if (render == "always") {
        return RenderMode::always;
    }
    return render == "never" ? RenderMode::never : RenderMode::automatic;
}

memory::IngestUrl read_site(const Json& arguments) {
    memory::IngestUrl request;
    request.url = text_of(arguments, "url");
    request.collection = text_of(arguments, "collection_name");
    request.mode = read_mode(arguments);
    request.follow_links = flag_of(arguments, "follow_links");
    request.max_depth = integer_of(arguments, "max_depth", request.max_depth);
    request.max_pages = integer_of(arguments, "max_pages", request.max_pages);
    request.include_patterns = texts_of(arguments, "include_patterns");
    request.exclude_patterns = texts_of(arguments, "exclude_patterns");
    request.render = read_render(arguments);
    request.metadata = object_of(arguments, "metadata");
    request.include_document_ids = flag_of(arguments, "include_document_ids");
    return request;
}

}  // namespace

mcp::Tool analyze_website(const MemoryProvider& memory) {
    return make_tool("analyze_website", Role::reader, mcp::Duration::lengthy,
                     [memory](const CallContext& context, const Json& arguments) {
                         SiteAnalysisRequest request;
                         request.base_url = text_of(arguments, "base_url");
                         request.timeout_s = integer_of(arguments, "timeout", request.timeout_s);
                         request.include_url_lists = flag_of(arguments, "include_url_lists");
                         request.max_urls_per_pattern = integer_of(
                             arguments, "max_urls_per_pattern", request.max_urls_per_pattern);
                         const auto lists = request.include_url_lists ? memory::UrlLists::include
                                                                      : memory::UrlLists::leave_out;
                         return result_of(memory::site_analysis_form(
                             memory(context).analyze_website(context, request), lists));
                     });
}

mcp::Tool ingest_url(const MemoryProvider& memory) {
    mcp::Tool tool = make_tool("ingest_url", Role::writer, mcp::Duration::lengthy,
                               [memory](const CallContext& context, const Json& arguments) {
                                   return result_of(memory::crawl_report_form(
                                       memory(context).ingest_url(context, read_site(arguments))));
                               });
    tool.task_plan = {
        mcp::TaskUse::offered, {}, [memory](const CallContext& context, const Json& arguments) {
            return memory(context).begin_ingest_url(context, read_site(arguments)).id;
        }};
    return tool;
}

}  // namespace rag::tools
