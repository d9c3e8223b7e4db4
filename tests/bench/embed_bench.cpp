// The built-in model beside a plain implementation of the same formula, on one thread.
// usage: rag_bench_embed [folder]
// The texts are the Markdown files below the folder, cut into pieces of some 575 bytes; without one
// those of this project. Times are the thread's own, so that a busy machine tells less; both take
// turns, and the median counts. Also printed: what a text allocates, and what a start takes.

#include "embed/builtin_model.hpp"
#include "embed/model_file.hpp"

#include <fmt/format.h>

#include <time.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>
#include <new>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

std::atomic<std::size_t> allocations{0};

}  // namespace

void* operator new(std::size_t bytes) {
    allocations.fetch_add(1, std::memory_order_relaxed);
    if (void* memory = std::malloc(bytes == 0 ? 1 : bytes)) {
        return memory;
    }
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t /*bytes*/) noexcept {
    std::free(memory);
}

namespace {

using namespace rag;
using namespace rag::embed;

constexpr std::size_t chunk_bytes = 575;
constexpr std::size_t texts_max = 2000;
constexpr int rounds = 9;
constexpr int starts = 31;

double thread_milliseconds() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) * 1e-6;
}

double median(std::vector<double> numbers) {
    std::ranges::sort(numbers);
    return numbers[numbers.size() / 2];
}

std::vector<std::string> read_texts(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (entry.path().extension() == ".md") {
            files.push_back(entry.path());
        }
    }
    std::ranges::sort(files);
    std::vector<std::string> texts;
    for (const auto& file : files) {
        std::ifstream stream(file, std::ios::binary);
        const std::string all((std::istreambuf_iterator<char>(stream)), {});
        for (std::size_t at = 0; at < all.size() && texts.size() < texts_max; at += chunk_bytes) {
            texts.push_back(all.substr(at, chunk_bytes));
        }
    }
    return texts;
}

/// What one writes at first: a table of strings, a string for each piece that is looked up, a table
/// of counts, rows of floats. ASCII alone, other bytes end a word, and camelCase is one.
class PlainModel {
public:
    PlainModel(const StaticModelFiles& files, std::size_t dimensions) : dimensions_(dimensions) {
        for (std::size_t begin = 0; begin < files.vocabulary.size();) {
            const std::size_t end = files.vocabulary.find('\n', begin);
            tokens_.emplace(files.vocabulary.substr(begin, end - begin), tokens_.size());
            begin = end + 1;
        }
        rows_.resize(tokens_.size() * dimensions);
        const std::byte* const codes = files.rows.data() + tokens_.size() * sizeof(float);
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            float scale = 0;
            std::memcpy(&scale, files.rows.data() + i / dimensions * sizeof scale, sizeof scale);
            rows_[i] = scale * static_cast<float>(static_cast<std::int8_t>(codes[i]));
        }
    }

    std::vector<float> embed(const std::string& text) const {
        std::map<std::size_t, int> counts;
        for (const std::string& word : cut(text)) {
            count_tokens(word, counts);
        }
        std::vector<float> sum(dimensions_, 0.0F);
        for (const auto& [token, count] : counts) {
            const float weight = 1.0F + std::log(static_cast<float>(count));
            for (std::size_t i = 0; i < dimensions_; ++i) {
                sum[i] += weight * rows_[token * dimensions_ + i];
            }
        }
        float square = 0;
        for (const float number : sum) {
            square += number * number;
        }
        for (float& number : sum) {
            number /= std::max(std::sqrt(square), 1e-12F);
        }
        return sum;
    }

private:
    enum class Kind { space, letter, digit, symbol };

    static Kind kind_of(unsigned char byte) {
        if (byte >= 0x80 || std::isspace(byte) != 0) {
            return Kind::space;
        }
        if (std::isalpha(byte) != 0) {
            return Kind::letter;
        }
        return std::isdigit(byte) != 0 ? Kind::digit : Kind::symbol;
    }

    static std::vector<std::string> cut(const std::string& text) {
        std::vector<std::string> words;
        Kind previous = Kind::space;
        for (const char character : text) {
            const auto byte = static_cast<unsigned char>(character);
            const Kind kind = kind_of(byte);
            if (kind != Kind::space) {
                if (kind != previous || kind == Kind::symbol) {
                    words.emplace_back();
                }
                words.back() += static_cast<char>(std::tolower(byte));
            }
            previous = kind;
        }
        return words;
    }

    void count_tokens(const std::string& word, std::map<std::size_t, int>& counts) const {
        for (std::size_t begin = 0; begin < word.size();) {
            std::size_t end = word.size();
            for (; end > begin; --end) {
                const std::string piece =
                    (begin == 0 ? "" : "##") + word.substr(begin, end - begin);
                if (const auto found = tokens_.find(piece); found != tokens_.end()) {
                    ++counts[found->second];
                    break;
                }
            }
            begin = std::max(end, begin + 1);
        }
    }

    std::size_t dimensions_;
    std::unordered_map<std::string, std::size_t> tokens_;
    std::vector<float> rows_;
};

/// The mean cosine: below 1 by what the plain one does not do.
double agreement_of(const std::vector<Vector>& ours, const std::vector<Vector>& theirs) {
    double sum = 0;
    for (std::size_t i = 0; i < ours.size(); ++i) {
        for (std::size_t j = 0; j < ours[i].size(); ++j) {
            sum += static_cast<double>(ours[i][j]) * static_cast<double>(theirs[i][j]);
        }
    }
    return sum / static_cast<double>(ours.size());
}

void compare_speed(StaticModel& model, const std::vector<std::string>& texts) {
    const PlainModel plain(builtin_model_files(), builtin_model_dimensions);
    std::size_t tokens = 0;
    std::size_t bytes = 0;
    for (const std::string& text : texts) {
        tokens += model.tokens_of(text).size();
        bytes += text.size();
    }
    std::vector<double> our_times;
    std::vector<double> plain_times;
    double agreement = 0;
    for (int round = 0; round < rounds; ++round) {
        double begin = thread_milliseconds();
        const std::vector<Vector> ours = model.embed_passages({}, texts);
        our_times.push_back(thread_milliseconds() - begin);
        std::vector<Vector> theirs;
        begin = thread_milliseconds();
        for (const std::string& text : texts) {
            theirs.push_back(plain.embed(text));
        }
        plain_times.push_back(thread_milliseconds() - begin);
        agreement = agreement_of(ours, theirs);
    }
    std::cout << fmt::format("{} texts, {} bytes, {} tokens\n", texts.size(), bytes, tokens);
    const auto print = [&](const char* name, double milliseconds) {
        std::cout << fmt::format("{:<12} {:6.2f} M tokens/s {:8.1f} us a text\n", name,
                                 static_cast<double>(tokens) / milliseconds / 1e3,
                                 milliseconds * 1e3 / static_cast<double>(texts.size()));
    };
    print("ours", median(our_times));
    print("plain", median(plain_times));
    std::cout << fmt::format("ratio        {:6.2f}  (mean cosine of the two {:.4f})\n",
                             median(plain_times) / median(our_times), agreement);
}

/// What one more text allocates, once for a text as it is and once for one ten times as long.
void count_allocations(StaticModel& model, const std::string& text) {
    std::string longer;
    for (int i = 0; i < 10; ++i) {
        longer += text;
    }
    const auto count = [&](const std::string& each) {
        const auto measure = [&](std::size_t copies) {
            const std::vector<std::string> texts(copies, each);
            const std::size_t before = allocations.load();
            model.embed_passages({}, texts);
            return allocations.load() - before;
        };
        return static_cast<double>(measure(110) - measure(10)) / 100.0;
    };
    std::cout << fmt::format(
        "allocations  {:.2f} a text of {} tokens, {:.2f} a text of {} tokens\n", count(text),
        model.tokens_of(text).size(), count(longer), model.tokens_of(longer).size());
}

void measure_start() {
    std::vector<double> times;
    double first = 0;
    for (int i = 0; i < starts; ++i) {
        const double begin = thread_milliseconds();
        const auto model = make_builtin_model();
        times.push_back(thread_milliseconds() - begin);
        first = i == 0 ? times.front() : first;
    }
    std::cout << fmt::format("start        {:6.2f} ms the first time, {:.2f} ms the median of {}\n",
                             first, median(times), starts);
}

int run(const std::filesystem::path& folder) {
    measure_start();
    const std::vector<std::string> texts = read_texts(folder);
    if (texts.empty()) {
        std::cerr << folder << " holds no Markdown.\n";
        return 1;
    }
    const auto model = make_builtin_model();
    compare_speed(*model, texts);
    count_allocations(*model, texts.front());
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc > 1 ? std::filesystem::path(argv[1])
                            : std::filesystem::path(RAG_SOURCE_DIR) / "docs");
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}
