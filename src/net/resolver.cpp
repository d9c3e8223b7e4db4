#include "net/resolver.hpp"

#include "rag/error.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace rag::net {
namespace {

constexpr std::size_t threads_max = 4;
constexpr std::size_t tasks_max = 64;

}  // namespace

struct Resolver::Task {
    std::string host;
    std::vector<IpAddress> addresses;
    bool done = false;
};

std::vector<IpAddress> system_lookup(const std::string& host) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) {
        return {};
    }
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
    std::vector<IpAddress> addresses;
    for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
        IpAddress address;
        if (entry->ai_family == AF_INET) {
            sockaddr_in v4{};
            std::memcpy(&v4, entry->ai_addr, sizeof v4);
            std::memcpy(address.bytes.data(), &v4.sin_addr, sizeof v4.sin_addr);
        } else if (entry->ai_family == AF_INET6) {
            sockaddr_in6 v6{};
            std::memcpy(&v6, entry->ai_addr, sizeof v6);
            std::memcpy(address.bytes.data(), &v6.sin6_addr, sizeof v6.sin6_addr);
            address.is_v6 = true;
        } else {
            continue;
        }
        addresses.push_back(address);
    }
    return addresses;
}

Resolver::Resolver(Lookup lookup) : lookup_(std::move(lookup)) {}

Resolver::~Resolver() {
    {
        const std::scoped_lock lock(mutex_);
        over_ = true;
    }
    wake_.notify_all();
    threads_.clear();
}

std::vector<IpAddress> Resolver::resolve(const std::string& host, const std::stop_token& stop,
                                         SteadyTime deadline) {
    if (const auto address = parse_address(host)) {
        return {*address};
    }
    const auto task = std::make_shared<Task>();
    task->host = host;
    std::unique_lock lock(mutex_);
    if (tasks_.size() >= tasks_max) {
        throw Error(ErrorCode::unavailable,
                    "Too many host names wait to be looked up; try again in a minute.");
    }
    tasks_.push_back(task);
    if (idle_ < tasks_.size() && threads_.size() < threads_max) {
        threads_.emplace_back([this] { work(); });
    }
    wake_.notify_one();
    const auto is_done = [&task] { return task->done; };
    if (!finished_.wait_until(lock, stop, deadline, is_done)) {
        std::erase(tasks_, task);
        if (stop.stop_requested()) {
            throw Error(ErrorCode::cancelled, "The call was cancelled.");
        }
        throw Error(ErrorCode::deadline_exceeded,
                    "The name " + host + " could not be looked up in time.");
    }
    if (task->addresses.empty()) {
        throw Error(ErrorCode::unavailable,
                    "The host " + host + " cannot be found; check the name's spelling.");
    }
    return task->addresses;
}

void Resolver::work() {
    std::unique_lock lock(mutex_);
    for (;;) {
        ++idle_;
        wake_.wait(lock, [this] { return over_ || !tasks_.empty(); });
        --idle_;
        if (over_) {
            return;
        }
        const std::shared_ptr<Task> task = tasks_.front();
        tasks_.pop_front();
        lock.unlock();
        std::vector<IpAddress> addresses = lookup_(task->host);
        lock.lock();
        task->addresses = std::move(addresses);
        task->done = true;
        finished_.notify_all();
    }
}

}  // namespace rag::net
