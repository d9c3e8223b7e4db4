#!/usr/bin/env bash
# What /metrics prints is Prometheus' text, and the dashboard and the alerts name nothing else.
# promtool comes from Debian's package, unpacked beside the build: nothing is installed.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$root/tests/deploy/lib.sh"

tools=${RAG_TOOLS_FOLDER:-$root/build/tools}
promtool=$(command -v promtool || echo "$tools/usr/bin/promtool")
# A package of its own from Debian 13 on, part of the server's before.
for package in promtool prometheus; do
    [ ! -x "$promtool" ] || break
    mkdir -p "$tools"
    (cd "$tools" && apt-get download -qq "$package" >/dev/null 2>&1 && dpkg -x "$package"_*.deb . && rm -f "$package"_*.deb)
done
[ -x "$promtool" ] || { fail "promtool cannot be had: the package promtool, or prometheus, is not to be downloaded"; finish_tests; }

check "the alerts are rules" "$promtool" check rules "$root/deploy/alerts.yml"
check "the dashboard is JSON" jq -e '.panels | length > 20' "$root/deploy/grafana-dashboard.json"

start_server RAG_LOG_FORMAT=json || { fail "no server"; finish_tests; }
# So that every series that comes with use is there.
call() {
    curl -s -m 30 -o "$work/answer" -X POST -H 'Content-Type: application/json' \
        -H 'Accept: application/json, text/event-stream' -H 'MCP-Protocol-Version: 2026-07-28' \
        -H "Mcp-Method: tools/call" -H "Mcp-Name: $1" -H "traceparent: ${3:-}" "$server_url/mcp" \
        -d "$(jq -nc --arg name "$1" --argjson arguments "$2" '{jsonrpc: "2.0", id: 1, method: "tools/call", params: {name: $name, arguments: $arguments, _meta: {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientInfo": {name: "t", version: "1"}, "io.modelcontextprotocol/clientCapabilities": {}}}}')"
}
trace=4bf92f3577b34da6a3ce929d0e0e4736
call create_collection '{"name": "c", "description": "d"}'
call ingest_text '{"collection_name": "c", "content": "Marmalade-7731 is kept in the blue cupboard."}'
call search_documents '{"query": "Marmalade-7731 cupboard"}' "00-$trace-00f067aa0ba902b7-01"
check "a search answers" contains "$work/answer" "blue cupboard"
call search_documents '{"query": ""}'
call ingest_url '{"url": "http://127.0.0.1:1/", "collection_name": "c"}'
curl -s "$server_url/metrics" >"$work/page"
check "the page is read and has no faults" eval '"$promtool" check metrics <"$work/page"'
check "calls are counted by tool and outcome" contains "$work/page" \
    'rag_calls_total{method="tools/call",tool="search_documents",outcome="ok"} 1'
check "refusals too" contains "$work/page" 'tool="search_documents",outcome="refused"} 1'
check "and timed" contains "$work/page" 'rag_call_seconds_count{method="tools/call",tool="search_documents"} 2'
check "the stages of a search are timed" contains "$work/page" 'rag_search_stage_seconds_count{stage="words"}'

# Names in expressions that are ours, against the names on the page. Some come only with use of the
# web, of a database server or of a service.
names() { grep -oE '\b(rag|process)_[a-z_]+' | sed -E 's/_(bucket|sum|count)$//' | sort -u; }
grep '^# TYPE' "$work/page" | awk '{print $3}' | sort -u >"$work/known"
printf '%s\n' rag_crawl_pages_total rag_outbound_requests_total rag_outbound_request_seconds >>"$work/known"
for file in "$root/deploy/alerts.yml" "$root/deploy/grafana-dashboard.json"; do
    jq -r '.. | .expr? // empty' "$file" 2>/dev/null >"$work/expressions" || sed -n -E '/expr:/,/for:/p' "$file" >"$work/expressions"
    for name in $(names <"$work/expressions"); do
        check "$(basename "$file") names $name, which is not on the page" grep -qx "$name" "$work/known"
    done
done

# The log -------------------------------------------------------------------------------------------
check "every line of the log is one JSON object" eval \
    'jq -e -s "length > 3 and all(.[]; type == \"object\" and has(\"time\") and has(\"level\") and has(\"message\"))" "$server_log" >/dev/null'
check "a call is one line with its request's id" eval \
    'jq -e -s "any(.[]; .message | startswith(\"tools/call search_documents ok\")) and all(.[] | select(.message | startswith(\"tools/call\")); .request_id | length == 36)" "$server_log" >/dev/null'
check "and its caller's trace" eval \
    'jq -e -s "any(.[]; .trace_id == \"$trace\" and .span_id == \"00f067aa0ba902b7\")" "$server_log" >/dev/null'
check "no content is in the log" lacks "$server_log" 'Marmalade\|cupboard'
finish_tests
