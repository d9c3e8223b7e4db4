# Installs what is missing to build and test on Debian 12, Debian 13 and Ubuntu 24.04. Sourced.

# Packages of the build. Virtual or unversioned names wherever all three systems have them.
build_packages() {
    local common=(
        ca-certificates ccache cmake git libarchive-dev libbrotli-dev libcli11-dev libcpp-httplib-dev libfmt-dev
        libgumbo-dev libhnswlib-dev libicu-dev libpqxx-dev libpsl-dev libsimdjson-dev
        libspdlog-dev libsqlite3-dev libssl-dev libstemmer-dev libxml2-dev ninja-build
        nlohmann-json3-dev pkg-config zlib1g-dev
    )
    case "$(. /etc/os-release && echo "$ID-$VERSION_ID")" in
        debian-12)
            # 1.81 beside the default 1.74, which is too old; clang because g++ 12 miscompiles
            # coroutines.
            echo "${common[@]}" libboost1.81-dev clang-19 lld-19
            ;;
        debian-13) echo "${common[@]}" libboost-dev clang-19 lld-19 ;;
        *) echo "${common[@]}" libboost-dev clang-18 lld-18 ;;
    esac
}

# Of these, what is compiled against and runs nowhere.
build_libraries() { build_packages | tr ' ' '\n' | grep -- '-dev$'; }

# Programs that the product starts: pdftotext for PDFs. Without them it says so and does the rest.
runtime_packages() { echo poppler-utils; }

# What the tests need beside that: a compiler's sanitizers, a database, Node.js for real clients, a
# browser. Ubuntu has Chromium as a snap alone.
test_packages() {
    local common=(binutils curl doctest-dev gcc jq libc6-dev make npm nodejs pgbouncer postgresql-common procps unzip)
    case "$(. /etc/os-release && echo "$ID-$VERSION_ID")" in
        debian-12)
            echo "${common[@]}" chromium-headless-shell libclang-rt-19-dev postgresql-15 \
                postgresql-server-dev-15
            ;;
        debian-13)
            echo "${common[@]}" chromium-headless-shell libclang-rt-19-dev postgresql-17 \
                postgresql-17-pgvector
            ;;
        *) echo "${common[@]}" libclang-rt-18-dev postgresql-16 postgresql-16-pgvector ;;
    esac
}

# What the long parts of scripts/test --full need beside that: they build the image without an engine.
full_packages() { echo buildah mmdebstrap; }

# What only the tool in training/ needs. Without it the tool multiplies by plain loops.
training_packages() { echo libopenblas-dev; }

# Where this machine gets Debian's packages from.
debian_mirror() {
    local mirror
    mirror=$(sed -n -E 's/^(URIs: *|deb +(\[[^]]*\] +)?)(https?:[^ ]+).*/\3/p' \
        /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | grep -v security | head -n 1)
    echo "${mirror:-http://deb.debian.org/debian}"
}

# Prints those of the named packages that are not there. A tool that came some other way (Node.js of
# its makers, say) is as good as its package.
missing_packages() {
    local name there
    there=" $(dpkg-query -W -f='${Package}/${db:Status-Status} ' "$@" 2>/dev/null || true)"
    for name in "$@"; do
        case "$there" in
            *" $name/installed "*) continue ;;
        esac
        case "$name" in
            nodejs) command -v node >/dev/null && continue ;;
            npm | cmake | git | curl | make | ccache) command -v "$name" >/dev/null && continue ;;
        esac
        echo "$name"
    done
}

# install_packages NAME...: does nothing, and asks nothing of apt, when all are there.
install_packages() {
    local missing
    mapfile -t missing < <(missing_packages "$@")
    if [ ${#missing[@]} -eq 0 ]; then
        return 0
    fi
    if ! command -v apt-get >/dev/null; then
        echo "These packages are missing, and this is no Debian or Ubuntu: ${missing[*]}" >&2
        echo "Install what corresponds to them, then run this again." >&2
        return 1
    fi
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        as_root=(sudo)
    fi
    echo "Installing: ${missing[*]}" >&2
    "${as_root[@]}" apt-get update -qq >&2
    # Ubuntu's installer would otherwise ask which services to restart.
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=a \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}
