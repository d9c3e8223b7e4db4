// What a client sends back when it was asked something: requestState and inputResponses of any
// shape lead to a result, another question or an error of the client's, in both eras' forms. Input:
// a byte for the tool, a byte for how the state is sent, then JSON: [state, inputResponses].

#include "base/clock.hpp"
#include "base/hash.hpp"
#include "mcp/dispatcher.hpp"
#include "tools/conformance_fixtures.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace rag;

class NoOutlet final : public mcp::Outlet {
public:
    bool send(const Json&, mcp::Importance) override { return true; }
};

struct Target {
    Target() : resources(tools::register_conformance_fixtures(registry, changes)) {
        for (const mcp::Tool& tool : registry.tools()) {
            if (tool.dialogue_handler && tool.name.find("input_required") != std::string::npos) {
                asking.push_back(tool.name);
            }
        }
    }

    mcp::Registry registry;
    mcp::ChangeHub changes;
    std::unique_ptr<mcp::ResourceProvider> resources;
    std::vector<std::string> asking;
    SystemClock clock;
    RandomIds ids;
    mcp::Dispatcher dispatcher{registry, mcp::ServerCard(), "secret", changes, clock, ids};
    mcp::Seal seal{"secret", "request-state"};
};

Json make_params(const std::string& tool) {
    const Json everything = Json::object();
    return {{"name", tool},
            {"arguments", Json::object()},
            {"_meta",
             {{"io.modelcontextprotocol/protocolVersion", "2026-07-28"},
              {"io.modelcontextprotocol/clientCapabilities",
               {{"sampling", everything}, {"roots", everything}, {"elicitation", everything}}}}}};
}

/// The state as it would be sealed for exactly this request.
std::string seal_for(Target& target, const Json& params, const Json& state) {
    Json bound = params;
    bound.erase("_meta");
    const auto until = (target.clock.now() + std::chrono::minutes(1)).time_since_epoch().count();
    return target.seal.close(
        {{"for", Json::array({Caller().principal, "tools/call", sha256_hex(dump_json(bound))})},
         {"until", until},
         {"state", state}});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Target target;
    if (size < 2) {
        return 0;
    }
    const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
    Json sent = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    Json params = make_params(target.asking[data[0] % target.asking.size()]);
    const Json state = sent.is_array() && !sent.empty() ? sent[0] : Json(std::string(text));
    const Json plain = params;
    if (sent.is_array() && sent.size() > 1) {
        params["inputResponses"] = sent[1];
    }
    switch (data[1] % 3) {
        case 0: params["requestState"] = seal_for(target, plain, state); break;
        case 1: params["requestState"] = target.seal.close(state); break;
        default: params["requestState"] = state; break;
    }
    mcp::Message message;
    message.kind = mcp::Message::Kind::request;
    message.id = mcp::RequestId{1};
    message.method = "tools/call";
    message.params = std::move(params);
    NoOutlet outlet;
    auto admitted = target.dispatcher.admit(std::move(message), {});
    if (auto* call = std::get_if<std::shared_ptr<mcp::Call>>(&admitted)) {
        const auto reply = target.dispatcher.run(**call, outlet);
        if (!reply || dump_json(reply->message).find('\n') != std::string::npos) {
            std::abort();
        }
    }
    return 0;
}
