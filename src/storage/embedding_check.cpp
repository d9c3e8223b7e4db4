#include "storage/embedding_check.hpp"

#include "rag/error.hpp"

#include <string>

namespace rag::storage {

void check_embedding(const NewChunk& chunk, const EmbeddingSpace& space) {
    if (chunk.embedding.empty()) {
        return;
    }
    if (chunk.embedding_space && *chunk.embedding_space != space) {
        throw Error(ErrorCode::conflict,
                    "The collection is of the embedding model '" + space.model +
                        "' by now, and this text was embedded with '" +
                        chunk.embedding_space->model + "'; embed it with the collection's model.");
    }
    if (chunk.embedding.size() != static_cast<std::size_t>(space.dimensions)) {
        throw Error(ErrorCode::invalid_argument,
                    "An embedding has " + std::to_string(chunk.embedding.size()) +
                        " dimensions, the collection's model gives " +
                        std::to_string(space.dimensions) + "; embed with the collection's model.");
    }
}

}  // namespace rag::storage
