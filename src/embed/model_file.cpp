#include "embed/model_file.hpp"

#include "base/hash.hpp"
#include "rag/error.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace rag::embed {

namespace {

static_assert(std::endian::native == std::endian::little, "model files are read in place");

constexpr std::string_view magic = "RAGMODEL";
constexpr std::size_t checked_header_bytes = 32;
constexpr std::size_t alignment = 64;

enum Field : std::size_t { version, tokens, dimensions, name, vocabulary, manifest, field_count };

using Fields = std::array<std::uint32_t, field_count>;

[[noreturn]] void refuse(const char* why) {
    throw Error(ErrorCode::corrupt, std::string("The embedding model's file ") + why +
                                        "; make it anew with training/.");
}

std::string_view text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::size_t aligned(std::size_t size) {
    return (size + alignment - 1) / alignment * alignment;
}

std::string checksum(std::string_view file) {
    return sha256(std::string(file.substr(0, checked_header_bytes)) +
                  sha256(file.substr(model_file_header_bytes)));
}

}  // namespace

ModelFile parse_model_file(std::span<const std::byte> file) {
    const std::string_view text = text_of(file);
    if (text.size() < model_file_header_bytes || !text.starts_with(magic)) {
        refuse("is none");
    }
    Fields fields{};
    std::memcpy(fields.data(), text.data() + magic.size(), sizeof fields);
    if (fields[version] != model_file_version) {
        refuse("has another version");
    }
    std::size_t at = model_file_header_bytes;
    const auto take = [&](std::size_t size) {
        const std::size_t begin = at;
        at += std::min(size, text.size() - at);
        return text.substr(begin, size);
    };
    ModelFile model;
    model.dimensions = fields[dimensions];
    model.name = take(fields[name]);
    model.files.vocabulary = take(fields[vocabulary]);
    model.manifest = take(fields[manifest]);
    at = aligned(at);
    const std::size_t rows = std::size_t{fields[tokens]} * (sizeof(float) + model.dimensions);
    if (at > text.size() || text.size() - at != rows) {
        refuse("is not as long as its header says");
    }
    model.files.rows = file.subspan(at);
    return model;
}

bool has_intact_checksum(std::span<const std::byte> file) {
    const std::string_view text = text_of(file);
    return text.size() >= model_file_header_bytes &&
           text.substr(checked_header_bytes, model_file_header_bytes - checked_header_bytes) ==
               checksum(text);
}

std::string write_model_file(const ModelParts& parts) {
    Fields fields{};
    fields[version] = model_file_version;
    fields[tokens] = static_cast<std::uint32_t>(parts.scales.size());
    fields[dimensions] = static_cast<std::uint32_t>(parts.dimensions);
    fields[name] = static_cast<std::uint32_t>(parts.name.size());
    fields[vocabulary] = static_cast<std::uint32_t>(parts.vocabulary.size());
    fields[manifest] = static_cast<std::uint32_t>(parts.manifest.size());
    std::string file(magic);
    file.append(reinterpret_cast<const char*>(fields.data()), sizeof fields);
    file.resize(model_file_header_bytes, '\0');
    file.append(parts.name).append(parts.vocabulary).append(parts.manifest);
    file.resize(aligned(file.size()), '\0');
    file.append(reinterpret_cast<const char*>(parts.scales.data()), parts.scales.size_bytes());
    file.append(reinterpret_cast<const char*>(parts.codes.data()), parts.codes.size_bytes());
    const std::string sum = checksum(file);
    file.replace(checked_header_bytes, sum.size(), sum);
    return file;
}

}  // namespace rag::embed
