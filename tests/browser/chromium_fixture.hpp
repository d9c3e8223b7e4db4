#pragma once

#include "browser/chromium.hpp"
#include "browser/remote_chromium.hpp"
#include "browser/site.hpp"

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace rag::test {

/// The Chromium of this machine, as the product would find it.
inline browser::ChromiumOptions installed_chromium(std::vector<std::string> allow_hosts) {
    browser::ChromiumOptions options;
    const char* path = std::getenv("PATH");
    options.search_path = path == nullptr ? "" : path;
    options.allow_hosts = std::move(allow_hosts);
    options.lookup = [](const std::string&) { return std::vector<net::IpAddress>{}; };
    return options;
}

/// The ways to a browser that every contract is held to: by which tests are made from templates.
struct Piped {
    static browser::ChromiumOptions options(std::vector<std::string> allow_hosts) {
        return installed_chromium(std::move(allow_hosts));
    }
};
struct ByWebSocket {
    static browser::ChromiumOptions options(std::vector<std::string> allow_hosts) {
        browser::ChromiumOptions options = installed_chromium(std::move(allow_hosts));
        options.program = remote_chromium().websocket();
        return options;
    }
};
struct ByWeb {
    static browser::ChromiumOptions options(std::vector<std::string> allow_hosts) {
        browser::ChromiumOptions options = installed_chromium(std::move(allow_hosts));
        options.program = remote_chromium().web();
        return options;
    }
};

/// A page as the crawler has fetched it.
inline HttpResponse fetched(const std::string& url, const std::string& body,
                            const std::string& type = "text/html; charset=utf-8") {
    HttpResponse answer;
    answer.status = 200;
    answer.url = url;
    answer.headers = {{"content-type", type}};
    answer.body = body;
    return answer;
}

}  // namespace rag::test
