#pragma once

#include "embed/static_model.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace rag::embed {

/// A static model as one file; all numbers little-endian:
///     8 bytes  "RAGMODEL"
///     6 x 4    version (1), tokens, dimensions; bytes of name, vocabulary, manifest
///     32       SHA-256 of the 32 bytes before it and the SHA-256 of all after it
///     name; vocabulary, a token a line; manifest, JSON of sources and licences; zeros up to a
///     multiple of 64; for each token a float32 scale; for each token `dimensions` int8 codes
constexpr std::size_t model_file_header_bytes = 64;
constexpr std::uint32_t model_file_version = 1;

/// What a file holds; views it.
struct ModelFile {
    std::string_view name;
    std::string_view manifest;
    std::size_t dimensions = 0;
    StaticModelFiles files;
};

/// Looks at the header alone, so that a mapped file is read only where it is used. Throws
/// Error{corrupt} for other bytes, and where the lengths do not fit.
ModelFile parse_model_file(std::span<const std::byte> file);

/// Whether the bytes are those that were written: reads all of them.
bool has_intact_checksum(std::span<const std::byte> file);

struct ModelParts {
    std::string_view name;
    std::size_t dimensions = 0;
    std::string_view vocabulary;
    std::string_view manifest;
    std::span<const float> scales;
    std::span<const std::int8_t> codes;
};

std::string write_model_file(const ModelParts& parts);

}  // namespace rag::embed
