#pragma once

#include "rag/error.hpp"
#include "rag/http_client.hpp"

#include <map>
#include <string>
#include <vector>

namespace rag::testing {

/// A web of written pages; what is not written is 404. Used by one thread.
class FakeWeb final : public HttpClient {
public:
    void page(const std::string& url, const std::string& body,
              const std::string& type = "text/html") {
        pages[url] = {200, {{"content-type", type}}, body, url, false};
    }

    HttpResponse send(const CallContext& context, const HttpRequest& request) override {
        context.check();
        asked.push_back(request.url);
        const auto found = pages.find(request.url);
        return found == pages.end() ? HttpResponse{404, {}, "", request.url, false} : found->second;
    }

    std::map<std::string, HttpResponse> pages;
    std::vector<std::string> asked;
};

}  // namespace rag::testing
