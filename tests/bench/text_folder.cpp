#include "bench/text_folder.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <stdexcept>

namespace rag::bench {
namespace {

constexpr std::uintmax_t file_bytes_max = 1'000'000;
constexpr int tries_max = 1'000;

bool is_text(const std::filesystem::directory_entry& entry) {
    static const std::set<std::string> extensions{".md", ".txt", ".rst"};
    return entry.is_regular_file() && extensions.contains(entry.path().extension().string()) &&
           entry.file_size() > 0 && entry.file_size() <= file_bytes_max;
}

/// The words of the line that the place lies in.
std::vector<std::string> words_around(const std::string& text, std::size_t place) {
    const std::size_t before = text.rfind('\n', place);
    const std::size_t begin = before == std::string::npos ? 0 : before + 1;
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::vector<std::string> words(1);
    for (std::size_t i = begin; i < end; ++i) {
        if (std::isalpha(static_cast<unsigned char>(text[i])) != 0) {
            words.back() += text[i];
        } else if (!words.back().empty()) {
            words.emplace_back();
        }
    }
    return words;
}

}  // namespace

TextFolder::TextFolder(const std::string& path) {
    std::set<std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
        if (is_text(entry)) {
            files.insert(entry.path().string());
        }
    }
    for (const std::string& file : files) {
        std::ifstream stream(file, std::ios::binary);
        texts_.emplace_back(std::istreambuf_iterator<char>(stream),
                            std::istreambuf_iterator<char>());
    }
    if (texts_.empty()) {
        throw std::runtime_error("No .md, .txt or .rst file of at most 1 MB lies under " + path);
    }
}

const std::string& TextFolder::next() {
    static const std::string none;
    const std::size_t place = next_++;
    return place < texts_.size() ? texts_[place] : none;
}

FolderText::FolderText(std::shared_ptr<TextFolder> folder, std::uint64_t seed)
    : folder_(std::move(folder)), random_(seed) {}

std::string FolderText::make_document(std::size_t /*bytes*/) { return folder_->next(); }

std::string FolderText::make_question(std::size_t words) {
    const auto& texts = folder_->texts();
    for (int i = 0; i < tries_max; ++i) {
        const std::string& text = texts[random_() % texts.size()];
        const std::vector<std::string> line = words_around(text, random_() % text.size());
        if (line.size() < words + 1) {
            continue;
        }
        const std::size_t first = random_() % (line.size() - words);
        std::string question = line[first];
        for (std::size_t n = 1; n < words; ++n) {
            question += ' ' + line[first + n];
        }
        return question;
    }
    throw std::runtime_error("The folder's lines are shorter than a question.");
}

}  // namespace rag::bench
