#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace rag::net {

/// Takes a body as it arrives, decompresses it and keeps at most `bytes_max` of what comes out, so
/// that no answer can cost more memory than that. Used by one thread.
class BodyLimit final {
public:
    /// `coding` is the answer's Content-Encoding: empty, identity, gzip, x-gzip, deflate or br.
    /// Throws Error{unavailable} for another one.
    BodyLimit(std::string_view coding, std::size_t bytes_max);
    ~BodyLimit();
    BodyLimit(const BodyLimit&) = delete;
    BodyLimit& operator=(const BodyLimit&) = delete;

    /// False when nothing more is wanted: the limit is reached. Throws Error{unavailable} for
    /// bytes that are not in the coding, and for bombs: more than 1 MiB out of less than 1/300.
    bool feed(std::string_view bytes);

    std::string take() { return std::move(body_); }
    bool truncated() const { return truncated_; }

private:
    struct Decoder;
    struct Zlib;
    struct Brotli;

    bool keep(std::string_view out);

    std::unique_ptr<Decoder> decoder_;  ///< Null when the body is not compressed.
    std::size_t bytes_max_;
    std::size_t bytes_in_ = 0;
    std::string body_;
    bool truncated_ = false;
};

}  // namespace rag::net
