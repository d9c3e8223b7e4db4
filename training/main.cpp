// Makes the built-in embedding model from text: see README.md.

#include "embed/builtin_model.hpp"
#include "embed/model_file.hpp"
#include "evaluation/report.hpp"
#include "files.hpp"
#include "model_writer.hpp"
#include "pairs.hpp"
#include "rag/error.hpp"
#include "taught.hpp"
#include "trainer.hpp"
#include "vocabulary_maker.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cstring>
#include <filesystem>
#include <iostream>
#include <memory>
#include <span>

namespace rag::training {
namespace {

constexpr std::size_t steps_between_lines = 50;

struct Arguments {
    std::string sources;
    std::string texts;
    std::string pairs;
    std::string vocabulary;
    std::string words;
    std::string start;
    std::string taught;
    std::string taught_vectors;
    double taught_weight = 1;
    double dense_weight = FusionConstants{}.dense_weight;
    std::string rows;
    std::string name;
    std::string out;
    std::string model;
    std::vector<std::string> folders;
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
    VocabularyOptions options = arguments.vocabulary_options;
    if (!arguments.words.empty()) {
        const std::string whole_words = read_file(arguments.words);
        for (const std::string_view word : lines_of(whole_words)) {
            options.whole_words.emplace_back(word);
        }
    }
    std::string lines;
    for (const std::string& token : make_vocabulary(words, options)) {
        lines += token + '\n';
    }
    write_file(arguments.out, lines);
}

Rows read_numbers(const std::string& path) {
    const std::string bytes = read_file(path);
    Rows numbers(bytes.size() / sizeof(float));
    std::memcpy(numbers.data(), bytes.data(), numbers.size() * sizeof(float));
    return numbers;
}

void train_rows(const Arguments& arguments) {
    const std::string vocabulary = read_file(arguments.vocabulary);
    const Rows start = arguments.start.empty() ? Rows{} : read_numbers(arguments.start);
    TrainingOptions options = arguments.training;
    options.start = start;
    auto bags = cut_into_bags(parse_pairs(read_file(arguments.pairs)), vocabulary);
    if (!arguments.taught.empty()) {
        const std::string lines = read_file(arguments.taught);
        const Rows vectors = read_numbers(arguments.taught_vectors);
        bags.push_back(
            cut_taught({lines, vectors, arguments.taught_weight}, options.dimensions, vocabulary));
    }
    double sum = 0;
    const Rows rows =
        train(bags, lines_of(vocabulary).size(), options, [&](std::size_t step, double loss) {
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
    const Rows rows = read_numbers(arguments.rows);
    write_file(arguments.out,
               write_model({.name = arguments.name,
                            .vocabulary = vocabulary,
                            .rows = rows,
                            .sources = parse_sources(read_file(arguments.sources))}));
}

/// The model of a file, or the built-in one; `bytes` holds the file and must outlive the model.
std::unique_ptr<Embedder> open_model(const Arguments& arguments, std::string& bytes) {
    const std::string& path = arguments.model;
    if (path.empty()) {
        return embed::make_builtin_model();
    }
    bytes = read_file(path);
    const auto file = std::as_bytes(std::span(bytes.data(), bytes.size()));
    const embed::ModelFile model = embed::parse_model_file(file);
    if (!embed::has_intact_checksum(file)) {
        throw Error(ErrorCode::corrupt, path + " is damaged; export the model again.");
    }
    const EmbeddingSpace space{.model = "builtin/" + std::string(model.name),
                               .dimensions = static_cast<int>(model.dimensions)};
    return std::make_unique<embed::StaticModel>(space, model.files,
                                                FusionConstants{arguments.dense_weight, 0});
}

void evaluate_model(const Arguments& arguments) {
    std::string bytes;
    const std::unique_ptr<Embedder> model = open_model(arguments, bytes);
    std::vector<evaluation::SetReport> reports;
    for (const std::string& folder : arguments.folders) {
        reports.push_back(evaluation::evaluate(evaluation::read_judged_set(folder), *model));
    }
    std::cout << evaluation::write_table(reports);
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
    vocabulary->add_option("--words", arguments.words, "Words to be whole tokens, a word a line");
    vocabulary->add_option("--words-max", arguments.vocabulary_options.whole_words_max);

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
    training->add_option("--start", arguments.start, "What is known of the tokens (words.mjs)");
    training->add_option("--noise", arguments.training.noise);
    CLI::Option* taught = training->add_option("--taught", arguments.taught,
                                               "Texts that another model was asked about");
    training->add_option("--taught-vectors", arguments.taught_vectors, "What it said (teach.mjs)")
        ->needs(taught);
    training->add_option("--taught-weight", arguments.taught_weight);

    CLI::App* exporting = add("export", "A model file from rows and a vocabulary", export_model);
    exporting->add_option("--rows", arguments.rows)->required();
    exporting->add_option("--vocabulary", arguments.vocabulary)->required();
    exporting->add_option("--sources", arguments.sources, "What the rows came from")->required();
    exporting->add_option("--name", arguments.name)->required();

    CLI::App* evaluating = app.add_subcommand("evaluate", "A table of what a model reaches");
    evaluating->add_option("--model", arguments.model, "A model file; without, the built-in one");
    evaluating->add_option("--dense-weight", arguments.dense_weight,
                           "What the similarity counts beside the words, for a model file");
    evaluating->add_option("folders", arguments.folders, "Sets with known answers")->required();
    evaluating->callback([&arguments] { evaluate_model(arguments); });
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
