# Goal: the sources have the one format there is.

. "${top_srcdir:=.}/tests/lint/tap.sh"
command -v clang-format-14 >/dev/null || tap_skip_all 'no clang-format-14'
cd "$top_srcdir" || exit 1

for folder in base har recorder replay mock gateway tests; do
	[ -n "$(find $folder -name '*.[ch]')" ] || continue
	tap_check "$folder is formatted" "$(find $folder -name '*.[ch]' -exec \
		clang-format-14 --dry-run -Werror {} + 2>&1 |
		grep 'error:' | cut -d: -f1 | sort | uniq -c)"
done
tap_check 'no line of script or prose ends in white space' "$(
	grep -nE '[ 	]+$' configure.ac Makefile.am README.md bootstrap \
		man/*.[1-9] tests/lint/*.sh tests/scenario/*.py
)"
tap_end
