#pragma once

#include "rag/context.hpp"
#include "rag/http_client.hpp"

#include <cstdint>
#include <string>

namespace rag {

/// A page as its scripts left it.
struct RenderedPage {
    std::string url;         ///< Where the document was in the end; scripts can lead elsewhere.
    std::string html;        ///< UTF-8.
    std::int64_t bytes = 0;  ///< What the page had fetched beside itself, both ways.
};

/// Runs the scripts of pages. Safe for concurrent use.
class PageRenderer {
public:
    virtual ~PageRenderer() = default;

    /// Empty where pages can be rendered; else a sentence with the reason and the way out. Looks,
    /// but starts nothing.
    virtual std::string why_not() = 0;

    /// What it is that renders, and that it runs: starts it where it does not run yet. Throws
    /// Error{unavailable}.
    virtual std::string probe(const CallContext& context) = 0;

    /// `answer` is the page as it was fetched, of HTML and status 2xx; it is not fetched again.
    /// Throws Error{unavailable, deadline_exceeded, cancelled}; whatever it is, the next page can
    /// be rendered.
    virtual RenderedPage render(const CallContext& context, const HttpResponse& answer) = 0;
};

}  // namespace rag
