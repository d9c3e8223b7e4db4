#pragma once

#include "base/json.hpp"
#include "mcp/jsonrpc.hpp"
#include "mcp/revision.hpp"
#include "rag/error.hpp"

#include <exception>
#include <string>

namespace rag::mcp {

/// Ends a request with a JSON-RPC error. Caught inside this room; handlers throw Error, which
/// becomes a result with isError, unless it is the protocol's error that they mean.
class RpcFailure : public std::exception {
public:
    explicit RpcFailure(RpcError error) : error_(std::move(error)) {}
    RpcFailure(int code, std::string message, Json data = nullptr)
        : error_{code, std::move(message), std::move(data)} {}

    const RpcError& error() const { return error_; }
    const char* what() const noexcept override { return error_.message.c_str(); }

private:
    RpcError error_;
};

/// The one sentence that a caller is shown for an exception. What the caller got wrong is told as
/// it is; a fault of ours by a short reason and the request's id, under which the log has the rest.
std::string describe_failure(const std::exception& failure, const std::string& request_id);

/// What the exception is as the error of a request that is no tool call. Logs faults of ours.
RpcError to_rpc_error(const std::exception& failure, const std::string& request_id);

/// What the exception is as the result of a tool call: isError, one sentence, no structuredContent.
/// Logs faults of ours.
Json to_tool_error(const std::exception& failure, const std::string& request_id);
Json make_tool_error(const std::string& sentence);

/// Whether the fault is on our side.
bool is_our_fault(const std::exception& failure);

/// Status of an HTTP answer whose body is this error (2026-07-28: basic/transports; legacy: always
/// 200 once a request has been dispatched).
int http_status(const RpcError& error, Era era);

}  // namespace rag::mcp
