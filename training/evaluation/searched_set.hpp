#pragma once

#include "evaluation/judged_set.hpp"
#include "memory/fusion.hpp"
#include "rag/embedder.hpp"
#include "rag/search_index.hpp"

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace rag::evaluation {

/// The documents of a set, cut and indexed as the product does it, in memory. A search asks the
/// product's index for candidates and lists them by the product's fusion.
class SearchedSet {
public:
    /// Set and embedder must outlive the object.
    SearchedSet(const JudgedSet& set, Embedder& embedder);
    ~SearchedSet();
    SearchedSet(const SearchedSet&) = delete;
    SearchedSet& operator=(const SearchedSet&) = delete;

    /// The best documents, at most `count`, each at the place of its best passage.
    std::vector<std::size_t> search(std::string_view text, memory::RankBy by, std::size_t count);

private:
    struct Index;

    Embedder& embedder_;
    std::vector<std::size_t> document_of_chunk_;  ///< By chunk id - 1.
    std::unique_ptr<Index> index_;
};

}  // namespace rag::evaluation
