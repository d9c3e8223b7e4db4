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
trap 'stop_server; leave_system; buildah umount "$container" >/dev/null; buildah rm "$container" >/dev/null; rm -rf "$work"' EXIT

size=$(du -sb --apparent-size "$mounted" | cut -f1)
echo "the image holds $((size / 1000000)) MB"
if [ "${RAG_IMAGE_TARGET:-server}" = server ]; then
    check "it is below 160 MB" test "$size" -lt "$bytes_max"
fi
check "it runs as a user without rights" test "$(inspect '{{.Docker.Config.User}}')" = rag
check "it has a health check" test -n "$(inspect '{{.Docker.Config.Healthcheck}}')"
check "it holds no compiler" test ! -e "$mounted/usr/bin/clang++-19"
check "it holds no sources" test ! -e "$mounted/src"

# What every container is given.
for system in dev proc; do
    mount --rbind --make-rslave "/$system" "$mounted/$system"
done
leave_system() { umount -R "$mounted/dev" "$mounted/proc"; }

secret=$(od -An -N 24 -tx1 /dev/urandom | tr -d ' \n')
# As the container's user, on a tree that this user cannot write.
mapfile -t image_environment < <(inspect '{{range .Docker.Config.Env}}{{println .}}{{end}}' | sed '/^$/d')
in_image() {
    chroot --userspec=10001:10001 "$mounted" /usr/bin/env -i "${image_environment[@]}" HOME=/data \
        RAG_HOST=127.0.0.1 RAG_AUTH=token "RAG_TOKENS=t:writer:$secret" \
        RAG_LOG_FORMAT=json PORT="${port:-0}" "$@"
}
check "the program starts" in_image /usr/local/bin/rag --version
check "the user writes nowhere but in /data and /tmp" eval \
    '! in_image /usr/bin/touch /usr/local/bin/x && ! in_image /usr/bin/touch /etc/x && in_image /usr/bin/touch /data/x'


# The smallest file that holds a sentence: its table of contents is missing, which readers forgive.
cat >"$mounted/data/note.pdf" <<'PDF'
%PDF-1.4
1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj
2 0 obj << /Type /Pages /Kids [3 0 R] /Count 1 >> endobj
3 0 obj << /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R
  /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >> endobj
4 0 obj << /Length 62 >> stream
BT /F1 12 Tf 72 700 Td (The ferry leaves from the north pier.) Tj ET
endstream endobj
trailer << /Root 1 0 R >>
PDF
aside() { in_image /usr/local/bin/rag --data-dir /data/aside "$@"; }
find_in_pdf() {
    aside collection create papers 'what the ferries do' && aside ingest file /data/note.pdf --collection papers &&
        aside search "where does the ferry leave" | grep "north pier"
}
check "a PDF is read without a font at hand" find_in_pdf >/dev/null
check "it knows whom to trust over TLS" test -s "$mounted/etc/ssl/certs/ca-certificates.crt"
lacks_library() {
    chroot "$mounted" /usr/bin/bash -c '
        for file in /usr/local/bin/rag /usr/bin/pdftotext /usr/lib/*/*.so.*; do ldd "$file" 2>/dev/null; done' |
        grep "not found"
}
check "no library is missing" eval '! lacks_library'
if [ "${RAG_IMAGE_TARGET:-server}" = browser ]; then
    check "its browser answers" eval 'in_image /usr/local/bin/rag doctor | grep -E "browser.*Chrom"'
fi

in_image /usr/local/bin/rag serve 2>"$work/serve.log" &
server_pid=$!
for _ in $(seq 1200); do
    port=$(sed -n -E 's/.*listening on http:\/\/127.0.0.1:([0-9]+).*/\1/p' "$work/serve.log" | head -n 1)
    [ -z "$port" ] || break
    sleep 0.05
done
check "it listens" test -n "${port:-}"
RAG_TOKEN=$secret RAG_HEALTH_WAIT=10 "$root/scripts/check-production-health.sh" \
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
