#include "embed/openai_reply.hpp"

#include "base/json.hpp"
#include "base/utf8.hpp"
#include "embed/rows.hpp"
#include "rag/error.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <cmath>

namespace rag::embed {

namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::int64_t error_characters_max = 200;
constexpr std::size_t dimensions_max = 65'536;

[[noreturn]] void refuse(const std::string& clause) {
    throw Error(ErrorCode::unavailable, clause);
}

Vector read_vector(ondemand::array numbers, int dimensions) {
    Vector vector;
    vector.reserve(static_cast<std::size_t>(dimensions));
    for (auto number : numbers) {
        const double value = number.get_double();
        if (!std::isfinite(value)) {
            refuse("sent a number that is not finite");
        }
        if (vector.size() == dimensions_max) {
            refuse(fmt::format("sent a vector of more than {} numbers", dimensions_max));
        }
        vector.push_back(static_cast<float>(value));
    }
    return vector;
}

/// One element of `data`; its keys may come in any order.
void read_entry(ondemand::object entry, std::size_t position, int dimensions,
                std::vector<Vector>& vectors) {
    std::uint64_t index = position;
    Vector vector;
    for (auto field : entry) {
        const std::string_view key = field.unescaped_key();
        if (key == "index") {
            index = field.value().get_uint64();
        } else if (key == "embedding") {
            vector = read_vector(field.value().get_array(), dimensions);
        }
    }
    if (index >= vectors.size() || !vectors[index].empty()) {
        refuse(fmt::format("sent vector number {} twice or beyond the {} texts", index,
                           vectors.size()));
    }
    if (vector.empty()) {
        refuse("sent an entry without an embedding");
    }
    if (dimensions > 0 && vector.size() != static_cast<std::size_t>(dimensions)) {
        refuse(
            fmt::format("sent a vector of {} dimensions instead of {}", vector.size(), dimensions));
    }
    normalize(vector);
    vectors[index] = std::move(vector);
}

}  // namespace

std::vector<Vector> parse_embeddings_reply(std::string_view body, std::size_t count,
                                           int dimensions) {
    std::vector<Vector> vectors(count);
    std::size_t position = 0;
    try {
        ondemand::parser parser;
        const simdjson::padded_string padded(body);
        ondemand::document document = parser.iterate(padded);
        for (auto entry : document["data"].get_array()) {
            if (position == count) {
                refuse(fmt::format("sent more than {0} vectors for {0} texts", count));
            }
            read_entry(entry.get_object(), position, dimensions, vectors);
            ++position;
        }
    } catch (const simdjson::simdjson_error&) {
        refuse("sent a reply that is not what POST /embeddings answers");
    }
    if (position != count) {
        refuse(fmt::format("sent {} vectors for {} texts", position, count));
    }
    for (const Vector& vector : vectors) {
        if (vector.size() != vectors.front().size()) {
            refuse("sent vectors of different lengths");
        }
    }
    return vectors;
}

std::string parse_error_reply(std::string_view body) {
    Json reply;
    try {
        reply = parse_json(body);
    } catch (const Error&) {
        return {};
    }
    if (!reply.is_object()) {
        return {};
    }
    const Json* said = nullptr;
    for (const char* key : {"error", "message", "detail"}) {
        const auto place = reply.find(key);
        if (said == nullptr && place != reply.end()) {
            said = &*place;
        }
    }
    if (said != nullptr && said->is_object() && said->contains("message")) {
        said = &said->at("message");
    }
    if (said == nullptr || !said->is_string()) {
        return {};
    }
    std::string line(first_code_points(said->get_ref<const std::string&>(), error_characters_max));
    for (char& byte : line) {
        if (static_cast<unsigned char>(byte) < ' ' || byte == '\x7F') {
            byte = ' ';
        }
    }
    return line;
}

}  // namespace rag::embed
