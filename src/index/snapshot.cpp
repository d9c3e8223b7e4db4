#include "index/snapshot.hpp"

#include "base/log.hpp"
#include "index/files.hpp"
#include "rag/error.hpp"

#include <array>
#include <bit>
#include <cstring>

namespace rag::index {
namespace {

using nlohmann::json;

constexpr std::array<char, 8> magic{'R', 'A', 'G', 'I', 'N', 'D', 'E', 'X'};
/// Raised whenever a segment's arrays, the analysis of text or the rounding of vectors change.
constexpr std::uint32_t version = 1;

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

json describe(const std::string& source, const State& state, std::size_t& offset) {
    json segments = json::array();
    for (const LiveSegment& live : state.segments) {
        const std::size_t size = live.segment->size_bytes();
        segments.push_back(
            {{"offset", offset},
             {"size", size},
             {"deleted", live.deletions ? live.deletions->list : std::vector<Local>{}}});
        offset = round_up(offset + size);
    }
    return {{"source", source},
            {"epoch", state.position.epoch},
            {"position", state.position.position},
            {"excluded", state.excluded},
            {"segments", segments}};
}

State read_state(const SharedBytes& file, const json& manifest, std::size_t begin) {
    State state;
    state.position = {manifest.at("epoch").get<std::string>(),
                      manifest.at("position").get<std::int64_t>()};
    state.excluded = manifest.at("excluded").get<std::vector<CollectionId>>();
    for (const json& segment : manifest.at("segments")) {
        const auto offset = begin + segment.at("offset").get<std::size_t>();
        const auto size = segment.at("size").get<std::size_t>();
        if (offset > file.bytes.size() || size > file.bytes.size() - offset) {
            throw Error(ErrorCode::corrupt, "A segment lies outside of the file.");
        }
        SharedBytes bytes = file;
        bytes.bytes = file.bytes.subspan(offset, size);
        LiveSegment live = make_live(std::make_shared<const Segment>(std::move(bytes)));
        auto deleted = segment.at("deleted").get<std::vector<Local>>();
        for (const Local local : deleted) {
            if (local >= live.segment->chunk_count()) {
                throw Error(ErrorCode::corrupt, "A deleted chunk is none of the segment's.");
            }
        }
        state.segments.push_back(without_chunks(live, std::move(deleted)));
    }
    return state;
}

}  // namespace

void save_snapshot(const std::filesystem::path& path, const std::string& source,
                   const State& state) {
    std::size_t size = 0;
    const std::string manifest = describe(source, state, size).dump();
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
    for (const LiveSegment& live : state.segments) {
        add(live.segment->bytes());
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
