#!/usr/bin/env bash
# Stops the server that up.sh started, by its own pid or container; a server that
# RINGLEADER_TEST_NEO4J_URI names is not ours to stop. With --wipe its data goes as well.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

if [ -s "$engine" ]; then
  RINGLEADER_NEO4J_PORT=$(cat "$cache/port") RINGLEADER_NEO4J_PASSWORD=$(cat "$cache/password") \
    "$(cat "$engine")" compose -f "$root/compose.yaml" down --volumes >&2
  rm -f "$engine"
fi

pid=$(cat "$pidfile" 2>/dev/null || true)
if running "$pid"; then
  kill "$pid"
  for ((i = 0; i < 300; i++)); do
    running "$pid" || break
    sleep 0.1
  done
  ! running "$pid" || kill -KILL "$pid"
  echo "neo4j: stopped, pid $pid" >&2
fi
rm -f "$pidfile"
if [ "${1:-}" = --wipe ]; then rm -rf "$home" "$cache/password" "$cache/port"; fi
