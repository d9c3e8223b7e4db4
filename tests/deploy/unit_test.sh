#!/usr/bin/env bash
# The systemd unit is understood, and leaves little open by systemd's own measure. Wants
# systemd-analyze; says so and succeeds where there is none.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$root/tests/deploy/lib.sh"

exposure_max=25  # in tenths; 100 is a service without any protection

command -v systemd-analyze >/dev/null || { echo "systemd-analyze is not installed"; exit 77; }
unit=$root/deploy/rag-memory.service
# The path of the program is the installation's; here anything executable does.
sed 's|^ExecStart=.*|ExecStart=/bin/true|' "$unit" >"$work/rag-memory.service"
systemd-analyze verify "$work/rag-memory.service" >"$work/out" 2>&1
check "every line is known" eval '! grep -E "rag-memory.service.*(Unknown|Failed to parse|Invalid)" "$work/out"'
systemd-analyze security --offline=true --no-pager "$work/rag-memory.service" >"$work/out" 2>&1
exposure=$(sed -n -E 's/.*Overall exposure level.*: ([0-9]+)\.([0-9]+).*/\1\2/p' "$work/out")
echo "exposure ${exposure:-unknown} of 100"
check "its exposure is at most $exposure_max" test "${exposure:-100}" -le "$exposure_max"
for line in DynamicUser=yes ProtectSystem=strict NoNewPrivileges=yes CapabilityBoundingSet= MemoryDenyWriteExecute=yes; do
    check "$line" grep -qx "$line" "$unit"
done
finish_tests
