# Goal: what docs/architecture.md names is there.

. "${top_srcdir:=.}/tests/lint/tap.sh"
cd "$top_srcdir" || exit 1
page=docs/architecture.md

# Files that are named with their folder, and without it.
files=$(grep -oE '`[a-z0-9_]+/[a-z0-9_/]+\.(c|h|sh|py)`' $page | tr -d '`')
alone=$(grep -oE '`[a-z0-9_]+\.[ch]`' $page | tr -d '`')

# FOLDER/MODULE for each row of "Where things are".
rows=$(awk '/^## / { on = /Where things are/ }
	on && /^\*\*[a-z]+\/\*\*/ { folder = $1; gsub(/[*:]/, "", folder) }
	on && folder != "" {
		while (match($0, /`[a-z0-9_*]+`/)) {
			print folder substr($0, RSTART + 1, RLENGTH - 2)
			$0 = substr($0, RSTART + RLENGTH)
		}
	}' $page)

tap_check 'the page has a map' \
	"$([ "$(echo "$rows" | wc -l)" -gt 150 ] || echo "only: $rows")"
tap_check 'each file that it names is there' \
	"$(for file in $files; do [ -f "$file" ] || echo "$file"; done
	for file in $alone; do
		ls ./*/"$file" >/dev/null 2>&1 || echo "$file"
	done)"
tap_check 'each module on the map is there' \
	"$(echo "$rows" | while read -r row; do
		ls $row.[ch] >/dev/null 2>&1 || echo "$row"
	done)"
tap_end
