#include "memory/verify.hpp"

#include "rag/error.hpp"
#include "text/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <random>
#include <sstream>
#include <unordered_map>

namespace rag::memory {
namespace {

constexpr std::size_t chunks_read_at_once = 2000;
constexpr std::size_t question_words = 10;
/// The promised error of a similarity from codes.
constexpr double similarity_error = 0.002;
constexpr double word_score_error = 1e-6;

struct Question {
    std::string text;
    Vector vector;
    Candidates nearest;        ///< As the tested index found them.
    std::vector<double> best;  ///< The highest exact similarities; a heap, the least in front.
    std::unordered_map<ChunkId, double> exact;  ///< Of what was found.
};

double dot(const Vector& a, const Vector& b) {
    return std::inner_product(
        a.begin(), a.end(), b.begin(), 0.0, std::plus<>(),
        [](float x, float y) { return static_cast<double>(x) * static_cast<double>(y); });
}

/// Words from the middle of a passage, where they are least like its title.
std::string make_question(const std::string& passage) {
    std::istringstream words(passage);
    std::vector<std::string> all;
    for (std::string word; words >> word;) {
        all.push_back(word);
    }
    const std::size_t count = std::min(question_words, all.size());
    const std::size_t first = (all.size() - count) / 2;
    std::string question;
    for (std::size_t i = first; i < first + count; ++i) {
        question += (question.empty() ? "" : " ") + all[i];
    }
    return question;
}

class Verification {
public:
    Verification(const CallContext& context, const VerifyPorts& ports, const VerifyOptions& options)
        : context_(context), ports_(ports), options_(options), random_(options.seed) {}

    VerifyReport run() {
        for (const Collection& collection : ports_.source.list_collections(context_)) {
            names_[collection.id] = collection.name;
            all_.collections.push_back(collection.id);
            if (collection.space == ports_.embedder.space()) {
                dense_.collections.push_back(collection.id);
            }
        }
        if (all_.collections.empty()) {
            return report_;
        }
        choose();
        compare_counts();
        ask();
        if (!dense_.collections.empty()) {
            compare_vectors();
        }
        compare_words();
        report_.questions = questions_.size();
        report_.path = ports_.tested.route(all_, ports_.embedder.space()).path;
        report_.good = report_.counts.empty() && report_.recall >= options_.recall_min &&
                       report_.word_overlap.value_or(1) >= options_.recall_min;
        return report_;
    }

private:
    template <class Visit>
    void each_document(const char* phase, Visit visit) {
        DocumentId after = 0;
        double done = 0;
        for (;;) {
            context_.check();
            const std::vector<IndexedDocument> documents =
                ports_.source.read_documents(context_, after, chunks_read_at_once);
            if (documents.empty()) {
                return;
            }
            for (const IndexedDocument& document : documents) {
                visit(document);
                done += static_cast<double>(document.chunks.size());
            }
            after = documents.back().id;
            context_.report({done, std::nullopt, phase});
        }
    }

    /// Each passage with the same chance (reservoir sampling: Vitter, "Random Sampling with a
    /// Reservoir", 1985, algorithm R).
    void choose() {
        std::vector<std::string> chosen;
        std::size_t seen = 0;
        each_document("Choosing passages", [&](const IndexedDocument& document) {
            for (const CollectionId collection : document.collections) {
                in_store_[collection] += static_cast<std::int64_t>(document.chunks.size());
            }
            report_.chunks += static_cast<std::int64_t>(document.chunks.size());
            for (const IndexedChunk& chunk : document.chunks) {
                ++seen;
                if (chosen.size() < options_.sample) {
                    chosen.push_back(chunk.chunk.content);
                    continue;
                }
                const std::size_t place =
                    std::uniform_int_distribution<std::size_t>(0, seen - 1)(random_);
                if (place < chosen.size()) {
                    chosen[place] = chunk.chunk.content;
                }
            }
        });
        for (const std::string& passage : chosen) {
            Question question;
            question.text = make_question(passage);
            if (!question.text.empty()) {
                questions_.push_back(std::move(question));
            }
        }
    }

    void compare_counts() {
        for (const auto& [id, name] : names_) {
            const std::int64_t in_index = ports_.tested.count(context_, {{id}, {}});
            if (in_index != in_store_[id]) {
                report_.counts.push_back({name, in_store_[id], in_index});
            }
        }
    }

    void ask() {
        if (dense_.collections.empty()) {
            return;
        }
        const CountWords count_words = [&](std::span<const std::string> stems) {
            return ports_.tested.count_words(context_, dense_, stems);
        };
        for (Question& question : questions_) {
            question.vector = ports_.embedder.embed_query(context_, question.text, count_words);
            question.nearest = ports_.tested.nearest(context_, dense_, ports_.embedder.space(),
                                                     question.vector, verify_depth);
            for (const Candidate& hit : question.nearest) {
                question.exact.emplace(hit.chunk, -1.0);
            }
        }
    }

    bool is_dense(const IndexedDocument& document) const {
        return std::any_of(
            document.collections.begin(), document.collections.end(), [&](CollectionId id) {
                return std::find(dense_.collections.begin(), dense_.collections.end(), id) !=
                       dense_.collections.end();
            });
    }

    static void offer(Question& question, ChunkId chunk, double similarity) {
        if (const auto found = question.exact.find(chunk); found != question.exact.end()) {
            found->second = similarity;
        }
        std::vector<double>& best = question.best;
        if (best.size() == verify_depth) {
            if (similarity <= best.front()) {
                return;
            }
            std::pop_heap(best.begin(), best.end(), std::greater<>());
            best.pop_back();
        }
        best.push_back(similarity);
        std::push_heap(best.begin(), best.end(), std::greater<>());
    }

    void compare_vectors() {
        each_document("Comparing vectors", [&](const IndexedDocument& document) {
            if (!is_dense(document)) {
                return;
            }
            for (const IndexedChunk& chunk : document.chunks) {
                for (const SpaceVector& vector : chunk.vectors) {
                    if (vector.space == ports_.embedder.space()) {
                        for (Question& question : questions_) {
                            offer(question, chunk.chunk.id, dot(question.vector, vector.vector));
                        }
                    }
                }
            }
        });
        double sum = 0;
        for (const Question& question : questions_) {
            const double recall = recall_of(question);
            report_.recall_worst = std::min(report_.recall_worst, recall);
            sum += recall;
        }
        report_.recall = questions_.empty() ? 1 : sum / static_cast<double>(questions_.size());
    }

    static double recall_of(const Question& question) {
        if (question.best.empty()) {
            return 1;
        }
        const double least = question.best.front() - similarity_error;
        const auto found = std::count_if(question.exact.begin(), question.exact.end(),
                                         [&](const auto& hit) { return hit.second >= least; });
        return std::min(1.0,
                        static_cast<double>(found) / static_cast<double>(question.best.size()));
    }

    void compare_words() {
        double sum = 0;
        std::size_t compared = 0;
        for (const Question& question : questions_) {
            const WordQuery query = text::parse_word_query(question.text);
            const WordCandidates expected =
                ports_.store.best_words(context_, all_, query, verify_depth);
            if (!expected.ideal || expected.hits.empty()) {
                continue;
            }
            const WordCandidates found =
                ports_.tested.best_words(context_, all_, query, verify_depth);
            std::vector<ChunkId> ids;
            for (const Candidate& hit : found.hits) {
                ids.push_back(hit.chunk);
            }
            const double least = expected.hits.back().score - word_score_error;
            const std::vector<double> scores = ports_.store.word_scores(context_, all_, query, ids);
            const auto right = std::count_if(scores.begin(), scores.end(),
                                             [&](double score) { return score >= least; });
            sum += std::min(1.0,
                            static_cast<double>(right) / static_cast<double>(expected.hits.size()));
            ++compared;
        }
        if (compared > 0) {
            report_.word_overlap = sum / static_cast<double>(compared);
        }
    }

    const CallContext& context_;
    const VerifyPorts& ports_;
    const VerifyOptions& options_;
    std::mt19937 random_;
    std::map<CollectionId, std::string> names_;
    std::map<CollectionId, std::int64_t> in_store_;
    SearchScope all_;
    SearchScope dense_;
    std::vector<Question> questions_;
    VerifyReport report_;
};

}  // namespace

VerifyReport verify(const CallContext& context, const VerifyPorts& ports,
                    const VerifyOptions& options) {
    if (options.sample < 1 || options.sample > verify_sample_max) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("The sample must be between 1 and {} questions, but is {}.",
                                verify_sample_max, options.sample));
    }
    return Verification(context, ports, options).run();
}

}  // namespace rag::memory
