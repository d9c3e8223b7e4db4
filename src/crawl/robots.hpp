#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rag::crawl {

constexpr std::size_t robots_bytes_max = 500 * 1024;  ///< RFC 9309, section 2.5.

/// What a robots.txt says to one crawler (RFC 9309).
class Robots final {
public:
    /// Allows everything.
    Robots() = default;
    /// Of any text; what cannot be read is skipped. `product` is the crawler's name in lower case.
    Robots(std::string_view text, std::string_view product);

    /// `target` is path and query in normal form. The longest rule decides, allow on a tie.
    bool allows(std::string_view target) const;
    std::optional<std::chrono::milliseconds> crawl_delay() const { return delay_; }
    const std::vector<std::string>& sitemaps() const { return sitemaps_; }

private:
    struct Rule {
        std::string pattern;
        bool allow = false;
    };

    std::vector<Rule> rules_;
    std::optional<std::chrono::milliseconds> delay_;
    std::vector<std::string> sitemaps_;
};

/// Whether `pattern` with '*' for any characters matches the whole text.
bool glob_matches(std::string_view pattern, std::string_view text);

}  // namespace rag::crawl
