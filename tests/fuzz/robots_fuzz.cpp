#include "crawl/page_reader.hpp"
#include "crawl/robots.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const rag::crawl::Robots robots(text, "rag-memory");
    robots.allows("/");
    robots.allows("/a/b.php?c=d");
    rag::crawl::IndexOrders orders;
    orders.add(text, "rag-memory");
    if (robots.crawl_delay() && robots.crawl_delay()->count() < 0) {
        std::abort();
    }
    return 0;
}
