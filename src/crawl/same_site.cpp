#include "crawl/same_site.hpp"

#include <libpsl.h>

#include <algorithm>

namespace rag::crawl {
namespace {

bool is_address(const std::string& host) {
    const bool digits = std::all_of(host.begin(), host.end(),
                                    [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
    return digits || host.find(':') != std::string::npos;
}

}  // namespace

std::string site_of(const std::string& host) {
    const std::string bare = host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
    if (bare.empty() || is_address(bare)) {
        return bare;
    }
    // The list that is compiled into the library; constant, so safe for all threads.
    const psl_ctx_t* list = psl_builtin();
    const char* domain = list == nullptr ? nullptr : psl_registrable_domain(list, bare.c_str());
    return domain == nullptr ? bare : std::string(domain);
}

}  // namespace rag::crawl
