#pragma once

#include "browser/framing.hpp"
#include "browser/process.hpp"
#include "browser/profile.hpp"
#include "browser/transport.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace rag::browser {

struct PipeOptions {
    std::string program;
    std::vector<std::string> arguments;  ///< Beside those that the pipe and the profile need.
    std::int64_t memory_bytes_max = std::int64_t{1} << 30U;  ///< Of all its processes together.
};

/// Transport to a browser of its own on this machine, over a pipe: no port that anybody else could
/// speak to. The process and its profile go with the object.
class PipeTransport final : public Transport {
public:
    /// Starts the process. Throws Error{unavailable} where that cannot be done.
    explicit PipeTransport(const PipeOptions& options);

    void receive(std::chrono::milliseconds time, const OnMessage& on_message) override;
    void send(std::string message, const std::stop_token& over, SteadyTime deadline) override;
    void wake() override;
    std::string find_fault() override;
    pid_t group() const override { return process_.group(); }

private:
    enum class ComplaintsEnd { ahead, reached };

    void read_messages(const OnMessage& on_message);
    void read_complaints();
    std::string describe_own_end() const;

    const std::int64_t memory_bytes_max_;
    const Profile profile_;
    const BrowserProcess process_;
    const Descriptor wake_;  ///< An eventfd; readable when the reader is to look up.
    MessageSplitter splitter_;
    std::string complaints_;  ///< The last of what the process wrote to standard error.
    ComplaintsEnd complaints_end_ = ComplaintsEnd::ahead;
    SteadyTime memory_looked_at_{};
};

/// Starts the browser when it is called.
Connect start_browser(PipeOptions options);

}  // namespace rag::browser
