#pragma once

namespace rag::test {

/// Whether this program, and the product beside it, were built with a sanitizer that keeps shadows
/// of all memory and, for a while, what was freed.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#elif defined(__has_feature)
constexpr bool sanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool sanitized = false;
#endif

/// How many times as much memory a process may take then.
constexpr double memory_factor = sanitized ? 4 : 1;

}  // namespace rag::test
