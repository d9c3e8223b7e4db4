#include "browser/finder.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>

namespace rag::browser {
namespace {

/// The one made for this first: it starts in a quarter of the time and half of the memory.
constexpr std::array<const char*, 6> usual_names{
    "chromium-headless-shell", "chromium",
    "chromium-browser",        "google-chrome",
    "google-chrome-stable",    "chrome-headless-shell"};

bool is_program(const std::string& path) {
    std::error_code error;
    return std::filesystem::is_regular_file(path, error) && ::access(path.c_str(), X_OK) == 0;
}

/// Empty when no folder has it. Folders that are not absolute depend on where a process was
/// started, so they do not count.
std::string find_in(std::string_view search_path, const std::string& name) {
    while (!search_path.empty()) {
        const std::size_t end = std::min(search_path.find(':'), search_path.size());
        const std::string_view folder = search_path.substr(0, end);
        search_path.remove_prefix(std::min(end + 1, search_path.size()));
        const std::string path = std::string(folder) + '/' + name;
        if (folder.starts_with('/') && is_program(path)) {
            return path;
        }
    }
    return {};
}

}  // namespace

FoundBrowser find_browser(const std::string& setting, std::string_view search_path) {
    if (setting == no_browser) {
        return {{}, "RAG_BROWSER is 'off'."};
    }
    if (setting.empty()) {
        for (const char* name : usual_names) {
            std::string path = find_in(search_path, name);
            if (!path.empty()) {
                return {std::move(path), {}};
            }
        }
        return {{},
                "No Chromium was found on PATH; install Debian's chromium-headless-shell, or set "
                "RAG_BROWSER to the path of a Chromium."};
    }
    const std::string path = setting.starts_with('/') ? setting : find_in(search_path, setting);
    if (path.empty() || !is_program(path)) {
        return {{},
                "RAG_BROWSER is '" + setting +
                    "', which is no program on this machine; set it to the path of a Chromium, or "
                    "leave it empty to have one found on PATH."};
    }
    return {path, {}};
}

}  // namespace rag::browser
