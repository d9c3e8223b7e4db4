#include "base/workers.hpp"

#include "rag/error.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <latch>
#include <stdexcept>

using namespace rag;

TEST_CASE("workers: everything accepted runs, also what was queued when the pool stops") {
    std::atomic<int> ran{0};
    {
        Workers workers("test", 3, 1000);
        for (int i = 0; i < 500; ++i) {
            REQUIRE(workers.try_post([&] { ++ran; }));
        }
        workers.stop();
        CHECK_FALSE(workers.try_post([&] { ++ran; }));
    }
    CHECK(ran == 500);
}

TEST_CASE("workers: a full queue refuses at once") {
    std::latch started(1);
    std::latch release(1);
    Workers workers("test", 1, 2);
    REQUIRE(workers.try_post([&] {
        started.count_down();
        release.wait();
    }));
    started.wait();
    CHECK(workers.try_post([] {}));
    CHECK(workers.try_post([] {}));
    CHECK_FALSE(workers.try_post([] {}));
    CHECK(workers.queued() == 2);
    release.count_down();
}

TEST_CASE("workers: work that throws does not end the pool") {
    std::atomic<int> ran{0};
    Workers workers("test", 1, 10);
    REQUIRE(workers.try_post([] { throw std::runtime_error("on purpose"); }));
    REQUIRE(workers.try_post([&] { ++ran; }));
    workers.stop();
    CHECK(ran == 1);
}

TEST_CASE("workers: threads that the system does not give are an error that says so") {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        // Of this user no thread beside those there are; root would be above the limit.
        const rlimit none{0, 0};
        const bool limited =
            (getuid() != 0 || setuid(65534) == 0) && setrlimit(RLIMIT_NPROC, &none) == 0;
        int status = 2;
        try {
            const Workers workers("test", 4, 1);
        } catch (const Error& error) {
            const bool names = error.message().find("RAG_WORKERS") != std::string::npos;
            status = error.code() == ErrorCode::unavailable && names ? 0 : 1;
        }
        _exit(limited ? status : 3);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
}
