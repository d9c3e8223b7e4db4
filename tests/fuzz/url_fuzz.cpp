#include "base/url.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

/// What was normalised once stays as it is.
void check(const std::optional<rag::Url>& url) {
    if (url && rag::parse_url(url->text()) != url) {
        std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto base = rag::parse_url("https://docs.example.org/a/b?c");
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    check(rag::parse_url(text));
    check(rag::resolve_url(*base, text));
    return 0;
}
