#pragma once

namespace rag {

/// Of this program, by semantic versioning; the one place beside CMakeLists.txt that states it.
constexpr const char* version = "0.1.0";

}  // namespace rag
