#pragma once

#include "memory/file_access.hpp"
#include "memory/ignore_rules.hpp"
#include "rag/context.hpp"

#include <optional>
#include <string>
#include <vector>

namespace rag::memory {

enum class Depth { folder_only, whole_tree };
enum class HiddenFiles { leave_out, include };

struct WalkOptions {
    std::vector<std::string> extensions = {};  ///< With or without the dot, in any case.
    Depth depth = Depth::folder_only;
    HiddenFiles hidden = HiddenFiles::leave_out;
};

struct WalkedFile {
    std::string relative = {};  ///< To the walked folder, for people.
    AllowedPath path;           ///< Meaningless when there is a problem.
    std::string problem = {};   ///< Why the file cannot be read; empty when it can.
};

/// The files of a folder, one after the other, in the order of their names. What `.gitignore` files
/// name (those of the folder, below it, and above it up to the repository's root) is left out, and
/// so are hidden files unless asked for, and secrets always. Links to folders are not followed; a
/// link that leads out of the caller's roots is given with a problem. Holds the names of the
/// folders that it stands in, no more. Used by one thread.
class DirectoryWalk final {
public:
    /// `folder` is an existing directory.
    DirectoryWalk(const FileAccess& access, const Caller& caller, const AllowedPath& folder,
                  WalkOptions options);

    /// The next file, or null at the end.
    std::optional<WalkedFile> next(const CallContext& context);

private:
    struct Entry {
        std::string name;
        enum class Kind { file, folder, link } kind = Kind::file;
    };
    struct Folder {
        std::string path;
        std::string relative;        ///< Empty, or ending in '/'.
        std::vector<Entry> entries;  ///< Last one next.
        IgnoreRules rules;
    };

    void enter(const std::string& path, const std::string& relative);
    std::optional<WalkedFile> consider(const Folder& folder, const Entry& entry);
    std::optional<WalkedFile> consider_link(const Folder& folder, const Entry& entry);
    bool is_ignored(const std::string& path, bool is_folder) const;
    bool is_wanted(const std::string& name) const;

    const FileAccess& access_;
    const Caller caller_;
    const WalkOptions options_;
    std::vector<Folder> above_ = {};  ///< Folders above the walked one that have rules.
    std::vector<Folder> stack_ = {};
};

}  // namespace rag::memory
