# Builds the Dockerfile without an engine. Sourced; needs $root, packages.sh, and $work, a folder of the
# caller's for as long as it runs.

image_state=${RAG_IMAGE_FOLDER:-$root/build/image}

# why_no_image: a sentence when no image can be built here.
why_no_image() {
    if [ "$(id -u)" -ne 0 ]; then
        echo "only root can build an image without an engine"
    elif ! command -v buildah >/dev/null || ! command -v mmdebstrap >/dev/null; then
        echo "buildah or mmdebstrap is not installed"
    elif [ "${RAG_IMAGE_BUILD:-}" != whole ] && [ "$(. /etc/os-release && echo "${VERSION_CODENAME:-}")" != bookworm ]; then
        echo "the binary of this machine does not fit the image; RAG_IMAGE_BUILD=whole compiles one"
    fi
}

prepare_image_storage() {
    mkdir -p "$image_state/root" "$image_state/run"
    cat >"$image_state/storage.conf" <<C
[storage]
driver = "overlay"
graphroot = "$image_state/root"
runroot = "$image_state/run"
C
    grep -q overlay /proc/filesystems || sed -i 's/overlay/vfs/' "$image_state/storage.conf"
    echo 'unqualified-search-registries = ["docker.io"]' >"$image_state/registries.conf"
    echo '{"default": [{"type": "insecureAcceptAnything"}]}' >"$image_state/policy.json"
    export CONTAINERS_STORAGE_CONF=$image_state/storage.conf
    export CONTAINERS_REGISTRIES_CONF=$image_state/registries.conf BUILDAH_ISOLATION=chroot
    image_policy=(--signature-policy "$image_state/policy.json")
}

# The base comes from the machine's own mirror instead of a registry.
make_image_base() {
    buildah images -q docker.io/library/debian:bookworm-slim 2>/dev/null | grep -q . && return 0
    local container
    # Merged by the hook, as in the registry's image: else a package does it that brings all of Perl.
    mmdebstrap --quiet --variant=minbase --include=usr-is-merged,tzdata \
        --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr --dpkgopt='path-exclude=/usr/share/doc/*' \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
        bookworm "$image_state/base.tar" "$(debian_mirror)" || return 1
    container=$(buildah from "${image_policy[@]}" scratch) &&
        buildah add -q "$container" "$image_state/base.tar" / >/dev/null &&
        buildah config --cmd bash "$container" &&
        buildah commit "${image_policy[@]}" -q "$container" docker.io/library/debian:bookworm-slim &&
        buildah rm "$container" >/dev/null
    rm -f "$image_state/base.tar"
}

# The Dockerfile with a binary that is there in place of the stage that would compile it.
write_image_context() {
    mkdir -p "$work/context/models"
    install -m 0755 "$1" "$work/context/rag"
    strip --strip-unneeded "$work/context/rag"
    cp "$root/LICENSE" "$work/context/"
    cp "$root/models/NOTICE" "$work/context/models/"
    sed -e '/AS build$/,/AS system$/{/AS system$/!d}' \
        -e '/AS system$/i FROM scratch AS build\nCOPY rag /src/build/release/rag\n' \
        "$root/Dockerfile" >"$work/context/Dockerfile"
}

# build_image TAG BINARY [OPTION...]: quick, with the binary; it fits where this machine runs the
# image's distribution. RAG_IMAGE_BUILD=whole compiles.
build_image() {
    local tag=$1 binary=$2 options=() context=$root
    shift 2
    if [ "${RAG_IMAGE_BUILD:-}" = whole ]; then
        # The compiler's cache of this machine, where there is one.
        [ ! -d "${CCACHE_DIR:-$HOME/.cache/ccache}" ] ||
            options=(--volume "${CCACHE_DIR:-$HOME/.cache/ccache}:/root/.cache/ccache")
    else
        write_image_context "$binary"
        context=$work/context
    fi
    buildah bud "${image_policy[@]}" --isolation chroot --network host --pull-never --format docker \
        --layers --target "${RAG_IMAGE_TARGET:-server}" "${options[@]}" "$@" -t "$tag" "$context"
}
