# Goal: folders look down, and each library has one home (DESIGN 3).

. "${top_srcdir:=.}/tests/lint/tap.sh"
cd "$top_srcdir" || exit 1

# deny SENTENCE FILE-OR-FOLDER... -- PATTERN: no file there includes it.
deny() {
	sentence=$1
	shift
	where=
	while [ "$1" != -- ]; do
		where="$where $1"
		shift
	done
	found=$(find $where -name '*.[ch]' -exec \
		grep -nE "^# *include [<\"]($2)" /dev/null {} +)
	tap_check "$sentence" "$found"
}

# but SENTENCE FOLDER EXCEPTION -- PATTERN: only one file there may.
but() {
	found=$(find "$2" -name '*.[ch]' ! -path "$3" -exec \
		grep -nE "^# *include [<\"]($5)" /dev/null {} +)
	tap_check "$1" "$found"
}

deny 'base uses no other folder' \
	base -- '(har|recorder|replay|mock|gateway)/'
deny 'har uses base alone' har -- '(recorder|replay|mock|gateway)/'
deny 'recorder uses har and base' recorder -- '(replay|mock|gateway)/'
deny 'replay uses recorder and what is below' replay -- '(mock|gateway)/'
deny 'mock knows neither recordings nor the gateway' \
	mock -- '(recorder|replay|gateway)/'

deny 'libevent is at home in gateway' \
	base har recorder replay mock -- '(event2/|event\.h|ev(http|dns))'
deny 'SQLite is at home in recorder' \
	base har replay mock gateway -- 'sqlite3'
deny 'libpq is at home in recorder' \
	base har replay mock gateway -- '(postgresql/|libpq)'
found=$(find recorder -name '*.[ch]' ! -name 'pg*.[ch]' -exec \
	grep -nE '^# *include [<"](postgresql/|libpq|recorder/pg)' /dev/null {} +)
tap_check 'of recorder only pg*.c use libpq' "$found"
deny 'nghttp2 is at home in gateway' \
	base har recorder replay mock -- 'nghttp2/'
deny 'OpenSSL is at home in gateway and base/digest.c' \
	har recorder replay mock -- 'openssl/'
but 'of base only digest.c uses OpenSSL' base base/digest.c -- 'openssl/'
deny 'PCRE2 is at home in base/regex.c' \
	har recorder replay mock gateway -- 'pcre2'
but 'of base only regex.c uses PCRE2' base base/regex.c -- 'pcre2'
deny 'codings and archives are at home in har' \
	base recorder replay mock gateway -- \
	'(zlib|zconf|brotli/|zstd|zip)'
deny 'jansson is at home in gateway and mock' \
	base har recorder replay -- 'jansson'
deny 'libyaml is at home in mock' \
	base har recorder replay gateway -- 'yaml\.h'
but 'of mock only yaml.c uses libyaml' mock mock/yaml.c -- 'yaml\.h'

deny 'sockets stay in gateway' \
	base replay mock -- '(sys/socket|netdb|poll|sys/epoll)\.h'
# libpq opens the one there is; somebody has to wait for it.
found=$(find recorder -name '*.[ch]' ! -path recorder/pg_link.c \
	! -path recorder/pg_answer.c -exec grep -nE \
	'^# *include [<"](sys/socket|netdb|poll|sys/epoll)\.h' /dev/null {} +)
tap_check 'but for that of libpq' "$found"
found=$(find har recorder replay mock -name '*.[ch]' -exec \
	grep -nE '^[	 ]*(v?printf|puts|putchar|fputs|v?fprintf|perror|_?exit|log_[a-z]+) ?\(' \
	/dev/null {} +)
tap_check 'nothing below gateway prints, logs or exits' "$found"
# The recorder's thread has commits to make in time, the shipper's attempts, and
# a shared store's connections are waited for that long and no longer.
found=$(find har recorder replay mock -name '*.[ch]' \
	! -path recorder/recorder.c ! -path recorder/pg_link.c \
	! -path recorder/pg_answer.c ! -path recorder/store_both.c \
	! -path recorder/pg_watch.c ! -path recorder/shipper.c -exec \
	grep -nE '\b(clock_(wall|mono)_us|time|gettimeofday|clock_gettime) ?\((NULL|CLOCK|\))' \
	/dev/null {} +)
tap_check 'nothing below gateway but the recorder asks for the time' "$found"
found=$(find base har recorder replay mock gateway -name '*.c' -exec \
	awk 'FNR == 1 { seen = 0 }
	    /^#include/ && !seen { seen = 1
		if ($0 != "#include \"config.h\"")
			print FILENAME ":" FNR ": " $0 }' {} +)
tap_check 'every file includes config.h first' "$found"
tap_end
