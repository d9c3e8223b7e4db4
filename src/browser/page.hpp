#pragma once

#include "base/json.hpp"
#include "browser/conversation.hpp"
#include "browser/devtools.hpp"
#include "rag/http_client.hpp"
#include "rag/page_renderer.hpp"

#include <cstdint>
#include <memory>
#include <set>
#include <string>

namespace rag::browser {

struct PageOptions {
    std::uint16_t proxy_port = 0;  ///< The page's one way to the network.
    std::string user_agent;        ///< Empty: the browser's own.
};

/// One page in a context of its own (no cookies, no cache, no storage of any other page), which is
/// gone with the object. The page itself is what was fetched before; pictures, films, fonts and
/// frames are not loaded. Used by one thread.
class Page final {
public:
    /// `browser` and `context` must outlive this.
    Page(Devtools& browser, const CallContext& context, const PageOptions& options);
    ~Page();
    Page(const Page&) = delete;
    Page& operator=(const Page&) = delete;

    /// Runs the scripts of the answer's page until it has come to rest. Once. Throws as
    /// Conversation does.
    RenderedPage render(const HttpResponse& answer);

private:
    void open();
    void set_up();
    void wait_for_rest();
    Json capture();

    void handle(const std::string& method, const Json& params);
    void decide_on_request(const Json& params);
    void deliver_page(const std::string& request);
    void note_request(const std::string& method, const Json& params);
    bool is_at_rest(SteadyTime now) const;

    Devtools& browser_;
    const CallContext& context_;
    const PageOptions options_;
    Conversation root_;
    std::string browser_context_;
    std::string frame_;  ///< The main frame's id, which is also the target's.
    std::unique_ptr<Conversation> talk_;

    const HttpResponse* answer_ = nullptr;  ///< While it is rendered.
    bool is_delivered_ = false;
    int documents_ = 0;
    bool is_committed_ = false;  ///< The page has replaced the empty one.
    bool is_loaded_ = false;
    SteadyTime changed_at_{};  ///< When the state above or the set below changed last.
    SteadyTime loaded_at_{};
    std::set<std::string> in_flight_;  ///< Requests without an end so far.
};

/// What of the fetched answer's headers a browser needs to read the page as it was meant. What
/// speaks of the body's coding and length, of the connection or of saving a file is left out.
HttpHeaders headers_for_browser(const HttpHeaders& headers);

}  // namespace rag::browser
