// Session ids: whatever the bytes, they are a session only if we made them so. The first byte says
// whether the rest is an id, is to be sealed as the fields of one, or is written over a part of a
// real one.

#include "base/clock.hpp"
#include "mcp/seal.hpp"
#include "mcp/sessions.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace rag;

void require(bool condition) {
    if (!condition) {
        std::abort();
    }
}

struct Target {
    SystemClock clock;
    mcp::RecentlyEndedSessions ended;
    mcp::Sessions sessions{"secret", ended, clock};
    mcp::Seal seal{"secret", "session"};
    std::string real = sessions.open(mcp::latest_legacy, "local", {.sampling = true});
};

void seal_as_fields(Target& target, std::string_view text) {
    const Json fields = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (fields.is_discarded()) {
        return;
    }
    const std::string sealed = target.seal.close(fields);
    const auto opened = target.seal.open(sealed);
    require(!opened || dump_json(*opened) == dump_json(fields));
    target.sessions.find(sealed, "local");
}

void write_over(Target& target, std::string_view text) {
    if (text.empty()) {
        return;
    }
    std::string broken = target.real;
    const std::size_t at = static_cast<unsigned char>(text[0]) % broken.size();
    broken.replace(at, text.size() - 1, text.substr(1));
    require(target.sessions.find(broken, "local").has_value() == (broken == target.real));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Target target;
    if (size == 0) {
        return 0;
    }
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    switch (data[0] % 3) {
        case 0: require(!target.sessions.find(text, "local")); break;
        case 1: seal_as_fields(target, text); break;
        default: write_over(target, text); break;
    }
    return 0;
}
