#include "evaluation/judged_set.hpp"

#include "files.hpp"
#include "rag/error.hpp"

#include <fmt/format.h>

#include <charconv>
#include <functional>
#include <string_view>

namespace rag::evaluation {

namespace {

using Columns = std::vector<std::string_view>;

void for_each_line(const std::filesystem::path& path, std::size_t columns,
                   const std::function<void(const Columns&)>& visit) {
    const std::string text = training::read_file(path);
    std::size_t number = 0;
    for (const std::string_view line : training::lines_of(text)) {
        ++number;
        const Columns parts = training::split(line, '\t');
        if (parts.size() != columns) {
            throw Error(ErrorCode::invalid_argument,
                        fmt::format("{}:{} has {} columns with tabs between, not {}.",
                                    path.string(), number, parts.size(), columns));
        }
        visit(parts);
    }
}

}  // namespace

JudgedSet read_judged_set(const std::filesystem::path& folder) {
    JudgedSet set;
    set.name = std::filesystem::weakly_canonical(folder).filename().string();
    std::unordered_map<std::string, std::size_t> documents;
    for_each_line(folder / "documents.tsv", 3, [&](const Columns& line) {
        if (documents.try_emplace(std::string(line[0]), set.documents.size()).second) {
            set.documents.push_back(
                {std::string(line[0]), std::string(line[1]), std::string(line[2])});
        }
    });
    std::unordered_map<std::string, std::size_t> queries;
    for_each_line(folder / "queries.tsv", 2, [&](const Columns& line) {
        if (queries.try_emplace(std::string(line[0]), set.queries.size()).second) {
            set.queries.push_back({std::string(line[0]), std::string(line[1]), {}});
        }
    });
    for_each_line(folder / "judgements.tsv", 3, [&](const Columns& line) {
        const auto query = queries.find(std::string(line[0]));
        const auto document = documents.find(std::string(line[1]));
        int grade = 0;
        std::from_chars(line[2].data(), line[2].data() + line[2].size(), grade);
        if (query != queries.end() && document != documents.end() && grade > 0) {
            set.queries[query->second].grades[document->second] = grade;
        }
    });
    std::erase_if(set.queries, [](const JudgedQuery& query) { return query.grades.empty(); });
    return set;
}

}  // namespace rag::evaluation
