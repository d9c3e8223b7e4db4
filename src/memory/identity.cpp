#include "memory/identity.hpp"

#include "base/hash.hpp"

namespace rag::memory {
namespace {

constexpr std::string_view file_prefix = "file:";
constexpr std::size_t hash_hex_size = 64;
/// Marks a shortened identity: a control character that no URL and hardly a path holds.
constexpr std::string_view shortened_mark = "\x1f#";

std::string bounded(std::string text) {
    if (text.size() <= identity_bytes_max) {
        return text;
    }
    const std::string hash = sha256_hex(text);
    std::size_t kept = identity_bytes_max - hash_hex_size - shortened_mark.size();
    while (kept > 0 && (static_cast<unsigned char>(text[kept]) & 0xC0) == 0x80) {
        --kept;  // Not inside a character.
    }
    text.resize(kept);
    return text.append(shortened_mark).append(hash);
}

}  // namespace

std::string file_identity(std::string_view absolute_path) {
    return bounded(std::string(file_prefix).append(absolute_path));
}

std::string folder_identity_prefix(std::string_view absolute_path) {
    std::string prefix = std::string(file_prefix).append(absolute_path);
    if (!prefix.ends_with('/')) {
        prefix.push_back('/');
    }
    return prefix;
}

std::optional<std::string> path_of(std::string_view identity) {
    if (!identity.starts_with(file_prefix) ||
        identity.find(shortened_mark) != std::string_view::npos) {
        return std::nullopt;
    }
    return std::string(identity.substr(file_prefix.size()));
}

std::string url_identity(std::string_view normalised_url) {
    return bounded(std::string("url:").append(normalised_url));
}

std::string text_identity(std::string_view title, const ContentHash& hash) {
    return bounded(std::string("text:").append(title).append(":").append(hash));
}

ContentHash content_hash(std::string_view content) {
    return sha256_hex(content);
}

}  // namespace rag::memory
