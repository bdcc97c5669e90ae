#!/bin/sh
# A new user is in the list afterwards.
set -eu

get() {
	curl -sS --fail "$HARK_URL$1"
}

before=$(get /users)
curl -sS --fail --json '{"name":"Grace"}' "$HARK_URL/users"
after=$(get /users)

case $before in *Grace*) echo 'Grace is there too early' >&2; exit 1 ;; esac
case $after in *Grace*) ;; *) echo 'Grace is not there' >&2; exit 1 ;; esac
