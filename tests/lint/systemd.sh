# Goal: systemd has nothing to say of the unit.

. "${top_srcdir:=.}/tests/lint/tap.sh"
command -v systemd-analyze >/dev/null || tap_skip_all 'no systemd-analyze'
units=$(mktemp -d) || exit 1
trap 'rm -rf "$units"' EXIT

# The program that is tested in the place of the one that is installed.
hark=$(cd "$(dirname "${HARK:-./hark}")" && pwd)/hark
sed "s|@bindir@/hark|$hark|" "$top_srcdir/contrib/systemd/hark.service.in" \
	>"$units/hark.service"
cp "$top_srcdir/contrib/systemd/hark.socket" "$units"

# What it says of units that are not ours is another's.
verify() {
	systemd-analyze verify --man=no "$units/$1" 2>&1 |
		grep -E 'hark\.(service|socket)|^Failed|Cannot'
}

tap_check 'systemd has nothing to say of hark.service' "$(verify hark.service)"
tap_check 'nor of hark.socket' "$(verify hark.socket)"
sed 's/^ProtectSystem=.*/ProtectSystm=strict/' "$units/hark.service" \
	>"$units/hark-odd.service"
tap_check 'it would say something' \
	"$(systemd-analyze verify --man=no "$units/hark-odd.service" 2>&1 |
		grep -q ProtectSystm || echo "not of an unknown setting")"
exposure=$(systemd-analyze security --offline=true --no-pager \
	"$units/hark.service" 2>/dev/null | sed -n 's/.*level for .*: \([0-9]\).*/\1/p')
tap_check 'what the service may do is little' \
	"$([ "${exposure:-9}" -le 2 ] || echo "exposure level $exposure")"
tap_end
