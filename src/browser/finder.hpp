#pragma once

#include <string>
#include <string_view>

namespace rag::browser {

/// The setting that turns rendering off.
constexpr std::string_view no_browser = "off";

struct FoundBrowser {
    std::string path;     ///< Absolute; empty where there is none.
    std::string problem;  ///< Then a sentence with the way out.
};

/// `setting` is a path, a program's name, `no_browser`, or empty: then the usual names of Chromium
/// are looked for. Names are looked for in the folders of `search_path`, separated by colons.
FoundBrowser find_browser(const std::string& setting, std::string_view search_path);

}  // namespace rag::browser
