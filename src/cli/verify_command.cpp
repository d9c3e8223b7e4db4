#include "cli/session.hpp"
#include "cli/terminal.hpp"
#include "memory/explanation_form.hpp"
#include "memory/verify.hpp"

#include <fmt/format.h>

#include <memory>

namespace rag::cli {
namespace {

Json verify_form(const memory::VerifyReport& report) {
    Json counts = Json::array();
    for (const memory::CountDifference& difference : report.counts) {
        counts.push_back({{"collection", difference.collection},
                          {"in_store", difference.in_store},
                          {"in_index", difference.in_index}});
    }
    return {
        {"good", report.good},
        {"questions", report.questions},
        {"chunks", report.chunks},
        {"answered_by", memory::to_string(report.path)},
        {"recall_at_10", report.recall},
        {"recall_at_10_worst", report.recall_worst},
        {"word_overlap_at_10", report.word_overlap ? Json(*report.word_overlap) : Json(nullptr)},
        {"count_differences", std::move(counts)}};
}

std::string describe_verification(const memory::VerifyReport& report) {
    std::string text = fmt::format(
        "{} questions made from {} passages, answered by the index ({})\n"
        "vectors   recall@10 {:.4f} against exact arithmetic (worst question {:.2f})\n",
        report.questions, report.chunks, memory::to_string(report.path), report.recall,
        report.recall_worst);
    text +=
        report.word_overlap
            ? fmt::format("words     overlap@10 {:.4f} with the database\n", *report.word_overlap)
            : std::string("words     not compared: this database ranks words another way\n");
    if (report.counts.empty()) {
        text += "counts    the index holds what the store holds\n";
    }
    for (const memory::CountDifference& difference : report.counts) {
        text += fmt::format("counts    '{}': {} passages in the store, {} in the index\n",
                            difference.collection, difference.in_store, difference.in_index);
    }
    return text + (report.good ? "good\n" : "NOT GOOD\n");
}

}  // namespace

void add_verify_command(Command root, Session& session) {
    Command command = root.add_subcommand(
        "verify", "Compare the index's answers with looking at everything, and print the recall");
    auto options = std::make_shared<memory::VerifyOptions>();
    command.add_option("--sample", options->sample, "How many questions; 50");
    command.add_option("--recall-min", options->recall_min, "Below this the exit code is 1; 0.95");
    command.add_option("--seed", options->seed, "Chooses other passages");
    command.callback([&session, options] {
        const memory::VerifyReport report =
            session.application().verify(session.context(), *options);
        session.print(verify_form(report),
                      [&](const Json&) { return describe_verification(report); });
        session.exit_code = report.good ? 0 : 1;
    });
}

}  // namespace rag::cli
