# Goal: each test that the threat model names is there.

. "${top_srcdir:=.}/tests/lint/tap.sh"
page=$top_srcdir/docs/SECURITY.md

named=$(grep -o '`tests/[^`]*`' "$page" | tr -d '\140' | sort -u)
tap_check 'the threat model names tests' \
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
tap_check 'each row of its table names one' "$(
	sed -n '/^| Entry/,/^$/p' "$page" | tail -n +3 | grep . |
		grep -v '| `tests/[^|]*|$')"
tap_end
