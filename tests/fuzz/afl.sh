#!/bin/sh
# Builds the fuzzers named (tests/fuzz/NAME) with AFL++ and lets all of them
# look for new inputs for AFL_HOURS in all, AFL_JOBS at a time, each as long.
# For a night: make afl AFL_HOURS=10 AFL_JOBS=4
#
# What is found stays in afl/out/NAME of the build folder, and the next night
# goes on with it.  afl/min/NAME is the smallest set of inputs that reaches
# as much, a seed corpus for others.  Ends with 1 and names the files when an
# input crashed or hung a fuzzer, with 77 when there is no AFL++.
set -e
: "${AFL_HOURS:=8}" "${AFL_JOBS:=$(nproc)}" "${AFL_CC:=afl-clang-fast}"
: "${top_srcdir:=.}"
here=$(dirname "$0")

if ! command -v "$AFL_CC" >/dev/null || ! command -v afl-fuzz >/dev/null; then
	echo "SKIP: afl: needs AFL++ (apt install afl++)"
	exit 77
fi
# Each has its share of the time, and no less than some seconds.
seconds=$(awk -v h="$AFL_HOURS" -v j="$AFL_JOBS" -v n=$# \
	'BEGIN { s = int(h * 3600 * j / n); print s < 10 ? 10 : s }')
echo "afl: $# fuzzers, $seconds s each, $AFL_JOBS at a time"

FUZZ_CC=$AFL_CC FUZZ_DIR=afl FUZZ_BUILD=only /bin/sh "$here/fuzz.sh" "$@"
mkdir -p afl/out afl/min

# What AFL++ would rather have told of the machine is not ours to change.
export AFL_NO_UI=1 AFL_ALLOW_TMP=1 AFL_SKIP_CPUFREQ=1 AFL_AUTORESUME=1 AFL_NO_AFFINITY=1 \
	AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_FORKSRV_INIT_TMOUT=60000 \
	ASAN_OPTIONS=abort_on_error=1:symbolize=0:detect_leaks=0 \
	UBSAN_OPTIONS=abort_on_error=1:halt_on_error=1:symbolize=0

look() {	# PROGRAM
	name=$(basename "$1")
	words=
	test ! -f "$top_srcdir/$1.dict" || words="-x $top_srcdir/$1.dict"
	# It ends by itself; what holds it beyond that is a fault of its own.
	timeout -k 10 $((seconds + 300)) \
		afl-fuzz -i "$top_srcdir/tests/fuzz/seeds/$name" \
		-o "afl/out/$name" -V "$seconds" -t 5000+ -m none -G 4096 \
		$words -- "afl/$name.bin" >"afl/$name.log" 2>&1 ||
		echo "afl: $name: ended with $?, see afl/$name.log"
	rm -rf "afl/min/$name"
	timeout -k 10 600 afl-cmin -i "afl/out/$name/default/queue" \
		-o "afl/min/$name" -m none -t 5000 -- "afl/$name.bin" \
		>>"afl/$name.log" 2>&1 || :
}

n=0
for program; do
	look "$program" &
	n=$((n + 1))
	[ $((n % AFL_JOBS)) -ne 0 ] || wait
done
wait

count() {	# FOLDER: inputs in it
	find "$1" -name 'id:*' 2>/dev/null | wc -l
}
found=0
for program; do
	out=afl/out/$(basename "$program")/default
	crashes=$(count "$out/crashes")
	hangs=$(count "$out/hangs")
	runs=$(sed -n 's/^execs_done *: *//p' "$out/fuzzer_stats" 2>/dev/null)
	echo "afl: $(basename "$program"): ${runs:-no} runs," \
		"$(count "$out/queue") inputs, $crashes crashes, $hangs hangs"
	[ "$crashes$hangs" = 00 ] && [ -n "$runs" ] || found=1
	find "$out/crashes" "$out/hangs" -name 'id:*' 2>/dev/null | sed 's/^/	/'
done
exit $found
