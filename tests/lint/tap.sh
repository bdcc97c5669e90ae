# TAP for shell tests; to be sourced.  The functions take a sentence.

tap_n=0
tap_bad=0

# Passes when $2, what there is to complain about, is empty.
tap_check() {
	tap_n=$((tap_n + 1))
	if [ -z "$2" ]; then
		echo "ok $tap_n - $1"
	else
		tap_bad=1
		echo "not ok $tap_n - $1"
		echo "$2" | sed 's/^/# /'
	fi
}

tap_skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

tap_end() {
	echo "1..$tap_n"
	exit $tap_bad
}
