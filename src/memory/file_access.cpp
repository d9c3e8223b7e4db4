#include "memory/file_access.hpp"

#include "base/ascii.hpp"
#include "rag/error.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <utility>

namespace rag::memory {
namespace {

constexpr int links_max = 40;

std::string_view last_component(std::string_view path) {
    return path.substr(path.rfind('/') + 1);
}

/// Pushes the components of `path` so that the first one is taken next.
void push_components(std::vector<std::string>& pending, std::string_view path) {
    std::vector<std::string> parts;
    for (std::size_t begin = 0; begin <= path.size();) {
        const std::size_t end = std::min(path.find('/', begin), path.size());
        if (end > begin) {
            parts.emplace_back(path.substr(begin, end - begin));
        }
        begin = end + 1;
    }
    pending.insert(pending.end(), parts.rbegin(), parts.rend());
}

/// The target of the symbolic link at `path`; null for anything else.
std::optional<std::string> read_link(const std::string& path) {
    std::array<char, PATH_MAX> target{};
    const ssize_t size = readlink(path.c_str(), target.data(), target.size());
    if (size < 0) {
        return std::nullopt;
    }
    return std::string(target.data(), static_cast<std::size_t>(size));
}

/// A folder that holds a person's whole life: too much to hand out unasked.
bool is_home(const std::string& folder, const std::string& home_dir) {
    return folder == "/root" || (!home_dir.empty() && folder == resolve_path("/", home_dir)) ||
           (folder.starts_with("/home/") && folder.find('/', 6) == std::string::npos) ||
           folder == "/home";
}

bool has_hidden_component(std::string_view below) {
    return below.starts_with('.') || below.find("/.") != std::string_view::npos;
}

std::string below_root(const std::string& path, const std::string& root) {
    std::string below = path.substr(root == "/" ? 0 : root.size());
    below.erase(0, below.starts_with('/') ? 1 : 0);
    return below;
}

[[noreturn]] void refuse_outside() {
    throw Error(ErrorCode::unauthorized,
                "This path is outside the folders that may be read here. Pass the text itself to "
                "ingest_text, put the file into an allowed folder, or ask the operator to add its "
                "folder to RAG_ALLOWED_ROOTS.");
}

[[noreturn]] void refuse_secret(std::string_view name) {
    throw Error(ErrorCode::unauthorized,
                fmt::format("'{}' is refused: keys, password files and .env files are never read. "
                            "If it holds no secret, pass its text to ingest_text.",
                            name));
}

std::string read_all(int fd, std::size_t size_expected, std::string_view shown) {
    std::string bytes;
    bytes.reserve(size_expected);
    std::array<char, 64 * 1024> buffer{};
    for (;;) {
        const ssize_t got = ::read(fd, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            throw Error(ErrorCode::invalid_argument, fmt::format("File cannot be read: {}", shown));
        }
        if (got == 0) {
            return bytes;
        }
        bytes.append(buffer.data(), static_cast<std::size_t>(got));
        if (bytes.size() > file_bytes_max) {
            throw Error(ErrorCode::invalid_argument,
                        fmt::format("File is too large: {} holds more than {} MB.", shown,
                                    file_bytes_max / (1024 * 1024)));
        }
    }
}

bool holds_private_key(std::string_view bytes) {
    const std::string_view head = bytes.substr(0, 256);
    const std::size_t begin = head.find("-----BEGIN ");
    return begin != std::string_view::npos &&
           head.find("PRIVATE KEY", begin) != std::string_view::npos;
}

}  // namespace

FileAccess::FileAccess(FilePolicy policy) : policy_(std::move(policy)) {
    if (!policy_.data_dir.empty()) {
        data_dir_ = resolve_path("/", policy_.data_dir);
    }
}

std::vector<std::string> FileAccess::roots_of(const Caller& caller) const {
    if (caller.files == FileReach::whole_machine) {
        return {"/"};
    }
    std::vector<std::string> roots;
    if (policy_.allowed_roots) {
        for (const std::string& root : *policy_.allowed_roots) {
            if (!root.empty()) {
                roots.push_back(resolve_path(policy_.working_dir, root));
            }
        }
        return roots;
    }
    if (caller.files == FileReach::none || policy_.working_dir.empty()) {
        return roots;
    }
    std::string folder = resolve_path("/", policy_.working_dir);
    const bool holds_data = !data_dir_.empty() && lies_in(data_dir_, folder);
    if (folder != "/" && !is_home(folder, policy_.home_dir) && !holds_data) {
        roots.push_back(std::move(folder));
    }
    return roots;
}

AllowedPath FileAccess::resolve(const Caller& caller, std::string_view path) const {
    return judge(caller, path, Hidden::refuse);
}

AllowedPath FileAccess::resolve_hidden(const Caller& caller, std::string_view path) const {
    return judge(caller, path, Hidden::allow);
}

AllowedPath FileAccess::judge(const Caller& caller, std::string_view path, Hidden hidden) const {
    if (path.empty()) {
        throw Error(ErrorCode::invalid_argument, "The path cannot be empty.");
    }
    const std::string working_dir = policy_.working_dir.empty() ? "/" : policy_.working_dir;
    AllowedPath allowed{resolve_path(working_dir, path), {}};
    if (caller.files == FileReach::whole_machine) {
        allowed.root = "/";
        return allowed;
    }
    const std::vector<std::string> roots = roots_of(caller);
    const auto root = std::find_if(roots.begin(), roots.end(), [&](const std::string& candidate) {
        return lies_in(allowed.path, candidate);
    });
    if (root == roots.end() || (!data_dir_.empty() && lies_in(allowed.path, data_dir_))) {
        refuse_outside();
    }
    allowed.root = *root;
    const std::string_view name = last_component(allowed.path);
    if (allowed.path != allowed.root && is_secret_name(name)) {
        refuse_secret(name);
    }
    if (hidden == Hidden::refuse && has_hidden_component(below_root(allowed.path, allowed.root))) {
        throw Error(ErrorCode::unauthorized,
                    fmt::format("Hidden files are not read: '{}'. Pass its text to ingest_text "
                                "instead.",
                                path));
    }
    return allowed;
}

PathKind FileAccess::kind(const AllowedPath& path) const {
    const OwnedFd fd = open_without_links(path.path, O_PATH | O_CLOEXEC);
    struct stat status{};
    if (!fd.valid() || fstat(fd.get(), &status) != 0) {
        return PathKind::missing;
    }
    if (S_ISREG(status.st_mode)) {
        return PathKind::file;
    }
    return S_ISDIR(status.st_mode) ? PathKind::directory : PathKind::other;
}

std::string FileAccess::read(const Caller& caller, const AllowedPath& path,
                             std::string_view shown) const {
    // O_NONBLOCK: opening a named pipe must not wait for its writer.
    const OwnedFd fd = open_without_links(path.path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (!fd.valid()) {
        if (errno == EACCES || errno == EPERM) {
            throw Error(ErrorCode::invalid_argument,
                        fmt::format("File cannot be read by this server: {}", shown));
        }
        throw Error(ErrorCode::not_found, fmt::format("File not found: {}", shown));
    }
    struct stat status{};
    if (fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
        throw Error(ErrorCode::invalid_argument, fmt::format("Not a regular file: {}", shown));
    }
    if (static_cast<std::size_t>(status.st_size) > file_bytes_max) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("File is too large: {} has {} bytes, at most {} are read.", shown,
                                status.st_size, file_bytes_max));
    }
    std::string bytes = read_all(fd.get(), static_cast<std::size_t>(status.st_size), shown);
    if (caller.files != FileReach::whole_machine && holds_private_key(bytes)) {
        refuse_secret(last_component(path.path));
    }
    return bytes;
}

std::string resolve_path(std::string_view working_dir, std::string_view path) {
    if (path.find('\0') != std::string_view::npos || path.size() > PATH_MAX) {
        throw Error(ErrorCode::invalid_argument,
                    "The path holds a NUL byte or is longer than this system allows.");
    }
    std::vector<std::string> pending;  // Next component last.
    push_components(pending, path);
    if (!path.starts_with('/')) {
        push_components(pending, working_dir);
    }
    std::string resolved;  // Without trailing slash; empty is the root.
    int links = 0;
    while (!pending.empty()) {
        const std::string part = std::move(pending.back());
        pending.pop_back();
        if (part == "." || part.empty()) {
            continue;
        }
        if (part == "..") {
            resolved.erase(resolved.empty() ? 0 : resolved.rfind('/'));
            continue;
        }
        const std::string next = resolved + '/' + part;
        const std::optional<std::string> target = read_link(next);
        if (!target) {
            resolved = next;
            continue;
        }
        if (++links > links_max) {
            throw Error(ErrorCode::invalid_argument, "The path leads through too many links.");
        }
        if (target->starts_with('/')) {
            resolved.clear();
        }
        push_components(pending, *target);
    }
    return resolved.empty() ? "/" : resolved;
}

bool lies_in(std::string_view path, std::string_view folder) {
    if (folder == "/") {
        return path.starts_with('/');
    }
    return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

bool is_secret_name(std::string_view filename) {
    const std::string name = ascii_lower(filename);
    constexpr std::array<std::string_view, 8> names = {
        "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", ".netrc", ".pgpass", ".htpasswd", "shadow"};
    constexpr std::array<std::string_view, 9> endings = {
        ".pem", ".key", ".p12", ".pfx", ".jks", ".keystore", ".kdbx", ".ppk", ".p8"};
    return name.starts_with(".env") || std::find(names.begin(), names.end(), name) != names.end() ||
           std::any_of(endings.begin(), endings.end(),
                       [&](std::string_view ending) { return name.ends_with(ending); });
}

OwnedFd& OwnedFd::operator=(OwnedFd&& other) noexcept {
    if (this != &other) {
        if (fd_ >= 0) {
            close(fd_);
        }
        fd_ = other.release();
    }
    return *this;
}

OwnedFd::~OwnedFd() {
    if (fd_ >= 0) {
        close(fd_);
    }
}

int OwnedFd::release() {
    return std::exchange(fd_, -1);
}

OwnedFd open_without_links(std::string_view path, int flags) {
    std::vector<std::string> pending;
    push_components(pending, path);
    if (pending.empty()) {
        return OwnedFd(open("/", flags | O_NOFOLLOW));
    }
    OwnedFd folder(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
    while (folder.valid() && pending.size() > 1) {
        folder = OwnedFd(openat(folder.get(), pending.back().c_str(),
                                O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        pending.pop_back();
    }
    if (!folder.valid()) {
        return OwnedFd();
    }
    return OwnedFd(openat(folder.get(), pending.back().c_str(), flags | O_NOFOLLOW));
}

}  // namespace rag::memory
