# The long parts of scripts/test --full. Sourced by it; uses its functions.

fuzz_seconds=${RAG_FUZZ_SECONDS:-60}

run_fuzzer() {
    local corpus=$root/build/fuzz/corpus/$1 seeds=$root/tests/fuzz/seeds/$1
    mkdir -p "$corpus"
    [ -d "$seeds" ] || seeds=
    "$root/build/fuzz/tests/bin/rag_fuzz_$1" -max_total_time="$fuzz_seconds" -rss_limit_mb=4096 \
        -timeout=20 "$corpus" ${seeds:+"$seeds"}
}

# hnswlib locks a node and then its neighbours, whichever of them comes first; one thread builds a
# graph, so that nobody waits. The tool cannot name the frames by which to except that alone.
run_with_tsan() {
    local options="suppressions=$root/tests/tsan.supp halt_on_error=1"
    [ "$1" != index ] || options+=" detect_deadlocks=0"
    TSAN_OPTIONS=$options run_room tsan "$1"
}

configure_fuzzers() {
    cmake -S "$root" -B "$root/build/fuzz" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DRAG_TESTS=ON \
        -DRAG_FUZZ=ON -DRAG_SANITIZE=address,undefined,fuzzer-no-link -DCMAKE_CXX_FLAGS_DEBUG="-O1 -g1" &&
        ninja -C "$root/build/fuzz" --quiet rag_fuzzers
}

# shellcheck disable=SC2046  # lists of words are what is wanted
part "install what builds an image" install_packages $(full_packages)
part "asan: build the whole product" build_preset asan
for name in scenarios processes crawls authorization moving watches files; do
    part "asan: $name" run_room asan "$name"
done
part "build with tsan" build_preset tsan
together tsan run_with_tsan index crawl memory server storage base formats embed backup transfer net auth \
    browser watch mcp tools http app
for name in scenarios processes crawls authorization moving watches files; do
    part "tsan: $name" run_with_tsan "$name"
done
part "build fuzzers" configure_fuzzers
mapfile -t fuzzers < <(basename -a -s _fuzz.cpp "$root"/tests/fuzz/*_fuzz.cpp)
together fuzz run_fuzzer "${fuzzers[@]}"
part "deploy: arm64" env RAG_BINARY="$root/build/release/rag" "$root/tests/deploy/arm_test.sh"
part "deploy: the image" "$root/tests/deploy/image_test.sh"
part "deploy: the image with a browser" env RAG_IMAGE_TARGET=browser "$root/tests/deploy/image_test.sh"
part "deploy: the image, compiled in it" env RAG_IMAGE_BUILD=whole "$root/tests/deploy/image_test.sh"
part "soak: sqlite, longer" "$root/scripts/soak" --minutes "${RAG_SOAK_MINUTES:-5}"
part "soak: postgres, longer" "$root/scripts/soak" --minutes "${RAG_SOAK_MINUTES:-5}" --postgres
part "soak: load" "$root/scripts/soak" --load
