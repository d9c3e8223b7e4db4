// Lines of standard input, however they are cut into reads, and events of a stream, whatever is in
// them. The first byte says how many bytes a write has.

#include "server/event_outlet.hpp"
#include "server/line_reader.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <thread>

namespace {

using namespace rag;

constexpr std::size_t line_bytes_max = 100;

void require(bool condition) {
    if (!condition) {
        std::abort();
    }
}

/// Keeps what is written.
class KeptStream final : public http::EventStream {
public:
    bool write(std::string bytes, http::Delivery) override {
        text += bytes;
        return true;
    }
    void close() override {}
    std::stop_token gone() const override { return {}; }

    std::string text;
};

void check_lines(std::string_view text, std::size_t piece) {
    int ends[2];
    require(pipe(ends) == 0);
    std::thread writer([&] {
        for (std::size_t at = 0; at < text.size(); at += piece) {
            const std::string_view part = text.substr(at, piece);
            require(write(ends[1], part.data(), part.size()) == static_cast<ssize_t>(part.size()));
        }
        close(ends[1]);
    });
    server::LineReader reader(ends[0], line_bytes_max);
    std::string_view rest = text;
    while (const auto line = reader.next({})) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        std::string_view expected = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        require(line->too_long == (expected.size() > line_bytes_max));
        if (!line->too_long) {
            expected.remove_suffix(expected.ends_with('\r') ? 1 : 0);
            require(line->text == expected);
        }
    }
    // Only a last line that is too long and has no end may be left.
    require(rest.empty() || (rest.size() > line_bytes_max && rest.find('\n') == rest.npos));
    writer.join();
    close(ends[0]);
}

void check_event(std::string_view text) {
    const auto stream = std::make_shared<KeptStream>();
    server::EventOutlet outlet(stream);
    outlet.send({{"text", text}, {"list", Json::array({text, text})}}, mcp::Importance::required);
    // One event: its two lines and the empty one.
    require(std::count(stream->text.begin(), stream->text.end(), '\n') == 3);
    require(stream->text.ends_with("}\n\n"));
    require(stream->text.find('\r') == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    check_lines(text, std::size_t{1} + data[0]);
    check_event(text);
    return 0;
}
