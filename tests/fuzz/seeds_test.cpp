// Every fuzzer takes nothing, and what it begins with, without a finding; and all of them compile.
// A fuzzer ends the process where something does not hold.
#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#define FUZZER(name)                                              \
    extern "C" int fuzz_##name(const std::uint8_t*, std::size_t); \
    extern "C" [[gnu::weak]] int fuzz_initialize_##name(int*, char***);
#include "fuzzers.inc"
#undef FUZZER

namespace {

struct Fuzzer {
    std::string name;
    int (*initialize)(int*, char***);  ///< Null where there is nothing to prepare.
    int (*take)(const std::uint8_t*, std::size_t);
};

const std::array fuzzers{
#define FUZZER(name) Fuzzer{#name, &fuzz_initialize_##name, &fuzz_##name},
#include "fuzzers.inc"
#undef FUZZER
};

const std::filesystem::path seeds = std::string(RAG_SOURCE_DIR) + "/tests/fuzz/seeds";

std::string read(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

int take(const Fuzzer& fuzzer, const std::string& bytes) {
    return fuzzer.take(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

}  // namespace

TEST_CASE("seeds: every fuzzer takes nothing, and what it begins with") {
    for (const Fuzzer& fuzzer : fuzzers) {
        CAPTURE(fuzzer.name);
        if (fuzzer.initialize != nullptr) {
            CHECK(fuzzer.initialize(nullptr, nullptr) == 0);
        }
        CHECK(take(fuzzer, "") == 0);
        if (!std::filesystem::exists(seeds / fuzzer.name)) {
            continue;
        }
        for (const auto& seed : std::filesystem::directory_iterator(seeds / fuzzer.name)) {
            CAPTURE(seed.path().string());
            CHECK(take(fuzzer, read(seed.path())) == 0);
        }
    }
}

TEST_CASE("seeds: each folder of them is a fuzzer's") {
    std::set<std::string> names;
    for (const Fuzzer& fuzzer : fuzzers) {
        names.insert(fuzzer.name);
    }
    for (const auto& folder : std::filesystem::directory_iterator(seeds)) {
        CHECK(names.contains(folder.path().filename().string()));
    }
}
