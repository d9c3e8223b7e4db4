// Makes the built-in embedding model from text: see README.md.

#include "files.hpp"
#include "model_writer.hpp"
#include "pairs.hpp"
#include "rag/error.hpp"
#include "trainer.hpp"
#include "vocabulary_maker.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstring>
#include <filesystem>
#include <iostream>

namespace rag::training {
namespace {

constexpr std::size_t steps_between_lines = 50;

struct Arguments {
    std::string sources;
    std::string texts;
    std::string pairs;
    std::string vocabulary;
    std::string rows;
    std::string name;
    std::string out;
    VocabularyOptions vocabulary_options;
    TrainingOptions training;
};

void collect_pairs(const Arguments& arguments) {
    std::vector<SourcePairs> all;
    std::uint64_t seed = arguments.training.seed;
    for (const TextSource& source : parse_sources(read_file(arguments.sources))) {
        all.push_back({source.name, source.weight, make_pairs(source, arguments.texts, seed++)});
        std::cerr << fmt::format("{:8} {}\n", all.back().pairs.size(), source.name);
    }
    write_file(arguments.out, write_pairs(all));
}

void collect_vocabulary(const Arguments& arguments) {
    WordCounts words;
    for (const SourcePairs& source : parse_pairs(read_file(arguments.pairs))) {
        for (const TextPair& pair : source.pairs) {
            words.add(pair.left);
            words.add(pair.right);
        }
    }
    std::string lines;
    for (const std::string& token : make_vocabulary(words, arguments.vocabulary_options)) {
        lines += token + '\n';
    }
    write_file(arguments.out, lines);
}

void train_rows(const Arguments& arguments) {
    const std::string vocabulary = read_file(arguments.vocabulary);
    const auto bags = cut_into_bags(parse_pairs(read_file(arguments.pairs)), vocabulary);
    double sum = 0;
    const Rows rows =
        train(bags, lines_of(vocabulary).size(), arguments.training,
              [&](std::size_t step, double loss) {
                  sum += loss;
                  if (step % steps_between_lines == 0) {
                      std::cerr << fmt::format("step {} loss {:.4f}\n", step,
                                               sum / static_cast<double>(steps_between_lines));
                      sum = 0;
                  }
              });
    write_file(arguments.out, std::string_view(reinterpret_cast<const char*>(rows.data()),
                                               rows.size() * sizeof(float)));
}

void export_model(const Arguments& arguments) {
    const std::string vocabulary = read_file(arguments.vocabulary);
    const std::string bytes = read_file(arguments.rows);
    Rows rows(bytes.size() / sizeof(float));
    std::memcpy(rows.data(), bytes.data(), rows.size() * sizeof(float));
    write_file(arguments.out,
               write_model({.name = arguments.name,
                            .vocabulary = vocabulary,
                            .rows = rows,
                            .sources = parse_sources(read_file(arguments.sources))}));
}

void add_commands(CLI::App& app, Arguments& arguments) {
    const auto add = [&](const char* name, const char* about, void (*run)(const Arguments&)) {
        CLI::App* command = app.add_subcommand(name, about);
        command->add_option("--out", arguments.out, "The file to write")->required();
        command->callback([run, &arguments] { run(arguments); });
        return command;
    };
    CLI::App* pairs = add("pairs", "Pairs of texts from folders and lists", collect_pairs);
    pairs->add_option("--sources", arguments.sources, "sources.tsv")->required();
    pairs->add_option("--texts", arguments.texts, "The folder of gathered texts")->required();
    pairs->add_option("--seed", arguments.training.seed);

    CLI::App* vocabulary = add("vocab", "A vocabulary from pairs", collect_vocabulary);
    vocabulary->add_option("--pairs", arguments.pairs)->required();
    vocabulary->add_option("--tokens", arguments.vocabulary_options.tokens);

    CLI::App* training = add("train", "Rows from pairs and a vocabulary", train_rows);
    training->add_option("--pairs", arguments.pairs)->required();
    training->add_option("--vocabulary", arguments.vocabulary)->required();
    training->add_option("--dimensions", arguments.training.dimensions);
    training->add_option("--steps", arguments.training.steps);
    training->add_option("--batch", arguments.training.batch);
    training->add_option("--block", arguments.training.block);
    training->add_option("--warm-up", arguments.training.warm_up);
    training->add_option("--temperature", arguments.training.temperature);
    training->add_option("--learning-rate", arguments.training.learning_rate);
    training->add_option("--seed", arguments.training.seed);

    CLI::App* exporting = add("export", "A model file from rows and a vocabulary", export_model);
    exporting->add_option("--rows", arguments.rows)->required();
    exporting->add_option("--vocabulary", arguments.vocabulary)->required();
    exporting->add_option("--sources", arguments.sources, "What the rows came from")->required();
    exporting->add_option("--name", arguments.name)->required();
    app.require_subcommand(1);
}

}  // namespace
}  // namespace rag::training

int main(int argc, char** argv) {
    CLI::App app("Makes the built-in embedding model from text");
    rag::training::Arguments arguments;
    rag::training::add_commands(app, arguments);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error);
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
    return 0;
}
