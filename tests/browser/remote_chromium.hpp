#pragma once

#include "browser/finder.hpp"
#include "browser/process.hpp"
#include "browser/profile.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

namespace rag::test {

/// A Chromium on this machine that stands for one elsewhere: it listens on 127.0.0.1, and is
/// started as a stranger would start it, with nothing that keeps its pages from the network.
class RemoteChromium final {
public:
    /// Port 0: of the browser's choice.
    explicit RemoteChromium(int port = 0)
        : process_(browser::find_browser("", search_path()).path, arguments(port, profile_.path()),
                   profile_.path()) {
        constexpr std::string_view mark = "DevTools listening on ";
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        std::string said;
        for (std::size_t line = std::string::npos; line == std::string::npos;) {
            if (std::chrono::steady_clock::now() > end) {
                throw std::runtime_error("the browser does not listen: " + said);
            }
            said += read();
            const std::size_t begin = said.find(mark);
            line = begin == std::string::npos ? begin : said.find('\n', begin);
            if (line != std::string::npos) {
                const std::size_t from = begin + mark.size();
                websocket_ = said.substr(from, line - from);
            }
        }
    }

    /// "ws://127.0.0.1:PORT/devtools/browser/ID"
    const std::string& websocket() const { return websocket_; }
    std::string web() const { return "http://127.0.0.1:" + std::to_string(port()); }
    int port() const {
        return std::atoi(websocket_.c_str() + std::string_view("ws://127.0.0.1:").size());
    }

private:
    static std::string search_path() {
        const char* path = std::getenv("PATH");
        return path == nullptr ? "" : path;
    }

    static std::vector<std::string> arguments(int port, const std::string& profile) {
        std::vector<std::string> all{"--headless",
                                     "--disable-gpu",
                                     "--disable-dev-shm-usage",
                                     "--js-flags=--max-old-space-size=512",
                                     "--user-data-dir=" + profile,
                                     "--remote-debugging-port=" + std::to_string(port)};
        if (::geteuid() == 0) {
            all.emplace_back("--no-sandbox");
        }
        return all;
    }

    std::string read() const {
        pollfd entry{process_.complaints(), POLLIN, 0};
        ::poll(&entry, 1, 100);
        std::array<char, 4096> piece{};
        const ssize_t got = ::read(process_.complaints(), piece.data(), piece.size());
        return got > 0 ? std::string(piece.data(), static_cast<std::size_t>(got)) : std::string();
    }

    const browser::Profile profile_;
    const browser::BrowserProcess process_;
    std::string websocket_;
};

/// One for all tests of this process. Made and ended by its first thread.
inline const RemoteChromium& remote_chromium() {
    static const RemoteChromium one;
    return one;
}

}  // namespace rag::test
