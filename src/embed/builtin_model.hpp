#pragma once

#include "embed/static_model.hpp"
#include "rag/embedder.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace rag::embed {

constexpr std::string_view builtin_model_name = "static-en-512-3";
constexpr int builtin_model_dimensions = 512;

/// The file of models/ (embed/model_file.hpp) as it lies in the program. Its pages are mapped when
/// first read and shared by all processes of it.
std::span<const std::byte> builtin_model_bytes();

/// What it holds.
StaticModelFiles builtin_model_files();

/// The model that needs no network, key or download (models/README.md), in the space
/// "builtin/static-en-512-3". Takes about a millisecond.
std::unique_ptr<StaticModel> make_builtin_model();

}  // namespace rag::embed
