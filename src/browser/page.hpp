#pragma once

#include "base/json.hpp"
#include "browser/conversation.hpp"
#include "browser/devtools.hpp"
#include "browser/errands.hpp"
#include "rag/http_client.hpp"
#include "rag/page_renderer.hpp"

#include <cstdint>
#include <memory>
#include <set>
#include <string>

namespace rag::browser {

/// A page's one way to the network: a proxy of ours, or, where the browser is not on this machine
/// and cannot reach one, a client of ours that fetches what the page asks for.
struct PageOptions {
    std::uint16_t proxy_port = 0;
    HttpClient* client = nullptr;  ///< Counts where it is set; then there is no proxy.
    std::int64_t bytes_max = 0;    ///< Of what the client fetches.
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

    /// What the client has fetched.
    std::int64_t bytes() const { return errands_ ? errands_->bytes() : 0; }

private:
    void open();
    void set_up();
    void confine();
    void wait_for_rest();
    Json capture();

    void handle(const std::string& method, const Json& params);
    void decide_on_request(const Json& params);
    void let_through(const std::string& request, const Json& params);
    void deliver(const std::string& request, const std::string& type, const HttpResponse& answer);
    void fail(const std::string& request);
    void tell(const std::string& method, const Json& params);
    void note_request(const std::string& method, const Json& params);
    bool is_at_rest(SteadyTime now) const;

    Devtools& browser_;
    const CallContext& context_;
    const PageOptions options_;
    Conversation root_;
    std::string browser_context_;
    std::string frame_;    ///< The main frame's id, which is also the target's.
    std::string session_;  ///< Constant once the page is open.
    std::unique_ptr<Conversation> talk_;

    const HttpResponse* answer_ = nullptr;  ///< While it is rendered.
    bool is_delivered_ = false;
    int documents_ = 0;
    bool is_committed_ = false;  ///< The page has replaced the empty one.
    bool is_loaded_ = false;
    SteadyTime changed_at_{};  ///< When the state above or the set below changed last.
    SteadyTime loaded_at_{};
    std::set<std::string> in_flight_;   ///< Requests without an end so far.
    std::unique_ptr<Errands> errands_;  ///< Last: its threads use `session_` and the browser.
};

/// What of the fetched answer's headers a browser needs to read the page as it was meant. What
/// speaks of the body's coding and length, of the connection or of saving a file is left out.
HttpHeaders headers_for_browser(const HttpHeaders& headers);

}  // namespace rag::browser
