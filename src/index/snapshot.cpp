#include "index/snapshot.hpp"

#include "base/log.hpp"
#include "index/files.hpp"
#include "rag/error.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace rag::index {
namespace {

using nlohmann::json;

constexpr std::array<char, 8> magic{'R', 'A', 'G', 'I', 'N', 'D', 'E', 'X'};
/// Raised whenever a segment's or a graph's arrays, the analysis of text or the rounding of vectors
/// change.
constexpr std::uint32_t version = 2;

struct Header {
    std::array<char, 8> magic{};
    std::uint32_t version = 0;
    std::uint32_t manifest_size = 0;  ///< Of the JSON that follows the header.
    std::uint64_t size = 0;           ///< Of the file.
    std::uint64_t checksum = 0;       ///< Of all that follows the header.
    std::array<std::byte, 32> unused{};
};
static_assert(sizeof(Header) == blob_alignment);

/// Four independent chains of multiply and xor, as fast as memory; against accidents, not enemies.
class Checksum {
public:
    void add(std::span<const std::byte> bytes) {
        std::size_t i = 0;
        for (; i + 32 <= bytes.size(); i += 32) {
            std::array<std::uint64_t, 4> words;
            std::memcpy(words.data(), bytes.data() + i, sizeof words);
            for (std::size_t lane = 0; lane < 4; ++lane) {
                mix(lane, words[lane]);
            }
        }
        for (; i < bytes.size(); ++i) {
            mix(0, std::to_integer<std::uint64_t>(bytes[i]) + 1);
        }
    }

    std::uint64_t value() const {
        std::uint64_t sum = 0;
        for (const std::uint64_t lane : lanes_) {
            sum = std::rotl(sum, 23) ^ (lane * 0x9E3779B97F4A7C15U);
        }
        return sum;
    }

private:
    void mix(std::size_t lane, std::uint64_t word) {
        lanes_[lane] = std::rotl((lanes_[lane] ^ word) * 0xD6E8FEB86659FD93U, 29);
    }

    std::array<std::uint64_t, 4> lanes_{1, 2, 3, 4};
};

std::size_t round_up(std::size_t size) {
    return (size + blob_alignment - 1) / blob_alignment * blob_alignment;
}

/// What a snapshot of a state holds, in its order: segments, those that only graphs still have,
/// graphs.
struct Contents {
    explicit Contents(const State& saved) : state(saved) {
        for (const LiveSegment& live : state.segments) {
            segments.push_back(live.segment.get());
        }
        for (const auto& graph : state.graphs) {
            for (const VectorSet::Part& part : graph->vectors().parts()) {
                if (std::find(segments.begin(), segments.end(), part.segment.get()) ==
                    segments.end()) {
                    segments.push_back(part.segment.get());
                }
            }
        }
    }

    std::size_t number_of(const Segment& segment) const {
        return static_cast<std::size_t>(std::find(segments.begin(), segments.end(), &segment) -
                                        segments.begin());
    }

    const State& state;
    std::vector<const Segment*> segments;  ///< Those of the state first.
};

json describe_graph(const Contents& contents, const Graph& graph) {
    json parts = json::array();
    for (const VectorSet::Part& part : graph.vectors().parts()) {
        parts.push_back(contents.number_of(*part.segment));
    }
    return {{"model", graph.space().model},
            {"dimensions", graph.space().dimensions},
            {"parts", std::move(parts)}};
}

json describe(const std::string& source, const Contents& contents) {
    const State& state = contents.state;
    std::size_t offset = 0;
    const auto place = [&](json row, std::size_t size) {
        row["offset"] = offset;
        row["size"] = size;
        offset = round_up(offset + size);
        return row;
    };
    json segments = json::array();
    for (std::size_t i = 0; i < contents.segments.size(); ++i) {
        json row = json::object();
        if (i < state.segments.size()) {
            const auto& deletions = state.segments[i].deletions;
            row["deleted"] = deletions ? deletions->list : std::vector<Local>{};
        }
        segments.push_back(place(std::move(row), contents.segments[i]->size_bytes()));
    }
    json graphs = json::array();
    for (const auto& graph : state.graphs) {
        graphs.push_back(place(describe_graph(contents, *graph), graph->bytes().size()));
    }
    return {{"source", source},
            {"epoch", state.position.epoch},
            {"position", state.position.position},
            {"excluded", state.excluded},
            {"segments", std::move(segments)},
            {"graphs", std::move(graphs)}};
}

/// The part of the file that a row of the manifest tells of.
SharedBytes cut(const SharedBytes& file, std::size_t begin, const json& row) {
    const auto offset = begin + row.at("offset").get<std::size_t>();
    const auto size = row.at("size").get<std::size_t>();
    if (offset > file.bytes.size() || size > file.bytes.size() - offset) {
        throw Error(ErrorCode::corrupt, "A part lies outside of the file.");
    }
    SharedBytes bytes = file;
    bytes.bytes = file.bytes.subspan(offset, size);
    return bytes;
}

State read_state(const SharedBytes& file, const json& manifest, std::size_t begin) {
    State state;
    state.position = {manifest.at("epoch").get<std::string>(),
                      manifest.at("position").get<std::int64_t>()};
    state.excluded = manifest.at("excluded").get<std::vector<CollectionId>>();
    std::vector<std::shared_ptr<const Segment>> segments;
    for (const json& row : manifest.at("segments")) {
        segments.push_back(std::make_shared<const Segment>(cut(file, begin, row)));
        if (!row.contains("deleted")) {
            continue;
        }
        const LiveSegment live = make_live(segments.back());
        auto deleted = row.at("deleted").get<std::vector<Local>>();
        for (const Local local : deleted) {
            if (local >= live.segment->chunk_count()) {
                throw Error(ErrorCode::corrupt, "A deleted chunk is none of the segment's.");
            }
        }
        state.segments.push_back(without_chunks(live, std::move(deleted)));
    }
    for (const json& row : manifest.at("graphs")) {
        std::vector<std::shared_ptr<const Segment>> parts;
        for (const json& part : row.at("parts")) {
            parts.push_back(segments.at(part.get<std::size_t>()));
        }
        VectorSet vectors({row.at("model").get<std::string>(), row.at("dimensions").get<int>()},
                          std::move(parts));
        state.graphs.push_back(
            std::make_shared<const Graph>(std::move(vectors), cut(file, begin, row)));
    }
    return state;
}

}  // namespace

void save_snapshot(const std::filesystem::path& path, const std::string& source,
                   const State& state) {
    const Contents contents(state);
    const std::string manifest = describe(source, contents).dump();
    const std::vector<std::byte> padding(blob_alignment);
    const auto bytes_of = [](const auto& value) { return std::as_bytes(std::span(&value, 1)); };
    std::vector<std::span<const std::byte>> parts;
    const auto add = [&](std::span<const std::byte> part) {
        parts.push_back(part);
        parts.push_back(std::span(padding).first(round_up(part.size()) - part.size()));
    };
    Header header;
    add(bytes_of(header));
    add(std::as_bytes(std::span(manifest)));
    for (const Segment* segment : contents.segments) {
        add(segment->bytes());
    }
    for (const auto& graph : state.graphs) {
        add(graph->bytes());
    }
    Checksum checksum;
    header.size = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        header.size += parts[i].size();
        if (i > 1) {
            checksum.add(parts[i]);
        }
    }
    header.magic = magic;
    header.version = version;
    header.manifest_size = static_cast<std::uint32_t>(manifest.size());
    header.checksum = checksum.value();
    write_file(path, parts);
}

std::shared_ptr<const State> load_snapshot(const std::filesystem::path& path,
                                           const std::string& source) {
    const std::optional<SharedBytes> file = map_file(path);
    if (!file) {
        return nullptr;
    }
    try {
        Header header;
        if (file->bytes.size() < sizeof header) {
            throw Error(ErrorCode::corrupt, "The file is cut short.");
        }
        std::memcpy(&header, file->bytes.data(), sizeof header);
        if (header.magic != magic || header.version != version ||
            header.size != file->bytes.size() ||
            header.manifest_size > file->bytes.size() - sizeof header) {
            throw Error(ErrorCode::corrupt, "The file has another form.");
        }
        read_ahead(*file);
        const std::size_t begin = sizeof header + round_up(header.manifest_size);
        const auto rest = file->bytes.subspan(sizeof header);
        Checksum checksum;
        // In the parts that it was made of, because a part's end is mixed in by bytes.
        const char* text = reinterpret_cast<const char*>(rest.data());
        checksum.add(rest.first(header.manifest_size));
        checksum.add(
            rest.subspan(header.manifest_size, begin - sizeof header - header.manifest_size));
        checksum.add(rest.subspan(begin - sizeof header));
        if (checksum.value() != header.checksum) {
            throw Error(ErrorCode::corrupt, "The checksum is wrong.");
        }
        const json manifest = json::parse(std::string_view(text, header.manifest_size));
        if (manifest.at("source") != source) {
            log::info("The snapshot of the search index belongs to another database.");
            return nullptr;
        }
        return std::make_shared<const State>(read_state(*file, manifest, begin));
    } catch (const std::exception& error) {
        log::warn("The snapshot of the search index is not used: {}", error.what());
        return nullptr;
    }
}

}  // namespace rag::index
