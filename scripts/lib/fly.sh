# What the scripts about Fly share. Sourced; needs $root.

config=${FLY_CONFIG:-$root/fly.toml}

say() { echo "$*" >&2; }

# die SENTENCE...: the way out of every script, with what is wrong and what to do.
die() {
    echo "$(basename "$0"): $*" >&2
    exit 1
}

# setting NAME: the value of NAME = ... in fly.toml; empty when it is not there (or a comment).
setting() {
    sed -n -E "s/^[[:space:]]*$1[[:space:]]*=[[:space:]]*\"?([^\"#]*[^\"#[:space:]])\"?.*/\1/p" "$config" | head -n 1
}

require_tools() {
    local tool
    for tool in "$@"; do
        command -v "$tool" >/dev/null || die "'$tool' is not installed; $(where_from "$tool")"
    done
}

where_from() {
    case "$1" in
        flyctl) echo "see https://fly.io/docs/flyctl/install/" ;;
        *) echo "install the package $1." ;;
    esac
}

require_login() {
    flyctl auth whoami >/dev/null 2>&1 || die "nobody is logged in; run 'flyctl auth login', or set FLY_API_TOKEN."
}

app_name() {
    local app=${FLY_APP:-$(setting app)}
    [ -n "$app" ] || die "$config names no app, and FLY_APP is not set."
    echo "$app"
}

# Releases that are live or were, newest first: VERSION IMAGE a line.
releases() {
    flyctl releases --app "$1" --image --json |
        jq -r '.[] | select((.Status // "complete") | ascii_downcase | . == "complete" or . == "succeeded")
               | select((.ImageRef // "") != "") | "\(.Version) \(.ImageRef)"'
}
