#!/usr/bin/env bash
# Brings the present commit to Fly: checks the configuration, the secrets and the tests, deploys, and
# verifies what then answers.
#
#   scripts/deploy-production.sh [--skip-tests] [--force]
#     --skip-tests  trusts that scripts/test has passed for this commit
#     --force       deploys also what is live already
#
# Run twice, it deploys once: an image is named after its commit. Nothing is asked on the terminal.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/scripts/lib/fly.sh"

tests=run
force=no
for argument in "$@"; do
    case "$argument" in
        --skip-tests) tests=skip ;;
        --force) force=yes ;;
        *)
            echo "usage: scripts/deploy-production.sh [--skip-tests] [--force]" >&2
            exit 2
            ;;
    esac
done

main() {
    require_tools flyctl jq git curl
    local app commit
    app=$(app_name)
    check_configuration "$app"
    require_login
    flyctl status --app "$app" >/dev/null 2>&1 ||
        die "there is no app '$app' (or it is not yours); 'flyctl apps create $app' makes it."
    check_secrets "$app"
    commit=$(commit_name)
    if [ "$force" = no ] && [ "$(live_label "$app")" = "$commit" ]; then
        say "$commit is live already."
    else
        if [ "$tests" = run ]; then
            say "running the tests"
            "${RAG_TEST_COMMAND:-$root/scripts/test}" >&2 || die "the tests failed; nothing was deployed."
        fi
        say "deploying $commit to $app"
        flyctl deploy --app "$app" --config "$config" --image-label "$commit" --remote-only \
            --ha=false --yes >&2 ||
            die "the deployment failed; 'flyctl logs --app $app' says why. What was live before is untouched, or is brought back by scripts/rollback-deployment.sh."
    fi
    "$root/scripts/check-production-health.sh" ||
        die "what was deployed does not answer as it should; scripts/rollback-deployment.sh brings back what was live before."
    say "$commit serves at $(setting RAG_PUBLIC_URL)/mcp"
}

# Every line of fly.toml on which safety or cost depends.
check_configuration() {
    local url
    url=$(setting RAG_PUBLIC_URL)
    expect RAG_AUTH token "others can reach this server"
    expect RAG_HOST 0.0.0.0 "the platform's proxy must reach it"
    expect internal_port "$(setting PORT)" "the proxy must ask where the server listens"
    expect auto_stop_machines off "the server ends by itself, and the platform would end jobs"
    expect auto_start_machines true "a stopped machine must start on a request"
    expect force_https true "tokens must not travel in the clear"
    [[ $(setting RAG_IDLE_EXIT) =~ ^[1-9][0-9]*$ ]] ||
        die "$config has no RAG_IDLE_EXIT, so the machine would never stop and always cost."
    [[ $url == https://* ]] || die "$config needs RAG_PUBLIC_URL = \"https://...\", the address that clients type."
    case "$url" in
        *.fly.dev) [ "$url" = "https://$1.fly.dev" ] || die "RAG_PUBLIC_URL is $url, but the app is '$1'." ;;
    esac
    if grep -qE '^[[:space:]]*(RAG_TOKENS|DATABASE_URL|OPENAI_API_KEY|RAG_SECRET)[[:space:]]*=' "$config"; then
        die "$config holds a secret; take it out, make it anew where it came from, and give it to 'flyctl secrets set'."
    fi
    if [ -n "${FLY_STRICT_VALIDATE:-}" ]; then
        flyctl config validate --config "$config" >&2 || die "flyctl does not accept $config."
    fi
}

# expect NAME VALUE WHY
expect() {
    [ "$(setting "$1")" = "$2" ] || die "$config should have $1 = $2 ($3), but has '$(setting "$1")'."
}

check_secrets() {
    local names
    names=$(flyctl secrets list --app "$1" --json | jq -r '.[] | .Name // .name')
    grep -qx RAG_TOKENS <<<"$names" ||
        die "the secret RAG_TOKENS is not set; make one with 'rag token create --for-environment --name NAME' and give it to 'flyctl secrets set --app $1 RAG_TOKENS=...'."
    grep -qx DATABASE_URL <<<"$names" || grep -qE '^\[\[?mounts' "$config" ||
        die "the secret DATABASE_URL is not set and no volume is mounted: the memory would be lost at every stop. 'flyctl secrets set --app $1 DATABASE_URL=postgresql://...'"
}

# An image must be what a commit says it is.
commit_name() {
    [ -z "$(git -C "$root" status --porcelain --untracked-files=no)" ] ||
        die "there are changes that are not committed; commit or stash them first."
    git -C "$root" rev-parse --short=12 HEAD
}

live_label() {
    releases "$1" | head -n 1 | sed -n -E 's/^[^ ]+ .*:([^:@]+)(@.*)?$/\1/p'
}

main
