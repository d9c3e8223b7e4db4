// What each role may do and what a token that is limited to some collections sees: every tool,
// resource, prompt completion, subscription, task and route. What a caller may not see must look
// exactly like what is not there.

#include "support/http_calls.hpp"
#include "support/running_server.hpp"

#include <doctest/doctest.h>

#include <map>
#include <vector>

using namespace rag::test;
using nlohmann::json;

namespace {

constexpr const char* secret_tail = "-0123456789abcdef";
constexpr const char* tokens =
    "reader:reader:reader-0123456789abcdef,writer:writer:writer-0123456789abcdef,"
    "admin:admin:admin-0123456789abcdef,fenced_reader:reader:open:fenced_reader-0123456789abcdef,"
    "fenced:admin:open:fenced-0123456789abcdef";
/// Ids of documents and collections that no test makes.
constexpr int absent_document = 987'654;

const std::vector<std::string>& roles() {
    static const std::vector<std::string> all{"reader", "writer", "admin"};
    return all;
}

std::string text_of(const HttpAnswer& answer) {
    if (answer.body.contains("error")) {
        return "error: " + answer.body["error"].dump();
    }
    const json& result = answer.body["result"];
    return result.contains("content") ? result["content"].dump() : result.dump();
}

std::string replaced(std::string text, const std::string& part, const std::string& by) {
    for (std::size_t at = text.find(part); at != std::string::npos;
         at = text.find(part, at + by.size())) {
        text.replace(at, part.size(), by);
    }
    return text;
}

/// A memory with a document in each of two collections, one of which some tokens do not cover.
struct RightsWorld {
    RightsWorld() {
        for (const char* name : {"open", "hidden"}) {
            call("admin", "create_collection", {{"name", name}, {"description", "d"}});
            const HttpAnswer made = call("admin", "ingest_text",
                                         {{"content", std::string("The cat sat in ") + name},
                                          {"collection_name", name},
                                          {"document_title", std::string(name) + "-title"}});
            documents[name] =
                made.body["result"]["structuredContent"]["source_document_id"].get<int>();
        }
    }

    HttpAnswer call(const std::string& who, const std::string& tool,
                    json arguments = json::object()) const {
        return call_modern(server.address(), who + secret_tail, tool, std::move(arguments));
    }
    HttpAnswer post(const std::string& who, const std::string& method, json params = json::object(),
                    const json& capabilities = json::object()) const {
        return post_modern(server.address(), who + secret_tail, method, std::move(params),
                           capabilities);
    }

    /// The answer's text with what was asked for written the same way, hidden or absent.
    std::string neutral(const HttpAnswer& answer) const {
        std::string text = text_of(answer);
        for (const std::string& name :
             {std::string("hidden"), std::string("absent"), std::to_string(documents.at("hidden")),
              std::to_string(absent_document)}) {
            text = replaced(text, name, "IT");
        }
        return text;
    }

    TestMemory memory{StoreKind::sqlite};
    RunningServer server{
        memory,
        Transport::streamable_http,
        {{"RAG_AUTH", "token"}, {"RAG_TOKENS", tokens}, {"RAG_TOOLSETS", "core,admin,connector"}}};
    std::map<std::string, int> documents;
};

struct ToolRow {
    std::string tool;
    std::string least_role;
    json arguments;  ///< Of a call that is refused for what it names, or does no harm.
};

std::vector<ToolRow> tool_rows() {
    const json absent = {{"collection_name", "absent"}};
    const auto with = [&](json more) {
        more.update(absent);
        return more;
    };
    return {
        {"search_documents", "reader", with({{"query", "cat"}})},
        {"list_collections", "reader", json::object()},
        {"create_collection", "writer", {{"name", "open"}, {"description", "d"}}},
        {"update_collection_description", "writer", {{"name", "absent"}, {"description", "d"}}},
        {"ingest_text", "writer", with({{"content", "c"}})},
        {"get_document_by_id", "reader", {{"document_id", absent_document}}},
        {"get_collection_info", "reader", absent},
        {"analyze_website", "reader", {{"base_url", "http://127.0.0.1:1"}, {"timeout", 1}}},
        {"ingest_url", "writer", with({{"url", "http://127.0.0.1:1"}})},
        {"ingest_file", "writer", with({{"file_path", "absent.txt"}})},
        {"ingest_directory", "writer", with({{"directory_path", "absent"}})},
        {"update_document", "writer", {{"document_id", absent_document}, {"title", "t"}}},
        {"delete_document", "writer", {{"document_id", absent_document}}},
        {"list_documents", "reader", json::object()},
        {"delete_collection", "admin", {{"collection_name", "absent"}, {"name", "absent"}}},
        {"export_collection", "reader", absent},
        {"list_document_versions", "reader", {{"document_id", absent_document}}},
        {"restore_document_version", "writer", {{"document_id", absent_document}, {"version", 1}}},
        {"search", "reader", {{"query", "cat"}}},
        {"fetch", "reader", {{"id", std::to_string(absent_document)}}}};
}

/// The arguments with the absent collection or document replaced by the hidden one.
json aimed_at_hidden(const json& arguments, int document) {
    const std::string text = replaced(
        replaced(arguments.dump(), std::to_string(absent_document), std::to_string(document)),
        "\"absent\"", "\"hidden\"");
    return json::parse(text);
}

}  // namespace

TEST_CASE("rights: each tool is for its role and those above, and for no other") {
    const RightsWorld world;
    const HttpAnswer listed = world.post("admin", "tools/list");
    CHECK(listed.body["result"]["tools"].size() == tool_rows().size());
    for (const ToolRow& row : tool_rows()) {
        bool allowed = false;
        for (const std::string& role : roles()) {
            CAPTURE(row.tool + " as " + role);
            allowed = allowed || role == row.least_role;
            const HttpAnswer answer = world.call(role, row.tool, row.arguments);
            CHECK(answer.status == 200);
            const bool refused = answer.body["result"].value("isError", false) &&
                                 text_of(answer).find("needs the role '" + row.least_role + "'") !=
                                     std::string::npos;
            CHECK(refused == !allowed);
        }
    }
}

TEST_CASE("rights: to a limited token a hidden thing answers every tool as an absent one does") {
    const RightsWorld world;
    const int hidden = world.documents.at("hidden");
    std::string before =
        text_of(world.call("admin", "get_collection_info", {{"collection_name", "hidden"}}));
    for (const ToolRow& row : tool_rows()) {
        CAPTURE(row.tool);
        const json aimed = aimed_at_hidden(row.arguments, hidden);
        if (aimed == row.arguments) {
            continue;  // Names nothing.
        }
        const HttpAnswer of_absent = world.call("fenced", row.tool, row.arguments);
        const HttpAnswer of_hidden = world.call("fenced", row.tool, aimed);
        CHECK(of_absent.body["result"]["isError"] == json(true));
        CHECK(world.neutral(of_hidden) == world.neutral(of_absent));
    }
    const json create = {{"name", "hidden"}, {"description", "d"}};
    const json create_absent = {{"name", "absent"}, {"description", "d"}};
    CHECK(world.neutral(world.call("fenced", "create_collection", create)) ==
          world.neutral(world.call("fenced", "create_collection", create_absent)));
    CHECK(text_of(world.call("admin", "get_collection_info", {{"collection_name", "hidden"}})) ==
          before);
}

TEST_CASE("rights: what a limited token lists, finds and counts is its own collections alone") {
    const RightsWorld world;
    for (const char* who : {"fenced", "fenced_reader"}) {
        for (const auto& [tool, arguments] : std::vector<std::pair<std::string, json>>{
                 {"list_collections", json::object()},
                 {"list_documents", {{"include_details", true}}},
                 {"search_documents",
                  {{"query", "cat"}, {"include_metadata", true}, {"include_source", true}}},
                 {"search_documents", {{"query", "cat"}, {"search_mode", "keyword"}}},
                 {"search_documents", {{"query", "cat"}, {"search_mode", "vector"}}},
                 {"search", {{"query", "cat"}}}}) {
            CAPTURE(tool);
            const std::string text = text_of(world.call(who, tool, arguments));
            CHECK(text.find("open") != std::string::npos);
            CHECK(text.find("hidden") == std::string::npos);
        }
        const HttpAnswer listed = world.call(who, "list_documents");
        CHECK(listed.body["result"]["structuredContent"]["total_count"] == json(1));
    }
}

TEST_CASE("rights: resources, completions and prompts know nothing of a hidden collection") {
    const RightsWorld world;
    const std::string document = "memory://documents/";
    for (const char* cursor : {"", "documents"}) {
        json params = json::object();
        if (*cursor != '\0') {
            params["cursor"] = world.post("fenced", "resources/list")
                                   .body["result"]
                                   .value("nextCursor", std::string());
        }
        const std::string text = text_of(world.post("fenced", "resources/list", params));
        CHECK(text.find("open") != std::string::npos);
        CHECK(text.find("hidden") == std::string::npos);
    }
    CHECK(text_of(world.post("fenced", "resources/read", {{"uri", "memory://collections"}}))
              .find("hidden") == std::string::npos);
    for (const auto& [hidden, absent] : std::vector<std::pair<std::string, std::string>>{
             {"memory://collections/hidden", "memory://collections/absent"},
             {document + std::to_string(world.documents.at("hidden")),
              document + std::to_string(absent_document)}}) {
        CHECK(world.neutral(world.post("fenced", "resources/read", {{"uri", hidden}})) ==
              world.neutral(world.post("fenced", "resources/read", {{"uri", absent}})));
        const auto listen = [&](const std::string& uri) {
            return world.neutral(
                world.post("fenced", "subscriptions/listen",
                           {{"notifications", {{"resourceSubscriptions", json::array({uri})}}}}));
        };
        CHECK(listen(hidden) == listen(absent));
        CHECK(listen(hidden).starts_with("error"));
    }
    for (const json& reference :
         {json{{"type", "ref/resource"}, {"uri", "memory://collections/{name}"}},
          json{{"type", "ref/prompt"}, {"name", "answer_with_citations"}}}) {
        const char* argument = reference.contains("uri") ? "name" : "collection_name";
        const auto complete = [&](const char* who) {
            return text_of(world.post(
                who, "completion/complete",
                {{"ref", reference}, {"argument", {{"name", argument}, {"value", ""}}}}));
        };
        CHECK(complete("reader").find("hidden") != std::string::npos);
        CHECK(complete("fenced").find("open") != std::string::npos);
        CHECK(complete("fenced").find("hidden") == std::string::npos);
    }
}

TEST_CASE("rights: a task belongs to who began it") {
    const RightsWorld world;
    const json capabilities = {{"extensions", {{"io.modelcontextprotocol/tasks", json::object()}}}};
    const HttpAnswer begun = world.post(
        "writer", "tools/call",
        {{"name", "ingest_directory"},
         {"arguments", {{"directory_path", world.memory.dir()}, {"collection_name", "hidden"}}}},
        capabilities);
    const std::string id = begun.body["result"].value("taskId", std::string());
    REQUIRE_FALSE(id.empty());
    const std::string unknown = "00000000-0000-4000-8000-000000000000";
    CHECK_FALSE(
        world.post("writer", "tasks/get", {{"taskId", id}}, capabilities).body.contains("error"));
    for (const char* who : {"reader", "admin", "fenced"}) {
        for (const char* method : {"tasks/get", "tasks/cancel"}) {
            const auto ask = [&](const std::string& task) {
                return replaced(text_of(world.post(who, method, {{"taskId", task}}, capabilities)),
                                task, "IT");
            };
            CHECK(ask(id) == ask(unknown));
            CHECK(ask(id).starts_with("error"));
        }
    }
}

TEST_CASE("rights: no route but health answers without a token") {
    const RightsWorld world;
    httplib::Client client(world.server.address());
    for (const char* path : {"/mcp", "/sse", "/messages", "/metrics", "/", "/api/v1/collections"}) {
        for (const char* method : {"GET", "POST", "DELETE", "PUT"}) {
            httplib::Request request;
            request.method = method;
            request.path = path;
            const auto result = client.send(request);
            REQUIRE(result);
            CAPTURE(std::string(method) + ' ' + path);
            CHECK(result->status == 401);
        }
    }
    CHECK(client.Get("/health")->status == 200);  // The store has answered already.
}

TEST_CASE("rights: figures of the whole store are for tokens that cover all of it") {
    const RightsWorld world;
    httplib::Client client(world.server.address());
    const auto get = [&](const std::string& who, const char* path) {
        return client.Get(path, {{"Authorization", "Bearer " + who + secret_tail}});
    };
    for (const char* path : {"/metrics", "/api/system/health", "/api/system/detailed-health"}) {
        CAPTURE(path);
        CHECK(get("reader", path)->status == 200);
        for (const char* fenced : {"fenced", "fenced_reader"}) {
            const auto refused = get(fenced, path);
            CHECK(refused->status == 403);
            CHECK(refused->body.find("limited to some collections") != std::string::npos);
        }
    }
    CHECK(get("reader", "/health")->body.find("version") != std::string::npos);
    CHECK(get("fenced", "/health")->body.find("version") == std::string::npos);
}

TEST_CASE("rights: a collection is exported in parts that together are what is imported") {
    const RightsWorld world;
    std::string text;
    json cursor = nullptr;
    int parts = 0;
    do {
        const json arguments{{"collection_name", "open"}, {"cursor", cursor}, {"max_chars", 100}};
        const json part = world.call("fenced_reader", "export_collection", arguments)
                              .body["result"]["structuredContent"];
        text += part["jsonl"].get<std::string>();
        cursor = part["next_cursor"];
        ++parts;
    } while (!cursor.is_null() && parts < 100);
    CHECK(parts > 3);
    CHECK(text.find("The cat sat in open") != std::string::npos);
    CHECK(text.find("hidden") == std::string::npos);
    CHECK(text.ends_with("{\"end\":{\"collections\":1,\"documents\":1}}\n"));
}
