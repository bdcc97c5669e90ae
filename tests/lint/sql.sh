# Goal: the SQL for shared stores is what CockroachDB, YugabyteDB and Citus
# take, too, and works behind a pooler that knows transactions alone.

. "${top_srcdir:=.}/tests/lint/tap.sh"

# A line for each statement: texts of C that stand one behind the other.
statements=$(awk '
	function flush() {
		if (text ~ /^ *(SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|BEGIN|COMMIT|ROLLBACK|WITH|SET|LISTEN|NOTIFY|DECLARE|FETCH|CLOSE|LOCK|PREPARE|EXECUTE|TRUNCATE|DO|CALL|COPY|SAVEPOINT|RELEASE|EXPLAIN|ANALYZE|VACUUM|MERGE|GRANT) / || text == "BEGIN" || macro)
			print where ": " text
		text = ""
		macro = macro && continued
	}
	FNR == 1 { flush() }
	/^# *include/ { next }
	{
		line = $0
		macro = /^#define/ || macro && continued
		continued = /\\$/
		while (match(line, /"([^"\\]|\\.)*"/)) {
			if (substr(line, 1, RSTART - 1) ~ /[,;?:=]/)
				flush()
			if (text == "")
				where = FILENAME ":" FNR
			text = text substr(line, RSTART + 1, RLENGTH - 2)
			line = substr(line, RSTART + RLENGTH)
		}
		if (line ~ /[,;]/)
			flush()
	}
	END { flush() }' "$top_srcdir"/recorder/pg*.c)

# refuse SENTENCE PATTERN: no statement has it, in letters of either case.
refuse() {
	tap_check "$1" "$(echo "$statements" | grep -niE "$2")"
}

# Words that stand for themselves.
word() {
	echo "(^|[^A-Za-z_])($1)([^A-Za-z_]|\$)"
}

tap_check 'statements are found' "$(
	n=$(echo "$statements" | wc -l)
	[ "$n" -gt 60 ] || echo "only $n"
	for s in 'CREATE TABLE IF NOT EXISTS hark_entry' 'SELECT id, outcome' \
		'INSERT INTO hark_body' 'UPDATE hark_state' 'BEGIN'; do
		echo "$statements" | grep -q ": *$s" || echo "no $s"
	done)"
refuse 'ids are no sequences' \
	"$(word '(big|small)?serial|sequence|nextval|currval|identity|generated')"
refuse 'nothing runs inside of the engine' \
	"$(word 'trigger|function|procedure|rule|call|language')|: *do "
refuse 'no lock but those of rows' \
	'pg_(try_)?advisory|lock +table|: *lock |share row exclusive'
refuse 'no state of a session' \
	"$(word 'prepare|execute|deallocate|temp|temporary|discard|hold')|: *set +(session|[a-z_.]+ *(=|to))"
refuse 'conflicts are those of named columns' \
	'on conflict *(do|on constraint|\([^)]*\) *where)'
refuse 'no statement that some engines lack' \
	"$(word 'merge|tablesample|unlogged|exclude|inherits|lateral +rows|truncate|copy|vacuum|explain|analyze|skip locked')"
refuse 'no columns and catalogues that are PostgreSQL'"'"'s own' \
	"$(word 'ctid|xmin|xmax|oid|tableoid|regclass|information_schema')|pg_(class|stat|catalog|current|locks|xact|notify)|txid_"
refuse 'casts are said in words' '::'
# Correctness may not hang on a notice, which poolers and engines lose.
tap_check 'only the watch listens' "$(
	echo "$statements" | grep -iE ': *(un)?listen' | grep -v pg_watch.c)"

tables=$(echo "$statements" | grep 'CREATE TABLE')
tap_check 'columns are numbers and bytes' "$(
	echo "$statements" | grep -E 'CREATE TABLE|ADD COLUMN|NOT NULL, ' |
		grep -iE "$(word 'text|varchar|char|int[248]?|integer|smallint|jsonb?|uuid|timestamp|timestamptz|numeric|decimal|real|float|double|bool|boolean|interval|money|xml|inet|hstore|date|bit')|\\[\\]")"
tap_check 'each table has a primary key' "$(
	echo "$tables" | grep -v 'PRIMARY KEY')"
# What the rows are spread by: a tape, the parts of a body, a writer.
tap_check 'one of many columns begins with the one that spreads' "$(
	echo "$tables" | grep -E 'PRIMARY KEY \([^)]*,' |
		grep -vE 'PRIMARY KEY \((tape|parts|writer)(,|\))')"
tap_check 'and what belongs to a tape is spread by it' "$(
	echo "$tables" | grep -E 'hark_(entry|cursor|change)' |
		grep -E 'PRIMARY KEY' | grep -vE 'PRIMARY KEY \(tape(,|\))')"
tap_end
