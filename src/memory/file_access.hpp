#pragma once

#include "rag/context.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rag::memory {

constexpr std::size_t file_bytes_max = std::size_t{64} * 1024 * 1024;

/// Where this process stands, as far as it decides which files an agent may name.
struct FilePolicy {
    /// RAG_ALLOWED_ROOTS: absolute folders; null when unset (then the caller's reach decides).
    std::optional<std::vector<std::string>> allowed_roots = {};
    std::string working_dir = {};  ///< Absolute; relative paths begin here.
    std::string home_dir = {};     ///< May be empty.
    std::string data_dir = {};     ///< RAG_DATA_DIR: never readable for an agent.
};

/// A path after `..` and symbolic links, inside an allowed root.
struct AllowedPath {
    std::string path = {};  ///< Absolute, without symbolic links as far as it exists.
    std::string root = {};  ///< The allowed root that it lies in (possibly the same).
};

enum class PathKind { missing, file, directory, other };

/// Decides which files a caller may read and reads them. A path is resolved first (by hand, so that
/// a dangling link tells nothing about what lies outside), then judged, then opened component by
/// component without following any link: whoever swaps a folder for a link in between gets an
/// error. Immutable, safe for concurrent use.
class FileAccess final {
public:
    explicit FileAccess(FilePolicy policy);

    /// Throws Error{unauthorized}, with one sentence that is the same whether the path exists, for
    /// a path outside the caller's roots, for a hidden file below them, for what looks like a key
    /// or a password file, and for anything in the data directory.
    AllowedPath resolve(const Caller& caller, std::string_view path) const;

    /// As resolve, but lets hidden files pass that hold no secret (`include_hidden`).
    AllowedPath resolve_hidden(const Caller& caller, std::string_view path) const;

    /// What lies at an allowed path.
    PathKind kind(const AllowedPath& path) const;

    /// The bytes of a regular file. Throws Error{not_found} "File not found: <shown>", and
    /// Error{invalid_argument} for what is no regular file, is larger than file_bytes_max or cannot
    /// be read, and Error{unauthorized} for a private key. `shown` is the path as the caller wrote
    /// it.
    std::string read(const Caller& caller, const AllowedPath& path, std::string_view shown) const;

    /// The roots that this caller's paths may lie in, resolved.
    std::vector<std::string> roots_of(const Caller& caller) const;

    const FilePolicy& policy() const { return policy_; }

private:
    enum class Hidden { refuse, allow };
    AllowedPath judge(const Caller& caller, std::string_view path, Hidden hidden) const;

    FilePolicy policy_;
    std::string data_dir_ = {};  ///< Resolved.
};

/// An absolute path with every symbolic link that exists replaced by its target and every `.` and
/// `..` removed; what does not exist is taken as it is written. Throws Error{invalid_argument} for
/// a path with a NUL byte or more than 40 links.
std::string resolve_path(std::string_view working_dir, std::string_view path);

/// Whether `path` is `folder` or lies below it; both resolved.
bool lies_in(std::string_view path, std::string_view folder);

/// Whether a file name alone says that the file holds a secret: `.env*`, private keys, key stores.
bool is_secret_name(std::string_view filename);

/// A file descriptor that is closed with its owner.
class OwnedFd final {
public:
    explicit OwnedFd(int fd = -1) : fd_(fd) {}
    OwnedFd(OwnedFd&& other) noexcept : fd_(other.release()) {}
    OwnedFd& operator=(OwnedFd&& other) noexcept;
    OwnedFd(const OwnedFd&) = delete;
    OwnedFd& operator=(const OwnedFd&) = delete;
    ~OwnedFd();

    int get() const { return fd_; }
    bool valid() const { return fd_ >= 0; }
    /// Hands the descriptor to the caller.
    int release();

private:
    int fd_;
};

/// Opens a resolved path without following a symbolic link anywhere on the way. Not valid when that
/// fails (errno says why).
OwnedFd open_without_links(std::string_view path, int flags);

}  // namespace rag::memory
