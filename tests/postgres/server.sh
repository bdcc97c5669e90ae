#!/bin/sh
# A PostgreSQL server for a test, on a socket in a folder of its own:
#
#	server.sh start FOLDER PID	makes it; it goes with that process at
#				the latest; 77 when there is no PostgreSQL 15
#	server.sh stop FOLDER	ends it at once
#	server.sh crash FOLDER	ends it without a word to its clients
#	server.sh again FOLDER	starts it behind that
#	server.sh pool FOLDER	pgbouncer in front of it, in transaction mode,
#				on a socket in FOLDER/pool
#
# The server refuses to be root's, so that root's are nobody's.  Nothing is
# synced: it does not outlive the test.
set -eu
PATH=/usr/lib/postgresql/15/bin:/usr/sbin:$PATH
folder=$2
self=$(cd "$(dirname "$0")" && pwd)/server.sh

as_nobody() {
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
	else
		"$@"
	fi
}

serve() {
	as_nobody pg_ctl -D "$folder/server" -w -t 60 -l "$folder/server/log" \
		-o "-F -k $folder -c listen_addresses='' -c max_connections=100 -c full_page_writes=off -c autovacuum=off" \
		start >>server.log 2>&1 </dev/null
}

case $1 in
start)
	command -v initdb >/dev/null && command -v pg_ctl >/dev/null || exit 77
	mkdir -p "$folder"
	chmod 755 "$folder"
	mkdir -m 700 "$folder/server"
	[ "$(id -u)" -ne 0 ] || chown 65534:65534 "$folder" "$folder/server"
	cd "$folder"
	as_nobody initdb -D "$folder/server" -U hark -A trust -E SQL_ASCII \
		--locale=C --no-sync >server.log 2>&1 </dev/null
	serve
	(
		while kill -0 "$3" && [ -d "$folder/server" ]; do
			sleep 1
		done
		"$self" stop "$folder"
	) >/dev/null 2>&1 </dev/null &
	;;
stop)
	[ ! -f "$folder/pool/pid" ] || kill "$(cat "$folder/pool/pid")" || :
	[ ! -f "$folder/server/postmaster.pid" ] || as_nobody pg_ctl \
		-D "$folder/server" -m immediate -w stop >/dev/null 2>&1
	;;
crash)
	as_nobody pg_ctl -D "$folder/server" -m immediate -w stop >/dev/null
	;;
again)
	cd "$folder"
	serve
	;;
pool)
	command -v pgbouncer >/dev/null || exit 77
	mkdir -m 755 "$folder/pool"
	cat >"$folder/pool/ini" <<-END
		[databases]
		* = host=$folder user=hark
		[pgbouncer]
		unix_socket_dir = $folder/pool
		listen_addr =
		auth_type = any
		pool_mode = transaction
		default_pool_size = 5
		pidfile = $folder/pool/pid
		logfile = $folder/pool/log
		server_reset_query =
	END
	[ "$(id -u)" -ne 0 ] || chown -R 65534:65534 "$folder/pool"
	as_nobody pgbouncer -d "$folder/pool/ini" >/dev/null 2>&1 </dev/null
	for i in $(seq 100); do
		[ ! -S "$folder/pool/.s.PGSQL.6432" ] || exit 0
		sleep 0.1
	done
	exit 1
	;;
esac
