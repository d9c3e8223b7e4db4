#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rag::memory {

/// The patterns of a `.gitignore` (gitignore(5)) or of another file in its language. A value.
class IgnoreRules final {
public:
    static IgnoreRules parse(std::string_view text);

    /// Whether the last pattern that matches says to ignore (true) or not to (false); null when
    /// none does. `path` is relative to the folder of the file, without a leading slash.
    std::optional<bool> judge(std::string_view path, bool is_folder) const;

    bool empty() const { return patterns_.empty(); }

private:
    struct Pattern {
        std::string glob;
        bool negated = false;
        bool folders_only = false;
        bool anchored = false;  ///< Matches the whole path; otherwise the last component.
    };

    std::vector<Pattern> patterns_;
};

/// Whether a path matches a glob: `*` and `?` stop at a slash, `**` does not, `[...]` is a set.
bool matches_glob(std::string_view glob, std::string_view path);

}  // namespace rag::memory
