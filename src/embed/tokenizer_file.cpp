#include "embed/tokenizer_file.hpp"

#include "base/json.hpp"
#include "rag/error.hpp"

#include <fmt/format.h>

#include <vector>

namespace rag::embed {

namespace {

constexpr std::size_t token_number_max = 4'000'000;

[[noreturn]] void refuse(std::string_view why) {
    throw Error(ErrorCode::corrupt,
                fmt::format("The embedding model's tokenizer.json {}; fetch the "
                            "model anew.",
                            why));
}

[[noreturn]] void refuse_kind(std::string_view part, std::string_view kind) {
    throw Error(
        ErrorCode::invalid_argument,
        fmt::format("The embedding model's tokenizer.json has a {} of type {}, which is not "
                    "supported; use a Model2Vec model with WordPiece, BertNormalizer and "
                    "BertPreTokenizer, such as potion-base-8M.",
                    part, kind));
}

const Json& part_of(const Json& file, const char* part) {
    const auto place = file.find(part);
    if (place == file.end() || place->is_null()) {
        refuse_kind(part, "null");
    }
    if (!place->is_object()) {
        refuse(fmt::format("has a {} that is no object", part));
    }
    return *place;
}

void check_kind(const Json& part, const char* name, std::string_view wanted) {
    const auto type = part.find("type");
    if (type == part.end() || !type->is_string()) {
        refuse(fmt::format("has a {} without a type", name));
    }
    if (*type != wanted) {
        refuse_kind(name, type->get_ref<const std::string&>().substr(0, 40));
    }
}

bool flag_of(const Json& part, const char* key, bool fallback) {
    const auto place = part.find(key);
    return place != part.end() && place->is_boolean() ? place->get<bool>() : fallback;
}

std::string make_lines(const Json& tokens) {
    if (!tokens.is_object()) {
        refuse("has a vocabulary that is no object");
    }
    std::vector<const std::string*> by_number;
    for (auto place = tokens.begin(); place != tokens.end(); ++place) {
        if (!place->is_number_unsigned() || place->get<std::size_t>() > token_number_max) {
            refuse("has a token whose number is none");
        }
        const auto number = place->get<std::size_t>();
        if (number >= by_number.size()) {
            by_number.resize(number + 1, nullptr);
        }
        by_number[number] = &place.key();
    }
    std::string lines;
    for (const std::string* token : by_number) {
        if (token != nullptr && token->find('\n') == std::string::npos) {
            lines += *token;
        }
        lines += '\n';
    }
    return lines;
}

}  // namespace

TokenizerFile parse_tokenizer_file(std::string_view json) {
    Json file;
    try {
        file = parse_json(json);
    } catch (const Error&) {
        refuse("is no JSON");
    }
    if (!file.is_object()) {
        refuse("is no object");
    }
    const Json& model = part_of(file, "model");
    check_kind(model, "model", "WordPiece");
    const Json& normalizer = part_of(file, "normalizer");
    check_kind(normalizer, "normalizer", "BertNormalizer");
    check_kind(part_of(file, "pre_tokenizer"), "pre_tokenizer", "BertPreTokenizer");
    if (model.contains("continuing_subword_prefix") && model["continuing_subword_prefix"] != "##") {
        refuse_kind("model", "WordPiece with a prefix other than ##");
    }
    if (!model.contains("vocab")) {
        refuse("has no vocabulary");
    }
    TokenizerFile tokenizer;
    tokenizer.vocabulary = make_lines(model["vocab"]);
    const auto unknown = model.find("unk_token");
    if (unknown != model.end() && unknown->is_string()) {
        tokenizer.unknown_token = unknown->get<std::string>();
    }
    const auto longest = model.find("max_input_chars_per_word");
    if (longest != model.end() && longest->is_number_unsigned()) {
        tokenizer.word_characters_max = longest->get<std::size_t>();
    }
    tokenizer.normalizer.clean_text = flag_of(normalizer, "clean_text", true);
    tokenizer.normalizer.handle_chinese_chars = flag_of(normalizer, "handle_chinese_chars", true);
    tokenizer.normalizer.lowercase = flag_of(normalizer, "lowercase", true);
    // As in BERT: where nothing is said of accents, they go when the text is put in lower case.
    tokenizer.normalizer.strip_accents =
        flag_of(normalizer, "strip_accents", tokenizer.normalizer.lowercase);
    return tokenizer;
}

}  // namespace rag::embed
