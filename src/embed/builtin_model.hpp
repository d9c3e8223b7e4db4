#pragma once

#include "embed/static_model.hpp"
#include "rag/embedder.hpp"

#include <memory>
#include <string_view>

namespace rag::embed {

constexpr std::string_view builtin_model_name = "static-en-512";
constexpr int builtin_model_dimensions = 512;

/// The files of models/ as they lie in the program. Their pages are mapped when first read and
/// shared by all processes of it.
StaticModelFiles builtin_model_files();

/// The model that needs no network, key or download (models/README.md), in the space
/// "builtin/static-en-512". Takes about a millisecond.
std::unique_ptr<StaticModel> make_builtin_model();

}  // namespace rag::embed
