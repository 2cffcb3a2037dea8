#!/usr/bin/env bash
# Every test of the module, with a real Neo4j and a real PostgreSQL: those that
# RINGLEADER_TEST_NEO4J_URI and RINGLEADER_TEST_POSTGRES_URI name, else some started
# here and stopped at the end. Without a server its tests cannot run. In CI that is
# a failure; elsewhere the rest runs and the last lines say what did not. Nor can the tests on public
# data sets run where the sets are not; the last lines say that everywhere.
set -euo pipefail
cd "$(dirname "$0")/.."

# A server that was up before is not this script's to stop.
was_up() (
  . scripts/neo4j/common.sh
  [ -s "$engine" ] || running "$(cat "$pidfile" 2>/dev/null || true)"
)

pg_was_up() (
  . scripts/postgres/common.sh
  running "$(cat "$dirfile" 2>/dev/null || true)"
)

stop=false
stop_pg=false
finish() {
  if $stop; then scripts/neo4j/down.sh || true; fi
  if $stop_pg; then scripts/postgres/down.sh || true; fi
}
trap finish EXIT

if [ -z "${RINGLEADER_TEST_NEO4J_URI:-}" ] && ! was_up; then stop=true; fi
if server=$(scripts/neo4j/up.sh); then
  while IFS='=' read -r name value; do
    export "$name=$value"
  done <<<"$server"
  neo4j=true
elif [ "${CI:-}" = true ]; then
  echo "test: no Neo4j, and CI needs one" >&2
  exit 1
else
  neo4j=false
fi

if [ -z "${RINGLEADER_TEST_POSTGRES_URI:-}" ] && ! pg_was_up; then stop_pg=true; fi
if server=$(scripts/postgres/up.sh); then
  while IFS='=' read -r name value; do
    export "$name=$value"
  done <<<"$server"
  postgres=true
elif [ "${CI:-}" = true ]; then
  echo "test: no PostgreSQL, and CI needs one" >&2
  exit 1
else
  postgres=false
fi

code=0
go test -timeout "${TEST_TIMEOUT:-10m}" ./... || code=$?
finish
stop=false
stop_pg=false
if [ ! -d "${RINGLEADER_DATA:-../shared/data}" ]; then
  echo "REAL DATA TESTS DID NOT RUN: set RINGLEADER_DATA to the folder of the data sets. Everything else ran; exit code $code."
fi
if ! $neo4j; then
  echo "NEO4J TESTS DID NOT RUN: no server could be had (see above). Everything else ran; exit code $code."
fi
if ! $postgres; then
  echo "POSTGRESQL TESTS DID NOT RUN: no server could be had (see above). Everything else ran; exit code $code."
fi
exit $code
