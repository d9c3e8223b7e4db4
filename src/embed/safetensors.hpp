#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rag::embed {

enum class NumberType { float32, float16, int8, float64, int32, int64, other };

/// An array of numbers inside a safetensors file; `bytes` views the file and fits type and shape
/// (unless the type is `other`). May lie at any address.
struct Tensor {
    std::string name;
    NumberType type = NumberType::other;
    std::string type_name;  ///< As the file has it.
    std::vector<std::size_t> shape;
    std::span<const std::byte> bytes;
};

/// Bytes that a number takes; 0 for `other`.
std::size_t number_bytes(NumberType type);

/// The arrays of a file of the format https://huggingface.co/docs/safetensors: eight bytes for the
/// length of a JSON header, the header, the data. Throws Error{corrupt} with a sentence for
/// anything else; every range is checked.
std::vector<Tensor> parse_safetensors(std::span<const std::byte> file);

const Tensor* find_tensor(const std::vector<Tensor>& tensors, std::string_view name);

}  // namespace rag::embed
