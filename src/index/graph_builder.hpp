#pragma once

#include "index/blob.hpp"
#include "index/vector_set.hpp"

#include <cstddef>
#include <memory>

namespace rag::index {

/// Builds a graph over a set of vectors (Malkov and Yashunin, "Efficient and robust approximate
/// nearest neighbor search using hierarchical navigable small world graphs", 2016), a slice at a
/// time, so that its thread can do other things in between. Takes about 250 bytes for each vector
/// until it is done.
class GraphBuilder {
public:
    explicit GraphBuilder(VectorSet vectors);
    ~GraphBuilder();
    GraphBuilder(const GraphBuilder&) = delete;
    GraphBuilder& operator=(const GraphBuilder&) = delete;

    const VectorSet& vectors() const;
    /// Inserts so many more vectors. False: all are in.
    bool insert(std::size_t count);
    /// The arrays of the graph. Once, at the end.
    SharedBytes finish();

private:
    struct Build;
    std::unique_ptr<Build> build_;
};

}  // namespace rag::index
