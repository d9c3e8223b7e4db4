#pragma once

#include "evaluation/figures.hpp"
#include "rag/embedder.hpp"

#include <string>
#include <vector>

namespace rag::evaluation {

/// The figures of every query of a set, in the set's order.
struct SetReport {
    std::string name;
    std::size_t documents = 0;
    std::vector<Figures> words;
    std::vector<Figures> vectors;
    std::vector<Figures> hybrid;
};

SetReport evaluate(const JudgedSet& set, Embedder& embedder);

/// Of (hybrid - words) in nDCG@10 over the queries.
Interval gain_of_hybrid(const SetReport& report);

/// A table in Markdown, three lines a set.
std::string write_table(const std::vector<SetReport>& reports);

}  // namespace rag::evaluation
