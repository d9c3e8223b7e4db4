#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

namespace rag::evaluation {

struct JudgedDocument {
    std::string id;
    std::string title;
    std::string text;
};

struct JudgedQuery {
    std::string id;
    std::string text;
    std::unordered_map<std::size_t, int> grades;  ///< By the document's place; 1 and more.
};

/// A collection with questions and what answers them.
struct JudgedSet {
    std::string name;
    std::vector<JudgedDocument> documents;
    std::vector<JudgedQuery> queries;  ///< Only those that some document answers.
};

/// Reads documents.tsv (document, title, text), queries.tsv (query, text) and judgements.tsv
/// (query, document, grade) of a folder. Judgements of documents or queries that are not there are
/// left out. Throws Error{invalid_argument} that names the file and line.
JudgedSet read_judged_set(const std::filesystem::path& folder);

}  // namespace rag::evaluation
