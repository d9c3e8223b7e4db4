#include "bench/memory_limit.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace rag::bench {
namespace {

bool write_line(const std::string& file, const std::string& line) {
    std::ofstream stream(file);
    stream << line << std::flush;
    return stream.good();
}

/// The folder of a new group under `parent`, limited by its `limit_file`; empty when it cannot be.
std::string make_group(const std::string& parent, const std::string& limit_file,
                       std::int64_t bytes) {
    const std::string folder = parent + "/rag-bench-" + std::to_string(::getpid());
    std::error_code error;
    if (!std::filesystem::create_directory(folder, error)) {
        return {};
    }
    if (!write_line(folder + '/' + limit_file, std::to_string(bytes))) {
        std::filesystem::remove(folder, error);
        return {};
    }
    return folder;
}

}  // namespace

MemoryLimit::MemoryLimit(std::int64_t bytes)
    : folder_(make_group("/sys/fs/cgroup/memory", "memory.limit_in_bytes", bytes)) {
    if (folder_.empty()) {
        folder_ = make_group("/sys/fs/cgroup", "memory.max", bytes);
    }
}

MemoryLimit::~MemoryLimit() {
    std::error_code error;
    if (!folder_.empty()) {
        std::filesystem::remove(folder_, error);
    }
}

std::vector<std::string> MemoryLimit::launcher() const {
    if (folder_.empty()) {
        return {};
    }
    return {"/bin/sh", "-c", "echo $$ >\"$0\" && exec \"$@\"", folder_ + "/cgroup.procs"};
}

}  // namespace rag::bench
