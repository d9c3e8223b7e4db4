#pragma once

#include <string>
#include <utility>
#include <vector>

/// Documents as their programs write them, reduced to what a test is about.
namespace rag::test {

using Parts = std::vector<std::pair<std::string, std::string>>;  ///< Name and content.

enum class Packing { stored, deflated };

/// A zip file with these parts in this order.
std::string make_zip(const Parts& parts, Packing packing = Packing::deflated);

/// `body` is what stands in w:body; further parts come beside or instead of the usual ones.
std::string make_docx(const std::string& body, const Parts& further = {});
/// A paragraph of this style; "Heading1", "Title" and "Normal" are there.
std::string docx_paragraph(const std::string& style, const std::string& text);

/// A book of one file for each chapter; `content` of a chapter is what stands in its body.
struct Chapter {
    std::string title;  ///< In the table of contents.
    std::string content;
};
std::string make_epub(const std::string& title, const std::vector<Chapter>& chapters,
                      const Parts& further = {});

/// A page for each text, one line of Latin letters for each of its lines. An empty text makes an
/// empty page.
std::string make_pdf(const std::vector<std::string>& pages, const std::string& title = "");
/// One that asks for a password, and one of so many empty pages.
std::string make_locked_pdf();
std::string make_long_pdf(int pages);

}  // namespace rag::test
