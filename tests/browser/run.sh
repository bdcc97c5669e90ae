# Goal: have what the tests with a browser and with npm's tools need, run them.
#
#	run.sh browser	a real page: Playwright with Debian's Chromium
#	run.sh dashboard	the admin port's page, by the same and axe-core
#	run.sh har	har-validator and har-to-k6 on exports
#	run.sh mocks	hark and Mockoon side by side on the same mocks files
#
# What is missing is installed: packages by npm, as it is configured, into the
# build folder; Chromium by apt-get when root asks.  What cannot be had is
# said, and then nothing is tested.
set -eu

what=$1
: "${top_srcdir:=.}" "${top_builddir:=.}"
folder=$top_builddir/tests/browser/$what

skip() {
	echo "1..0 # SKIP $*"
	echo "check-$what: SKIPPED, nothing was tested: $*" >&2
	exit 0
}

have() {	# PACKAGE@VERSION: whether it is there
	grep -qs "\"version\": *\"${1##*@}\"" \
		"$folder/node_modules/${1%@*}/package.json"
}

npm_install() {	# PACKAGE@VERSION...
	missing=
	for package in "$@"; do
		have "$package" || missing=yes
	done
	[ -n "$missing" ] || return 0
	mkdir -p "$folder"
	[ -f "$folder/package.json" ] ||
		echo '{"private": true}' >"$folder/package.json"
	echo "# npm install $*"
	(cd "$folder" && npm install --no-save --no-package-lock --no-audit \
		--no-fund --ignore-scripts "$@" >npm.log 2>&1) ||
		skip "npm could not install $*; see $folder/npm.log"
}

find_chromium() {
	CHROMIUM=${CHROMIUM:-$(command -v chromium || :)}
	if [ -z "$CHROMIUM" ] && [ "$(id -u)" -eq 0 ] &&
		command -v apt-get >/dev/null; then
		echo '# apt-get install chromium'
		apt-get -qq update >/dev/null 2>&1 || :
		DEBIAN_FRONTEND=noninteractive apt-get -qq install -y \
			--no-install-recommends chromium >/dev/null 2>&1 || :
		CHROMIUM=$(command -v chromium || :)
	fi
	[ -n "$CHROMIUM" ] || skip 'there is no chromium (Debian: chromium)'
	export CHROMIUM
}

for command in node npm; do
	command -v $command >/dev/null || skip "there is no $command"
done
case $what in
browser)
	find_chromium
	npm_install playwright-core@1.61.1
	;;
dashboard)
	find_chromium
	npm_install playwright-core@1.61.1 axe-core@4.14.1
	HARK_SHOTS=$folder/screenshots
	export HARK_SHOTS
	;;
har)
	npm_install har-validator@5.1.5 har-to-k6@0.14.16
	;;
mocks)
	npm_install @mockoon/cli@9.9.0
	MOCKOON_CLI=$(cd "$folder" && pwd)/node_modules/.bin/mockoon-cli
	export MOCKOON_CLI
	exec python3 "$top_srcdir/tests/mocks/compare.py"
	;;
esac
NODE_PATH=$(cd "$folder" && pwd)/node_modules
export NODE_PATH
exec node "$top_srcdir/tests/browser/$what.js"
