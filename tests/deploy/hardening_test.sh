#!/usr/bin/env bash
# The release binary is built as docs/SECURITY.md says. Wants binutils.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$root/tests/deploy/lib.sh"

headers=$(readelf -hldW "$rag")
symbols=$(readelf -W --dyn-syms "$rag")
has() { grep -qE -- "$2" <<<"$1"; }

check "it is position independent" has "$headers" 'Type: +DYN'
check "it says so to the loader" has "$headers" 'Flags:.* PIE'
check "relocations are read-only" has "$headers" 'GNU_RELRO'
check "and bound at the start" has "$headers" 'BIND_NOW|Flags:.*NOW'
check "the stack is not executable" eval '! has "$headers" "GNU_STACK.*E"'
check "no segment is writable and executable" eval '! has "$headers" "LOAD.*RWE"'
check "the stack is protected" has "$symbols" '__stack_chk_fail'
check "library calls are checked for their sizes" has "$symbols" '__(memcpy|vsnprintf|memset|strcpy|snprintf|read)_chk'
check "it looks for libraries nowhere else" eval '! has "$headers" "R(UN)?PATH"'
check "no path of the build is in it" eval '! strings -a "$rag" | grep -qF "$root/"'
finish_tests
