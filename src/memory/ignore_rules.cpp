#include "memory/ignore_rules.hpp"

#include <algorithm>

namespace rag::memory {
namespace {

/// A run of `*` costs a retry at each position; this bounds what a hostile file can ask for.
constexpr int retries_max = 100'000;

struct SetMatch {
    bool matched = false;
    std::size_t length = 0;  ///< Of the set in the glob; 0 when it is not closed.
};

/// `glob` begins with '['.
SetMatch match_set(std::string_view glob, char c) {
    std::size_t i = 1;
    const bool negated = i < glob.size() && (glob[i] == '!' || glob[i] == '^');
    i += negated ? 1 : 0;
    bool found = false;
    for (const std::size_t first = i; i < glob.size(); ++i) {
        if (glob[i] == ']' && i > first) {
            return {found != negated && c != '/', i + 1};
        }
        if (i + 2 < glob.size() && glob[i + 1] == '-' && glob[i + 2] != ']') {
            found = found || (glob[i] <= c && c <= glob[i + 2]);
            i += 2;
        } else {
            found = found || glob[i] == c;
        }
    }
    return {};
}

bool match_from(std::string_view glob, std::string_view path, int& retries);

/// `glob` begins with '*'.
bool match_stars(std::string_view glob, std::string_view path, int& retries) {
    const std::size_t after = std::min(glob.find_first_not_of('*'), glob.size());
    const bool any_depth = after > 1;
    std::string_view rest = glob.substr(after);
    if (any_depth && rest.starts_with('/') && match_from(rest.substr(1), path, retries)) {
        return true;  // "**/x" also matches "x".
    }
    for (std::size_t i = 0; i <= path.size(); ++i) {
        if (++retries > retries_max) {
            return false;
        }
        if (match_from(rest, path.substr(i), retries)) {
            return true;
        }
        if (i < path.size() && path[i] == '/' && !any_depth) {
            return false;
        }
    }
    return false;
}

bool match_from(std::string_view glob, std::string_view path, int& retries) {
    while (!glob.empty()) {
        if (glob.front() == '*') {
            return match_stars(glob, path, retries);
        }
        if (path.empty()) {
            return false;
        }
        std::size_t taken = 1;
        if (glob.front() == '[') {
            const SetMatch set = match_set(glob, path.front());
            if (set.length > 0 && !set.matched) {
                return false;
            }
            if (set.length == 0 && path.front() != '[') {
                return false;
            }
            taken = std::max<std::size_t>(set.length, 1);
        } else if (glob.front() == '?') {
            if (path.front() == '/') {
                return false;
            }
        } else {
            const bool escaped = glob.front() == '\\' && glob.size() > 1;
            if (glob[escaped ? 1 : 0] != path.front()) {
                return false;
            }
            taken = escaped ? 2 : 1;
        }
        glob.remove_prefix(taken);
        path.remove_prefix(1);
    }
    return path.empty();
}

}  // namespace

bool matches_glob(std::string_view glob, std::string_view path) {
    int retries = 0;
    return match_from(glob, path, retries);
}

IgnoreRules IgnoreRules::parse(std::string_view text) {
    IgnoreRules rules;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        while (line.ends_with('\r') || (line.ends_with(' ') && !line.ends_with("\\ "))) {
            line.remove_suffix(1);
        }
        if (line.empty() || line.front() == '#') {
            continue;
        }
        Pattern pattern;
        if (line.front() == '!') {
            pattern.negated = true;
            line.remove_prefix(1);
        }
        if (line.ends_with('/')) {
            pattern.folders_only = true;
            line.remove_suffix(1);
        }
        pattern.anchored = line.find('/') != std::string_view::npos;
        if (line.starts_with('/')) {
            line.remove_prefix(1);
        }
        if (!line.empty()) {
            pattern.glob = std::string(line);
            rules.patterns_.push_back(std::move(pattern));
        }
    }
    return rules;
}

std::optional<bool> IgnoreRules::judge(std::string_view path, bool is_folder) const {
    const std::string_view name = path.substr(path.rfind('/') + 1);
    for (auto pattern = patterns_.rbegin(); pattern != patterns_.rend(); ++pattern) {
        if (pattern->folders_only && !is_folder) {
            continue;
        }
        if (matches_glob(pattern->glob, pattern->anchored ? path : name)) {
            return !pattern->negated;
        }
    }
    return std::nullopt;
}

}  // namespace rag::memory
