// The worker of the product as a program of its own, and on request one that misbehaves.

#include "formats/worker.hpp"

#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

[[noreturn]] void misbehave(std::string_view how) {
    if (how == "crash") {
        std::abort();
    }
    if (how == "talk") {
        const std::string line(64 * 1024, 'x');
        while (write(STDOUT_FILENO, line.data(), line.size()) > 0) {
        }
    }
    for (;;) {
        pause();
    }
}

}  // namespace

int main(int argc, char** argv) {
    char head[16] = {};
    const ssize_t got = pread(STDIN_FILENO, head, sizeof head - 1, 0);
    const std::string_view bytes(head, got > 0 ? static_cast<std::size_t>(got) : 0);
    for (const std::string_view how : {"crash", "talk", "sleep"}) {
        if (bytes.starts_with(how)) {
            misbehave(how);
        }
    }
    return rag::formats::run_worker(argc, argv);
}
