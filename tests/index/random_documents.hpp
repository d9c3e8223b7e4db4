#pragma once

#include "index/model.hpp"
#include "text/fold.hpp"

#include <cmath>
#include <random>
#include <string>

namespace rag::index_test {

/// Random documents of few different words, tags and collections, so that everything collides.
class RandomDocuments {
public:
    static constexpr int dimensions = 24;

    explicit RandomDocuments(std::uint32_t seed) : random_(seed) {}

    static EmbeddingSpace space() { return {"model/test", dimensions}; }

    std::size_t below(std::size_t end) {
        return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_);
    }

    std::string word() {
        // Few words are frequent and many are rare.
        const double share = std::uniform_real_distribution<double>(0, 1)(random_);
        const auto number = static_cast<std::size_t>(400.0 * share * share * share);
        static const std::vector<std::string> stops{"the", "of", "and"};
        return number < stops.size() ? stops[number] : "w" + std::to_string(number) + "x";
    }

    std::string text(std::size_t words) {
        std::string text;
        for (std::size_t i = 0; i < words; ++i) {
            text += (i == 0 ? "" : " ") + word();
        }
        return text;
    }

    Vector unit() {
        std::normal_distribution<float> normal;
        Vector vector(dimensions);
        double squares = 0;
        for (float& value : vector) {
            value = normal(random_);
            squares += static_cast<double>(value) * static_cast<double>(value);
        }
        for (float& value : vector) {
            value = static_cast<float>(static_cast<double>(value) / std::sqrt(squares));
        }
        return vector;
    }

    Metadata metadata() {
        Metadata metadata = Metadata::object();
        if (below(4) > 0) {
            metadata["team"] = "t" + std::to_string(below(5));
        }
        if (below(3) > 0) {
            metadata["year"] = below(2) == 0 ? Metadata(2020 + below(6))
                                             : Metadata(2020.0 + static_cast<double>(below(6)));
        }
        if (below(3) == 0) {
            metadata["tags"] = {"a" + std::to_string(below(3)), below(3), {{"deep", below(2)}}};
        }
        if (below(5) == 0) {
            metadata["none"] = nullptr;
        }
        if (below(5) == 0) {
            metadata["flag"] = below(2) == 0;
        }
        return metadata;
    }

    IndexedDocument document(DocumentId id) {
        IndexedDocument document;
        document.id = id;
        document.filename = text(1 + below(3));
        document.file_type = "txt";
        document.metadata = metadata();
        document.collections = {1 + static_cast<CollectionId>(below(3))};
        if (below(4) == 0) {
            document.collections.push_back(document.collections.front() + 1);
        }
        const std::size_t chunks = below(7);
        for (std::size_t i = 0; i < chunks; ++i) {
            IndexedChunk chunk;
            chunk.chunk.id = ++last_chunk_;
            chunk.chunk.document_id = id;
            chunk.chunk.chunk_index = static_cast<std::int64_t>(i);
            chunk.chunk.content = below(10) == 0 ? "same w1x w2x" : text(below(40));
            chunk.text_key = text::fold_key(chunk.chunk.content);
            chunk.chunk.char_start = static_cast<std::int64_t>(i) * 100;
            chunk.chunk.heading_path = below(3) == 0 ? text(2) : "";
            if (below(4) == 0) {
                chunk.chunk.metadata = metadata();
            }
            if (below(8) > 0) {
                chunk.vectors.push_back(
                    {space(), below(20) == 0 ? Vector(dimensions, 0.0F) : unit()});
            }
            document.chunks.push_back(std::move(chunk));
        }
        return document;
    }

    MetadataFilter filter() {
        static const std::vector<const char*> filters{
            R"({})",
            R"({"team": "t1"})",
            R"({"team": {"$in": ["t1", "t2", "t9"]}})",
            R"({"team": {"$ne": "t1"}})",
            R"({"team": {"$exists": false}})",
            R"({"year": 2021})",
            R"({"year": {"$gte": 2023}})",
            R"({"year": {"$gt": 2020, "$lt": 2024}, "team": "t3"})",
            R"({"tags": 1})",
            R"({"tags": ["a1", 2]})",
            R"({"tags": "a2", "flag": {"$exists": true}})",
            R"({"tags": [{"deep": 1}]})",
            R"({"none": null})",
            R"({"flag": true})",
            R"({"year": {"$in": [2021, [2022], 2023.0]}})",
            R"({"tags": {"$ne": ["a0"]}})",
            R"({"nowhere": 1})",
        };
        return parse_metadata_filter(nlohmann::json::parse(filters[below(filters.size())]));
    }

    SearchScope scope() {
        SearchScope scope;
        scope.collections = {1 + static_cast<CollectionId>(below(4))};
        if (below(3) == 0) {
            scope.collections.push_back(1 + static_cast<CollectionId>(below(4)));
        }
        if (below(2) == 0) {
            scope.filter = filter();
        }
        return scope;
    }

    std::string question() {
        std::string question = text(1 + below(6));
        if (below(6) == 0) {
            question += " \"" + text(1 + below(2)) + "\"";
        }
        return question;
    }

private:
    std::mt19937 random_;
    ChunkId last_chunk_ = 0;
};

}  // namespace rag::index_test
