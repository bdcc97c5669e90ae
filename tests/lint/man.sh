# Goal: the manual pages are good mdoc, and the one of mocks files names all
# that such a file may have in it.

. "${top_srcdir:=.}/tests/lint/tap.sh"
command -v mandoc >/dev/null || tap_skip_all 'no mandoc'
mock=$top_srcdir/mock
mocks=$top_srcdir/man/hark-mocks.5

for page in "$top_srcdir"/man/*.[1-9]; do
	tap_check "mandoc has nothing to say of ${page##*/}" \
		"$(mandoc -Tlint -W warning "$page" 2>&1)"
done

# The texts in double quotes of what comes in, one a line.
quoted() {
	grep -o '"[A-Za-z][A-Za-z0-9_]*"' | tr -d '"' | sort -u
}

# rows TABLE FILE...: the names in tables { { "name", function, ... }, ... }.
rows() {
	table=$1
	shift
	sed -n "/$table/,/^};/"'s/^	{ \("[A-Za-z0-9]*"\), .*/\1/p' "$@" | quoted
}

# Members of the objects in a mocks file, and words they may be.
members() {
	cat "$mock"/environment*.c "$mock"/manner.c | tr '\n\t' '  ' >"$files"
	grep -oE '\b[A-Z]+\( *"[A-Za-z]+"|\.name = "[A-Za-z]+"' "$files" |
		grep -v '^STR(' | quoted
	grep -oE '_words\[\] = \{[^}]*\}' "$files" | quoted
}

# Words of the page that stand in items and as Cm, and the helpers there.
named() {
	sed -n 's/^\.\(It\|Cm\) //p' "$mocks" | tr ' ' '\n'
}
helpers() {
	sed -n '/^\.Sh TEMPLATES/,/^\.Sh LIMITS/s/^\.It //p' "$mocks" |
		awk '{ for (i = 1; i <= NF; i++)
			if ($i ~ /^(Cm|Ar|Op|Oo|Li|Sy)$/) is = $i
			else if (is == "Cm" && $i != ",") print $i }' | sort -u
}

# without A B: the lines of A that B has not.
without() {
	echo "$1" | while read -r line; do
		echo "$2" | grep -qxFe "$line" || echo "$line"
	done
}

files=$(mktemp) || exit 1
trap 'rm -f "$files"' EXIT
code=$(rows 'struct helper helper_' "$mock"/helper_*.c)
methods=$(rows '_methods\[\]\|faker_modules\[\]' "$mock"/faker*.c)
fakes=$(sed -n '/^\.Ss Fake data/,/^\.Sh LIMITS/p' "$mocks" |
	tr -cs 'A-Za-z0-9' '\n')

tap_check 'hark-mocks(5) has every member and word of a mocks file' \
	"$(without "$(members)" "$(named)")"
tap_check 'hark-mocks(5) has every helper of templates' \
	"$(without "$code" "$(helpers)")"
tap_check 'every helper of hark-mocks(5) exists' \
	"$(without "$(helpers)" "$code")"
tap_check 'hark-mocks(5) has every module and method of fake data' \
	"$(without "$methods" "$fakes")"
tap_check 'the tables were found' \
	"$([ "$(members | wc -l)" -gt 60 ] && [ "$(echo "$code" | wc -l)" -gt 100 ] &&
		[ "$(echo "$methods" | wc -l)" -gt 200 ] || echo no)"
tap_end
