#include "mcp/errors.hpp"

#include "base/log.hpp"

namespace rag::mcp {
namespace {

const Error* as_error(const std::exception& failure) {
    return dynamic_cast<const Error*>(&failure);
}

void log_fault(const std::exception& failure, const std::string& request_id) {
    if (is_our_fault(failure)) {
        log::error("request {} failed: {}", request_id, failure.what());
    }
}

}  // namespace

bool is_our_fault(const std::exception& failure) {
    const Error* error = as_error(failure);
    if (error == nullptr) {
        return true;
    }
    switch (error->code()) {
        case ErrorCode::unavailable:
        case ErrorCode::corrupt:
        case ErrorCode::internal: return true;
        case ErrorCode::invalid_argument:
        case ErrorCode::not_found:
        case ErrorCode::conflict:
        case ErrorCode::unauthorized:
        case ErrorCode::rate_limited:
        case ErrorCode::cancelled:
        case ErrorCode::deadline_exceeded: return false;
    }
    return true;
}

std::string describe_failure(const std::exception& failure, const std::string& request_id) {
    const Error* error = as_error(failure);
    if (error != nullptr && !is_our_fault(failure)) {
        return error->message();
    }
    if (error != nullptr && error->code() == ErrorCode::unavailable) {
        return error->message() + " (request " + request_id + ")";
    }
    if (error != nullptr && error->code() == ErrorCode::corrupt) {
        return "Stored data could not be read (request " + request_id + ").";
    }
    return "Something went wrong in the server (request " + request_id + ").";
}

RpcError to_rpc_error(const std::exception& failure, const std::string& request_id) {
    if (const auto* rpc = dynamic_cast<const RpcFailure*>(&failure)) {
        return rpc->error();
    }
    log_fault(failure, request_id);
    RpcError rpc;
    rpc.message = describe_failure(failure, request_id);
    if (const Error* error = as_error(failure)) {
        const bool callers = error->code() == ErrorCode::invalid_argument ||
                             error->code() == ErrorCode::not_found ||
                             error->code() == ErrorCode::conflict;
        rpc.code = callers ? code::invalid_params : code::internal_error;
    }
    return rpc;
}

Json to_tool_error(const std::exception& failure, const std::string& request_id) {
    log_fault(failure, request_id);
    return make_tool_error(describe_failure(failure, request_id));
}

Json make_tool_error(const std::string& sentence) {
    return {{"content", Json::array({Json{{"type", "text"}, {"text", sentence}}})},
            {"isError", true}};
}

int http_status(const RpcError& error, Era era) {
    if (error.code == code::parse_error || error.code == code::invalid_request) {
        return 400;
    }
    if (era == Era::legacy) {
        return 200;
    }
    switch (error.code) {
        case code::method_not_found: return 404;
        case code::header_mismatch:
        case code::missing_client_capability:
        case code::unsupported_protocol_version: return 400;
        default: return 200;
    }
}

}  // namespace rag::mcp
