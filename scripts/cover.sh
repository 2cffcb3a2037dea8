#!/usr/bin/env bash
# Statement coverage, by package and in total. Each package counts what the
# tests of all packages reach.
set -euo pipefail
cd "$(dirname "$0")/.."

go test -short -timeout 20m -coverpkg=./... -coverprofile=coverage.out ./... >/dev/null
awk -F '[: ]' '
  NR > 1 {
    block = $1 ":" $2; statements[block] = $3; if ($4 > 0) hit[block] = 1
  }
  END {
    for (b in statements) {
      p = b; sub(/\/[^\/]*$/, "", p)
      all[p] += statements[b]; total += statements[b]
      if (b in hit) { got[p] += statements[b]; reached += statements[b] }
    }
    for (p in all) printf "%6.1f %%  %s\n", 100 * got[p] / all[p], p | "sort -k 3"
    close("sort -k 3")
    printf "%6.1f %%  total\n", 100 * reached / total
  }' coverage.out
