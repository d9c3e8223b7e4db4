#pragma once

#include "base/json.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace rag::mcp {

/// Signs small JSON values that travel through clients and come back: anyone may read them, nobody
/// can make or change one without the secret. Any server with the same secret accepts them. Safe
/// for concurrent use.
class Seal {
public:
    /// `purpose` separates the keys of different uses: what is sealed for one is nothing to
    /// another. Throws Error{internal} for an empty secret.
    Seal(const std::string& secret, const std::string& purpose);

    /// Characters of base64url and one dot.
    std::string close(const Json& value) const;
    /// Null for anything that close() of the same secret and purpose did not make.
    std::optional<Json> open(std::string_view sealed) const;

private:
    const std::string key_;
};

}  // namespace rag::mcp
