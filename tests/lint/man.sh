# Goal: the manual pages are good mdoc.

. "${top_srcdir:=.}/tests/lint/tap.sh"
command -v mandoc >/dev/null || tap_skip_all 'no mandoc'

for page in "$top_srcdir"/man/*.[1-9]; do
	tap_check "mandoc has nothing to say of ${page##*/}" \
		"$(mandoc -Tlint -W warning "$page" 2>&1)"
done
tap_end
