#include "cli/command_line.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace rag::cli {

Option& Option::required() {
    option_->required();
    return *this;
}

Option& Option::among(const std::vector<std::string>& words) {
    option_->check(CLI::IsMember(words));
    return *this;
}

Option& Option::between(std::int64_t least, std::int64_t most) {
    option_->check(CLI::Range(least, most));
    return *this;
}

Option& Option::separated_by(char separator) {
    option_->delimiter(separator);
    return *this;
}

Option& Option::show_default() {
    option_->capture_default_str();
    return *this;
}

Option& Option::check(const std::function<std::string(const std::string& value)>& fault_of) {
    option_->check(fault_of);
    return *this;
}

bool Option::is_given() const {
    return option_->count() > 0;
}

Command Command::add_subcommand(const std::string& name, const std::string& help) {
    return Command(*app_->add_subcommand(name, help));
}

void Command::require_subcommand() {
    app_->require_subcommand(1);
}

void Command::callback(std::function<void()> work) {
    app_->callback(std::move(work));
}

Option Command::add_flag(const std::string& name, bool& value, const std::string& help) {
    return Option(*app_->add_flag(name, value, help));
}

Option Command::add_option(const std::string& name, std::string& value, const std::string& help) {
    return Option(*app_->add_option(name, value, help));
}

Option Command::add_option(const std::string& name, int& value, const std::string& help) {
    return Option(*app_->add_option(name, value, help));
}

Option Command::add_option(const std::string& name, std::int64_t& value, const std::string& help) {
    return Option(*app_->add_option(name, value, help));
}

Option Command::add_option(const std::string& name, std::uint64_t& value, const std::string& help) {
    return Option(*app_->add_option(name, value, help));
}

Option Command::add_option(const std::string& name, double& value, const std::string& help) {
    return Option(*app_->add_option(name, value, help));
}

Option Command::add_option(const std::string& name, std::vector<std::string>& value,
                           const std::string& help) {
    return Option(*app_->add_option(name, value, help));
}

Option Command::add_option(const std::string& name, std::optional<std::string>& value,
                           const std::string& help) {
    return Option(*app_->add_option(name, value, help));
}

Option Command::add_option(const std::string& name, std::optional<int>& value,
                           const std::string& help) {
    return Option(*app_->add_option(name, value, help));
}

Option Command::add_option(const std::string& name, std::optional<std::int64_t>& value,
                           const std::string& help) {
    return Option(*app_->add_option(name, value, help));
}

Option Command::add_setting(const std::string& name,
                            std::function<void(const std::string& value)> take,
                            const std::string& help) {
    return Option(*app_->add_option_function<std::string>(name, take, help));
}

Option Command::add_word(const std::string& name, const std::vector<std::string>& words,
                         std::function<void(std::size_t index)> take, const std::string& help) {
    const auto take_word = [words, take = std::move(take)](const std::string& word) {
        const auto found = std::find(words.begin(), words.end(), word);
        if (found != words.end()) {
            take(static_cast<std::size_t>(found - words.begin()));
        }
    };
    return add_setting(name, take_word, help).among(words);
}

CommandLine::CommandLine(const std::string& program, const std::string& description,
                         const std::string& version_text)
    : app_(std::make_unique<CLI::App>(description, program)) {
    app_->set_version_flag("--version", version_text);
    app_->require_subcommand(1);
    app_->fallthrough();
}

CommandLine::~CommandLine() = default;

Command CommandLine::root() {
    return Command(*app_);
}

bool CommandLine::run(int argc, const char* const* argv) {
    try {
        app_->parse(argc, argv);
        return true;
    } catch (const CLI::ParseError& error) {
        return app_->exit(error) == 0;
    }
}

}  // namespace rag::cli
