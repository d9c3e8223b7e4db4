# Debian's arm64 packages in a folder, to build against and to run under qemu. Sourced; needs $root
# and packages.sh.

arm64_home=$root/build/sysroot-arm64

# Programs of this machine that a build for the other wants.
arm64_tools() { echo binutils-aarch64-linux-gnu qemu-user-static; }

# What is unpacked: the libraries of the build, and of the compiler that has the C++ library of this
# release of Debian.
arm64_libraries() {
    build_libraries
    echo libc6-dev
    echo doctest-dev
    case "$(. /etc/os-release && echo "$ID-$VERSION_ID")" in
        debian-12) echo libstdc++-12-dev ;;
        debian-13) echo libstdc++-14-dev ;;
        *)
            echo "arm64 is cross-built on Debian 12 and 13 alone; here, run this on an arm64 machine." >&2
            return 1
            ;;
    esac
}

# apt with lists, a cache and a state of its own: it sees arm64 only, and of this machine's packages
# nothing, so that it can do them no harm.
apt_arm64() { APT_CONFIG=$arm64_home/apt/apt.conf apt-get -qq "$@"; }

configure_apt_arm64() {
    mkdir -p "$arm64_home"/apt/{lists/partial,archives/partial,empty}
    : >"$arm64_home/apt/status"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(debian_mirror) $1 main" \
        >"$arm64_home/apt/sources.list"
    cat >"$arm64_home/apt/apt.conf" <<C
#clear APT::Architectures;
#clear APT::Update::Post-Invoke;
APT::Architecture "arm64";
APT::Architectures { "arm64"; };
APT::Sandbox::User "";
APT::Install-Recommends "false";
Acquire::Languages "none";
Dir::State "$arm64_home/apt";
Dir::State::lists "$arm64_home/apt/lists";
Dir::State::status "$arm64_home/apt/status";
Dir::Cache "$arm64_home/apt";
Dir::Cache::archives "$arm64_home/apt/archives";
Dir::Etc::sourcelist "$arm64_home/apt/sources.list";
Dir::Etc::sourceparts "$arm64_home/apt/empty";
Dir::Etc::preferencesparts "$arm64_home/apt/empty";
C
}

# make_sysroot: nothing, when the folder holds what is wanted.
make_sysroot() {
    local codename libraries wanted
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    libraries=$(arm64_libraries) || return 1
    wanted="$codename $libraries"
    [ "$(cat "$arm64_home/made-of" 2>/dev/null)" != "$wanted" ] || return 0
    echo "Fetching Debian's packages for arm64 into $arm64_home" >&2
    rm -rf "$arm64_home/root" "$arm64_home/made-of"
    # shellcheck disable=SC2086  # a list of words is what is wanted
    configure_apt_arm64 "$codename" && apt_arm64 update >&2 && apt_arm64 autoclean >&2 &&
        apt_arm64 install -y --download-only $libraries >&2 || {
        echo "Debian's packages for arm64 cannot be had from $(debian_mirror)." >&2
        return 1
    }
    unpack_sysroot && echo "$wanted" >"$arm64_home/made-of"
}

# Unpacks and notes which package each library came from: PACKAGE VERSION PATH a line.
unpack_sysroot() {
    local sysroot=$arm64_home/root deb about link
    mkdir -p "$sysroot/usr/lib" "$sysroot/usr/bin" "$sysroot/usr/sbin"
    ln -s usr/lib usr/bin usr/sbin "$sysroot/"
    : >"$arm64_home/contents"
    for deb in "$arm64_home"/apt/archives/*.deb; do
        dpkg-deb --fsys-tarfile "$deb" | tar -C "$sysroot" -x --keep-directory-symlink || return 1
        about=$(dpkg-deb -f "$deb" Package)" "$(dpkg-deb -f "$deb" Version)
        dpkg-deb --fsys-tarfile "$deb" | tar -t | sed -n -E "s|^\.(/usr)?(/lib/.*\.so(\.[^/]*)?)$|$about \2|p" \
            >>"$arm64_home/contents"
    done
    # From the root of a machine, a link that begins with it leads elsewhere.
    find "$sysroot" -type l -lname '/*' | while read -r link; do
        ln -sfnr "$sysroot$(readlink "$link")" "$link"
    done
}
