#include "embed/model2vec.hpp"

#include "embed/mapped_file.hpp"
#include "embed/rows.hpp"
#include "rag/error.hpp"

#include <fmt/format.h>

#include <cstring>
#include <utility>

namespace rag::embed {

namespace {

constexpr std::size_t tokenizer_bytes_max = std::size_t{64} << 20;
constexpr std::size_t tensors_bytes_max = std::size_t{8} << 30;
constexpr std::size_t dimensions_max = 16'384;
constexpr std::size_t texts_between_checks = 64;

[[noreturn]] void refuse(const std::string& why) {
    throw Error(ErrorCode::corrupt,
                "The embedding model's model.safetensors " + why + "; fetch the model anew.");
}

template <class Number>
Number load(const std::byte* at) {
    Number number;
    std::memcpy(&number, at, sizeof number);
    return number;
}

/// Number `index` of a tensor of type float16, float32 or float64.
float load_weight(const Tensor& tensor, std::size_t index) {
    const std::byte* at = tensor.bytes.data() + index * number_bytes(tensor.type);
    switch (tensor.type) {
        case NumberType::float32: return load<float>(at);
        case NumberType::float64: return static_cast<float>(load<double>(at));
        case NumberType::float16: return half_to_float(load<std::uint16_t>(at));
        default: refuse("has weights of the type " + tensor.type_name);
    }
}

std::int64_t load_row_number(const Tensor& tensor, std::size_t index) {
    const std::byte* at = tensor.bytes.data() + index * number_bytes(tensor.type);
    switch (tensor.type) {
        case NumberType::int32: return load<std::int32_t>(at);
        case NumberType::int64: return load<std::int64_t>(at);
        default: refuse("has a mapping of the type " + tensor.type_name);
    }
}

/// A model together with the file that it reads from, which stays mapped as long as it lives.
class OpenModel2Vec final : public Embedder {
public:
    OpenModel2Vec(std::string name, const std::filesystem::path& folder)
        : tensors_(folder / "model.safetensors", tensors_bytes_max),
          model_(std::move(name),
                 text_of(MappedFile(folder / "tokenizer.json", tokenizer_bytes_max)),
                 tensors_.bytes()) {}

    const EmbeddingSpace& space() const override { return model_.space(); }
    FusionConstants fusion() const override { return model_.fusion(); }
    std::vector<Vector> embed_passages(const CallContext& context,
                                       std::span<const std::string> texts) override {
        return model_.embed_passages(context, texts);
    }
    Vector embed_query(const CallContext& context, std::string_view text,
                       const CountWords& count_words) override {
        return model_.embed_query(context, text, count_words);
    }

private:
    static std::string text_of(const MappedFile& file) {
        return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
    }

    const MappedFile tensors_;  ///< Before the model, which reads from it.
    Model2Vec model_;
};

}  // namespace

Model2Vec::Model2Vec(std::string name, std::string_view tokenizer_json,
                     std::span<const std::byte> safetensors)
    : tokenizer_(parse_tokenizer_file(tokenizer_json)),
      vocabulary_(tokenizer_.vocabulary),
      word_piece_(vocabulary_, {.piece_characters_max = 100,
                                .word_characters_max = tokenizer_.word_characters_max,
                                .unknown = UnknownPart::drop_word}),
      unknown_(vocabulary_.find(tokenizer_.unknown_token)) {
    const std::vector<Tensor> tensors = parse_safetensors(safetensors);
    take_embeddings(tensors);
    take_rows(tensors);
    space_ = {"model2vec/" + std::move(name), static_cast<int>(embeddings_.shape[1])};
}

std::vector<Vector> Model2Vec::embed_passages(const CallContext& context,
                                              std::span<const std::string> texts) {
    std::vector<Vector> vectors;
    vectors.reserve(texts.size());
    for (const std::string& text : texts) {
        if (vectors.size() % texts_between_checks == 0) {
            context.check();
        }
        vectors.push_back(embed_text(text));
    }
    return vectors;
}

Vector Model2Vec::embed_query(const CallContext& context, std::string_view text,
                              const CountWords& /*count_words*/) {
    context.check();
    return embed_text(text);
}

void Model2Vec::take_embeddings(const std::vector<Tensor>& tensors) {
    const Tensor* found = find_tensor(tensors, "embeddings");
    if (found == nullptr) {
        for (const Tensor& tensor : tensors) {
            if (tensor.shape.size() == 2) {
                if (found != nullptr) {
                    refuse("has several arrays and none named embeddings");
                }
                found = &tensor;
            }
        }
    }
    if (found == nullptr || found->shape.size() != 2 || found->shape[0] == 0 ||
        found->shape[1] == 0 || found->shape[1] > dimensions_max) {
        refuse("has no two-dimensional array of embeddings");
    }
    if (found->type != NumberType::float32 && found->type != NumberType::float16 &&
        found->type != NumberType::int8) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("The embedding model's vectors are of type {}, which is not "
                                "supported; use F32, F16 or I8.",
                                found->type_name.substr(0, 40)));
    }
    embeddings_ = *found;
}

void Model2Vec::take_rows(const std::vector<Tensor>& tensors) {
    const Tensor* weights = find_tensor(tensors, "weights");
    const Tensor* mapping = find_tensor(tensors, "mapping");
    rows_.resize(vocabulary_.size());
    for (const Tensor* tensor : {weights, mapping}) {
        if (tensor != nullptr && (tensor->shape.size() != 1 || tensor->shape[0] < rows_.size())) {
            refuse("has fewer " + tensor->name.substr(0, 40) + " than tokenizer.json has tokens");
        }
    }
    for (std::size_t token = 0; token < rows_.size(); ++token) {
        const std::int64_t row = mapping != nullptr ? load_row_number(*mapping, token)
                                                    : static_cast<std::int64_t>(token);
        if (row < 0 || static_cast<std::size_t>(row) >= embeddings_.shape[0]) {
            refuse("has fewer vectors than tokenizer.json has tokens");
        }
        rows_[token].number = static_cast<std::size_t>(row);
        rows_[token].weight = weights != nullptr ? load_weight(*weights, token) : 1.0F;
    }
}

Vector Model2Vec::embed_text(std::string_view text) const {
    std::vector<std::string> words;
    append_bert_words(text, tokenizer_.normalizer, words);
    std::vector<TokenId> tokens;
    for (const std::string& word : words) {
        word_piece_.append_tokens(word, tokens);
    }
    // The mean and the sum differ by their length only.
    Vector sum(embeddings_.shape[1], 0.0F);
    const std::size_t row_bytes = sum.size() * number_bytes(embeddings_.type);
    for (const TokenId token : tokens) {
        if (token == unknown_) {
            continue;
        }
        const std::byte* row = embeddings_.bytes.data() + rows_[token].number * row_bytes;
        if (embeddings_.type == NumberType::float32) {
            add_float32_row(sum, row, rows_[token].weight);
        } else if (embeddings_.type == NumberType::float16) {
            add_float16_row(sum, row, rows_[token].weight);
        } else {
            add_int8_row(sum, row, rows_[token].weight);
        }
    }
    normalize(sum);
    return sum;
}

std::unique_ptr<Embedder> open_model2vec(const std::filesystem::path& folder) {
    std::filesystem::path normal = folder.lexically_normal();
    if (!normal.has_filename()) {
        normal = normal.parent_path();
    }
    return std::make_unique<OpenModel2Vec>(normal.filename().string(), folder);
}

}  // namespace rag::embed
