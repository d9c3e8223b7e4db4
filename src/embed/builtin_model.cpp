#include "embed/builtin_model.hpp"

#include "embed/model_file.hpp"

#include <string>

// Defined in builtin_model.S.
extern "C" {
extern const char rag_builtin_model_begin[];
extern const char rag_builtin_model_end[];
}

namespace rag::embed {

namespace {

// With 0.3 words and vectors together gain on all public collections but one, where more costs
// questions of two words their order, and find as many answers in other words as with up to 0.5.
// The threshold cuts two thirds of what unrelated texts of training/development reach (half 0.01,
// three quarters 0.07, nine tenths 0.14) and a hundredth of what answers in other words do (a
// twentieth 0.20, half 0.47).
constexpr FusionConstants fusion_constants{.dense_weight = 0.3, .default_threshold = 0.05};

}  // namespace

std::span<const std::byte> builtin_model_bytes() {
    return std::as_bytes(std::span(rag_builtin_model_begin, rag_builtin_model_end));
}

StaticModelFiles builtin_model_files() {
    return parse_model_file(builtin_model_bytes()).files;
}

std::unique_ptr<StaticModel> make_builtin_model() {
    const EmbeddingSpace space{.model = "builtin/" + std::string(builtin_model_name),
                               .dimensions = builtin_model_dimensions};
    return std::make_unique<StaticModel>(space, builtin_model_files(), fusion_constants);
}

}  // namespace rag::embed
