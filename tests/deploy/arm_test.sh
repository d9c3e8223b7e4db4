#!/usr/bin/env bash
# The release for arm64 that another machine makes: packed as it should be, and under qemu it takes
# in and finds what this machine's own binary does. Minutes long the first time. Wants Debian 12 or 13
# on x86-64 and Debian's packages; ends with 77 where they are not to be had.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$root/tests/deploy/lib.sh"
. "$root/scripts/lib/target.sh"

skip() {
    cat "$work/out" 2>/dev/null
    echo "$*"
    exit 77
}

[ "$(uname -m)" = x86_64 ] || skip "arm64 is cross-built on x86-64 alone; here scripts/release makes it"
choose_target arm64 && prepare_target >"$work/out" 2>&1 ||
    skip "Debian's packages for arm64, or qemu, cannot be had on this machine"

# --- What is packed -------------------------------------------------------------------------------

dist=$work/dist
RAG_DIST_FOLDER=$dist "$root/scripts/release" --arch arm64 >"$work/out" 2>&1 || {
    cat "$work/out"
    fail "a release for arm64 is made"
    finish_tests
}
pass
arm=$root/build/$preset/rag
version=$(version_of "$arm")
name=rag-memory-$version-linux-aarch64
is_arm() { readelf -h "$1" | grep -q 'Machine: *AArch64'; }

check "it has the version of this machine's" test "$version" = "$("$rag" --version | grep -oE '[0-9.]+' | head -n 1)"
check "the checksums are right" eval '(cd "$dist" && sha256sum --quiet -c SHA256SUMS)'
check "they cover everything" test "$(wc -l <"$dist/SHA256SUMS")" = "$(($(ls "$dist" | wc -l) - 1))"
tar -C "$work" -xf "$dist/$name.tar.gz"
check "the tarball's program is for arm64" is_arm "$work/$name/rag"
check "and runs" test "$(version_of "$work/$name/rag")" = "$version"
deb=$dist/rag-memory_${version}_arm64.deb
check "the package is for arm64" test "$(dpkg-deb -f "$deb" Architecture)" = arm64
for package in libpqxx libsqlite3-0 libssl3 libicu libstdc++6; do
    check "it depends on $package" eval 'dpkg-deb -f "$deb" Depends | grep -qF "$package"'
done
nameless() {
    loaded_libraries "$arm" | while read -r library path; do
        [ -n "$(package_of "$(readlink -f "$path")")" ] || echo "$library"
    done
}
check "every library that it loads is a package's" test -z "$(nameless)"
check "the SBOM names what is linked" jq -e \
    '[.packages[].externalRefs[]?.referenceLocator] | length > 10 and all(endswith("?arch=arm64"))' "$dist/$name.spdx.json"
mkdir "$work/bundle" && unzip -q -d "$work/bundle" "$dist/$name.mcpb"
check "the bundle's program is for arm64" is_arm "$work/bundle/server/rag"
for library in "$work"/bundle/server/lib/*; do
    check "$(basename "$library") in the bundle is for arm64" is_arm "$library"
done
check "the bundle has the libraries" test -f "$(ls "$work"/bundle/server/lib/libpqxx* | head -n 1)"
RAG_BINARY=$arm "$root/tests/deploy/hardening_test.sh" && pass || fail "it is hardened as any release"

# --- What it computes -----------------------------------------------------------------------------

build_target rag_test_base rag_test_index -- -DRAG_TESTS=ON >"$work/out" 2>&1 || {
    cat "$work/out"
    fail "the tests are built for arm64"
}
run_tests() { "${runner[@]}" "$root/build/$preset/tests/bin/rag_test_$1" "${@:2}" >"$work/out" 2>&1 || { cat "$work/out"; false; }; }
check "texts, numbers and the NEON kernels are those of the plain loops" run_tests base
check "vectors are scanned, walked through and kept alike" run_tests index \
    --test-case='quantize: rounding*,graph: a walk*,graph: every*,graph: a small*,snapshot*'

# --- What it answers ------------------------------------------------------------------------------

# converse FOLDER PROGRAM...: takes the library in and asks questions, over stdio; prints the passages
# that were found, each with its similarity as a reader would see it.
converse() {
    local folder=$1 text question arguments
    shift
    mkdir "$folder" && mkfifo "$folder/in" "$folder/out"
    env -i PATH="$PATH" HOME=/nonexistent RAG_DATA_DIR="$folder" \
        "$@" serve --transport stdio <"$folder/in" >"$folder/out" 2>"$folder/log" &
    server_pid=$!
    exec 5>"$folder/in" 6<"$folder/out"
    asked=0
    ask initialize '{"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}'
    call create_collection '{"name": "library", "description": "old texts"}'
    # As texts: under qemu a file that is looked for from "/" on is looked for in the sysroot.
    for text in "$root"/examples/library/*.md; do
        arguments=$(jq -n --rawfile text "$text" --arg name "$(basename "$text")" \
            '{content: $text, collection_name: "library", document_title: $name}')
        call ingest_text "$arguments"
        jq -c '.result.structuredContent | [.status, .num_chunks]' <<<"$answer"
    done
    for question in "How old must the President be?" "How did the thirsty bird get at the water?" \
        "why nobody believed the young herdsman when danger was real" "What are the unalienable rights?"; do
        arguments=$(jq -n --arg query "$question" '{query: $query, collection_name: "library", limit: 5}')
        call search_documents "$arguments"
        jq -r '.result.structuredContent.result[] |
            "\(.similarity * 1000 | round) \(.source_filename) \(.content[:60] | gsub("\n"; " "))"' <<<"$answer"
    done
    exec 5>&- 6<&-
    wait "$server_pid"
    echo "ended with $?"
    server_pid=
}

# ask METHOD PARAMS: sets `answer`.
ask() {
    asked=$((asked + 1))
    jq -nc --argjson id "$asked" --arg method "$1" --argjson params "$2" \
        '{jsonrpc: "2.0", id: $id, method: $method, params: $params}' >&5
    while read -r -t 300 answer <&6; do
        [ "$(jq -r '.id // empty' <<<"$answer")" != "$asked" ] || return 0
    done
    answer='{}'
}
call() { ask tools/call "$(jq -nc --arg name "$1" --argjson arguments "$2" '{name: $name, arguments: $arguments}')"; }

converse "$work/memory-here" "$rag" >"$work/here"
converse "$work/memory-arm" "${runner[@]}" "$arm" >"$work/there"
check "this machine's binary finds passages" test "$(wc -l <"$work/here")" -eq 26
check "that of arm64 finds the same, and ends well" diff "$work/here" "$work/there"
check "each opens the memory of the other" test \
    "$(RAG_DATA_DIR=$work/memory-arm "$rag" search --collection library "thirsty bird" --json | jq -r '.result[0].content[:40]')" = \
    "$(RAG_DATA_DIR=$work/memory-here "${runner[@]}" "$arm" search --collection library "thirsty bird" --json | jq -r '.result[0].content[:40]')"

# The demonstration starts its server itself, which the kernel has to know how to do.
if QEMU_LD_PREFIX=$sysroot "$arm" --version >/dev/null 2>&1; then
    QEMU_LD_PREFIX=$sysroot "$arm" demo >"$work/demo" 2>&1 && pass || { cat "$work/demo"; fail "the demonstration runs"; }
else
    echo "rag demo was not run: this kernel starts no arm64 programs by itself (binfmt_misc)"
fi
finish_tests
