#pragma once

#include "text/blocks.hpp"

#include <string_view>

namespace rag::text {

/// A definition up to here stays one block.
constexpr std::int64_t definition_code_points_max = 2400;

/// The blocks of source code: a function or class with what leads in to it (comment, decorator,
/// template<...>) and its body. One that is too long falls apart into what it is made of: methods
/// of a class, then runs of lines between blank ones. What belongs together is told by indentation,
/// which is the same in languages with braces, with `end`, and in Python.
void find_code_blocks(std::string_view text, const BlockSink& sink);

}  // namespace rag::text
