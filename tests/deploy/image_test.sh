#!/usr/bin/env bash
# Builds the Dockerfile without an engine and runs what comes out. Wants root, buildah, mmdebstrap and
# Debian's packages; ends with 77 where they are not to be had.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$root/tests/deploy/lib.sh"

bytes_max=$((160 * 1000 * 1000))
state=${RAG_IMAGE_FOLDER:-$root/build/image}

. /etc/os-release
skip() {
    echo "$*"
    exit 77
}

[ "$(id -u)" -eq 0 ] || skip "only root can build an image without an engine"
command -v buildah >/dev/null && command -v mmdebstrap >/dev/null ||
    skip "buildah or mmdebstrap is not installed"

mkdir -p "$state/root" "$state/run"
cat >"$state/storage.conf" <<C
[storage]
driver = "overlay"
graphroot = "$state/root"
runroot = "$state/run"
C
grep -q overlay /proc/filesystems || sed -i 's/overlay/vfs/' "$state/storage.conf"
echo 'unqualified-search-registries = ["docker.io"]' >"$state/registries.conf"
echo '{"default": [{"type": "insecureAcceptAnything"}]}' >"$state/policy.json"
export CONTAINERS_STORAGE_CONF=$state/storage.conf CONTAINERS_REGISTRIES_CONF=$state/registries.conf
export BUILDAH_ISOLATION=chroot
policy=(--signature-policy "$state/policy.json")

# The base comes from the machine's own mirror instead of a registry.
make_base() {
    buildah images -q docker.io/library/debian:bookworm-slim 2>/dev/null | grep -q . && return 0
    local mirror container
    mirror=$(sed -n -E 's/^(URIs: *|deb +(\[[^]]*\] +)?)(https?:[^ ]+).*/\3/p' \
        /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | grep -v security | head -n 1)
    mmdebstrap --quiet --variant=minbase --include=usr-is-merged,tzdata --dpkgopt='path-exclude=/usr/share/doc/*' \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
        bookworm "$state/base.tar" "${mirror:-http://deb.debian.org/debian}" || return 1
    container=$(buildah from "${policy[@]}" scratch) &&
        buildah add -q "$container" "$state/base.tar" / >/dev/null &&
        buildah config --cmd bash "$container" &&
        buildah commit "${policy[@]}" -q "$container" docker.io/library/debian:bookworm-slim &&
        buildah rm "$container" >/dev/null
    rm -f "$state/base.tar"
}

# Quick: with a binary of this machine's in place of the one that the first stage would compile; it
# fits where this machine runs the image's distribution. RAG_IMAGE_BUILD=whole compiles.
write_context() {
    mkdir -p "$work/context/models"
    cp "$rag" "$work/context/rag"
    strip --strip-unneeded "$work/context/rag"
    cp "$root/LICENSE" "$work/context/"
    cp "$root/models/NOTICE" "$work/context/models/"
    sed -e '/AS build$/,/AS base$/{/AS base$/!d}' "$root/Dockerfile" |
        sed '0,/AS base$/s//AS base/;1,/^FROM/{/^FROM/i FROM scratch AS build\nCOPY rag /src/build/release/rag\n
        }' >"$work/context/Dockerfile"
}

build() {
    local options=() context=$root
    if [ "${RAG_IMAGE_BUILD:-}" = whole ]; then
        # The compiler's cache of this machine, where there is one.
        [ ! -d "${CCACHE_DIR:-$HOME/.cache/ccache}" ] ||
            options=(--volume "${CCACHE_DIR:-$HOME/.cache/ccache}:/root/.cache/ccache")
    else
        write_context
        context=$work/context
    fi
    buildah bud "${policy[@]}" --isolation chroot --network host --pull-never --format docker \
        --layers --target server "${options[@]}" -t localhost/rag-memory:test "$context"
}

[ "${RAG_IMAGE_BUILD:-}" = whole ] || [ "${VERSION_CODENAME:-}" = bookworm ] ||
    skip "the binary of this machine does not fit the image; RAG_IMAGE_BUILD=whole compiles one"
make_base >&2 || skip "no base image could be made from Debian's packages"
if build >"$work/build.log" 2>&1; then
    pass
else
    tail -n 60 "$work/build.log"
    fail "the image is built"
    finish_tests
fi

image=localhost/rag-memory:test
inspect() { buildah inspect --type image --format "$1" "$image"; }
container=$(buildah from "${policy[@]}" --pull-never "$image")
mounted=$(buildah mount "$container")
trap 'stop_server; buildah umount "$container" >/dev/null; buildah rm "$container" >/dev/null; rm -rf "$work"' EXIT

size=$(du -sb --apparent-size "$mounted" | cut -f1)
echo "the image holds $((size / 1000000)) MB"
check "it is below 160 MB" test "$size" -lt "$bytes_max"
check "it runs as a user without rights" test "$(inspect '{{.Docker.Config.User}}')" = rag
check "it has a health check" test -n "$(inspect '{{.Docker.Config.Healthcheck}}')"
check "it holds no compiler" test ! -e "$mounted/usr/bin/clang++-19"
check "it holds no sources" test ! -e "$mounted/src"

# As the container's user, on a tree that this user cannot write.
in_image() {
    chroot --userspec=10001:10001 "$mounted" /usr/bin/env -i PATH=/usr/local/bin:/usr/bin:/bin HOME=/data \
        RAG_DATA_DIR=/data RAG_HOST=127.0.0.1 RAG_AUTH=token RAG_TOKENS=t:writer:secret-of-the-test \
        RAG_LOG_FORMAT=json PORT="${port:-0}" "$@"
}
check "the program starts" in_image /usr/local/bin/rag --version
check "the user writes nowhere but in /data and /tmp" eval \
    '! in_image /usr/bin/touch /usr/local/bin/x && ! in_image /usr/bin/touch /etc/x && in_image /usr/bin/touch /data/x'

in_image /usr/local/bin/rag serve 2>"$work/serve.log" &
server_pid=$!
for _ in $(seq 1200); do
    port=$(sed -n -E 's/.*listening on http:\/\/127.0.0.1:([0-9]+).*/\1/p' "$work/serve.log" | head -n 1)
    [ -z "$port" ] || break
    sleep 0.05
done
check "it listens" test -n "${port:-}"
RAG_TOKEN=secret-of-the-test RAG_HEALTH_WAIT=10 "$root/scripts/check-production-health.sh" \
    "http://127.0.0.1:$port" && pass || fail "it answers as it should"
# The very command of the Dockerfile.
mapfile -t probe < <(inspect '{{range .Docker.Config.Healthcheck.Test}}{{println .}}{{end}}' | sed '/^$/d')
check "its health check finds it healthy" in_image "${probe[@]:1}"
# Its parent waits for it, and ends with it.
pkill -TERM -P "$server_pid"
wait "$server_pid"
server_pid=
check "and not when it has ended" eval '! in_image "${probe[@]:1}" 2>/dev/null'
finish_tests
