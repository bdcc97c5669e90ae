# Goal: each test that the threat model and the page of faults name is there.

. "${top_srcdir:=.}/tests/lint/tap.sh"
page=$top_srcdir/docs/SECURITY.md
faults=$top_srcdir/docs/faults.md

named=$(grep -oh '`tests/[^`]*`' "$page" "$faults" | tr -d '\140' | sort -u)
tap_check 'they name tests' \
	"$([ "$(echo "$named" | wc -l)" -gt 40 ] || echo "only: $named")"
tap_check 'each is a file of the tests, and a case in it' "$(
	for one in $named; do
		file=$top_srcdir/${one%%:*}
		[ -f "$file" ] || { echo "$one: no such file"; continue; }
		case $one in *:*)
			grep -qE "^(def )?${one#*:}\(" "$file" ||
				echo "$one: no such case" ;;
		esac
	done)"
tap_check 'each row of their tables names one' "$(
	{
		sed -n '/^| Entry/,/^$/p' "$page"
		grep '^|' "$faults"
	} | grep -vE '^\| (Entry|What fails) |^\|---|^$' |
		grep -v '| `tests/[^|]*|$')"
tap_end
