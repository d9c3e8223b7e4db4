# The long parts of scripts/test --full. Sourced by it; uses its functions.

fuzz_seconds=${RAG_FUZZ_SECONDS:-60}

run_fuzzer() {
    local corpus=$root/build/fuzz/corpus/$1 seeds=$root/tests/fuzz/seeds/$1
    mkdir -p "$corpus"
    [ -d "$seeds" ] || seeds=
    "$root/build/fuzz/tests/bin/rag_fuzz_$1" -max_total_time="$fuzz_seconds" -rss_limit_mb=4096 \
        -timeout=20 "$corpus" ${seeds:+"$seeds"}
}

configure_fuzzers() {
    cmake -S "$root" -B "$root/build/fuzz" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DRAG_TESTS=ON \
        -DRAG_FUZZ=ON -DRAG_SANITIZE=address,undefined,fuzzer-no-link -DCMAKE_CXX_FLAGS_DEBUG="-O1 -g1" &&
        ninja -C "$root/build/fuzz" --quiet rag_fuzzers
}

# shellcheck disable=SC2046  # lists of words are what is wanted
part "install what builds an image" install_packages $(full_packages)
part "asan: build the whole product" build_preset asan
for name in scenarios processes crawls authorization moving; do
    part "asan: $name" run_room asan "$name"
done
part "build with tsan" build_preset tsan
export TSAN_OPTIONS="suppressions=$root/tests/tsan.supp halt_on_error=1"
# hnswlib locks a node and then its neighbours, whichever of them comes first; one thread builds a
# graph, so that nobody waits. The tool cannot name the frames by which to except that alone.
part "tsan: index" env TSAN_OPTIONS="$TSAN_OPTIONS detect_deadlocks=0" \
    "$root/build/tsan/tests/bin/rag_test_index"
for name in base formats embed storage transfer net auth crawl browser memory mcp tools http server app \
    scenarios processes crawls authorization moving; do
    part "tsan: $name" run_room tsan "$name"
done
part "build fuzzers" configure_fuzzers
for fuzzer in "$root"/tests/fuzz/*_fuzz.cpp; do
    name=$(basename "$fuzzer" _fuzz.cpp)
    part "fuzz: $name" run_fuzzer "$name"
done
part "deploy: arm64" env RAG_BINARY="$root/build/release/rag" "$root/tests/deploy/arm_test.sh"
part "deploy: the image" "$root/tests/deploy/image_test.sh"
part "deploy: the image with a browser" env RAG_IMAGE_TARGET=browser "$root/tests/deploy/image_test.sh"
part "deploy: the image, compiled in it" env RAG_IMAGE_BUILD=whole "$root/tests/deploy/image_test.sh"
part "soak: sqlite, longer" "$root/scripts/soak" --minutes "${RAG_SOAK_MINUTES:-5}"
part "soak: postgres, longer" "$root/scripts/soak" --minutes "${RAG_SOAK_MINUTES:-5}" --postgres
part "soak: load" "$root/scripts/soak" --load
