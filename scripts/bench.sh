#!/usr/bin/env bash
# The Go benchmarks (BENCH selects, BENCHTIME says how long each), then the wall
# time of a build with an empty build cache: what a new user waits for.
set -euo pipefail
cd "$(dirname "$0")/.."

go test -run '^$' -bench "${BENCH:-.}" -benchtime "${BENCHTIME:-1s}" -benchmem -timeout 60m ./...

go mod download
cold=$(mktemp -d)
trap 'chmod -R u+w "$cold"; rm -rf "$cold"' EXIT
start=$(date +%s.%N)
GOCACHE=$cold/cache go build -o "$cold/ringleader" ./cmd/ringleader
end=$(date +%s.%N)
awk -v s="$start" -v e="$end" -v b="$(stat -c %s "$cold/ringleader")" -v n="$(nproc)" \
  'BEGIN { printf "cold go build: %.1f s on %d cores, a program of %.1f MB\n", e - s, n, b / 1e6 }'
