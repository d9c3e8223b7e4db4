#pragma once

#include "base/url.hpp"
#include "rag/document_reader.hpp"
#include "rag/http_client.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rag::crawl {

/// What an answer says: the text to store, and where it leads.
struct ReadPage {
    std::string title;
    std::string markdown;
    Metadata metadata = Metadata::object();  ///< What the page says of itself.
    std::vector<Url> links;                  ///< Those that may be followed, in order.
    std::optional<Url> canonical;
    std::optional<Url> twin;  ///< The same as Markdown, as the page says.
    bool may_index = true;
    bool is_html = false;
    /// Of HTML: there is hardly any text, and there are scripts that may bring it.
    bool needs_scripts = false;
    /// A sentence where the answer is nothing that is read; the rest is empty then.
    std::string refusal;
};

/// Reads an answer of status 200: HTML, Markdown, plain text. `product` is the name that orders to
/// crawlers (X-Robots-Tag, robots meta) know us by.
ReadPage read_page(const HttpResponse& response, const Url& url, const std::string& product);

/// The same for an answer that is a document (PDF, DOCX...) by its type or its first bytes; null
/// for any other. Throws Error{cancelled, deadline_exceeded} alone.
std::optional<ReadPage> read_document_page(const CallContext& context, DocumentReader& documents,
                                           const HttpResponse& response, const Url& url,
                                           const std::string& product);

/// Orders to crawlers, as X-Robots-Tag and the robots meta element have them.
struct IndexOrders {
    bool index = true;
    bool follow = true;

    /// Adds one header value; an order that names another crawler ("otherbot: noindex") is not
    /// for us.
    void add(std::string_view value, const std::string& product);
};

/// Where the links of a Markdown text lead: [text](target), <target> and [label]: target, outside
/// of code.
std::vector<std::string> markdown_links(std::string_view text);

}  // namespace rag::crawl
