# Goal: the manual page has every command and every option, and no others.

. "${top_srcdir:=.}/tests/lint/tap.sh"
page=$top_srcdir/man/hark.1
names=$("${HARK:-./hark}" --list-options) || exit 1

# Items of lists: ".It Cm record", ".It Fl -store Ar path", ".It Fl o , ..."
documented=$(sed -n \
	-e 's/^\.It Cm \([a-z0-9-]*\).*/\1/p' \
	-e 's/^\.It .*Fl -\([a-z0-9-]*\).*/--\1/p' "$page" | sort -u)
known=$(echo "$names" | sort -u)

# without A B: the lines of A that B has not.
without() {
	echo "$1" | while read -r line; do
		echo "$2" | grep -qxFe "$line" || echo "$line"
	done
}

tap_check 'the program names its options' \
	"$([ "$(echo "$known" | wc -l)" -gt 40 ] || echo "only: $known")"
tap_check 'the manual page has every command and option' \
	"$(without "$known" "$documented")"
tap_check 'every command and option of the manual page exists' \
	"$(without "$documented" "$known")"
tap_check 'commands and options of the usage have a help text' \
	"$(for command in $(echo "$names" | grep -v '^--'); do
		"${HARK:-./hark}" help "$command" | grep -nE '\(null\)|^ +--[^ ]+$' |
			sed "s/^/$command: /"
	done)"
tap_end
