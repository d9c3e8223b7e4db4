#!/usr/bin/env bash
# Brings back what was live before the last deployment, and verifies it.
#
#   scripts/rollback-deployment.sh [--to VERSION]
#     --to VERSION   the release to bring back, as 'flyctl releases' numbers it
#
# Run twice it rolls back once: when what is live is already an older release brought back, it says so
# and changes nothing. The schema of the store only grows, and an older server refuses a newer store
# with a sentence, so a rollback across a migration needs the backup that was made before it.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/scripts/lib/fly.sh"

wanted=
case "${1:-}" in
    "") ;;
    --to)
        wanted=${2:-}
        wanted=${wanted#v}
        [[ $wanted =~ ^[0-9]+$ ]] || die "--to wants the number of a release."
        ;;
    *)
        echo "usage: scripts/rollback-deployment.sh [--to VERSION]" >&2
        exit 2
        ;;
esac

main() {
    require_tools flyctl jq curl
    require_login
    local app list live image
    app=$(app_name)
    list=$(releases "$app") || die "the releases of '$app' cannot be read."
    [ -n "$list" ] || die "'$app' has no release."
    live=$(head -n 1 <<<"$list" | cut -d' ' -f2)
    if [ -z "$wanted" ] && was_brought_back "$list" "$live"; then
        say "$live was brought back already; name a release with --to to go elsewhere."
    else
        image=$(image_to_bring_back "$list" "$live")
        if [ "$image" = "$live" ]; then
            say "$image is live already."
        else
            say "bringing back $image"
            flyctl deploy --app "$app" --config "$config" --image "$image" --ha=false --yes >&2 ||
                die "the deployment of $image failed; 'flyctl logs --app $app' says why."
        fi
    fi
    "$root/scripts/check-production-health.sh" || die "what is live now does not answer as it should."
}

# Whether the live image was live before another one that came between.
was_brought_back() {
    awk -v live="$2" '$2 != live { between = 1 } $2 == live && between { again = 1 } END { exit !again }' <<<"$1"
}

image_to_bring_back() {
    local image
    if [ -n "$wanted" ]; then
        image=$(awk -v wanted="$wanted" '$1 == wanted { print $2; exit }' <<<"$1")
        [ -n "$image" ] || die "there is no release $wanted with an image; 'flyctl releases --image' lists them."
    else
        image=$(awk -v live="$2" '$2 != live { print $2; exit }' <<<"$1")
        [ -n "$image" ] || die "nothing else was live before $2."
    fi
    echo "$image"
}

main
