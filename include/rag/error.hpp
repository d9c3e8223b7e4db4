#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace rag {

/// Why a call could not go on. The code decides how a border (MCP, HTTP, command line) reports the
/// failure; the message is a sentence that names the argument, the value and the way out.
enum class ErrorCode {
    invalid_argument,   ///< The caller's input is wrong; repeating it unchanged fails again.
    not_found,          ///< A thing the caller named does not exist (or not for this caller).
    conflict,           ///< The thing exists already, or changed since it was read.
    unauthorized,       ///< The caller may not do this, whatever the arguments.
    rate_limited,       ///< Too many calls; the message says when to come back.
    unavailable,        ///< Something we need (database, embedding service) does not answer now.
    cancelled,          ///< The caller asked to stop, or left.
    deadline_exceeded,  ///< The call's time is over.
    corrupt,            ///< Stored data does not hold what it must.
    internal,           ///< A fault of ours.
};

/// The code's name as it appears in logs and JSON, e.g. "invalid_argument".
std::string_view to_string(ErrorCode code);

/// Ends the call that it is thrown in. Rooms convert what their libraries throw into this at their
/// border, so that no other exception type crosses one. The message never holds a secret, an SQL
/// text or a path that the caller did not give.
class Error : public std::runtime_error {
public:
    Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}

    ErrorCode code() const { return code_; }
    std::string message() const { return what(); }

private:
    ErrorCode code_;
};

}  // namespace rag
