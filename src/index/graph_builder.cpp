#include "index/graph_builder.hpp"

#include "base/int8_dot.hpp"
#include "index/graph.hpp"
#include "rag/error.hpp"

// Its own kernels compare floats, and its prefetching reads past the end of lists.
#define NO_MANUAL_VECTORIZATION
#include <hnswlib/hnswlib.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <string_view>
#include <utility>
#include <vector>

namespace rag::index {
namespace {

/// Links of a node on the upper levels; twice as many on the lowest.
constexpr std::size_t links_of_node = 16;
/// How many candidates each new node's links are chosen from. Measured with 100 000 clustered
/// vectors: see tests/bench.
constexpr std::size_t build_width = 100;
/// A walk compares the query with all entries.
constexpr std::size_t entries_max = 512;

/// What the library keeps of a vector: where it is.
struct Reference {
    const std::int8_t* codes = nullptr;
    float scale = 0;
    Node node = 0;
};

Reference read_reference(const void* data) {
    Reference reference;
    std::memcpy(&reference, data, sizeof reference);  // The library does not align it.
    return reference;
}

float measure_distance(const void* left, const void* right, const void* dimensions) {
    const Reference a = read_reference(left);
    const Reference b = read_reference(right);
    const std::int32_t sum =
        dot_int8_codes(a.codes, b.codes, *static_cast<const std::size_t*>(dimensions));
    return 1.0F - static_cast<float>(sum) * a.scale * b.scale;
}

class CodeSpace final : public hnswlib::SpaceInterface<float> {
public:
    explicit CodeSpace(std::size_t dimensions) : dimensions_(dimensions) {}

    size_t get_data_size() override { return sizeof(Reference); }
    hnswlib::DISTFUNC<float> get_dist_func() override { return measure_distance; }
    void* get_dist_func_param() override { return &dimensions_; }

private:
    std::size_t dimensions_;
};

using Library = hnswlib::HierarchicalNSW<float>;

/// Of each node the next one with the same codes; empty when there are no twins. `first` receives
/// the nodes that stand for themselves and their twins, ascending.
std::vector<Node> find_twins(const VectorSet& vectors, std::vector<Node>& first) {
    std::vector<std::pair<std::size_t, Node>> sorted;
    sorted.reserve(vectors.size());
    const auto codes = [&](Node node) {
        return std::string_view(reinterpret_cast<const char*>(vectors.codes(node)),
                                vectors.dimensions());
    };
    for (Node node = 0; node < vectors.size(); ++node) {
        sorted.emplace_back(std::hash<std::string_view>{}(codes(node)), node);
    }
    std::sort(sorted.begin(), sorted.end());
    std::vector<Node> twins;
    for (std::size_t i = 0; i < sorted.size(); ++i) {
        const bool twin = i > 0 && sorted[i].first == sorted[i - 1].first &&
                          codes(sorted[i].second) == codes(sorted[i - 1].second);
        if (!twin) {
            first.push_back(sorted[i].second);
            continue;
        }
        if (twins.empty()) {
            twins.assign(vectors.size(), no_node);
        }
        twins[sorted[i - 1].second] = sorted[i].second;
    }
    std::sort(first.begin(), first.end());
    return twins;
}

/// The library's lowest level with our numbers, and more links where a node would be out of reach.
class Exporter {
public:
    Exporter(const Library& library, std::size_t nodes) : library_(library), begins_(nodes + 1) {
        numbers_.reserve(library.cur_element_count);
        for (hnswlib::tableint i = 0; i < library.cur_element_count; ++i) {
            numbers_.push_back(read_reference(library.getDataByInternalId(i)).node);
        }
        choose_entries();
        find_lost();
    }

    SharedBytes write(const std::vector<Node>& twins) {
        for (hnswlib::tableint i = 0; i < numbers_.size(); ++i) {
            begins_[numbers_[i] + 1] = static_cast<std::uint32_t>(links_of(i).size());
        }
        for (const auto& [from, to] : added_) {
            ++begins_[numbers_[from] + 1];
        }
        for (std::size_t node = 1; node < begins_.size(); ++node) {
            begins_[node] += begins_[node - 1];
        }
        std::vector<Node> links(begins_.back());
        std::vector<std::uint32_t> ends(begins_.begin(), begins_.end() - 1);
        for (hnswlib::tableint i = 0; i < numbers_.size(); ++i) {
            for (const hnswlib::tableint link : links_of(i)) {
                links[ends[numbers_[i]]++] = numbers_[link];
            }
        }
        for (const auto& [from, to] : added_) {
            links[ends[numbers_[from]]++] = numbers_[to];
        }
        BlobWriter blob;
        const auto add = [&](GraphSection section, const auto& values) {
            blob.add(static_cast<std::size_t>(section), values);
        };
        blob.expect_bytes((begins_.size() + links.size() + twins.size() + entries_.size()) *
                          sizeof(Node));
        add(GraphSection::link_begins, begins_);
        add(GraphSection::links, links);
        add(GraphSection::twins, twins);
        add(GraphSection::entries, entries_);
        return blob.finish();
    }

private:
    std::span<const hnswlib::tableint> links_of(hnswlib::tableint i) const {
        auto* const list = library_.get_linklist0(i);
        return {list + 1, library_.getListCount(list)};
    }

    /// The nodes of the lowest level that has few enough of them: levels are drawn at random.
    void choose_entries() {
        const auto& levels = library_.element_levels_;
        const auto count = static_cast<std::ptrdiff_t>(numbers_.size());
        int level = 0;
        while (std::count_if(levels.begin(), levels.begin() + count, [&](int of) {
                   return of >= level;
               }) > static_cast<std::ptrdiff_t>(entries_max)) {
            ++level;
        }
        for (hnswlib::tableint i = 0; i < numbers_.size(); ++i) {
            if (levels[i] >= level || i == library_.enterpoint_node_) {
                entries_.push_back(numbers_[i]);
                starts_.push_back(i);
            }
        }
    }

    /// Goes wherever links lead from the entries, and links what was not met from a neighbour.
    void find_lost() {
        std::vector<bool> met(numbers_.size(), false);
        std::vector<hnswlib::tableint> waiting;
        const auto meet = [&](hnswlib::tableint i) {
            if (!met[i]) {
                met[i] = true;
                waiting.push_back(i);
            }
        };
        const auto go_on = [&] {
            while (!waiting.empty()) {
                const hnswlib::tableint i = waiting.back();
                waiting.pop_back();
                for (const hnswlib::tableint link : links_of(i)) {
                    meet(link);
                }
            }
        };
        for (const hnswlib::tableint i : starts_) {
            meet(i);
        }
        go_on();
        for (hnswlib::tableint i = 0; i < numbers_.size(); ++i) {
            if (!met[i]) {
                const auto links = links_of(i);
                const auto neighbour =
                    std::find_if(links.begin(), links.end(), [&](auto link) { return met[link]; });
                added_.emplace_back(neighbour == links.end() ? starts_.front() : *neighbour, i);
                meet(i);
                go_on();
            }
        }
    }

    const Library& library_;
    std::vector<Node> numbers_;  ///< Ours, by the library's.
    std::vector<std::uint32_t> begins_;
    std::vector<Node> entries_;
    std::vector<hnswlib::tableint> starts_;  ///< The entries by the library's numbers.
    std::vector<std::pair<hnswlib::tableint, hnswlib::tableint>> added_;
};

[[noreturn]] void fail(const std::exception& error) {
    throw Error(ErrorCode::internal,
                std::string("The graph of the search index cannot be built: ") + error.what());
}

}  // namespace

struct GraphBuilder::Build {
    explicit Build(VectorSet set)
        : vectors(std::move(set)),
          space(vectors.dimensions()),
          twins(find_twins(vectors, first)),
          library(&space, std::max<std::size_t>(first.size(), 1), links_of_node, build_width) {}

    const VectorSet vectors;
    CodeSpace space;
    std::vector<Node> first;
    std::vector<Node> twins;
    Library library;
    std::size_t inserted = 0;  ///< Of `first`.
};

GraphBuilder::GraphBuilder(VectorSet vectors) {
    try {
        build_ = std::make_unique<Build>(std::move(vectors));
    } catch (const std::runtime_error& error) {
        fail(error);
    }
}

GraphBuilder::~GraphBuilder() = default;

const VectorSet& GraphBuilder::vectors() const {
    return build_->vectors;
}

bool GraphBuilder::insert(std::size_t count) {
    Build& build = *build_;
    const std::size_t end = std::min(build.first.size(), build.inserted + count);
    try {
        for (; build.inserted < end; ++build.inserted) {
            const Node node = build.first[build.inserted];
            const auto place = build.vectors.place(node);
            const Reference reference{build.vectors.codes(place), build.vectors.scale(place), node};
            build.library.addPoint(&reference, node);
        }
    } catch (const std::runtime_error& error) {
        fail(error);
    }
    return build.inserted < build.first.size();
}

SharedBytes GraphBuilder::finish() {
    return Exporter(build_->library, build_->vectors.size()).write(build_->twins);
}

}  // namespace rag::index
