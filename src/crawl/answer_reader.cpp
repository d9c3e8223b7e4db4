#include "crawl/answer_reader.hpp"

#include "base/log.hpp"
#include "base/utf8.hpp"
#include "rag/error.hpp"

#include <utility>

namespace rag::crawl {

ReadPage AnswerReader::read(const CallContext& context, const HttpResponse& response,
                            const Url& url, Visit& visit) {
    if (options_.documents != nullptr) {
        if (auto page =
                read_document_page(context, *options_.documents, response, url, options_.product)) {
            return *std::move(page);
        }
    }
    ReadPage plain = read_page(response, url, options_.product);
    const bool is_wanted = request_.render == RenderMode::always ||
                           (request_.render == RenderMode::automatic && plain.needs_scripts);
    if (!plain.is_html || !plain.may_index || !is_wanted) {
        return plain;
    }
    if (options_.renderer == nullptr || !options_.renderer->why_not().empty()) {
        visit.rendering = Rendering::missing;
        return plain;
    }
    try {
        return read_rendered(context, response, url, visit);
    } catch (const Error& error) {
        context.check();
        // Of a page that says something without its scripts that is better than nothing.
        if (request_.render == RenderMode::always || is_blank(plain.markdown)) {
            throw;
        }
        log::warn("a page is stored without what its scripts would add: {}", error.message());
        return plain;
    }
}

ReadPage AnswerReader::read_rendered(const CallContext& context, const HttpResponse& response,
                                     const Url& url, Visit& visit) {
    RenderedPage rendered = options_.renderer->render(context, response);
    fetcher_.note_use(url);
    visit.bytes += rendered.bytes;
    const auto reached = parse_url(rendered.url);
    if (!reached || reached->origin() != url.origin()) {
        throw Error(ErrorCode::unavailable, "The page's scripts lead to another site, " +
                                                rendered.url.substr(0, 200) + '.');
    }
    HttpResponse answer;
    answer.status = response.status;
    answer.url = response.url;
    answer.body = std::move(rendered.html);
    for (const auto& header : response.headers) {
        if (header.first != "content-type") {
            answer.headers.push_back(header);
        }
    }
    answer.headers.emplace_back("content-type", "text/html; charset=utf-8");
    ReadPage page = read_page(answer, url, options_.product);
    visit.rendering = Rendering::done;
    return page;
}

}  // namespace rag::crawl
