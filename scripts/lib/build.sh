# Builds the product. Sourced; needs $root.

# build_preset PRESET TARGET... [-- CMAKE_ARGUMENT...]: configures when needed and builds, with all
# output on standard error so that standard output stays free for what runs afterwards.
build_preset() {
    local preset=$1 targets=() arguments=()
    shift
    while [ $# -gt 0 ]; do
        if [ "$1" = -- ]; then
            shift
            arguments=("$@")
            break
        fi
        targets+=("$1")
        shift
    done
    local folder=$root/build/$preset
    if [ ! -f "$folder/build.ninja" ] || [ ${#arguments[@]} -gt 0 ]; then
        (cd "$root" && cmake --preset "$preset" "${arguments[@]}") >"$root/build/$preset.configure.log" 2>&1 || {
            cat "$root/build/$preset.configure.log" >&2
            return 1
        }
    fi
    if [ -t 2 ]; then
        ninja -C "$folder" "${targets[@]}" >&2
    else
        ninja -C "$folder" --quiet "${targets[@]}" >&2
    fi
}
