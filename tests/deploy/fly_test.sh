#!/usr/bin/env bash
# The scripts of a deployment against a stand-in for the platform and a real server.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$root/tests/deploy/lib.sh"

export PATH="$root/tests/deploy/stand-in:$PATH"
export FLY_WORLD=$work/world
export RAG_HEALTH_WAIT=5
unset FLY_APP RAG_TOKEN
token=test-secret-0123456789abcdef

# A repository of one commit with the scripts in it, so that commits and changes are the test's own.
project=$work/project
mkdir -p "$project/scripts/lib"
cp "$root"/scripts/*.sh "$project/scripts/"
cp "$root/scripts/lib/fly.sh" "$project/scripts/lib/"
cp "$root/fly.toml" "$project/"
commit() {
    git -C "$project" -c user.name=t -c user.email=t@t.invalid add -A &&
        git -C "$project" -c user.name=t -c user.email=t@t.invalid commit -qm "$1" --allow-empty
}
git -C "$project" init -q

start_server RAG_AUTH=token RAG_TOKENS="t:reader:$token" || { fail "no server"; finish_tests; }

# The address must be the test's server from here on, and https elsewhere: the health check is told
# by the environment of the scripts through fly.toml, so a copy of it is changed.
new_world() {
    rm -rf "$FLY_WORLD"
    mkdir -p "$FLY_WORLD"
    touch "$FLY_WORLD/logged_in" "$FLY_WORLD/calls"
    echo rag-memory >"$FLY_WORLD/app"
    printf 'RAG_TOKENS\nDATABASE_URL\n' >"$FLY_WORLD/secrets"
    cat >"$FLY_WORLD/releases" <<'R'
3 complete registry.fly.io/rag-memory:ccc
2 failed registry.fly.io/rag-memory:bbb
1 complete registry.fly.io/rag-memory:aaa
R
    cp "$root/fly.toml" "$project/fly.toml"
    rm -f "$project/scripts/check-production-health.sh"
    # The same script, asked about the test's server.
    printf '#!/bin/sh\nexec "%s" "%s"\n' "$root/scripts/check-production-health.sh" "$server_url" \
        >"$project/scripts/check-production-health.sh"
    chmod +x "$project/scripts/check-production-health.sh"
    commit "$1"
}
deploy() { "$project/scripts/deploy-production.sh" "$@" >"$work/out" 2>&1; }
rollback() { "$project/scripts/rollback-deployment.sh" "$@" >"$work/out" 2>&1; }
health() { "$root/scripts/check-production-health.sh" "$server_url" >"$work/out" 2>&1; }
deployments() { grep -c '^deploy ' "$FLY_WORLD/calls"; }
live() { head -n 1 "$FLY_WORLD/releases" | cut -d' ' -f3; }
is() { [ "$1" = "$2" ] || { echo "  '$1' is not '$2'"; cat "$work/out"; return 1; }; }
refuses() { ! "${@:2}" && contains "$work/out" "$1" && is "$(deployments)" 0; }

# Health ------------------------------------------------------------------------------------------
check "a healthy server passes" health
check "it says that no call was tried" contains "$work/out" "no call was tried"
RAG_TOKEN=$token health && pass || { fail "a good token passes"; cat "$work/out"; }
check "tools were listed" contains "$work/out" "14 tools"
check "a search was made" contains "$work/out" "a search answers"
check "the token is not shown" lacks "$work/out" "$token"
RAG_TOKEN=wrong health && fail "a wrong token passes" || pass
! RAG_HEALTH_WAIT=1 "$root/scripts/check-production-health.sh" http://127.0.0.1:1 >"$work/out" 2>&1 &&
    pass || fail "a dead server passes"

# Deployment --------------------------------------------------------------------------------------
new_world one
check "a deployment succeeds" deploy --skip-tests
check "it deployed once" is "$(deployments)" 1
check "the image has the commit's name" is "$(live)" \
    "registry.fly.io/rag-memory:$(git -C "$project" rev-parse --short=12 HEAD)"
check "it was verified" contains "$work/out" "a call without a token is refused"
check "a second run succeeds" deploy --skip-tests
check "and deploys nothing" is "$(deployments)" 1
check "forced, it deploys again" deploy --skip-tests --force
check "once more" is "$(deployments)" 2

new_world tests
RAG_TEST_COMMAND=false deploy && fail "failing tests stop nothing" || pass
check "failing tests deploy nothing" is "$(deployments)" 0
RAG_TEST_COMMAND=true deploy && pass || fail "passing tests stop it"

new_world refusals
rm "$FLY_WORLD/logged_in"
check "without a login" refuses "nobody is logged in" deploy --skip-tests
touch "$FLY_WORLD/logged_in"
echo DATABASE_URL >"$FLY_WORLD/secrets"
check "without a token" refuses "RAG_TOKENS is not set" deploy --skip-tests
echo RAG_TOKENS >"$FLY_WORLD/secrets"
check "without a place for the memory" refuses "the memory would be lost" deploy --skip-tests
echo other >"$FLY_WORLD/app"
check "without the app" refuses "there is no app" deploy --skip-tests
echo rag-memory >"$FLY_WORLD/app"
for change in 's/RAG_AUTH = "token"/RAG_AUTH = "none"/' 's/auto_stop_machines = "off"/auto_stop_machines = "stop"/' \
    's/internal_port = 8000/internal_port = 8080/' 's/force_https = true/force_https = false/' \
    's/RAG_IDLE_EXIT = "300"/RAG_IDLE_EXIT = "0"/' 's/rag-memory.fly.dev/other.fly.dev/' \
    's/^\[env\]/[env]\n  RAG_TOKENS = "x"/'; do
    sed "$change" "$root/fly.toml" >"$project/fly.toml"
    check "configuration: $change" refuses "fly.toml\|RAG_PUBLIC_URL" deploy --skip-tests
done
cp "$root/fly.toml" "$project/fly.toml"
printf 'RAG_TOKENS\nDATABASE_URL\n' >"$FLY_WORLD/secrets"
echo >>"$project/scripts/lib/fly.sh"
check "with changes that are not committed" refuses "not committed" deploy --skip-tests

new_world failure
echo "deploy" >"$FLY_WORLD/fail"
deploy --skip-tests && fail "a failed deployment passes" || pass
check "it names the way back" contains "$work/out" "rollback-deployment.sh"
check "a usage error is 2" eval 'deploy --nonsense; [ $? -eq 2 ]'

# Rollback ----------------------------------------------------------------------------------------
new_world back
check "a rollback succeeds" rollback
check "to what was live before, not to what failed" is "$(live)" registry.fly.io/rag-memory:aaa
check "a second run succeeds" rollback
check "and stays there" is "$(live)" registry.fly.io/rag-memory:aaa
check "with one deployment" is "$(deployments)" 1
check "a named release is brought back" rollback --to 3
check "that one" is "$(live)" registry.fly.io/rag-memory:ccc
check "the same one twice changes nothing" eval 'rollback --to v3; is "$(deployments)" 2'
rollback --to 99 && fail "an unknown release passes" || pass
check "it says so" contains "$work/out" "no release 99"
new_world only
head -n 1 "$FLY_WORLD/releases" >"$FLY_WORLD/r" && mv "$FLY_WORLD/r" "$FLY_WORLD/releases"
rollback && fail "with nothing to go back to it passes" || pass
check "nothing was deployed" is "$(deployments)" 0

finish_tests
