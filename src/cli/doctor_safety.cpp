#include "base/ascii.hpp"
#include "base/loopback.hpp"
#include "base/url.hpp"
#include "cli/findings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string_view>

namespace rag::cli {
namespace {

/// What 'rag token create' prints has 43 characters; below this a secret can be guessed.
constexpr std::size_t secret_length_min = 20;

void warn_of(Findings& findings, const char* subject, std::string sentence) {
    findings.push_back({subject, Verdict::notice, std::move(sentence)});
}

/// Whether the file is there and readable by others than its owner.
bool is_open_to_others(const std::string& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 && (info.st_mode & (S_IRWXG | S_IRWXO)) != 0;
}

void examine_tokens(const Config& config, Findings& findings) {
    std::string_view left = config.tokens;
    while (!left.empty()) {
        const std::size_t end = std::min(left.find(','), left.size());
        const std::string_view entry = left.substr(0, end);
        left.remove_prefix(std::min(end + 1, left.size()));
        const std::size_t colon = entry.rfind(':');
        if (colon != std::string_view::npos && entry.size() - colon - 1 < secret_length_min) {
            findings.push_back(
                {"tokens", Verdict::bad,
                 fmt::format("the secret of the token '{}' is short enough to be guessed; make one "
                             "with 'rag token create'.",
                             entry.substr(0, entry.find(':')))});
        }
    }
}

void examine_ways(const Config& config, Findings& findings) {
    if (is_loopback(config.host)) {
        return;
    }
    if (config.public_url.starts_with("http://")) {
        const auto url = parse_url(config.public_url);
        if (url && !is_loopback(url->host)) {
            warn_of(findings, "network",
                    "RAG_PUBLIC_URL is not https: tokens and texts can be read on the way. Put a "
                    "proxy that ends TLS before the server.");
        }
    }
    if (config.rate_limit == 0) {
        warn_of(findings, "network",
                "RAG_RATE_LIMIT is 0: a client may call as often as it likes.");
    }
}

/// host[:port] without its port; the colons inside an IPv6 address's brackets are not one.
std::string_view without_port(std::string_view host) {
    const std::size_t colon = host.rfind(':');
    return colon == std::string_view::npos || host.ends_with(']') ? host : host.substr(0, colon);
}

void examine_database_way(const Config& config, Findings& findings) {
    const std::string_view address = config.database_url;
    const std::size_t scheme = address.find("://");
    if (scheme == std::string_view::npos || address.starts_with("sqlite")) {
        return;
    }
    std::string_view rest = address.substr(scheme + 3);
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
    const std::string_view host = without_port(authority.substr(authority.rfind('@') + 1));
    if (!is_loopback(host) && address.find("sslmode=require") == std::string_view::npos &&
        address.find("sslmode=verify") == std::string_view::npos) {
        warn_of(findings, "database",
                "DATABASE_URL does not insist on TLS; add ?sslmode=require, or verify-full with "
                "sslrootcert, if the database is not on a network of your own.");
    }
}

void examine_browser_way(const Config& config, Findings& findings) {
    const std::size_t scheme = config.browser.find("://");
    if (scheme == std::string::npos) {
        return;
    }
    warn_of(findings, "browser",
            "was not started here: what pages ask for is fetched by this program, but what else "
            "their scripts could reach if they broke out of it is for whoever runs it to limit "
            "(docs/SECURITY.md).");
    const auto url = parse_url("http" + config.browser.substr(scheme));
    const std::string name = ascii_lower(config.browser.substr(0, scheme));
    if (url && name != "wss" && name != "https" && !is_loopback(url->host)) {
        warn_of(findings, "browser",
                "is spoken to without TLS: pages, and the token if there is one, can be read on "
                "the way. Use wss:// or https:// in RAG_BROWSER, if it is not on a network of "
                "your own.");
    }
}

void examine_files_of_ours(const Config& config, Findings& findings) {
    const std::pair<std::string, const char*> files[] = {
        {config.working_dir + "/.env", "holds configuration"},
        {config.home_dir + "/.rag-memory-env", "holds configuration"},
        {config.data_dir, "holds the memory"}};
    for (const auto& [path, what] : files) {
        if (is_open_to_others(path)) {
            warn_of(findings, "files",
                    fmt::format("'{}' {} and is open to other users of this machine; chmod go= it.",
                                path, what));
        }
    }
}

void examine_reach(const Config& config, Findings& findings) {
    for (const std::string& root : config.allowed_roots.value_or(std::vector<std::string>{})) {
        std::string wide = std::filesystem::path(root).lexically_normal().string();
        if (wide.size() > 1 && wide.ends_with('/')) {
            wide.pop_back();
        }
        if (wide == "/" || wide == "/home" || wide == "/root" || wide == "/etc") {
            findings.push_back({"files", Verdict::bad,
                                fmt::format("agents may read everything below '{}' "
                                            "(RAG_ALLOWED_ROOTS); name the folders that they need.",
                                            root)});
        }
    }
    if (!config.crawl_allow_hosts.empty()) {
        warn_of(findings, "crawling",
                fmt::format("agents may fetch from {} although the address is not public "
                            "(RAG_CRAWL_ALLOW_HOSTS).",
                            fmt::join(config.crawl_allow_hosts, ", ")));
    }
    if (geteuid() == 0) {
        warn_of(findings, "process",
                "runs as root; a user of its own is enough (deploy/rag-memory.service).");
    }
}

}  // namespace

void examine_safety(const Config& config, Findings& findings) {
    examine_tokens(config, findings);
    examine_ways(config, findings);
    examine_database_way(config, findings);
    examine_browser_way(config, findings);
    examine_files_of_ours(config, findings);
    examine_reach(config, findings);
}

}  // namespace rag::cli
