#!/bin/sh
# Builds each fuzzer named (tests/fuzz/NAME) with libFuzzer and runs it for
# FUZZ_SECONDS, with its seeds and its dictionary.  What it finds stays in
# fuzz/NAME of the build folder, what it said in fuzz/NAME.log, and the result
# in fuzz/NAME.trs as that of a test.  Without clang all are skipped.
#
# With FUZZ_RUNS it tries that many inputs at most, the same ones each time, so
# that a gate does not fail by chance for what somebody else wrote.  With
# FUZZ_BUILD=only it builds; FUZZ_DIR names another folder than fuzz.
set -e
: "${FUZZ_CC:=clang-14}" "${FUZZ_SECONDS:=60}" "${top_srcdir:=.}"
: "${FUZZ_RUNS:=}" "${FUZZ_BUILD:=}" "${FUZZ_DIR:=fuzz}"
flags="-std=gnu11 -g -O1 -fno-omit-frame-pointer -I. -I$top_srcdir $FUZZ_CFLAGS"
sanitize=address,undefined

result() {	# PROGRAM RESULT TEXT
	echo "$2: fuzz $(basename "$1"): $3"
	echo ":test-result: $2" >"$FUZZ_DIR/$(basename "$1").trs"
}

mkdir -p "$FUZZ_DIR"/lib
rm -f "$FUZZ_DIR"/lib.a "$FUZZ_DIR"/*.trs
if ! echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' |
	$FUZZ_CC -fsanitize=fuzzer -x c -o "$FUZZ_DIR"/probe - 2>"$FUZZ_DIR"/probe.log; then
	for program; do
		result "$program" SKIP "needs $FUZZ_CC and libclang-rt-14-dev"
	done
	exit
fi
compile() {	# SOURCE: for the library
	$FUZZ_CC $flags -fsanitize=fuzzer-no-link,$sanitize \
		-fno-sanitize-recover=undefined -c "$1" \
		-o "$FUZZ_DIR/lib/$(basename "$(dirname "$1")")_$(basename "$1" .c).o"
}

jobs=$(nproc)
n=0
rm -f "$FUZZ_DIR"/lib/*.o
sources="$top_srcdir/base/*.c $top_srcdir/har/*.c $top_srcdir/recorder/*.c
	$top_srcdir/replay/*.c $top_srcdir/mock/*.c mock/faker_bin.c
	$top_srcdir/gateway/*.c $top_srcdir/tests/fuzz/llhttp_machine.c"
for source in $sources; do
	# libFuzzer brings the one main() that there may be, and no fuzzer
	# talks to an engine.
	case $source in
	*/gateway/main.c) continue ;;
	*/recorder/pg_none.c) ;;
	*/recorder/pg*.c) continue ;;
	esac
	compile "$source" &
	n=$((n + 1))
	[ $((n % (4 * jobs))) -ne 0 ] || wait
done
wait
ar -q -c "$FUZZ_DIR"/lib.a "$FUZZ_DIR"/lib/*.o

build() {	# PROGRAM
	$FUZZ_CC $flags -fsanitize=fuzzer,$sanitize \
		-fno-sanitize-recover=undefined "$top_srcdir/$1.c" \
		"$FUZZ_DIR/lib.a" $FUZZ_LIBS \
		-o "$FUZZ_DIR/$(basename "$1").bin"
}

run() {	# PROGRAM: what happens while it looks for something
	name=$(basename "$1")
	found=$FUZZ_DIR/$name
	mkdir -p "$found"
	build "$1" || return
	status=0
	"$FUZZ_DIR/$name.bin" -error_exitcode=1 -runs=0 || status=$?
	[ $status -eq 0 ] || return $status
	dictionary=
	test ! -f "$top_srcdir/$1.dict" ||
		dictionary=-dict=$top_srcdir/$1.dict
	again=
	if [ -n "$FUZZ_RUNS" ]; then
		again="-seed=1 -runs=$FUZZ_RUNS"
		rm -rf "$found"
		mkdir "$found"
	fi
	# Addresses that are the same each time, where that is allowed.
	setarch -R true 2>/dev/null && fixed='setarch -R' || fixed=
	$fixed "$FUZZ_DIR/$name.bin" -max_total_time="$FUZZ_SECONDS" -max_len=2048 \
		-timeout=20 -artifact_prefix="$found/" -print_final_stats=1 \
		-error_exitcode=1 -timeout_exitcode=1 \
		$again $dictionary "$found" "$top_srcdir/tests/fuzz/seeds/$name"
}

try() {	# PROGRAM
	log=$FUZZ_DIR/$(basename "$1").log
	status=0
	run "$1" >"$log" 2>&1 || status=$?
	if [ $status -eq 77 ]; then
		result "$1" SKIP "$(tail -n 1 "$log")"
	elif [ $status -eq 0 ]; then
		runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
		result "$1" PASS "$runs runs"
	else
		result "$1" FAIL "see $log, which says:"
		grep -vE '^#[0-9]+[[:space:]]' "$log" | tail -n 60
	fi
}

if [ "$FUZZ_BUILD" = only ]; then
	for program; do
		build "$program"
	done
	exit
fi
n=0
for program; do
	try "$program" &
	n=$((n + 1))
	[ $((n % jobs)) -ne 0 ] || wait
done
wait
! grep -q FAIL "$FUZZ_DIR"/*.trs
