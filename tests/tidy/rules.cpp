#include "tidy/rules.hpp"

#include <algorithm>
#include <map>
#include <regex>
#include <set>

namespace rag::tidy {
namespace {

using Rooms = std::set<std::string>;

/// Who may include whom. A new edge here is a decision about the architecture. `base` and the
/// public headers are open to every room, a room to itself.
const std::map<std::string, Rooms> allowed_rooms{
    {"base", {}},
    {"text", {}},
    {"formats", {"text"}},
    {"embed", {"text"}},
    {"index", {"text"}},
    {"storage", {"text"}},
    {"crawl", {"text"}},
    {"browser", {"net"}},
    {"net", {}},
    {"auth", {}},
    {"watch", {}},
    {"memory", {"text"}},
    {"mcp", {}},
    {"tools", {"memory", "mcp"}},
    {"http", {}},
    {"server", {"http", "mcp"}},
    {"cli", {"memory", "root"}},
};

struct Library {
    std::string prefix;  ///< Of what stands between the angle brackets.
    Rooms rooms;
};

const std::vector<Library> libraries{
    {"boost/asio", {"http", "browser"}},
    {"boost/beast", {"http", "browser"}},
    {"pqxx", {"storage"}},
    {"libpq", {"storage"}},
    {"sqlite3", {"storage", "index"}},
    {"hnswlib", {"index"}},
    {"httplib", {"net"}},
    {"gumbo", {"text"}},
    {"libxml", {"formats"}},
    {"archive", {"formats"}},
    {"libpsl", {"crawl"}},
    {"libstemmer", {"text"}},
    {"unicode/", {"text", "embed", "base"}},
    {"simdjson", {"base", "embed", "mcp", "memory"}},
    {"spdlog", {"base"}},
    {"CLI/", {"cli"}},
    {"openssl", {"base", "net", "auth", "http", "server"}},
    {"zlib", {"text", "net", "crawl"}},
    {"brotli", {"net"}},
    {"prometheus", {"server"}},
};

struct Ban {
    std::regex pattern;
    std::string sentence;
    /// Paths that begin with one of these may.
    std::vector<std::string> except;
};

const std::vector<Ban>& bans() {
    static const std::vector<Ban> all{
        {std::regex(R"(\bco_await\b|\bco_return\b|\bawaitable<)"),
         "coroutines stay in http/",
         {"src/http/"}},
        {std::regex(R"(\bgetenv\b|\bsecure_getenv\b)"),
         "the environment is read in config.cpp alone",
         {"src/config"}},
        {std::regex(R"(\.detach\(\))"), "every thread is owned and joined", {}},
        {std::regex(R"(\bstd::cout\b|\bprintf\(|\bputs\()"),
         "standard output belongs to the protocol and to the command line",
         {"src/cli/", "src/main"}},
        {std::regex(R"(\bTODO\b|\bFIXME\b|\bXXX\b)"),
         "finish it, or say what is so in a sentence",
         {}},
        {std::regex(R"(^using namespace )"), "no using-directives", {}},
        {std::regex(R"(^\s*std::j?thread\()"), "a thread that nobody owns", {}},
        {std::regex(R"(\bNULL\b)"), "nullptr", {}},
    };
    return all;
}

std::string at(const SourceFile& file, std::size_t line, const std::string& sentence) {
    return file.path + ':' + std::to_string(line + 1) + ": " + sentence;
}

/// The line without string literals and comments, so that words in them do not count.
std::string code_of(const std::string& line) {
    static const std::regex literals(R"("(\\.|[^"\\])*")");
    const std::string bare = std::regex_replace(line, literals, "\"\"");
    return bare.substr(0, bare.find("//"));
}

bool is_header(const SourceFile& file) {
    return file.path.ends_with(".hpp");
}

/// Whether a line at the left margin opens a function's body.
bool opens_function(const std::string& line) {
    if (line.empty() || line.front() == ' ' || line.front() == '}' || !line.ends_with('{')) {
        return false;
    }
    static const std::regex other(
        R"(^(namespace|class|struct|enum|union|extern|constexpr|const) )");
    return !std::regex_search(line, other) || line.find(") {") != std::string::npos;
}

}  // namespace

std::string SourceFile::room() const {
    if (path.starts_with("include/")) {
        return "include";
    }
    const std::string below = path.substr(path.find('/') + 1);
    const std::size_t slash = below.find('/');
    return slash == std::string::npos ? "root" : below.substr(0, slash);
}

Findings check_room_dependencies(const SourceFile& file) {
    static const std::regex ours(R"re(^#include "([a-z_]+)(/?)[^"]*")re");
    const std::string room = file.room();
    Findings findings;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
        std::smatch found;
        if (!std::regex_search(file.lines[i], found, ours)) {
            continue;
        }
        const std::string target = found[2].length() == 0 ? "root" : found[1].str();
        if (target == "rag" || target == room || room == "root") {
            continue;
        }
        const auto allowed = allowed_rooms.find(room);
        const bool open = target == "base" && room != "include";
        if (!open && (allowed == allowed_rooms.end() || !allowed->second.contains(target))) {
            findings.push_back(at(file, i, room + " may not include " + target));
        }
    }
    return findings;
}

Findings check_third_party(const SourceFile& file) {
    static const std::regex include(R"(^#include <([^>]+)>)");
    Findings findings;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
        std::smatch found;
        if (!std::regex_search(file.lines[i], found, include)) {
            continue;
        }
        for (const Library& library : libraries) {
            if (found[1].str().starts_with(library.prefix) &&
                !library.rooms.contains(file.room())) {
                findings.push_back(
                    at(file, i, "<" + found[1].str() + "> does not belong into " + file.room()));
            }
        }
    }
    return findings;
}

Findings check_banned_words(const SourceFile& file) {
    Findings findings;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
        for (const Ban& ban : bans()) {
            const bool excepted = std::any_of(
                ban.except.begin(), ban.except.end(),
                [&](const std::string& prefix) { return file.path.starts_with(prefix); });
            const bool unfinished = ban.sentence.starts_with("finish");
            const std::string text = unfinished ? file.lines[i] : code_of(file.lines[i]);
            if (!excepted && std::regex_search(text, ban.pattern)) {
                findings.push_back(at(file, i, ban.sentence));
            }
        }
    }
    return findings;
}

Findings check_shape(const SourceFile& file) {
    Findings findings;
    if (file.lines.size() > file_lines_max) {
        findings.push_back(at(file, file_lines_max,
                              "the file holds two ideas; " + std::to_string(file.lines.size()) +
                                  " lines are too many"));
    }
    if (is_header(file) &&
        std::find(file.lines.begin(), file.lines.end(), "#pragma once") == file.lines.end()) {
        findings.push_back(at(file, 0, "a header begins with #pragma once"));
    }
    std::size_t function_start = 0;
    bool in_function = false;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
        const std::string& line = file.lines[i];
        // Bytes, less the continuation bytes of UTF-8.
        const auto columns = static_cast<std::size_t>(
            std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; }));
        if (columns > columns_max) {
            findings.push_back(at(file, i, "longer than 100 columns"));
        }
        if (!in_function && opens_function(line)) {
            in_function = true;
            function_start = i;
        } else if (in_function && line.starts_with('}')) {
            in_function = false;
            if (i - function_start + 1 > function_lines_max) {
                findings.push_back(
                    at(file, function_start, "the function is longer than 70 lines"));
            }
        }
    }
    return findings;
}

}  // namespace rag::tidy
