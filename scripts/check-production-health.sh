#!/usr/bin/env bash
# Asks the deployed server what a client would, and says what is wrong. Changes nothing.
#
#   scripts/check-production-health.sh [URL]
#     URL        default: RAG_PUBLIC_URL of fly.toml
#     RAG_TOKEN  a client's token; with it the tools and a search are tried too
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/scripts/lib/fly.sh"

# A stopped machine starts on the first request.
start_seconds=${RAG_HEALTH_WAIT:-60}
failed=0

main() {
    require_tools curl jq
    local url=${1:-$(setting RAG_PUBLIC_URL)}
    [ -n "$url" ] || die "give a URL, or RAG_PUBLIC_URL in $config."
    url=${url%/}
    wait_for_health "$url"
    expect_status "$url/health/live" 200 "the process lives"
    expect_refusal "$url"
    if [ -n "${RAG_TOKEN:-}" ]; then
        try_tools "$url"
    else
        echo "note    RAG_TOKEN is not set: no call was tried"
    fi
    [ "$failed" -eq 0 ]
}

good() { echo "ok      $*"; }
bad() {
    echo "FAILED  $*"
    failed=$((failed + 1))
}

wait_for_health() {
    local begun=$SECONDS answer status
    while :; do
        answer=$(curl -sS -m 10 -w '\n%{http_code} %{time_total}' "$1/health" 2>&1) || true
        status=$(tail -n 1 <<<"$answer" | cut -d' ' -f1)
        if [ "$status" = 200 ]; then
            good "/health: $(head -n 1 <<<"$answer" | cut -c1-200) in $(tail -n 1 <<<"$answer" | cut -d' ' -f2) s, after $((SECONDS - begun)) s"
            return
        fi
        if [ $((SECONDS - begun)) -ge "$start_seconds" ]; then
            bad "/health did not become 200 within $start_seconds s: $(head -n 1 <<<"$answer" | cut -c1-200)"
            return
        fi
        sleep 1
    done
}

# expect_status URL STATUS WHAT
expect_status() {
    local status
    status=$(curl -s -o /dev/null -m 10 -w '%{http_code}' "$1") || true
    if [ "$status" = "$2" ]; then good "$3"; else bad "$3: $1 answers $status instead of $2"; fi
}

# Without a token nobody may get anything.
expect_refusal() {
    local status
    status=$(curl -s -o /dev/null -m 10 -w '%{http_code}' -X POST -H 'Content-Type: application/json' \
        -H 'Accept: application/json, text/event-stream' -d "$(request tools/list '{}')" "$1/mcp") || true
    if [ "$status" = 401 ]; then
        good "a call without a token is refused"
    else
        bad "a call without a token is answered $status instead of 401; set RAG_AUTH=token"
    fi
    expect_status "$1/metrics" 401 "the metrics want a token"
}

# request METHOD PARAMS: a message of the protocol's revision without sessions.
request() {
    jq -nc --arg method "$1" --argjson params "$2" '{jsonrpc: "2.0", id: 1, method: $method, params: ($params + {_meta: {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {name: "health check", version: "1"},
        "io.modelcontextprotocol/clientCapabilities": {}}})}'
}

# ask URL METHOD PARAMS [NAME]
ask() {
    local headers=(-H "Mcp-Method: $2")
    [ -z "${4:-}" ] || headers+=(-H "Mcp-Name: $4")
    # The token stands in no argument list, where other users of this machine could read it.
    curl -s -m 30 --config - -X POST "${headers[@]}" -H 'Content-Type: application/json' \
        -H 'Accept: application/json, text/event-stream' -H 'MCP-Protocol-Version: 2026-07-28' \
        -d "$(request "$2" "$3")" "$1/mcp" <<<"header = \"Authorization: Bearer $RAG_TOKEN\""
}

# The JSON of an answer, whether it came as such or as an event.
message() { sed -n -E 's/^(data: ?)?(\{.*\})$/\2/p' | tail -n 1; }

try_tools() {
    local count answer
    count=$(ask "$1" tools/list '{}' | message | jq -r '.result.tools | length' 2>/dev/null) || count=0
    if [ "${count:-0}" -gt 0 ]; then good "$count tools"; else bad "tools/list has no tools; is RAG_TOKEN a token of this server?"; fi
    answer=$(ask "$1" tools/call '{"name": "search_documents", "arguments": {"query": "health check", "limit": 1}}' search_documents | message) || answer=
    if [ "$(jq -r '.result.isError // false' <<<"$answer" 2>/dev/null)" = false ]; then
        good "a search answers"
    else
        bad "a search fails: $(jq -r '.result.content[0].text // .error.message' <<<"$answer" 2>/dev/null | cut -c1-200)"
    fi
}

main "$@"
