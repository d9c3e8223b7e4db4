#include "memory/directory_walk.hpp"

#include "base/ascii.hpp"
#include "base/utf8.hpp"
#include "rag/error.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>

namespace rag::memory {
namespace {

constexpr std::size_t folder_depth_max = 64;
constexpr std::size_t ignore_file_bytes_max = 1024 * 1024;
constexpr std::array<std::string_view, 2> ignore_files{".gitignore", ".ragignore"};

std::string below(const std::string& folder, std::string_view name) {
    return (folder == "/" ? "" : folder) + '/' + std::string(name);
}

std::string lower_extension(std::string_view text) {
    std::string out = ascii_lower(text);
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

/// What the file says; empty when there is none that can be read.
std::string read_ignore_file(const std::string& path) {
    const OwnedFd fd = open_without_links(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct stat status{};
    if (!fd.valid() || fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
        return {};
    }
    std::string text(std::min(static_cast<std::size_t>(status.st_size), ignore_file_bytes_max),
                     '\0');
    const ssize_t got = pread(fd.get(), text.data(), text.size(), 0);
    text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return text;
}

/// The rules of this folder. The last pattern that matches decides, so ours come last.
IgnoreRules read_rules(const std::string& folder) {
    std::string text;
    for (const std::string_view name : ignore_files) {
        text.append(read_ignore_file(below(folder, name))).push_back('\n');
    }
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

bool is_ignore_file(std::string_view name) {
    return std::find(ignore_files.begin(), ignore_files.end(), name) != ignore_files.end();
}

DirectoryWalk::DirectoryWalk(const FileAccess& access, const Caller& caller,
                             const AllowedPath& folder, WalkOptions options, std::string_view entry)
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
    if (entry.empty()) {
        enter(folder.path, "");
    } else {
        begin_at(folder, entry);
    }
}

/// Stands where a walk of the whole folder stands when it comes to the entry, with nothing else
/// left to visit; or at the end, where such a walk would not come there.
void DirectoryWalk::begin_at(const AllowedPath& folder, std::string_view entry) {
    stack_.push_back({folder.path, "", {}, read_rules(folder.path)});
    while (true) {
        const std::size_t slash = std::min(entry.find('/'), entry.size());
        const std::string name(entry.substr(0, slash));
        entry.remove_prefix(std::min(slash + 1, entry.size()));
        const std::string path = below(stack_.back().path, name);
        const Entry::Kind kind = kind_of(AT_FDCWD, path.c_str());
        entry_ignored_ = exists(path) && is_ignored(path, kind == Entry::Kind::folder);
        if (entry_ignored_ || is_hidden(name) || stack_.size() > folder_depth_max) {
            break;
        }
        if (entry.empty()) {
            if (kind != Entry::Kind::other) {
                stack_.back().entries.push_back({name, kind});
            }
            return;
        }
        if (kind != Entry::Kind::folder || !may_enter(path, name)) {
            break;
        }
        const std::string relative = stack_.back().relative + name + '/';
        stack_.push_back({path, relative, {}, read_rules(path)});
    }
    stack_.clear();
}

std::vector<std::string> DirectoryWalk::rule_folders() const {
    std::vector<std::string> paths;
    for (const Folder& folder : above_) {
        paths.push_back(folder.path);
    }
    return paths;
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
        const std::string path = below(folder.path, entry.name);
        if (is_ignored(path, entry.kind == Entry::Kind::folder)) {
            continue;
        }
        if (entry.kind == Entry::Kind::folder) {
            if (may_enter(path, entry.name)) {
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

bool DirectoryWalk::may_enter(const std::string& path, const std::string& name) const {
    const bool ours = !access_.policy().data_dir.empty() &&
                      lies_in(path, resolve_path("/", access_.policy().data_dir));
    return options_.depth == Depth::whole_tree && !ours && name != ".git" &&
           stack_.size() < folder_depth_max;
}

void DirectoryWalk::enter(const std::string& path, const std::string& relative) {
    if (options_.before_folder) {
        options_.before_folder(path);
    }
    OwnedFd fd = open_without_links(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    std::unique_ptr<DIR, CloseDirectory> directory(fd.valid() ? fdopendir(fd.get()) : nullptr);
    if (!directory) {
        return;  // It is gone or closed to us by now; its files are not found.
    }
    fd.release();
    Folder folder{path, relative, {}, read_rules(path)};
    while (const dirent* found = readdir(directory.get())) {
        const std::string_view name = found->d_name;
        if (name == "." || name == ".." || is_hidden(name)) {
            continue;
        }
        const Entry::Kind kind = kind_of(dirfd(directory.get()), found->d_name);
        if (kind != Entry::Kind::other) {
            folder.entries.push_back({std::string(name), kind});
        }
    }
    std::sort(folder.entries.begin(), folder.entries.end(),
              [](const Entry& a, const Entry& b) { return a.name > b.name; });
    stack_.push_back(std::move(folder));
}

DirectoryWalk::Entry::Kind DirectoryWalk::kind_of(int folder, const char* name) {
    struct stat status{};
    if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        return Entry::Kind::other;
    }
    switch (status.st_mode & S_IFMT) {
        case S_IFDIR: return Entry::Kind::folder;
        case S_IFLNK: return Entry::Kind::link;
        case S_IFREG: return Entry::Kind::file;
        default: return Entry::Kind::other;
    }
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
        file.path = access_.resolve_hidden(caller_, below(folder.path, entry.name));
    } catch (const Error& error) {
        file.problem = error.message();
    }
    return file;
}

std::optional<WalkedFile> DirectoryWalk::consider_link(const Folder& folder, const Entry& entry) {
    WalkedFile file{replace_invalid_utf8(folder.relative + entry.name), {}, {}};
    PathKind kind = PathKind::missing;
    try {
        file.path = access_.resolve_hidden(caller_, below(folder.path, entry.name));
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

bool DirectoryWalk::is_hidden(std::string_view name) const {
    return name.starts_with('.') && options_.hidden == HiddenFiles::leave_out;
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
