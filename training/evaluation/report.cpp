#include "evaluation/report.hpp"

#include "evaluation/searched_set.hpp"

#include <fmt/format.h>

#include <iterator>
#include <string_view>

namespace rag::evaluation {

namespace {

constexpr std::size_t depth = 10;

Interval interval_of(const std::vector<Figures>& figures) {
    std::vector<double> values;
    for (const Figures& one : figures) {
        values.push_back(one.ndcg10);
    }
    return bootstrap(values);
}

void append_line(std::string& table, std::string_view set, std::string_view way,
                 const std::vector<Figures>& figures, const std::string& gain) {
    const Figures mean = mean_of(figures);
    const Interval ndcg = interval_of(figures);
    fmt::format_to(std::back_inserter(table),
                   "| {} | {} | {:.3f} ({:.3f} to {:.3f}) | {:.3f} | {:.3f} | {:.3f} | {} |\n", set,
                   way, ndcg.mean, ndcg.low, ndcg.high, mean.mrr10, mean.recall5, mean.recall10,
                   gain);
}

}  // namespace

SetReport evaluate(const JudgedSet& set, Embedder& embedder) {
    SetReport report{set.name, set.documents.size(), {}, {}, {}};
    SearchedSet searched(set, embedder);
    for (const JudgedQuery& query : set.queries) {
        const auto figures = [&](memory::RankBy by) {
            return judge(searched.search(query.text, by, depth), query);
        };
        report.words.push_back(figures(memory::RankBy::words));
        report.vectors.push_back(figures(memory::RankBy::similarity));
        report.hybrid.push_back(figures(memory::RankBy::both));
    }
    return report;
}

Interval gain_of_hybrid(const SetReport& report) {
    std::vector<double> gains;
    for (std::size_t i = 0; i < report.words.size(); ++i) {
        gains.push_back(report.hybrid[i].ndcg10 - report.words[i].ndcg10);
    }
    return bootstrap(gains);
}

std::string write_table(const std::vector<SetReport>& reports) {
    std::string table =
        "| set | by | nDCG@10 (95 %) | MRR@10 | recall@5 | recall@10 | hybrid - words, nDCG@10 |\n"
        "|---|---|---|---|---|---|---|\n";
    for (const SetReport& report : reports) {
        const Interval gain = gain_of_hybrid(report);
        append_line(table,
                    fmt::format("{}: {} documents, {} queries", report.name, report.documents,
                                report.words.size()),
                    "words", report.words, "");
        append_line(table, "", "vectors", report.vectors, "");
        append_line(table, "", "hybrid", report.hybrid,
                    fmt::format("{:+.3f} ({:+.3f} to {:+.3f})", gain.mean, gain.low, gain.high));
    }
    return table;
}

}  // namespace rag::evaluation
