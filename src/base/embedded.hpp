#pragma once

#include <string_view>
#include <utility>
#include <vector>

namespace rag::embedded {

/// Name and content of files that were compiled in, in a fixed order (cmake/embed.cmake).
using Files = std::vector<std::pair<std::string_view, std::string_view>>;

}  // namespace rag::embedded
