# A few words for tests in bash. Sourced; needs $root.

tests_passed=0
tests_failed=0
work=$(mktemp -d /tmp/rag-deploy-test-XXXXXX)
server_pid=
trap 'stop_server; rm -rf "$work"' EXIT

pass() { tests_passed=$((tests_passed + 1)); }
fail() {
    tests_failed=$((tests_failed + 1))
    echo "FAILED: $*"
}

# check DESCRIPTION COMMAND...
check() {
    local description=$1
    shift
    if "$@"; then pass; else fail "$description"; fi
}

# contains FILE PATTERN
contains() { grep -q -- "$2" "$1"; }
lacks() { ! grep -qF -- "$2" "$1"; }

finish_tests() {
    echo "$tests_passed passed, $tests_failed failed"
    [ "$tests_failed" -eq 0 ] && [ "$tests_passed" -gt 0 ]
    exit
}

rag=${RAG_BINARY:-$root/build/release/rag}

# start_server NAME=VALUE...: a server on a port of its own; sets server_url and server_log.
start_server() {
    server_log=$work/server.log
    env -i PATH="$PATH" HOME=/nonexistent RAG_DATA_DIR="$work/data" "$@" \
        "$rag" serve --port 0 2>"$server_log" &
    server_pid=$!
    local i
    for i in $(seq 600); do
        server_url=$(sed -n -E 's/.*listening on (http:[0-9.:\/]+).*/\1/p' "$server_log" | head -n 1)
        [ -z "$server_url" ] || return 0
        kill -0 "$server_pid" 2>/dev/null || break
        sleep 0.05
    done
    cat "$server_log"
    return 1
}

stop_server() {
    [ -n "$server_pid" ] || return 0
    kill "$server_pid" 2>/dev/null
    wait "$server_pid" 2>/dev/null
    server_pid=
}
