// Whatever stands in a line: it is refused with a sentence, or what it says is written again as a
// line that says the same.

#include "memory/dump.hpp"
#include "rag/error.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace rag;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static memory::DumpParser parser;
    const std::string_view line(reinterpret_cast<const char*>(data), size);
    std::string written;
    try {
        const memory::DumpLine parsed = parser.parse(line);
        written =
            std::visit([](const auto& value) { return memory::write_dump_line(value); }, parsed);
    } catch (const Error&) {
        return 0;
    }
    const memory::DumpLine again = parser.parse(written);
    const std::string second =
        std::visit([](const auto& value) { return memory::write_dump_line(value); }, again);
    if (second != written || written.find('\n') != std::string::npos) {
        std::abort();
    }
    return 0;
}
