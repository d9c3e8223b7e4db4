// Whatever bytes come in: the parser answers, what it takes for a message can be dispatched, and
// every reply is JSON of one line.

#include "base/clock.hpp"
#include "mcp/arguments.hpp"
#include "mcp/dispatcher.hpp"
#include "rag/error.hpp"

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
    mcp::Registry registry;
    mcp::ChangeHub changes;
    SystemClock clock;
    RandomIds ids;
    mcp::Dispatcher dispatcher{registry, mcp::ServerCard(), "secret", changes, clock, ids};
};

void check(const Json& reply) {
    if (dump_json(reply).find('\n') != std::string::npos) {
        std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Target target;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    mcp::Arrival arrival;
    arrival.client = std::make_shared<mcp::LegacyClient>();
    arrival.scope = "fuzz";
    NoOutlet outlet;
    for (mcp::ParsedMessage& parsed : mcp::parse_messages(text).messages) {
        if (const auto* bad = std::get_if<mcp::BadMessage>(&parsed)) {
            check(mcp::Dispatcher::refuse(*bad).message);
            continue;
        }
        mcp::Message& message = std::get<mcp::Message>(parsed);
        if (message.kind != mcp::Message::Kind::request) {
            target.dispatcher.hear(message, arrival);
            continue;
        }
        auto admitted = target.dispatcher.admit(std::move(message), arrival);
        if (const auto* reply = std::get_if<mcp::Reply>(&admitted)) {
            check(reply->message);
        } else if (auto answer = target.dispatcher.run(
                       *std::get<std::shared_ptr<mcp::Call>>(admitted), outlet)) {
            check(answer->message);
        }
    }
    return 0;
}
