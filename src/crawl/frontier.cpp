#include "crawl/frontier.hpp"

#include <algorithm>
#include <utility>

namespace rag::crawl {
namespace {

constexpr std::size_t waiting_max = 50'000;

}  // namespace

bool counts_as_visit(const FrontierPage& page) {
    return page.state == FrontierState::done || page.state == FrontierState::failed ||
           page.state == FrontierState::gone;
}

Frontier::Frontier(std::vector<FrontierPage> known) {
    for (FrontierPage& page : known) {
        if (page.document != 0) {
            ++documents_;
            ++pages_of_[page.document];
        }
        next_place_ = std::max(next_place_, page.place + 1);
        if (page.current) {
            take_up(page);
        } else if (page.parent) {
            links_.emplace(*page.parent, page.url);
        }
        if (!page.current || page.state == FrontierState::waiting) {
            std::string url = page.url;
            known_.emplace(std::move(url), std::move(page));
        }
    }
}

void Frontier::take_up(const FrontierPage& page) {
    reached_.insert(page.url);
    if (const auto url = parse_url(page.url)) {
        traps_.take(*url);
    }
    if (page.depth == 0 && (!start_ || page.state != FrontierState::moved)) {
        start_ = page.url;
    }
    if (page.state == FrontierState::waiting) {
        waiting_.emplace(page.depth, page.place, page.url);
        return;
    }
    settled_.insert(page.url);
    settled_before_ += counts_as_visit(page) ? 1 : 0;
}

std::optional<FrontierPage> Frontier::take() {
    if (waiting_.empty()) {
        return std::nullopt;
    }
    const std::string url = std::get<2>(*waiting_.begin());
    waiting_.erase(waiting_.begin());
    settled_.insert(url);
    return known_.at(url);
}

std::optional<FrontierPage> Frontier::take_unlinked() {
    const auto found = std::find_if(known_.begin(), known_.end(), [&](const auto& entry) {
        return entry.second.document != 0 && !settled_.contains(entry.first);
    });
    if (found == known_.end()) {
        return std::nullopt;
    }
    FrontierPage page = found->second;
    waiting_.erase({page.depth, page.place, page.url});
    known_.erase(found);
    reached_.insert(page.url);
    settled_.insert(page.url);
    page.current = true;
    return page;
}

std::optional<FrontierPage> Frontier::add(const Url& url, std::int64_t depth,
                                          const std::optional<std::string>& parent) {
    std::string text = url.text();
    if (reached_.contains(text) || waiting_.size() >= waiting_max || !traps_.take(url)) {
        return std::nullopt;
    }
    FrontierPage& page = known_[text];
    page.url = text;
    page.depth = depth;
    page.parent = parent;
    page.place = next_place_++;
    page.state = FrontierState::waiting;
    page.status = 0;
    page.error.clear();
    page.current = true;
    waiting_.emplace(depth, page.place, text);
    reached_.insert(std::move(text));
    return page;
}

std::optional<FrontierPage> Frontier::claim(const Url& url, const FrontierPage& like) {
    std::string text = url.text();
    if (reached_.contains(text)) {
        return std::nullopt;
    }
    FrontierPage page;
    const auto known = known_.find(text);
    if (known != known_.end()) {
        page = known->second;
    }
    page.url = text;
    page.depth = like.depth;
    page.parent = like.parent;
    page.place = next_place_++;
    page.current = true;
    settled_.insert(text);
    reached_.insert(std::move(text));
    return page;
}

bool Frontier::is_shared(DocumentId document) const {
    const auto found = pages_of_.find(document);
    return found != pages_of_.end() && found->second > 1;
}

bool Frontier::has_document(const std::string& url) const {
    const auto found = known_.find(url);
    return found != known_.end() && found->second.document != 0;
}

std::vector<FrontierPage> Frontier::links_of_earlier(const std::string& url) const {
    std::vector<FrontierPage> pages;
    const auto [begin, end] = links_.equal_range(url);
    for (auto link = begin; link != end; ++link) {
        const auto page = known_.find(link->second);
        if (page != known_.end()) {
            pages.push_back(page->second);
        }
    }
    std::sort(pages.begin(), pages.end(),
              [](const FrontierPage& a, const FrontierPage& b) { return a.place < b.place; });
    return pages;
}

}  // namespace rag::crawl
