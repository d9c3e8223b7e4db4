#pragma once

#include "memory/file_access.hpp"
#include "memory/ignore_rules.hpp"
#include "rag/context.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rag::memory {

enum class Depth { folder_only, whole_tree };
enum class HiddenFiles { leave_out, include };

struct WalkOptions {
    std::vector<std::string> extensions = {};  ///< With or without the dot, in any case.
    Depth depth = Depth::folder_only;
    HiddenFiles hidden = HiddenFiles::leave_out;
    /// Told the path of each folder before its entries are read; may be empty.
    std::function<void(const std::string& path)> before_folder = {};
};

struct WalkedFile {
    std::string relative = {};  ///< To the walked folder, for people.
    AllowedPath path;           ///< Meaningless when there is a problem.
    std::string problem = {};   ///< Why the file cannot be read; empty when it can.
};

/// Whether this is the name of a file that says what to leave out: `.gitignore` or `.ragignore`.
bool is_ignore_file(std::string_view name);

/// The files of a folder, one after the other, in the order of their names. What `.gitignore` and
/// `.ragignore` files name (those of the folder, below it, and above it up to the repository's
/// root; where both speak, `.ragignore` has the last word) is left out, and so are hidden files
/// unless asked for, and secrets always. Links to folders are not followed; a link that leads out
/// of the caller's roots is given with a problem. Holds the names of the folders that it stands in,
/// no more. Used by one thread.
class DirectoryWalk final {
public:
    /// `folder` is an existing directory. With an `entry`, a path below the folder, the walk gives
    /// only the files among the whole walk's that are there or below: none for what is left out or
    /// is not there.
    DirectoryWalk(const FileAccess& access, const Caller& caller, const AllowedPath& folder,
                  WalkOptions options, std::string_view entry = {});

    /// The next file, or null at the end.
    std::optional<WalkedFile> next(const CallContext& context);

    /// Whether an ignore file names the entry, or a folder on the way to it, that is there.
    bool is_entry_ignored() const { return entry_ignored_; }

    /// The folders above the walked one whose ignore files count.
    std::vector<std::string> rule_folders() const;

private:
    struct Entry {
        std::string name;
        enum class Kind { file, folder, link, other } kind = Kind::file;
    };
    struct Folder {
        std::string path;
        std::string relative;        ///< Empty, or ending in '/'.
        std::vector<Entry> entries;  ///< Last one next.
        IgnoreRules rules;
    };

    void begin_at(const AllowedPath& folder, std::string_view entry);
    void enter(const std::string& path, const std::string& relative);
    bool may_enter(const std::string& path, const std::string& name) const;
    static Entry::Kind kind_of(int folder, const char* name);
    std::optional<WalkedFile> consider(const Folder& folder, const Entry& entry);
    std::optional<WalkedFile> consider_link(const Folder& folder, const Entry& entry);
    bool is_ignored(const std::string& path, bool is_folder) const;
    bool is_hidden(std::string_view name) const;
    bool is_wanted(const std::string& name) const;

    const FileAccess& access_;
    const Caller caller_;
    const WalkOptions options_;
    std::vector<Folder> above_ = {};  ///< Up to the repository's root, which comes first.
    std::vector<Folder> stack_ = {};
    bool entry_ignored_ = false;
};

}  // namespace rag::memory
