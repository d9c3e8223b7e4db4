#pragma once

#include "base/json.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace rag::text {

/// How many pages of a site are looked at, and on how many of them a block must stand.
constexpr int boilerplate_pages = 8;
constexpr int boilerplate_pages_min = 6;

/// The blocks that stand at the top or at the end of most pages of one site: "Edit this page", "Was
/// this helpful?", a newsletter. Learnt from its first pages, then constant, so that an unchanged
/// page keeps its text. Links count by their text, headings, code and tables never. Used by one
/// thread.
class Boilerplate final {
public:
    Boilerplate() = default;
    /// As stored() gave it.
    explicit Boilerplate(const Json& stored);

    bool is_learnt() const { return learnt_; }
    /// Takes a page into account; true when it was the last one that was needed.
    bool learn(std::string_view markdown);
    /// The Markdown without the blocks; as it is before enough was learnt, and where nothing would
    /// be left.
    std::string strip(const std::string& markdown) const;
    /// Null before enough was learnt.
    Json stored() const;

private:
    bool strip_once(std::string& markdown) const;

    std::map<std::uint64_t, int> seen_;  ///< Block to the pages that have it.
    std::set<std::uint64_t> blocks_;
    int pages_ = 0;
    bool learnt_ = false;
};

}  // namespace rag::text
