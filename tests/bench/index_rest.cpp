#include "bench/index_rest.hpp"

#include <httplib.h>

#include <algorithm>
#include <thread>

namespace rag::bench {
namespace {

/// From this many on a graph answers for vectors, once it is built (index/graph_keeper.hpp).
constexpr double graph_vectors_min = 50'000;

bool is_at_rest(const test::RunningServer& server, std::int64_t chunks) {
    const double copied = read_gauge(server, "rag_index_chunks");
    const double graphed = read_gauge(server, "rag_index_graph_vectors");
    return copied >= static_cast<double>(chunks) * 0.99 &&
           (copied < graph_vectors_min || graphed > copied * 0.9);
}

}  // namespace

double percentile(std::vector<double> values, double share) {
    std::sort(values.begin(), values.end());
    return values.at(static_cast<std::size_t>(share * static_cast<double>(values.size() - 1)));
}

double read_gauge(const test::RunningServer& server, const std::string& name) {
    httplib::Client client(server.address());
    const auto page = client.Get("/metrics");
    const std::size_t at = page ? page->body.find('\n' + name + ' ') : std::string::npos;
    return at == std::string::npos ? 0 : std::stod(page->body.substr(at + name.size() + 2));
}

bool await_rest(const test::RunningServer& server, std::int64_t chunks, std::chrono::seconds most) {
    const auto end = std::chrono::steady_clock::now() + most;
    while (!is_at_rest(server, chunks)) {
        if (std::chrono::steady_clock::now() > end) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    return true;
}

}  // namespace rag::bench
