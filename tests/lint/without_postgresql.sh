# Goal: hark can be built without libpq, and says so when one is named.

. "${top_srcdir:=.}/tests/lint/tap.sh"
[ ! -e "$top_srcdir/config.status" ] ||
	tap_skip_all 'the sources are configured, a build beside is refused'
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
source=$(cd "$top_srcdir" && pwd)
built=$(cd "${top_builddir:-.}" && pwd)
cc=$(sed -n 's/^CC = //p' "$built/Makefile")

cd "$folder" || exit 1
tap_check 'it is configured' "$(
	"$source/configure" -q --disable-dependency-tracking \
		--enable-werror --without-postgresql ${cc:+CC="$cc"} >log 2>&1 ||
		tail -n 20 log)"
export MAKEFLAGS=
all=$(make -n hark 2>/dev/null)
tap_check 'something stands in for it' "$(
	echo "$all" | grep -q 'recorder/pg_none\.c' || echo 'no pg_none.c'
	echo "$all" | grep -oE 'recorder/pg(_[a-z]+)?\.c' | sort -u |
		grep -v pg_none)"
tap_check 'which is compiled' "$(
	make -s recorder/librecorder_a-pg_none.o >log 2>&1 ||
		tail -n 20 log)"

# What the rest of the program calls has to be in what stands in.
symbols() {	# LETTERS FILE...
	letters=$1
	shift
	nm -P "$@" 2>/dev/null | awk -v of="[$letters]" '$2 ~ of { print $1 }' |
		sort -u
}
others=$(find "$built" -maxdepth 2 -name 'lib*_a-*.o' ! -name '*_a-pg*.o')
own=$(find "$built/recorder" -name '*_a-pg*.o' ! -name '*-pg_none.o')
tap_check 'the rest of the program calls nothing more' "$(
	[ -n "$own" ] || exit 0 # built without it itself
	symbols U $others >needed
	symbols TDBRC $own >there
	symbols TDBRC recorder/librecorder_a-pg_none.o >instead
	grep -qx pg_open instead || echo 'no pg_open'
	comm -12 needed there | comm -23 - instead)"
tap_end
