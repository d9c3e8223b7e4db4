#pragma once

#include "rag/document.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace rag::embed {

/// The vectors of a reply to POST /embeddings, of unit length, in the order that their `index`
/// gives (the order of the reply where a service leaves it out). Throws Error{unavailable} with a
/// clause such as "sent 3 vectors for 4 texts" that the caller makes a sentence of: for anything
/// but `count` vectors of one length. `dimensions`: the length that they must have; 0 takes any.
std::vector<Vector> parse_embeddings_reply(std::string_view body, std::size_t count,
                                           int dimensions);

/// What a service says went wrong: `error.message`, `error`, `message` or `detail`; empty when the
/// body says nothing. On one line, at most 200 characters.
std::string parse_error_reply(std::string_view body);

}  // namespace rag::embed
