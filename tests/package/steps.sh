# For the scripts beside it: steps that pass or fail, and what they need.

set -eu

skip() {
	echo "SKIP: $*"
	echo '0 passed, 0 failed, 1 skipped'
	exit 0
}

# Unpacking a system takes root, and packages come from Debian.
needs() {	# PACKAGE...
	[ "$(id -u)" -eq 0 ] || skip 'a system is unpacked by root only'
	command -v apt-get >/dev/null || skip 'not a Debian system'
	dpkg-query -W "$@" >/dev/null 2>&1 && return
	apt-get -qq update >/dev/null 2>&1 || :
	DEBIAN_FRONTEND=noninteractive apt-get -qq install -y \
		--no-install-recommends "$@" >/dev/null 2>&1 ||
		skip "cannot install $*"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

step() {	# WHAT COMMAND...
	what=$1
	shift
	# Not in a condition, where set -e would mean nothing.
	set +e
	(set -e; "$@") >"$work/log" 2>&1
	status=$?
	set -e
	if [ $status -eq 0 ]; then
		echo "PASS: $what"
		passed=$((passed + 1))
	else
		echo "FAIL: $what"
		tail -n 30 "$work/log" | sed 's/^/# /'
		failed=$((failed + 1))
		end
	fi
}

# Says what came of it; what follows a step that failed has nothing to try.
end() {
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ]
	exit
}
