#!/usr/bin/env bash
# Gives the tests a real PostgreSQL and prints how to reach it, as lines for a shell:
#   RINGLEADER_TEST_POSTGRES_URI=postgres://ringleader@127.0.0.1:…/postgres
#   RINGLEADER_TEST_POSTGRES_PASSWORD=…
# In this order: the server that RINGLEADER_TEST_POSTGRES_URI names; a private cluster of the installed
# server (Debian: apt-get install postgresql), made by initdb in a folder of its own, run by an ordinary
# user, on loopback. Calling it again while the server runs prints the same lines.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
. "$(dirname "${BASH_SOURCE[0]}")/../port.sh"

if [ -n "${RINGLEADER_TEST_POSTGRES_URI:-}" ]; then
  echo "postgres: using the server of RINGLEADER_TEST_POSTGRES_URI" >&2
  print_env "$RINGLEADER_TEST_POSTGRES_URI" "${RINGLEADER_TEST_POSTGRES_PASSWORD:-}"
  exit
fi

mkdir -p "$cache"
exec 9>"$cache/lock" # two callers at once: the second waits and finds the server running
flock 9 2>/dev/null || true

bin=$(binaries) || fail "initdb is not installed; apt-get install postgresql, or set RINGLEADER_TEST_POSTGRES_URI"

# make_cluster: for tests only, so it need not survive a power cut.
make_cluster() {
  dir=$(mktemp -d "${TMPDIR:-/tmp}/ringleader-postgres.XXXXXX")
  echo "$dir" >"$dirfile"
  (umask 077 && od -An -N12 -tx1 /dev/urandom | tr -d ' \n' | tee "$cache/password" >"$dir/password")
  [ "$(id -u)" != 0 ] || chown -R "$(ordinary)" "$dir"
  free_port >"$cache/port"
  as_user "$bin/initdb" -D "$dir/data" -U ringleader -A scram-sha-256 --pwfile="$dir/password" \
    -E UTF8 --locale=C.UTF-8 --no-sync >"$cache/log" 2>&1 9>&- || {
    tail -n 40 "$cache/log" >&2
    fail "initdb failed; its messages are above"
  }
  as_user tee -a "$dir/data/postgresql.conf" >/dev/null <<CONF
listen_addresses = '127.0.0.1'
port = $(cat "$cache/port")
unix_socket_directories = ''
fsync = off
CONF
}

dir=$(cat "$dirfile" 2>/dev/null || true)
if running "$dir"; then
  echo "postgres: already running" >&2
else
  remove "$dir"
  make_cluster
  # pg_ctl detaches the server. 9>&-: the lock is not the server's.
  as_user "$bin/pg_ctl" start -w -t "$RINGLEADER_TEST_POSTGRES_WAIT" -D "$dir/data" -l "$dir/log" >/dev/null 2>&1 9>&- </dev/null || {
    as_user tail -n 40 "$dir/log" >&2 || true
    fail "the server did not start; the end of its log is above"
  }
fi
uri=postgres://ringleader@127.0.0.1:$(cat "$cache/port")/postgres
echo "postgres: answers at $uri" >&2
print_env "$uri" "$(cat "$cache/password")"
