#pragma once

#include <string>

namespace rag::crawl {

/// The domain that somebody registered, by the public suffix list (publicsuffix.org): "example.org"
/// of "docs.example.org", "a.github.io" of itself. Addresses, names of one label and names without
/// a known suffix are their own site. `host` as in Url.
std::string site_of(const std::string& host);

}  // namespace rag::crawl
