#include "memory/directory_walk.hpp"

#include "base/utf8.hpp"
#include "rag/error.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

namespace rag::memory {
namespace {

constexpr std::size_t folder_depth_max = 64;
constexpr std::size_t ignore_file_bytes_max = 1024 * 1024;

std::string lower_extension(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (!out.empty() && out.front() != '.') {
        out.insert(out.begin(), '.');
    }
    return out;
}

WalkOptions normalised(WalkOptions options) {
    for (std::string& extension : options.extensions) {
        extension = lower_extension(trim(extension));
    }
    return options;
}

/// The rules of the `.gitignore` in this folder; none when there is none that can be read.
IgnoreRules read_rules(const std::string& folder) {
    const OwnedFd fd =
        open_without_links(folder + "/.gitignore", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct stat status{};
    if (!fd.valid() || fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
        return {};
    }
    std::string text(std::min(static_cast<std::size_t>(status.st_size), ignore_file_bytes_max),
                     '\0');
    const ssize_t got = pread(fd.get(), text.data(), text.size(), 0);
    text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return IgnoreRules::parse(text);
}

bool exists(const std::string& path) {
    struct stat status{};
    return lstat(path.c_str(), &status) == 0;
}

std::string parent_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

struct CloseDirectory {
    void operator()(DIR* directory) const { closedir(directory); }
};

}  // namespace

DirectoryWalk::DirectoryWalk(const FileAccess& access, const Caller& caller,
                             const AllowedPath& folder, WalkOptions options)
    : access_(access), caller_(caller), options_(normalised(std::move(options))) {
    std::vector<Folder> above;
    for (std::string path = folder.path; path != folder.root && !exists(path + "/.git");) {
        path = parent_of(path);
        above.push_back({path, {}, {}, read_rules(path)});
    }
    // Outside a repository the folders above have no say.
    const std::string top = above.empty() ? folder.path : above.back().path;
    if (exists(top + "/.git")) {
        above_.assign(above.rbegin(), above.rend());
    }
    enter(folder.path, "");
}

std::optional<WalkedFile> DirectoryWalk::next(const CallContext& context) {
    while (!stack_.empty()) {
        context.check();
        Folder& folder = stack_.back();
        if (folder.entries.empty()) {
            stack_.pop_back();
            continue;
        }
        const Entry entry = std::move(folder.entries.back());
        folder.entries.pop_back();
        const std::string path = (folder.path == "/" ? "" : folder.path) + '/' + entry.name;
        if (is_ignored(path, entry.kind == Entry::Kind::folder)) {
            continue;
        }
        if (entry.kind == Entry::Kind::folder) {
            const bool ours = !access_.policy().data_dir.empty() &&
                              lies_in(path, resolve_path("/", access_.policy().data_dir));
            if (options_.depth == Depth::whole_tree && !ours && entry.name != ".git" &&
                stack_.size() < folder_depth_max) {
                enter(path, folder.relative + entry.name + '/');
            }
            continue;
        }
        if (std::optional<WalkedFile> file = consider(folder, entry)) {
            return file;
        }
    }
    return std::nullopt;
}

void DirectoryWalk::enter(const std::string& path, const std::string& relative) {
    OwnedFd fd = open_without_links(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    std::unique_ptr<DIR, CloseDirectory> directory(fd.valid() ? fdopendir(fd.get()) : nullptr);
    if (!directory) {
        return;  // It is gone or closed to us by now; its files are not found.
    }
    fd.release();
    Folder folder{path, relative, {}, read_rules(path)};
    while (const dirent* found = readdir(directory.get())) {
        const std::string_view name = found->d_name;
        if (name == "." || name == ".." ||
            (name.front() == '.' && options_.hidden == HiddenFiles::leave_out)) {
            continue;
        }
        struct stat status{};
        if (fstatat(dirfd(directory.get()), found->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
            continue;
        }
        if (S_ISDIR(status.st_mode)) {
            folder.entries.push_back({std::string(name), Entry::Kind::folder});
        } else if (S_ISLNK(status.st_mode)) {
            folder.entries.push_back({std::string(name), Entry::Kind::link});
        } else if (S_ISREG(status.st_mode)) {
            folder.entries.push_back({std::string(name), Entry::Kind::file});
        }
    }
    std::sort(folder.entries.begin(), folder.entries.end(),
              [](const Entry& a, const Entry& b) { return a.name > b.name; });
    stack_.push_back(std::move(folder));
}

std::optional<WalkedFile> DirectoryWalk::consider(const Folder& folder, const Entry& entry) {
    if (is_secret_name(entry.name)) {
        return std::nullopt;
    }
    if (entry.kind == Entry::Kind::link) {
        return consider_link(folder, entry);
    }
    if (!is_wanted(entry.name)) {
        return std::nullopt;
    }
    WalkedFile file{replace_invalid_utf8(folder.relative + entry.name), {}, {}};
    try {
        file.path = access_.resolve_hidden(caller_, folder.path + '/' + entry.name);
    } catch (const Error& error) {
        file.problem = error.message();
    }
    return file;
}

std::optional<WalkedFile> DirectoryWalk::consider_link(const Folder& folder, const Entry& entry) {
    WalkedFile file{replace_invalid_utf8(folder.relative + entry.name), {}, {}};
    PathKind kind = PathKind::missing;
    try {
        file.path = access_.resolve_hidden(caller_, folder.path + '/' + entry.name);
        kind = access_.kind(file.path);
    } catch (const Error& error) {
        // Where it leads is not for this caller to know, so neither is whether it is a folder.
        file.problem = error.message();
        return is_wanted(entry.name) ? std::optional(file) : std::nullopt;
    }
    if (kind == PathKind::directory || !is_wanted(entry.name)) {
        return std::nullopt;
    }
    if (kind == PathKind::missing) {
        file.problem = "File not found: " + file.relative;
    }
    return file;
}

bool DirectoryWalk::is_ignored(const std::string& path, bool is_folder) const {
    // gitignore(5): the rules of the nearest folder count first.
    const auto judge = [&](const Folder& folder) {
        return folder.rules.empty()
                   ? std::nullopt
                   : folder.rules.judge(std::string_view(path).substr(
                                            folder.path == "/" ? 1 : folder.path.size() + 1),
                                        is_folder);
    };
    for (auto folder = stack_.rbegin(); folder != stack_.rend(); ++folder) {
        if (const std::optional<bool> ignored = judge(*folder)) {
            return *ignored;
        }
    }
    for (auto folder = above_.rbegin(); folder != above_.rend(); ++folder) {
        if (const std::optional<bool> ignored = judge(*folder)) {
            return *ignored;
        }
    }
    return false;
}

bool DirectoryWalk::is_wanted(const std::string& name) const {
    const std::size_t dot = name.rfind('.');
    const std::string extension = dot == std::string::npos || dot == 0
                                      ? std::string()
                                      : lower_extension(std::string_view(name).substr(dot));
    return !extension.empty() && std::find(options_.extensions.begin(), options_.extensions.end(),
                                           extension) != options_.extensions.end();
}

}  // namespace rag::memory
