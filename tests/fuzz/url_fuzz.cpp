// URLs: what is taken for one is in normal form, so that reading its text again changes nothing.

#include "base/url.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace rag;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    static const Url base = *parse_url("https://example.org:8443/a/b/c?q=1");
    for (const auto& url : {parse_url(text), resolve_url(base, text)}) {
        if (!url) {
            continue;
        }
        const auto again = parse_url(url->text());
        const bool has_breaks = url->text().find_first_of("\r\n\t ") != std::string::npos;
        if (!again || *again != *url || has_breaks || url->host.empty()) {
            std::abort();
        }
    }
    return 0;
}
