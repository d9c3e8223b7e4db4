#pragma once

#include "rag/document.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace rag::bench {

/// Another way to find the nearest of the same vectors. Numbers are places in the given list.
class Rival {
public:
    virtual ~Rival() = default;
    virtual std::string name() const = 0;
    /// How wide it searches; without meaning for exact ones.
    virtual void set_width(std::size_t width) = 0;
    virtual bool exact() const = 0;
    virtual std::vector<std::size_t> find(const Vector& query, std::size_t count) = 0;
};

constexpr std::size_t rival_links = 16;
constexpr std::size_t rival_build_width = 64;

/// hnswlib's own graph over floats (inner product, the kernels of the machine's baseline).
std::unique_ptr<Rival> make_hnswlib(const std::vector<Vector>& vectors);
/// This product's search in the SQLite file itself: every vector is compared.
std::unique_ptr<Rival> make_sqlite(const std::vector<Vector>& vectors);
/// pgvector's HNSW index, asked through libpqxx with a prepared statement.
std::unique_ptr<Rival> make_pgvector(const std::vector<Vector>& vectors, const std::string& url);

}  // namespace rag::bench
