#!/bin/sh
# Goal: every fuzzer still accepts each of its seeds.
seeds=${top_srcdir:-.}/tests/fuzz/seeds
programs=${top_builddir:-.}/tests/fuzz

set -- "$seeds"/*/*
echo "1..$#"
n=0
failed=0
for seed; do
	n=$((n + 1))
	fuzzer=$(basename "$(dirname "$seed")")
	verdict=ok
	remark=
	status=0
	said=$("$programs/$fuzzer" "$seed" 2>&1) || status=$?
	if [ $status -eq 77 ]; then
		remark=" # SKIP $said"
	elif [ $status -ne 0 ]; then
		printf '%s\n' "$said" | sed 's/^/# /'
		verdict="not ok"
		failed=1
	fi
	echo "$verdict $n - $fuzzer stands $(basename "$seed")$remark"
done
exit $failed
