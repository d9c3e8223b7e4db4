#pragma once

#include "http/types.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace rag::http {

/// An answer with a JSON body {"error": sentence}, for failures below any protocol of ours.
Response make_error_response(int status, std::string_view sentence);
Response make_json_response(int status, std::string json);
Response make_text_response(int status, std::string_view content_type, std::string body);

/// A request target in origin form (RFC 9112, section 3.2.1), taken apart.
struct Target {
    std::string path;   ///< Decoded, without trailing slash.
    std::string query;  ///< As it came.
};

/// Null for another form, for broken percent-encoding and for control characters.
std::optional<Target> parse_target(std::string_view target);

/// How the body of an answer is delimited (RFC 9112, section 6).
enum class Framing { length, chunked, until_close, none };
/// What the connection does after the answer.
enum class Persistence { keep_alive, keep_alive_said, close };

struct HeadOptions {
    Framing framing = Framing::length;
    Persistence persistence = Persistence::keep_alive;
    std::size_t body_bytes = 0;
};

/// Status line and header fields with the empty line. Line breaks in names and values are dropped;
/// Connection, Content-Length and Transfer-Encoding are ours to write.
std::string write_head(int status, const HttpHeaders& headers, const HeadOptions& options);

/// One chunk of the chunked coding; an empty text would end the body, so it gives an empty text.
std::string write_chunk(std::string_view bytes);

}  // namespace rag::http
