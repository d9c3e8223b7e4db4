#pragma once

#include "pairs.hpp"
#include "random.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace rag::training {

/// A page as far as pairs are made from it: prose alone, without code and markup.
struct Page {
    struct Section {
        std::string heading;  ///< Of the section and those above it.
        std::vector<std::string> paragraphs;
    };
    std::string title;
    std::string description;
    std::vector<Section> sections;
};

/// Markdown, or what HTML and XML have become.
Page parse_page(std::string_view markdown);

/// XML as authors write books and manuals in (CNXML, DocBook): titles become headings, what stands
/// in blocks becomes paragraphs, other tags go.
std::string xml_to_markdown(std::string_view xml);

/// Title and heading with the section, a sentence with its neighbours, a paragraph with the next,
/// the description with the beginning.
void append_page_pairs(const Page& page, std::uint64_t group, Random& random,
                       std::vector<TextPair>& pairs);

/// The pairs of all pages below a folder, in the order of their paths.
std::vector<TextPair> read_pages(const std::filesystem::path& folder, Random& random);

}  // namespace rag::training
