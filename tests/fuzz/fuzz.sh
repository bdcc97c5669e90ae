#!/bin/sh
# Builds each fuzzer named (tests/fuzz/NAME) with libFuzzer and runs it for
# FUZZ_SECONDS, with its seeds and its dictionary.  What it finds stays in
# fuzz/NAME of the build folder.
set -e
: "${FUZZ_CC:=clang-14}" "${FUZZ_SECONDS:=60}" "${top_srcdir:=.}"
flags="-std=gnu11 -g -O1 -fno-omit-frame-pointer -I. -I$top_srcdir $FUZZ_CFLAGS"
sanitize=address,undefined

mkdir -p fuzz/lib
rm -f fuzz/lib.a
for source in "$top_srcdir"/base/*.c "$top_srcdir"/har/*.c \
	"$top_srcdir"/gateway/http1*.c; do
	object=fuzz/lib/$(basename "$source" .c).o
	$FUZZ_CC $flags -fsanitize=fuzzer-no-link,$sanitize \
		-fno-sanitize-recover=undefined -c "$source" -o "$object"
	ar -q -c fuzz/lib.a "$object"
done
for program; do
	name=$(basename "$program")
	source=$top_srcdir/$program.c
	found=fuzz/$name
	mkdir -p "$found"
	$FUZZ_CC $flags -fsanitize=fuzzer,$sanitize \
		-fno-sanitize-recover=undefined "$source" fuzz/lib.a \
		$FUZZ_LIBS -o "fuzz/$name.bin"
	dictionary=
	test ! -f "$top_srcdir/$program.dict" ||
		dictionary=-dict=$top_srcdir/$program.dict
	"fuzz/$name.bin" -max_total_time="$FUZZ_SECONDS" -max_len=2048 \
		-artifact_prefix="$found/" -print_final_stats=1 $dictionary \
		"$found" "$top_srcdir/tests/fuzz/seeds/$name"
done
