#include "base/utf8.hpp"
#include "mcp/arguments.hpp"
#include "memory/world.hpp"
#include "tools/instructions.hpp"
#include "tools/register.hpp"
#include "tools/resources.hpp"

using namespace rag;
using rag::test::error_of;
using rag::test::holds;
using rag::test::World;

namespace {

bool has_type(const Json& value, const std::string& type) {
    return (type == "string" && value.is_string()) || (type == "boolean" && value.is_boolean()) ||
           (type == "integer" && value.is_number_integer()) ||
           (type == "number" && value.is_number()) || (type == "object" && value.is_object()) ||
           (type == "array" && value.is_array()) || (type == "null" && value.is_null());
}

/// What of the value does not fit the schema; empty when all does. Every member of an object must
/// be named by the schema, so that nothing undocumented goes out.
std::string misfit(const Json& value, const Json& schema, const std::string& at = "") {
    const Json types =
        schema.at("type").is_array() ? schema.at("type") : Json::array({schema.at("type")});
    const bool fits = std::any_of(types.begin(), types.end(), [&](const Json& type) {
        return has_type(value, type.get<std::string>());
    });
    if (!fits) {
        return at + " has another type: " + value.dump();
    }
    if (schema.contains("enum") &&
        std::find(schema["enum"].begin(), schema["enum"].end(), value) == schema["enum"].end()) {
        return at + " is not in the enum: " + value.dump();
    }
    if (value.is_array() && schema.contains("items")) {
        for (const Json& item : value) {
            if (const std::string found = misfit(item, schema["items"], at + "[]");
                !found.empty()) {
                return found;
            }
        }
    }
    if (!value.is_object()) {
        return {};
    }
    for (const Json& name : schema.value("required", Json::array())) {
        if (!value.contains(name.get<std::string>())) {
            return at + "." + name.get<std::string>() + " is missing";
        }
    }
    const bool open = !schema.contains("properties") && !schema.contains("additionalProperties");
    for (const auto& [name, member] : value.items()) {
        const Json properties = schema.value("properties", Json::object());
        if (!open && !properties.contains(name) && !schema.contains("additionalProperties")) {
            return at + "." + name + " is not in the schema";
        }
        const Json* below = properties.contains(name) ? &properties[name]
                            : schema.contains("additionalProperties")
                                ? &schema["additionalProperties"]
                                : nullptr;
        if (below != nullptr && below->is_object()) {
            if (const std::string found = misfit(member, *below, at + "." + name); !found.empty()) {
                return found;
            }
        }
    }
    return {};
}

struct ToolWorld : World {
    ToolWorld() {
        const tools::MemoryProvider provider = [this](const CallContext&) -> memory::Memory& {
            return memory();
        };
        tools::register_tools(registry, provider, {"core", "admin", "connector"});
        tools::register_prompts(registry, provider);
        resources = std::make_unique<tools::MemoryResources>(provider);
    }

    /// Calls as the dispatcher does, and holds the result against the tool's outputSchema.
    Json call(const std::string& name, const Json& arguments = Json::object()) {
        const mcp::Tool* tool = registry.find_tool(name);
        REQUIRE(tool != nullptr);
        notes = nullptr;
        const mcp::ToolResult result = tool->handler(
            context, mcp::prepare_arguments(tool->definition.at("inputSchema"), arguments));
        notes = result.notes;
        CHECK(misfit(result.structured, tool->definition.at("outputSchema"), name) == "");
        return result.structured;
    }
    std::string error(const std::string& name, const Json& arguments) {
        return error_of([&] { call(name, arguments); });
    }

    mcp::Registry registry;
    std::unique_ptr<tools::MemoryResources> resources;
    Json notes;
};

}  // namespace

TEST_CASE("tools: the default list is exactly the fourteen, in order") {
    mcp::Registry registry;
    tools::register_tools(registry, [](const CallContext&) -> memory::Memory& {
        throw Error(ErrorCode::unavailable, "not open");
    });
    std::vector<std::string> names;
    for (const mcp::Tool& tool : registry.tools()) {
        names.push_back(tool.name);
    }
    CHECK(names == std::vector<std::string>{
                       "search_documents", "list_collections", "create_collection",
                       "update_collection_description", "ingest_text", "get_document_by_id",
                       "get_collection_info", "analyze_website", "ingest_url", "ingest_file",
                       "ingest_directory", "update_document", "delete_document", "list_documents"});
    CHECK_THROWS_AS(tools::register_tools(registry, {}, {"nonsense"}), Error);
}

TEST_CASE("tools: every definition is complete and portable") {
    const ToolWorld world;
    for (const mcp::Tool& tool : world.registry.tools()) {
        CAPTURE(tool.name);
        const Json& definition = tool.definition;
        CHECK(definition.at("name") == tool.name);
        CHECK(!definition.at("title").get<std::string>().empty());
        CHECK(count_code_points(definition.at("description").get<std::string>()) < 900);
        for (const char* hint :
             {"readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"}) {
            CHECK(definition.at("annotations").at(hint).is_boolean());
        }
        CHECK((definition.at("annotations").at("readOnlyHint") == true) ==
              (tool.least_role == Role::reader));
        for (const char* schema : {"inputSchema", "outputSchema"}) {
            const std::string text = definition.at(schema).dump();
            CHECK(definition.at(schema).at("type") == "object");
            for (const char* word : {"$ref", "oneOf", "anyOf", "allOf"}) {
                CHECK(!holds(text, word));
            }
        }
        for (const auto& [name, property] : definition.at("inputSchema").at("properties").items()) {
            CAPTURE(name);
            CHECK(property.contains("description"));
        }
    }
    CHECK(count_code_points(tools::server_instructions()) < 1500);
}

TEST_CASE("tools: a text's life, each answer as its schema says") {
    ToolWorld world;
    CHECK(world.call("create_collection", {{"name", "n"}, {"description", "d"}})["created"] ==
          true);
    const Json stored = world.call("ingest_text", {{"content", "# Boats\n\nBoats are blue."},
                                                   {"collection_name", "n"},
                                                   {"document_title", "Boats"},
                                                   {"metadata", "{\"team\": \"sea\"}"},
                                                   {"include_chunk_ids", true}});
    CHECK(stored["status"] == "created");
    CHECK(stored["chunk_ids"].size() == 1);
    const Json id = stored["source_document_id"];
    const Json hits = world.call("search_documents", {{"query", "blue boats"},
                                                      {"limit", "500"},
                                                      {"include_metadata", true},
                                                      {"include_source", true},
                                                      {"metadata_filter", {{"team", "sea"}}}});
    REQUIRE(hits["result"].size() == 1);
    CHECK(hits["result"][0]["heading_path"] == "Boats");
    CHECK(hits["result"][0]["metadata"]["team"] == "sea");
    const Json plain = world.call("search_documents", {{"query", "blue boats"}});
    CHECK(plain["result"][0].size() == 4);
    world.call("get_document_by_id", {{"document_id", id}, {"include_chunks", true}});
    CHECK(world.call("get_document_by_id", {{"document_id", id}, {"max_chars", 5}})["truncated"] ==
          true);
    world.call("list_collections");
    world.call("get_collection_info", {{"collection_name", "n"}});
    world.call("update_collection_description", {{"name", "n"}, {"description", "e"}});
    world.call("update_document", {{"document_id", id}, {"content", "Boats are red."}});
    CHECK(world.call("list_document_versions", {{"document_id", id}})["versions"].size() == 2);
    world.call("restore_document_version", {{"document_id", id}, {"version", 1}});
    const Json listed = world.call("list_documents", {{"include_details", true}, {"limit", 999}});
    CHECK(listed["documents"][0]["collections"] == Json::array({"n"}));
    CHECK(world.call("search", {{"query", "boats"}})["results"][0]["id"] == id.dump());
    CHECK(holds(world.call("fetch", {{"id", id.dump()}})["text"], "blue"));
    CHECK(world.call("delete_document", {{"document_id", id}})["chunks_deleted"] == 1);
    CHECK(world.call("delete_collection", {{"collection_name", "n"}})["deleted"] == true);
}

TEST_CASE("tools: search and fetch as connectors want them") {
    ToolWorld world;
    world.call("create_collection", {{"name", "n"}, {"description", "d"}});
    std::string content;
    for (int i = 0; content.size() < 130'000; ++i) {
        content += "Paragraph " + std::to_string(i) + " is about harbours.\n\n";
    }
    const Json stored = world.call(
        "ingest_text",
        {{"content", content}, {"collection_name", "n"}, {"document_title", "Harbours"}});
    // Many passages fit, and the document is one result.
    const Json found = world.call("search", {{"query", "harbours"}});
    REQUIRE(found["results"].size() == 1);
    const std::string id = found["results"][0]["id"];
    CHECK(id == stored["source_document_id"].dump());
    CHECK(found["results"][0]["title"] == "Harbours");
    CHECK(found["results"][0]["url"] == "memory://documents/" + id);
    // The parts of a long one are the whole.
    std::string whole;
    std::string next = id;
    for (int parts = 0; !next.empty() && parts < 10; ++parts) {
        const Json part = world.call("fetch", {{"id", next}});
        CHECK(part["id"] == next);
        const std::string text = part["text"];
        const std::size_t end = text.rfind("\n\n[The document goes on: fetch the id ");
        next = end == std::string::npos ? "" : text.substr(end + 38, text.size() - end - 40);
        whole += text.substr(0, end);
    }
    CHECK(whole == content);
    for (const char* wrong :
         {"", "0", "-1", "x", "7x", "7@", "7@-1", "@5", "99999999999999999999"}) {
        CHECK(world.error("fetch", {{"id", wrong}}) ==
              "Document " + std::string(wrong) + " not found");
    }
}

TEST_CASE("tools: files and sites, each answer as its schema says") {
    ToolWorld world;
    world.write_file("docs/a.md", "Alpha anchors.");
    world.write_file("docs/b.md", " ");
    world.web.pages["http://site.example/"] = {200, "Welcome to the harbour.", "Home", {}};
    CHECK(world.call("ingest_file",
                     {{"file_path", "docs/a.md"}, {"collection_name", "c"}})["file_type"] == "md");
    const Json report = world.call("ingest_directory", {{"directory_path", "docs"},
                                                        {"collection_name", "c"},
                                                        {"file_extensions", "[\"md\"]"},
                                                        {"prune", true},
                                                        {"include_document_ids", true}});
    CHECK(report["files_unchanged"] == 1);
    CHECK(report["failed_files"].size() == 1);
    const Json crawled =
        world.call("ingest_url",
                   {{"url", "http://site.example"}, {"collection_name", "c"}, {"mode", "ingest"}});
    CHECK(crawled["mode"] == "crawl");
    CHECK(!crawled.contains("old_pages_deleted"));
    CHECK(world.call("ingest_url", {{"url", "http://site.example"},
                                    {"collection_name", "c"},
                                    {"mode", "reingest"}})["old_pages_deleted"] == 0);
    const Json analysis = world.call(
        "analyze_website", {{"base_url", "http://site.example"}, {"include_url_lists", true}});
    CHECK(analysis["url_groups"]["/docs"].size() == 1);
    CHECK(analysis["data_quality"] == Json{{"pages_read", 2},
                                           {"forms", {{"json_ld", 1}}},
                                           {"page_types", {{"product", 1}}},
                                           {"fields", {{"price", 1}}}});
}

TEST_CASE("tools: what is wrong with arguments is a sentence that names them") {
    ToolWorld world;
    CHECK(world.error("search_documents", {{"query", " "}}) == "Query cannot be empty");
    CHECK(holds(world.error("search_documents", {{"query", "x"}, {"limit", 0}}), "limit"));
    CHECK(holds(world.error("search_documents", {{"query", "x"}, {"limit", 5.5}}), "limit"));
    CHECK(holds(world.error("search_documents", {{"query", "x"}, {"search_mode", "m"}}),
                "search_mode"));
    CHECK(holds(world.error("search_documents",
                            {{"query", "x"}, {"metadata_filter", {{"a", {{"$no", 1}}}}}}),
                "$no"));
    CHECK(holds(world.error("get_document_by_id", {{"document_id", 0}}), "document_id"));
    CHECK(holds(world.error("ingest_url",
                            {{"url", "http://x/"}, {"collection_name", "c"}, {"max_depth", 4}}),
                "max_depth"));
    CHECK(holds(world.error("ingest_text", {{"collection_name", "c"}}), "content"));
    CHECK(holds(world.error("analyze_website", {{"base_url", "http://x/"}, {"timeout", 121}}),
                "timeout"));
    CHECK(world.error("fetch", {{"id", "abc"}}) == "Document abc not found");
}

TEST_CASE("tools: a failed embedding service is told beside the answer") {
    ToolWorld world;
    world.add("Boats are blue.", "Boats");
    world.call("search_documents", {{"query", "boats"}});
    CHECK(world.notes.is_null());
    world.embedder.before_each = [] { throw Error(ErrorCode::unavailable, "Service X is down."); };
    CHECK(world.call("search_documents", {{"query", "boats"}})["result"].size() == 1);
    CHECK(world.notes.at("notes").size() == 1);
}

TEST_CASE("resources: collections and documents are listed in pages, read and completed") {
    ToolWorld world;
    world.memory().create_collection(world.context, {"Übersicht 1", "d"});
    for (int i = 0; i < 120; ++i) {
        world.add("Text " + std::to_string(i), "T" + std::to_string(i));
    }
    mcp::ResourcePage page = world.resources->list(world.context, "");
    REQUIRE(page.resources.size() == 3);
    CHECK(page.resources[0].uri == "memory://collections");
    CHECK(page.resources[1].uri == "memory://collections/%C3%9Cbersicht%201");
    std::size_t documents = 0;
    while (!page.next_cursor.empty()) {
        page = world.resources->list(world.context, page.next_cursor);
        documents += page.resources.size();
        for (const mcp::ResourceEntry& entry : page.resources) {
            CHECK(world.resources->read(world.context, entry.uri).has_value());
        }
    }
    CHECK(documents == 120);
    const auto info =
        world.resources->read(world.context, "memory://collections/%C3%9Cbersicht%201");
    REQUIRE(info);
    CHECK(Json::parse(info->text).at("name") == "Übersicht 1");
    for (const char* uri : {"memory://collections/no", "memory://documents/9999",
                            "memory://documents/x", "memory://documents/", "memory://collections/%",
                            "memory://collections/%zz", "file:///etc/passwd"}) {
        CHECK(!world.resources->read(world.context, uri));
    }
    CHECK_THROWS_AS(world.resources->list(world.context, "nonsense"), Error);
    CHECK(world.resources->complete(world.context, "memory://collections/{name}", "name", "C") ==
          std::vector<std::string>{"c"});
}

TEST_CASE("prompts: both are there and hold what was given") {
    ToolWorld world;
    const mcp::Prompt* answer = world.registry.find_prompt("answer_with_citations");
    REQUIRE(answer != nullptr);
    const Json asked =
        answer->handler(world.context, {{"question", "Why?"}, {"collection_name", "c"}});
    CHECK(holds(asked.at("messages")[0].at("content").at("text"), "Why?"));
    CHECK(holds(asked.at("messages")[0].at("content").at("text"), "\"c\""));
    CHECK(answer->completer(world.context, "collection_name", "").size() == 1);
    const mcp::Prompt* plan = world.registry.find_prompt("plan_site_ingest");
    REQUIRE(plan != nullptr);
    CHECK(holds(plan->handler(world.context, {{"url", "http://x/"}}).dump(), "http://x/"));
}
