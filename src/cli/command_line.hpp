#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

/// The words of a command line. What the commands need of the library that parses them, so that one
/// file alone compiles it.
namespace rag::cli {

/// An option ("-n,--limit") or argument ("path") of a command. A handle: CommandLine owns what it
/// stands for. Each function returns the option, for the next.
class Option {
public:
    explicit Option(CLI::Option& option) : option_(&option) {}

    Option& required();
    /// Nothing but one of these words.
    Option& among(const std::vector<std::string>& words);
    Option& between(std::int64_t least, std::int64_t most);
    /// Several values in one word.
    Option& separated_by(char separator);
    /// The help names the value that stands there at this moment.
    Option& show_default();
    /// `fault_of` gives what is wrong with a value, an empty text when nothing is.
    Option& check(const std::function<std::string(const std::string& value)>& fault_of);

    /// Whether it was there, once the line has been parsed.
    bool is_given() const;

private:
    CLI::Option* option_;
};

/// A command. A handle as Option is. What is given to it as a reference is written while the line
/// is parsed, before the callback.
class Command {
public:
    explicit Command(CLI::App& app) : app_(&app) {}

    Command add_subcommand(const std::string& name, const std::string& help);
    /// It does nothing by itself.
    void require_subcommand();
    /// What the command does.
    void callback(std::function<void()> work);

    Option add_flag(const std::string& name, bool& value, const std::string& help = "");
    Option add_option(const std::string& name, std::string& value, const std::string& help = "");
    Option add_option(const std::string& name, int& value, const std::string& help = "");
    Option add_option(const std::string& name, std::int64_t& value, const std::string& help = "");
    Option add_option(const std::string& name, std::uint64_t& value, const std::string& help = "");
    Option add_option(const std::string& name, double& value, const std::string& help = "");
    Option add_option(const std::string& name, std::vector<std::string>& value,
                      const std::string& help = "");
    Option add_option(const std::string& name, std::optional<std::string>& value,
                      const std::string& help = "");
    Option add_option(const std::string& name, std::optional<int>& value,
                      const std::string& help = "");
    Option add_option(const std::string& name, std::optional<std::int64_t>& value,
                      const std::string& help = "");
    /// Hands the value over.
    Option add_setting(const std::string& name, std::function<void(const std::string& value)> take,
                       const std::string& help = "");

    /// One of some words, each of which stands for a value.
    template <class Value>
    Option add_choice(const std::string& name, Value& value,
                      std::vector<std::pair<std::string, Value>> choices,
                      const std::string& help = "") {
        std::vector<std::string> words;
        for (const auto& [word, meaning] : choices) {
            words.push_back(word);
        }
        return add_word(
            name, words,
            [&value, choices = std::move(choices)](std::size_t index) {
                value = choices.at(index).second;
            },
            help);
    }

private:
    /// One of the words; `take` is given its place among them.
    Option add_word(const std::string& name, const std::vector<std::string>& words,
                    std::function<void(std::size_t index)> take, const std::string& help);

    CLI::App* app_;
};

/// The program's command line. Options of the root may stand behind a subcommand too.
class CommandLine final {
public:
    /// `version_text` is what --version prints.
    CommandLine(const std::string& program, const std::string& description,
                const std::string& version_text);
    ~CommandLine();
    CommandLine(const CommandLine&) = delete;
    CommandLine& operator=(const CommandLine&) = delete;

    Command root();

    /// Fills the values in and runs the callback of the command that is named. False for a line
    /// that cannot be understood; what is wrong with it has been printed, as help and version have
    /// been where it asked for them. Throws what the callback throws.
    bool run(int argc, const char* const* argv);

private:
    const std::unique_ptr<CLI::App> app_;
};

}  // namespace rag::cli
