#pragma once

#include "text/html_furniture.hpp"

namespace rag::text {

/// The element that holds what the page is about: main, or the one article in it; the article of
/// the page; else where the paragraphs stand closest; `body` when nothing stands out.
const GumboNode& main_content_of(const GumboNode& body, const Furniture& furniture);

}  // namespace rag::text
