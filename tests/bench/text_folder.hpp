#pragma once

#include "bench/text_source.hpp"

#include <atomic>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace rag::bench {

/// The Markdown and plain text files under a folder, in the order of their paths. Held in memory;
/// may be shared by threads.
class TextFolder {
public:
    /// Throws std::runtime_error when the folder holds no such file.
    explicit TextFolder(const std::string& path);

    /// The next file's text, each once; empty after the last.
    const std::string& next();
    const std::vector<std::string>& texts() const { return texts_; }

private:
    std::vector<std::string> texts_;
    std::atomic<std::size_t> next_{0};
};

/// Real text for a benchmark. Questions are runs of words out of the folder's sentences, so that
/// they ask for what is there with the frequencies of the language.
class FolderText final : public TextSource {
public:
    FolderText(std::shared_ptr<TextFolder> folder, std::uint64_t seed);

    std::string make_document(std::size_t bytes) override;
    std::string make_question(std::size_t words) override;

private:
    std::shared_ptr<TextFolder> folder_;
    std::mt19937_64 random_;
};

}  // namespace rag::bench
