#pragma once

#include "base/json.hpp"

#include <sys/types.h>
#include <map>
#include <string>

namespace rag::cli {

/// A server of this very program as a child process, spoken to over its standard input and output
/// the way a client does. Used by one thread; the destructor ends the child and waits for it.
class McpChild {
public:
    /// Starts `binary serve --transport stdio` with these variables added to the environment and
    /// opens a session (protocol revision 2025-11-25). Throws Error{unavailable}.
    McpChild(const std::string& binary, const std::map<std::string, std::string>& environment);
    ~McpChild();
    McpChild(const McpChild&) = delete;
    McpChild& operator=(const McpChild&) = delete;

    /// The result object of a tool's call. Throws Error with the sentence of a call that failed.
    Json call(const std::string& tool, const Json& arguments);

    const std::string& server_name() const { return server_name_; }

private:
    Json request(const std::string& method, const Json& params);
    void send(const Json& message);
    std::string read_line();

    pid_t pid_ = -1;
    int input_ = -1;
    int output_ = -1;
    int last_id_ = 0;
    std::string buffer_;
    std::string server_name_;
};

}  // namespace rag::cli
