#include "embed/safetensors.hpp"

#include "base/json.hpp"
#include "rag/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace rag::embed {

namespace {

constexpr std::size_t header_bytes_max = std::size_t{1} << 20;
constexpr std::size_t tensors_max = 64;
constexpr std::size_t shape_max = 8;

[[noreturn]] void refuse(const std::string& why) {
    throw Error(ErrorCode::corrupt,
                "The embedding model's model.safetensors " + why + "; fetch the model anew.");
}

NumberType type_of(std::string_view name) {
    if (name == "F32") {
        return NumberType::float32;
    }
    if (name == "F16") {
        return NumberType::float16;
    }
    if (name == "I8") {
        return NumberType::int8;
    }
    if (name == "F64") {
        return NumberType::float64;
    }
    if (name == "I32") {
        return NumberType::int32;
    }
    return name == "I64" ? NumberType::int64 : NumberType::other;
}

std::size_t read_size(const Json& value) {
    if (!value.is_number_unsigned()) {
        refuse("has a header with a length that is no number");
    }
    return value.get<std::size_t>();
}

const Json& member(const Json& object, const char* key, Json::value_t type) {
    const auto place = object.find(key);
    if (place == object.end() || place->type() != type) {
        refuse(fmt::format("has a header entry without a proper {}", key));
    }
    return *place;
}

Tensor read_tensor(const std::string& name, const Json& entry, std::span<const std::byte> data) {
    if (!entry.is_object()) {
        refuse("has a header entry that is no object");
    }
    Tensor tensor;
    tensor.name = name;
    tensor.type_name = member(entry, "dtype", Json::value_t::string).get<std::string>();
    tensor.type = type_of(tensor.type_name);
    const Json& shape = member(entry, "shape", Json::value_t::array);
    const Json& offsets = member(entry, "data_offsets", Json::value_t::array);
    if (shape.size() > shape_max || offsets.size() != 2) {
        refuse("has a header entry of a wrong shape");
    }
    const std::size_t begin = read_size(offsets[0]);
    const std::size_t end = read_size(offsets[1]);
    if (begin > end || end > data.size()) {
        refuse("is shorter than its header says");
    }
    tensor.bytes = data.subspan(begin, end - begin);
    std::size_t bytes = number_bytes(tensor.type);
    for (const Json& length : shape) {
        tensor.shape.push_back(read_size(length));
        if (__builtin_mul_overflow(bytes, tensor.shape.back(), &bytes)) {
            refuse("has a header entry of a wrong shape");
        }
    }
    if (tensor.type != NumberType::other && bytes != tensor.bytes.size()) {
        refuse("has an array whose length does not fit its shape");
    }
    return tensor;
}

}  // namespace

std::size_t number_bytes(NumberType type) {
    switch (type) {
        case NumberType::float32:
        case NumberType::int32: return 4;
        case NumberType::float16: return 2;
        case NumberType::int8: return 1;
        case NumberType::float64:
        case NumberType::int64: return 8;
        case NumberType::other: break;
    }
    return 0;
}

std::vector<Tensor> parse_safetensors(std::span<const std::byte> file) {
    std::uint64_t header_bytes = 0;
    if (file.size() < sizeof header_bytes) {
        refuse("is cut short");
    }
    std::memcpy(&header_bytes, file.data(), sizeof header_bytes);
    const std::span<const std::byte> rest = file.subspan(sizeof header_bytes);
    if (header_bytes > rest.size() || header_bytes > header_bytes_max) {
        refuse("has a header that is longer than the file or than 1 MiB");
    }
    const std::string_view header(reinterpret_cast<const char*>(rest.data()), header_bytes);
    Json entries;
    try {
        entries = parse_json(header);
    } catch (const Error&) {
        refuse("has a header that is no JSON");
    }
    if (!entries.is_object() || entries.size() > tensors_max) {
        refuse("has a header that is no object of a few arrays");
    }
    std::vector<Tensor> tensors;
    for (const auto& [name, entry] : entries.items()) {
        if (name != "__metadata__") {
            tensors.push_back(read_tensor(name, entry, rest.subspan(header_bytes)));
        }
    }
    return tensors;
}

const Tensor* find_tensor(const std::vector<Tensor>& tensors, std::string_view name) {
    const auto place = std::ranges::find(tensors, name, &Tensor::name);
    return place == tensors.end() ? nullptr : &*place;
}

}  // namespace rag::embed
