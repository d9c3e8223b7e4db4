#!/usr/bin/env bash
# Builds the Dockerfile without an engine and runs what comes out. Wants root, buildah, mmdebstrap and
# Debian's packages; ends with 77 where they are not to be had.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$root/tests/deploy/lib.sh"
. "$root/scripts/lib/packages.sh"
. "$root/scripts/lib/image.sh"

bytes_max=$((160 * 1000 * 1000))

obstacle=$(why_no_image)
[ -z "$obstacle" ] || { echo "$obstacle"; exit 77; }
prepare_image_storage
make_image_base >&2 || { echo "no base image could be made from Debian's packages"; exit 77; }
if build_image localhost/rag-memory:test "$rag" >"$work/build.log" 2>&1; then
    pass
else
    tail -n 60 "$work/build.log"
    fail "the image is built"
    finish_tests
fi

image=localhost/rag-memory:test
inspect() { buildah inspect --type image --format "$1" "$image"; }
container=$(buildah from "${image_policy[@]}" --pull-never "$image")
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
