#!/usr/bin/env bash
# Writes golden files anew: runs the tests of each package that defines the
# flag -update. Read the difference before you commit it.
set -euo pipefail
cd "$(dirname "$0")/.."

grep -rlE --include='*_test.go' 'flag\.[A-Za-z]+\((&[A-Za-z]+, *)?"update"' . | grep -v '/\.' |
  xargs -r -n 1 dirname | sort -u | while read -r package; do
  go test -count=1 -short "$package" -update
done
git status --short -- '*testdata*'
