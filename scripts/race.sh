#!/usr/bin/env bash
# The race detector over the packages with concurrency. RACE_PACKAGES names
# them; those that need a server are left out, and named at the end.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v "${CC:-gcc}" >/dev/null || {
  echo "race: the race detector needs a C compiler; install gcc (apt-get install gcc libc6-dev)" >&2
  exit 1
}
# shellcheck disable=SC2086 # a list of patterns
mapfile -t packages < <(go list ${RACE_PACKAGES:-./...})
server=() rest=()
for p in "${packages[@]}"; do
  case $p in
  */neo4jstore* | */neo4jsource* | */pgsource*) server+=("$p") ;;
  *) rest+=("$p") ;;
  esac
done
CGO_ENABLED=1 go test -race -short -timeout 20m "${rest[@]}"
if [ ${#server[@]} -gt 0 ]; then
  echo "race: left out, as they need a server of Neo4j or PostgreSQL: ${server[*]}"
fi
