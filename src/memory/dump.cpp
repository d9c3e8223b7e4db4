#include "memory/dump.hpp"

#include "base/encoding.hpp"
#include "base/json.hpp"
#include "base/time_text.hpp"
#include "base/utf8.hpp"
#include "rag/error.hpp"

#include <simdjson.h>

#include <bit>
#include <cmath>

namespace rag::memory {
namespace {

namespace dom = simdjson::dom;

constexpr std::int64_t dimensions_max = 65'535;

[[noreturn]] void refuse(const std::string& sentence) {
    throw Error(ErrorCode::invalid_argument, sentence);
}

// Writing ----------------------------------------------------------------------------------------

Json or_null(const std::optional<std::int64_t>& value) {
    return value ? Json(*value) : Json(nullptr);
}

/// Components as little-endian binary32 (IEEE 754), in base64.
std::string write_components(const Vector& vector) {
    std::string bytes;
    bytes.reserve(vector.size() * sizeof(float));
    for (const float component : vector) {
        const auto bits = std::bit_cast<std::uint32_t>(component);
        for (int shift = 0; shift < 32; shift += 8) {
            bytes += static_cast<char>(bits >> shift & 0xffU);
        }
    }
    return to_base64(bytes);
}

Json write_chunk(const MovedChunk& chunk) {
    Json form = {{"content", chunk.content},
                 {"char_start", or_null(chunk.char_start)},
                 {"char_end", or_null(chunk.char_end)},
                 {"heading_path", chunk.heading_path},
                 {"metadata", chunk.metadata}};
    for (const SpaceVector& vector : chunk.vectors) {
        form["vectors"].push_back({{"model", vector.space.model},
                                   {"dimensions", vector.space.dimensions},
                                   {"components", write_components(vector.vector)}});
    }
    return form;
}

Json write_version(const MovedVersion& version) {
    return {{"version", version.version},
            {"filename", version.filename},
            {"content", version.content},
            {"file_size", version.file_size},
            {"metadata", version.metadata},
            {"content_hash", version.content_hash},
            {"created_at", to_iso8601(version.created_at)}};
}

// Reading ----------------------------------------------------------------------------------------

std::string key_of(const char* name) {
    return std::string("`") + name + '`';
}

dom::element member(const dom::object& object, const char* name) {
    dom::element value;
    if (object.at_key(name).get(value) != simdjson::SUCCESS) {
        refuse(key_of(name) + " is missing.");
    }
    return value;
}

std::string read_text(const dom::object& object, const char* name) {
    std::string_view text;
    if (member(object, name).get(text) != simdjson::SUCCESS) {
        refuse(key_of(name) + " is no text.");
    }
    return std::string(text);
}

std::int64_t read_integer(const dom::object& object, const char* name, std::int64_t least) {
    std::int64_t value = 0;
    if (member(object, name).get(value) != simdjson::SUCCESS || value < least) {
        refuse(key_of(name) + " is no integer from " + std::to_string(least) + " on.");
    }
    return value;
}

bool read_flag(const dom::object& object, const char* name) {
    bool value = false;
    if (member(object, name).get(value) != simdjson::SUCCESS) {
        refuse(key_of(name) + " is neither true nor false.");
    }
    return value;
}

dom::object as_object(const dom::element& element, const char* name) {
    dom::object object;
    if (element.get(object) != simdjson::SUCCESS) {
        refuse(key_of(name) + " is no object.");
    }
    return object;
}

dom::array read_array(const dom::object& object, const char* name) {
    dom::array array;
    if (member(object, name).get(array) != simdjson::SUCCESS) {
        refuse(key_of(name) + " is no list.");
    }
    return array;
}

Timestamp read_time(const dom::object& object, const char* name) {
    const auto time = from_iso8601(read_text(object, name));
    if (!time) {
        refuse(key_of(name) + " is no time such as 2026-03-01T12:00:00.000Z.");
    }
    return *time;
}

Metadata read_metadata(const dom::object& object) {
    const dom::element element = member(object, "metadata");
    if (!element.is_object()) {
        refuse("`metadata` is no object.");
    }
    return parse_json(simdjson::minify(element));
}

std::optional<std::int64_t> read_offset(const dom::object& object, const char* name) {
    return member(object, name).is_null() ? std::nullopt
                                          : std::optional(read_integer(object, name, 0));
}

EmbeddingSpace read_space(const dom::object& object) {
    EmbeddingSpace space{read_text(object, "model"), 0};
    const std::int64_t dimensions = read_integer(object, "dimensions", 1);
    if (dimensions > dimensions_max) {
        refuse("`dimensions` is larger than " + std::to_string(dimensions_max) + '.');
    }
    space.dimensions = static_cast<int>(dimensions);
    return space;
}

SpaceVector read_vector(const dom::object& object) {
    SpaceVector vector{read_space(object), {}};
    const auto bytes = from_base64(read_text(object, "components"));
    const auto size = static_cast<std::size_t>(vector.space.dimensions);
    if (!bytes || bytes->size() != size * sizeof(float)) {
        refuse("`components` is not the base64 of " + std::to_string(size) + " numbers.");
    }
    vector.vector.resize(size);
    for (std::size_t i = 0; i < size; ++i) {
        std::uint32_t bits = 0;
        for (std::size_t k = 0; k < sizeof(float); ++k) {
            const auto byte = static_cast<unsigned char>((*bytes)[i * sizeof(float) + k]);
            bits |= std::uint32_t{byte} << (8 * k);
        }
        vector.vector[i] = std::bit_cast<float>(bits);
        if (!std::isfinite(vector.vector[i])) {
            refuse("`components` holds something that is no number.");
        }
    }
    return vector;
}

MovedChunk read_chunk(const dom::object& object) {
    MovedChunk chunk;
    chunk.content = read_text(object, "content");
    chunk.char_start = read_offset(object, "char_start");
    chunk.char_end = read_offset(object, "char_end");
    if (chunk.char_start.has_value() != chunk.char_end.has_value() ||
        (chunk.char_start && *chunk.char_start > *chunk.char_end)) {
        refuse("`char_start` and `char_end` do not go together.");
    }
    chunk.heading_path = read_text(object, "heading_path");
    chunk.metadata = read_metadata(object);
    if (object.at_key("vectors").error() == simdjson::SUCCESS) {
        for (const dom::element vector : read_array(object, "vectors")) {
            chunk.vectors.push_back(read_vector(as_object(vector, "vectors")));
            for (std::size_t i = 0; i + 1 < chunk.vectors.size(); ++i) {
                if (chunk.vectors[i].space == chunk.vectors.back().space) {
                    refuse("`vectors` has two of one model.");
                }
            }
        }
    }
    return chunk;
}

MovedVersion read_version(const dom::object& object) {
    return {read_integer(object, "version", 1),
            read_text(object, "filename"),
            read_text(object, "content"),
            read_integer(object, "file_size", 0),
            read_metadata(object),
            read_text(object, "content_hash"),
            read_time(object, "created_at")};
}

MovedMembership read_membership(const dom::object& object) {
    MovedMembership membership{read_text(object, "name"), std::nullopt};
    if (!member(object, "identity").is_null()) {
        membership.identity = read_text(object, "identity");
    }
    return membership;
}

MovedDocument read_document(const dom::object& object) {
    MovedDocument document;
    document.filename = read_text(object, "filename");
    document.content = read_text(object, "content");
    document.file_type = read_text(object, "file_type");
    document.file_size = read_integer(object, "file_size", 0);
    document.metadata = read_metadata(object);
    document.content_hash = read_text(object, "content_hash");
    document.version = read_integer(object, "version", 1);
    document.content_at = read_time(object, "content_at");
    document.created_at = read_time(object, "created_at");
    document.updated_at = read_time(object, "updated_at");
    for (const dom::element membership : read_array(object, "collections")) {
        document.memberships.push_back(read_membership(as_object(membership, "collections")));
    }
    for (const dom::element version : read_array(object, "versions")) {
        document.versions.push_back(read_version(as_object(version, "versions")));
        const std::size_t count = document.versions.size();
        if (document.versions.back().version >= document.version ||
            (count > 1 &&
             document.versions[count - 2].version >= document.versions.back().version)) {
            refuse("`versions` are not in order.");
        }
    }
    for (const dom::element chunk : read_array(object, "chunks")) {
        document.chunks.push_back(read_chunk(as_object(chunk, "chunks")));
    }
    if (document.memberships.empty()) {
        refuse("`collections` is empty: a document is in at least one.");
    }
    return document;
}

MovedCollection read_collection(const dom::object& object) {
    MovedCollection collection{read_text(object, "name"), read_text(object, "description"),
                               read_space(object), read_time(object, "created_at")};
    const std::int64_t characters = count_code_points(collection.name);
    if (characters < 1 || characters > static_cast<std::int64_t>(collection_name_characters_max)) {
        refuse("`name` is no collection's name: it has " + std::to_string(characters) +
               " characters.");
    }
    return collection;
}

DumpHeader read_header(const dom::object& object) {
    const std::int64_t format = read_integer(object, "rag_memory_export", 1);
    if (format > dump_format) {
        refuse("the export is of format " + std::to_string(format) + ", this program reads " +
               std::to_string(dump_format) + "; use the version that made it, or a newer one.");
    }
    return {read_integer(object, "collections", 0), read_integer(object, "documents", 0),
            read_flag(object, "vectors")};
}

}  // namespace

std::string write_dump_line(const DumpHeader& header) {
    return dump_json({{"rag_memory_export", dump_format},
                      {"collections", header.collections},
                      {"documents", header.documents},
                      {"vectors", header.vectors}});
}

std::string write_dump_line(const MovedCollection& collection) {
    return dump_json({{"collection",
                       {{"name", collection.name},
                        {"description", collection.description},
                        {"model", collection.space.model},
                        {"dimensions", collection.space.dimensions},
                        {"created_at", to_iso8601(collection.created_at)}}}});
}

std::string write_dump_line(const MovedDocument& document) {
    Json collections = Json::array();
    for (const MovedMembership& membership : document.memberships) {
        collections.push_back(
            {{"name", membership.collection},
             {"identity", membership.identity ? Json(*membership.identity) : Json(nullptr)}});
    }
    Json versions = Json::array();
    for (const MovedVersion& version : document.versions) {
        versions.push_back(write_version(version));
    }
    Json chunks = Json::array();
    for (const MovedChunk& chunk : document.chunks) {
        chunks.push_back(write_chunk(chunk));
    }
    return dump_json({{"document",
                       {{"filename", document.filename},
                        {"content", document.content},
                        {"file_type", document.file_type},
                        {"file_size", document.file_size},
                        {"metadata", document.metadata},
                        {"content_hash", document.content_hash},
                        {"version", document.version},
                        {"content_at", to_iso8601(document.content_at)},
                        {"created_at", to_iso8601(document.created_at)},
                        {"updated_at", to_iso8601(document.updated_at)},
                        {"collections", std::move(collections)},
                        {"versions", std::move(versions)},
                        {"chunks", std::move(chunks)}}}});
}

std::string write_dump_line(const DumpEnd& end) {
    return dump_json({{"end", {{"collections", end.collections}, {"documents", end.documents}}}});
}

struct DumpParser::Parser {
    dom::parser parser;
};

DumpParser::DumpParser() : parser_(std::make_unique<Parser>()) {}

DumpParser::~DumpParser() = default;

DumpLine DumpParser::parse(std::string_view line) {
    dom::element root;
    if (parser_->parser.parse(line.data(), line.size()).get(root) != simdjson::SUCCESS) {
        refuse("it is no JSON.");
    }
    dom::object object;
    if (root.get(object) != simdjson::SUCCESS) {
        refuse("it is no JSON object.");
    }
    for (const auto [key, value] : object) {
        if (key == "document") {
            return read_document(as_object(value, "document"));
        }
        if (key == "collection") {
            return read_collection(as_object(value, "collection"));
        }
        if (key == "end") {
            const dom::object end = as_object(value, "end");
            return DumpEnd{read_integer(end, "collections", 0), read_integer(end, "documents", 0)};
        }
    }
    return read_header(object);
}

}  // namespace rag::memory
