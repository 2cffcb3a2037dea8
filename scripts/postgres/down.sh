#!/usr/bin/env bash
# Stops the server that up.sh started and removes its folder; a server that
# RINGLEADER_TEST_POSTGRES_URI names is not ours to stop.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

dir=$(cat "$dirfile" 2>/dev/null || true)
[ -n "$dir" ] || exit 0
if running "$dir"; then
  as_user "$(binaries)/pg_ctl" stop -m fast -D "$dir/data" >/dev/null
  echo "postgres: stopped" >&2
fi
remove "$dir"
rm -f "$dirfile" "$cache/password" "$cache/port"
