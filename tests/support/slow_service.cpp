#include "support/slow_service.hpp"

#include <httplib.h>

#include <nlohmann/json.hpp>

namespace rag::test {

SlowService::SlowService(std::chrono::milliseconds delay)
    : delay_(delay), server_(std::make_unique<httplib::Server>()) {
    server_->Post("/v1/embeddings", [this](const httplib::Request& request,
                                           httplib::Response& response) {
        {
            const std::scoped_lock lock(mutex_);
            trace_parent_ = request.get_header_value("traceparent");
        }
        ++requests_;
        std::this_thread::sleep_for(delay_);
        nlohmann::json data = nlohmann::json::array();
        for (std::size_t i = 0; i < nlohmann::json::parse(request.body).at("input").size(); ++i) {
            data.push_back({{"index", i}, {"embedding", {0.6, 0.8, 0.0}}});
        }
        response.set_content(nlohmann::json{{"data", data}}.dump(), "application/json");
    });
    port_ = server_->bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_->listen_after_bind(); });
}

SlowService::~SlowService() {
    while (!server_->is_running()) {
        std::this_thread::yield();
    }
    server_->stop();
    thread_.join();
}

std::map<std::string, std::string> SlowService::environment() const {
    return {{"RAG_EMBEDDING_PROVIDER", "openai"},
            {"RAG_EMBEDDING_MODEL", "slow"},
            {"RAG_EMBEDDING_DIMENSIONS", "3"},
            {"OPENAI_API_KEY", "k"},
            {"OPENAI_BASE_URL", "http://127.0.0.1:" + std::to_string(port_) + "/v1"}};
}

bool SlowService::wait_for_request() const {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (requests_ == 0 && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return requests_ > 0;
}

std::string SlowService::trace_parent() const {
    const std::scoped_lock lock(mutex_);
    return trace_parent_;
}

}  // namespace rag::test
