#include "embed/model2vec.hpp"

#include "base/json.hpp"
#include "contract/embedder_contract.hpp"
#include "embed/bert_words.hpp"
#include "embed/embedder_factory.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

using namespace rag;
using namespace rag::embed;

namespace {

Json make_tokenizer(const std::vector<std::string>& tokens) {
    Json vocabulary = Json::object();
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        vocabulary[tokens[i]] = i;
    }
    return {{"normalizer", {{"type", "BertNormalizer"}, {"lowercase", true}}},
            {"pre_tokenizer", {{"type", "BertPreTokenizer"}}},
            {"model", {{"type", "WordPiece"}, {"unk_token", "[UNK]"}, {"vocab", vocabulary}}}};
}

struct Array {
    std::string name;
    std::string type;
    std::vector<std::size_t> shape;
    std::string bytes;
};

template <class Number>
std::string bytes_of(const std::vector<Number>& numbers) {
    std::string bytes(numbers.size() * sizeof(Number), '\0');
    std::memcpy(bytes.data(), numbers.data(), bytes.size());
    return bytes;
}

std::string make_safetensors(const std::vector<Array>& arrays) {
    Json header{{"__metadata__", {{"format", "pt"}}}};
    std::string data;
    for (const Array& array : arrays) {
        header[array.name] = {{"dtype", array.type},
                              {"shape", array.shape},
                              {"data_offsets", {data.size(), data.size() + array.bytes.size()}}};
        data += array.bytes;
    }
    const std::string text = header.dump();
    const std::uint64_t length = text.size();
    std::string file(sizeof length, '\0');
    std::memcpy(file.data(), &length, sizeof length);
    return file + text + data;
}

std::span<const std::byte> as_span(const std::string& bytes) {
    return std::as_bytes(std::span(bytes.data(), bytes.size()));
}

const std::vector<std::string> tokens{"[UNK]",  "production", "database", "pass",
                                      "##word", "water",      "boils",    "mountain",
                                      ".",      "deployment", "branch",   "is"};

std::vector<float> sample_floats() {
    std::vector<float> floats;
    for (std::size_t i = 0; i < tokens.size() * 4; ++i) {
        floats.push_back(static_cast<float>((i * i * 7 + i) % 13) - 6.0F);
    }
    return floats;
}

std::string sample_safetensors() {
    return make_safetensors({{"embeddings", "F32", {tokens.size(), 4}, bytes_of(sample_floats())}});
}

class Folder {
public:
    Folder() {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "rag-model-XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    void write(const std::string& name, const std::string& content) const {
        std::ofstream(path_ / name, std::ios::binary) << content;
    }
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

class NoNetwork final : public HttpClient {
public:
    HttpResponse send(const CallContext&, const HttpRequest&) override {
        throw Error(ErrorCode::unavailable, "There is no network here.");
    }
};

}  // namespace

TEST_CASE("model2vec: a folder keeps to what every embedder keeps to") {
    const Folder folder;
    folder.write("tokenizer.json", make_tokenizer(tokens).dump());
    folder.write("model.safetensors", sample_safetensors());
    NoNetwork network;
    EmbedderOptions options;
    options.provider = EmbeddingProvider::model2vec;
    options.model = folder.path().string() + "/";
    const auto model = make_embedder(options, network);
    CHECK(model->space() == EmbeddingSpace{"model2vec/" + folder.path().filename().string(), 4});
    contract::check_embedder(*model);
    options.dimensions = 5;
    CHECK_THROWS_AS(make_embedder(options, network), Error);
    options.model = "/nonexistent-folder";
    CHECK_THROWS_AS(make_embedder(options, network), Error);
}

TEST_CASE("model2vec: a text is the mean of its tokens, repeats included, unknown ones not") {
    const std::vector<std::string> two{"[UNK]", "a", "b"};
    const std::string file =
        make_safetensors({{"embeddings", "F32", {3, 2}, bytes_of<float>({9, 9, 1, 0, 0, 1})}});
    Model2Vec model("tiny", make_tokenizer(two).dump(), as_span(file));
    const Vector vector = model.embed_query({}, "A b, b zzz [UNK]", {});
    CHECK(vector[1] / vector[0] == doctest::Approx(2.0));
}

TEST_CASE("model2vec: weights count by token and the mapping leads to rows") {
    const std::vector<std::string> two{"[UNK]", "a", "b"};
    const std::string file =
        make_safetensors({{"embeddings", "I8", {2, 2}, bytes_of<std::int8_t>({0, 10, 10, 0})},
                          {"mapping", "I64", {3}, bytes_of<std::int64_t>({0, 1, 0})},
                          {"weights", "F32", {3}, bytes_of<float>({1, 0.5F, 2})}});
    Model2Vec model("tiny", make_tokenizer(two).dump(), as_span(file));
    const Vector vector = model.embed_query({}, "a b", {});
    CHECK(vector[1] / vector[0] == doctest::Approx(4.0));
    const std::string halves = make_safetensors(
        {{"anything", "F16", {3, 1}, bytes_of<std::uint16_t>({0, 0x3C00, 0xBC00})}});
    Model2Vec half("tiny", make_tokenizer(two).dump(), as_span(halves));
    CHECK(half.embed_query({}, "b", {}) == Vector{-1});
}

TEST_CASE("model2vec: a file cut anywhere gives a sentence") {
    const std::string tokenizer = make_tokenizer(tokens).dump();
    const std::string file = sample_safetensors();
    for (std::size_t length = 0; length < file.size(); ++length) {
        const std::string cut = file.substr(0, length);
        CHECK_THROWS_AS(Model2Vec("cut", tokenizer, as_span(cut)), Error);
    }
    for (std::size_t length = 0; length < tokenizer.size(); ++length) {
        CHECK_THROWS_AS(Model2Vec("cut", tokenizer.substr(0, length), as_span(file)), Error);
    }
}

TEST_CASE("model2vec: files whose parts do not fit each other are refused") {
    const std::string tokenizer = make_tokenizer(tokens).dump();
    const std::string floats = bytes_of(sample_floats());
    const std::vector<std::vector<Array>> wrong{
        {},
        {{"embeddings", "F32", {tokens.size() - 1, 4}, floats.substr(16)}},
        {{"embeddings", "F32", {tokens.size(), 5}, floats}},
        {{"embeddings", "F32", {SIZE_MAX, SIZE_MAX}, floats}},
        {{"embeddings", "F32", {0, 4}, ""}},
        {{"embeddings", "BF16", {tokens.size(), 8}, floats}},
        {{"embeddings", "F32", {tokens.size(), 4}, floats},
         {"weights", "F32", {1}, bytes_of<float>({1})}},
        {{"embeddings", "F32", {tokens.size(), 4}, floats},
         {"mapping",
          "I32",
          {tokens.size()},
          bytes_of(std::vector<std::int32_t>(tokens.size(), -1))}},
        {{"a", "F32", {tokens.size(), 4}, floats}, {"b", "F32", {tokens.size(), 4}, floats}},
    };
    for (const auto& arrays : wrong) {
        const std::string file = make_safetensors(arrays);
        CHECK_THROWS_AS(Model2Vec("wrong", tokenizer, as_span(file)), Error);
    }
}

TEST_CASE("model2vec: a tokenizer of another kind is refused by name") {
    Json tokenizer = make_tokenizer(tokens);
    tokenizer["model"]["type"] = "Unigram";
    try {
        parse_tokenizer_file(tokenizer.dump());
        FAIL("It was taken.");
    } catch (const Error& error) {
        CHECK(error.message().find("Unigram") != std::string::npos);
    }
}

TEST_CASE("bert words: punctuation and Han stand alone, accents and case go") {
    std::vector<std::string> words;
    append_bert_words("Don't Ärger\x01 中文 x", {}, words);
    CHECK(words == std::vector<std::string>{"don", "'", "t", "arger", "中", "文", "x"});
}

TEST_CASE("embedder factory: options that do not fit are refused with the way out") {
    NoNetwork network;
    EmbedderOptions options;
    CHECK(make_embedder(options, network)->space().dimensions == 512);
    options.dimensions = 100;
    CHECK_THROWS_AS(make_embedder(options, network), Error);
    options = {};
    options.model = "other";
    CHECK_THROWS_AS(make_embedder(options, network), Error);
    options = {};
    options.provider = EmbeddingProvider::openai;
    CHECK_THROWS_AS(make_embedder(options, network), Error);
    options.api_key = "k";
    CHECK(make_embedder(options, network)->space() ==
          EmbeddingSpace{"openai/text-embedding-3-small", 1536});
    CHECK(parse_embedding_provider("model2vec") == EmbeddingProvider::model2vec);
    CHECK_FALSE(parse_embedding_provider("OpenAI").has_value());
}
