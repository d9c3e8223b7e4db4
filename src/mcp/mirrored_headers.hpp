#pragma once

#include "base/json.hpp"
#include "rag/http_client.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace rag::mcp {

/// Of 2026-07-28, basic/transports: HTTP headers that repeat what the body says, so that gateways
/// can route without reading it. A server has to refuse what does not agree.

/// The header's value without white space around it; null where there is none. `name` in lower
/// case.
std::optional<std::string> find_header(const HttpHeaders& headers, std::string_view name);

/// What a value of Mcp-Name or Mcp-Param-* stands for: text between the markers `=?base64?` and
/// `?=` is base64 of UTF-8, anything else is itself. Null for malformed base64 between the markers.
std::optional<std::string> decode_header_value(std::string_view value);

/// Throws RpcFailure{-32020} where MCP-Protocol-Version or Mcp-Method are there and say something
/// else.
void check_stated_headers(const HttpHeaders& headers, const std::optional<std::string>& version,
                          std::string_view method);
/// Throws RpcFailure{-32020} where a header that every request needs is missing, or Mcp-Name is
/// missing or wrong. `params` must be an object.
void check_required_headers(const HttpHeaders& headers, std::string_view method,
                            const Json& params);
/// Throws RpcFailure{-32020} where a Mcp-Param-* header and the argument that it mirrors by the
/// schema's `x-mcp-header` annotations disagree.
void check_param_headers(const HttpHeaders& headers, const Json& input_schema,
                         const Json& arguments);

}  // namespace rag::mcp
