#pragma once

#include <cstddef>
#include <string>

namespace rag::bench {

/// Where a benchmark's documents and questions come from.
class TextSource {
public:
    virtual ~TextSource() = default;

    /// A Markdown document, of about so many bytes where the source makes it; empty when there are
    /// no more.
    virtual std::string make_document(std::size_t bytes) = 0;
    /// A question of so many words about what documents speak of.
    virtual std::string make_question(std::size_t words) = 0;
};

}  // namespace rag::bench
