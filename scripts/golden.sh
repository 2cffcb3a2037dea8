#!/usr/bin/env bash
# Writes golden files anew: runs the tests of each package that defines the
# flag -update. Read the difference before you commit it.
set -euo pipefail
cd "$(dirname "$0")/.."

flag='flag\.[A-Za-z]+\((&[A-Za-z]+, *)?"update"'
packages=$(grep -rlE --include='*_test.go' --exclude-dir='.?*' "$flag" . | xargs -r -n 1 dirname | sort -u || true)
if [ -z "$packages" ]; then
  echo "golden: no package defines -update"
  exit
fi
for package in $packages; do
  go test -count=1 "$package" -update
done
git status --short -- '*testdata*'
