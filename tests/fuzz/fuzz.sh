#!/bin/sh
# Builds each fuzzer named (tests/fuzz/NAME) with libFuzzer and runs it for
# FUZZ_SECONDS, with its seeds and its dictionary.  What it finds stays in
# fuzz/NAME of the build folder, what it said in fuzz/NAME.log, and the result
# in fuzz/NAME.trs as that of a test.  Without clang all are skipped.
set -e
: "${FUZZ_CC:=clang-14}" "${FUZZ_SECONDS:=60}" "${top_srcdir:=.}"
flags="-std=gnu11 -g -O1 -fno-omit-frame-pointer -I. -I$top_srcdir $FUZZ_CFLAGS"
sanitize=address,undefined

result() {	# PROGRAM RESULT TEXT
	echo "$2: fuzz $(basename "$1"): $3"
	echo ":test-result: $2" >"fuzz/$(basename "$1").trs"
}

mkdir -p fuzz/lib
rm -f fuzz/lib.a fuzz/*.trs
if ! echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' |
	$FUZZ_CC -fsanitize=fuzzer -x c -o fuzz/probe - 2>fuzz/probe.log; then
	for program; do
		result "$program" SKIP "needs $FUZZ_CC and libclang-rt-14-dev"
	done
	exit
fi
for source in "$top_srcdir"/base/*.c "$top_srcdir"/har/*.c \
	"$top_srcdir"/recorder/jwt.c "$top_srcdir"/recorder/pseudonym.c \
	"$top_srcdir"/recorder/path.c "$top_srcdir"/recorder/redact*.c \
	"$top_srcdir"/recorder/rules.c "$top_srcdir"/replay/*.c \
	"$top_srcdir"/recorder/secret*.c "$top_srcdir"/gateway/http1*.c \
	"$top_srcdir"/mock/faker*.c mock/faker_bin.c "$top_srcdir"/mock/infer.c \
	"$top_srcdir"/mock/helper*.c "$top_srcdir"/mock/jmespath*.c \
	"$top_srcdir"/mock/cookies.c "$top_srcdir"/mock/form*.c \
	"$top_srcdir"/mock/js_regex.c "$top_srcdir"/mock/schema*.c \
	"$top_srcdir"/mock/xml*.c \
	"$top_srcdir"/mock/jsonpath*.c "$top_srcdir"/mock/template*.c \
	"$top_srcdir"/mock/moment*.c "$top_srcdir"/mock/text.c \
	"$top_srcdir"/mock/document.c "$top_srcdir"/mock/draft.c \
	"$top_srcdir"/mock/endpoint.c "$top_srcdir"/mock/environment.c \
	"$top_srcdir"/mock/from_openapi*.c "$top_srcdir"/mock/json_text.c \
	"$top_srcdir"/mock/pattern.c "$top_srcdir"/mock/yaml.c \
	"$top_srcdir"/mock/value*.c "$top_srcdir"/replay/key.c \
	"$top_srcdir"/replay/multipart.c "$top_srcdir"/replay/normal*.c; do
	object=fuzz/lib/$(basename "$source" .c).o
	$FUZZ_CC $flags -fsanitize=fuzzer-no-link,$sanitize \
		-fno-sanitize-recover=undefined -c "$source" -o "$object"
	ar -q -c fuzz/lib.a "$object"
done

run() {	# PROGRAM: what happens while it looks for something
	name=$(basename "$1")
	found=fuzz/$name
	mkdir -p "$found"
	$FUZZ_CC $flags -fsanitize=fuzzer,$sanitize \
		-fno-sanitize-recover=undefined "$top_srcdir/$1.c" fuzz/lib.a \
		$FUZZ_LIBS -o "fuzz/$name.bin" || return
	dictionary=
	test ! -f "$top_srcdir/$1.dict" ||
		dictionary=-dict=$top_srcdir/$1.dict
	"fuzz/$name.bin" -max_total_time="$FUZZ_SECONDS" -max_len=2048 \
		-timeout=20 -artifact_prefix="$found/" -print_final_stats=1 \
		$dictionary "$found" "$top_srcdir/tests/fuzz/seeds/$name"
}

failed=0
for program; do
	log=fuzz/$(basename "$program").log
	if run "$program" >"$log" 2>&1; then
		runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
		result "$program" PASS "$runs runs"
	else
		failed=1
		result "$program" FAIL "see $log, which ends in:"
		tail -n 60 "$log"
	fi
done
exit $failed
