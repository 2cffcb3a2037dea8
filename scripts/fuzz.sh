#!/usr/bin/env bash
# Runs every fuzz target of the module for FUZZTIME each. Targets are found by
# listing, so a new one needs no entry anywhere.
set -euo pipefail
cd "$(dirname "$0")/.."

time=${FUZZTIME:-30s}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# package and name, one a line
targets() {
  grep -rlE --include='*_test.go' --exclude-dir='.?*' '^func Fuzz[A-Z]' . | sort | while read -r file; do
    sed -nE "s|^func (Fuzz[A-Za-z0-9_]*)\(.*|$(dirname "$file") \1|p" "$file"
  done
}

fuzz() { go test -run '^$' -fuzz "^$2\$" -fuzztime "$time" -timeout 30m "$1" >"$log" 2>&1; }

# The Go tool at times reports the end of the time as a failure of the target;
# a real failure leaves its input behind.
clock_only() { grep -q 'context deadline exceeded' "$log" && ! grep -q 'Failing input written' "$log"; }

count=0 failed=0
while read -r package name; do
  count=$((count + 1))
  if fuzz "$package" "$name" || { clock_only && fuzz "$package" "$name"; }; then
    echo "ok    $package $name: $(grep -oE 'execs: [0-9]+' "$log" | tail -n 1)"
  else
    failed=$((failed + 1))
    echo "FAIL  $package $name"
    cat "$log"
  fi
done < <(targets)
echo "fuzz: $count targets, $time each, $failed failed"
[ "$count" -gt 0 ] && [ "$failed" -eq 0 ]
