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

// With 0.4 words and vectors together hold what words alone find in public collections, and find as
// many of the answers in other words of training/development as with up to 0.65. The threshold cuts
// half of what unrelated texts there reach (half 0.05, three quarters 0.10) and less than a
// twentieth of what answers in other words do (a twentieth 0.12, half 0.27).
constexpr FusionConstants fusion_constants{.dense_weight = 0.4, .default_threshold = 0.05};

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
