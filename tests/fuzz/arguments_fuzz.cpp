// Arguments of the real tools: whatever JSON comes, it is refused with a sentence, or what comes
// out fits the handlers: only members that the schema names, integers of 64 bits, and nothing left
// to prepare. The first byte picks the tool.

#include "mcp/arguments.hpp"
#include "rag/error.hpp"
#include "tools/register.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace rag;

void require(bool condition) {
    if (!condition) {
        std::abort();
    }
}

mcp::Registry make_registry() {
    mcp::Registry registry;
    tools::register_tools(registry,
                          [](const CallContext&) -> memory::Memory& {
                              throw Error(ErrorCode::unavailable, "There is no memory here.");
                          },
                          {"core", "admin", "connector"});
    return registry;
}

void check_member(const Json& value, const Json& property) {
    const auto type = property.find("type");
    if (type != property.end() && *type == "integer") {
        require(value.is_number_integer());
        require(!value.is_number_unsigned() || value.get<std::uint64_t>() < (1ULL << 63));
    } else if (type != property.end() && *type == "object") {
        require(value.is_object());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const mcp::Registry registry = make_registry();
    if (size == 0) {
        return 0;
    }
    const mcp::Tool& tool = registry.tools()[data[0] % registry.tools().size()];
    const Json& schema = tool.definition["inputSchema"];
    try {
        const Json given =
            parse_json(std::string_view(reinterpret_cast<const char*>(data) + 1, size - 1));
        const Json prepared = mcp::prepare_arguments(schema, given);
        for (const auto& [name, value] : prepared.items()) {
            require(schema["properties"].contains(name));
            check_member(value, schema["properties"][name]);
        }
        require(mcp::prepare_arguments(schema, prepared) == prepared);
        tool.handler(CallContext(), prepared);
    } catch (const Error& error) {
        require(!error.message().empty());
        require(error.code() != ErrorCode::internal);
    }
    return 0;
}
