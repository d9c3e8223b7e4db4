#include "base/utf8.hpp"
#include "text/html.hpp"
#include "text/html_facts.hpp"
#include "text/html_items.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    // Throws where a text is not well-formed.
    const std::string facts = rag::text::facts_of_items(rag::text::read_json_ld(text)).dump();
    const std::string page =
        "<script type='application/ld+json'>" + text + "</script><table class=spec>" + text;
    const std::string of_page = rag::text::read_html(page, "").facts.dump();
    rag::text::number_with_unit(text);
    if (!rag::is_utf8(facts) || !rag::is_utf8(of_page)) {
        std::abort();
    }
    return 0;
}
