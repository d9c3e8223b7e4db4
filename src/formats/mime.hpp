#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The parts that messages are made of (RFC 5322, 2045-2047, 2231).
namespace rag::formats {

/// A header's value with its parameters: `text/plain; charset="utf-8"`.
struct HeaderValue {
    std::string value;  ///< Lower case.
    std::vector<std::pair<std::string, std::string>> parameters;

    /// Empty where there is none; encoded words and RFC 2231's continuations are read.
    std::string parameter(std::string_view name) const;
};
HeaderValue parse_header_value(std::string_view header);

/// A header's text for people: encoded words (=?utf-8?q?...?=) become characters, on one line.
std::string header_text(std::string_view header);

std::string decode_quoted_printable(std::string_view text);
/// Whatever is no base64 in between is passed over.
std::string decode_base64_loosely(std::string_view text);

class MimePart final {
public:
    /// `bytes` must outlive this.
    explicit MimePart(std::string_view bytes);

    /// The first header of this name (lower case), unfolded; empty without one.
    std::string_view header(std::string_view name) const;
    /// Of content-type; "text/plain" where none is given.
    const HeaderValue& type() const { return type_; }
    bool is_attachment() const;
    /// What people call the part; empty for none.
    std::string name() const;

    /// The parts of a multipart; at most mime_parts_max of them.
    std::vector<MimePart> parts() const;
    /// The content without its transfer encoding.
    std::string content() const;
    /// The same as well-formed UTF-8.
    std::string text() const;

private:
    std::vector<std::pair<std::string, std::string>> headers_;
    std::string_view body_;
    HeaderValue type_;
};

constexpr std::size_t mime_parts_max = 1'000;

}  // namespace rag::formats
