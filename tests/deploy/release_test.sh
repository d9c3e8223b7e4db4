#!/usr/bin/env bash
# What scripts/release makes can be unpacked and run, says what is in it, and comes out equal twice.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$root/tests/deploy/lib.sh"

export SOURCE_DATE_EPOCH=1767225600
release() { RAG_DIST_FOLDER=$work/$1 "$root/scripts/release" --binary "$rag" >"$work/out" 2>&1; }
release one && pass || { cat "$work/out"; fail "a release is made"; finish_tests; }
dist=$work/one
version=$("$rag" --version | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -n 1)

check "the checksums are right" eval '(cd "$dist" && sha256sum --quiet -c SHA256SUMS)'
check "they cover everything" test "$(wc -l <"$dist/SHA256SUMS")" = "$(($(ls "$dist" | wc -l) - 1))"
mkdir "$work/tar" && tar -C "$work/tar" -xf "$dist"/rag-memory-"$version"-linux-*.tar.gz
check "the tarball's program runs" eval '"$work"/tar/*/rag --version | grep -qF "$version"'
check "it has its licence and documents" eval 'ls "$work"/tar/*/LICENSE "$work"/tar/*/NOTICE "$work"/tar/*/docs/CONFIGURATION.md >/dev/null'
if command -v dpkg-deb >/dev/null; then
    deb=$(ls "$dist"/*.deb)
    dpkg-deb -x "$deb" "$work/deb"
    check "the package's program runs" eval '"$work/deb/usr/bin/rag" --version | grep -qF "$version"'
    check "its service starts that program" grep -qx 'ExecStart=/usr/bin/rag serve' "$work/deb/lib/systemd/system/rag-memory.service"
    for package in libpqxx libsqlite3-0 libssl3 libicu; do
        check "it depends on $package" eval 'dpkg-deb -f "$deb" Depends | grep -q "$package"'
    done
fi
check "the SBOM names what is linked" jq -e \
    '.spdxVersion == "SPDX-2.3" and ([.packages[].name] | any(startswith("libpqxx")) and any(startswith("libssl"))) and ((.packages | length) == (.relationships | length))' \
    "$dist"/rag-memory-"$version"-linux-*.spdx.json
mkdir "$work/bundle" && unzip -q -d "$work/bundle" "$dist"/rag-memory-"$version"-linux-*.mcpb
check "the bundle's program runs with the libraries beside it" eval \
    'LD_LIBRARY_PATH=$work/bundle/server/lib "$work/bundle/server/rag" --version | grep -qF "$version"'
check "the loader takes them from there" eval \
    'LD_LIBRARY_PATH=$work/bundle/server/lib ldd "$work/bundle/server/rag" | grep libpqxx | grep -qF "$work/bundle"'
release two
check "a second run makes the same" eval 'diff "$work/one/SHA256SUMS" "$work/two/SHA256SUMS"'
finish_tests
