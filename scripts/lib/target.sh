# The processor that something is made for: this machine's, or arm64. Sourced; needs $root.
. "$root/scripts/lib/packages.sh"
. "$root/scripts/lib/build.sh"
. "$root/scripts/lib/arm64.sh"

# choose_target [ARCHITECTURE]: without one, this machine's. Sets
#   architecture, machine   its name with Debian and with the kernel: amd64, x86_64
#   preset                  the build that makes its binary
#   sysroot                 the folder of its libraries; empty where that is this machine's root
#   runner                  the words before one of its programs that is to run here
#   strip_program           what takes symbols out of its binaries
choose_target() {
    local here
    here=$(uname -m)
    case "${1:-$here}" in
        amd64 | x86_64 | x86-64) architecture=amd64 machine=x86_64 ;;
        arm64 | aarch64) architecture=arm64 machine=aarch64 ;;
        *)
            echo "--arch: '${1:-$here}' is no processor that a release is made for; amd64 and arm64 are." >&2
            return 2
            ;;
    esac
    preset=release sysroot='' runner=() strip_program=strip
    [ "$machine" != "$here" ] || return 0
    if [ "$machine" != aarch64 ]; then
        echo "--arch: a binary for $architecture cannot be made on $here; run this on such a machine." >&2
        return 2
    fi
    preset=release-arm64 sysroot=$arm64_home/root strip_program=aarch64-linux-gnu-strip
    runner=(qemu-aarch64-static -L "$sysroot")
}

# build_target TARGET... [-- CMAKE_ARGUMENT...]: with what must be there before.
build_target() {
    mkdir -p "$root/build"
    prepare_target || return 1
    build_preset "$preset" "$@"
}

# What is needed to build for the target, and to pack a binary of it.
prepare_target() {
    # shellcheck disable=SC2046  # a list of words is what is wanted
    install_packages $(build_packages) binutils jq $([ -z "$sysroot" ] || arm64_tools) || return 1
    [ -z "$sysroot" ] || make_sysroot
}

# version_of BINARY: by its own word, so that what cannot run becomes no release.
version_of() { "${runner[@]}" "$1" --version | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -n 1; }

# loaded_libraries BINARY: what the loader loads for it, NAME PATH a line.
loaded_libraries() {
    if [ -n "$sysroot" ]; then
        "${runner[@]}" "$sysroot/lib/ld-linux-aarch64.so.1" --list "$1"
    else
        ldd "$1"
    fi | awk -v root="$sysroot" '$1 !~ /^\// && $2 == "=>" && $3 ~ /^\// { print $1, (index($3, root) == 1 ? "" : root) $3 }'
}

# linked_packages BINARY: the packages whose libraries it names itself, NAME VERSION a line.
linked_packages() {
    local loaded library path
    loaded=$(loaded_libraries "$1")
    readelf -d "$1" | sed -n -E 's/.*\(NEEDED\).*\[(.*)\]/\1/p' | while read -r library; do
        path=$(awk -v name="$library" '$1 == name { print $2 }' <<<"$loaded")
        # The loader may name a link's path, dpkg the other side of the merged /usr.
        [ -z "$path" ] || package_of "$(readlink -f "$path")"
    done | sort -u
}

package_of() {
    local path=$1 name
    if [ -n "$sysroot" ]; then
        path=${path#"$sysroot"}
        awk -v path="${path#/usr}" '$3 == path { print $1, $2; exit }' "$arm64_home/contents"
        return
    fi
    name=$({ dpkg-query -S "$path" "${path#/usr}" "/usr$path" 2>/dev/null || true; } | sed -n '1s/:.*//p')
    [ -z "$name" ] || dpkg-query -W -f='${Package} ${Version}\n' "$name" | sed -n 1p
}
