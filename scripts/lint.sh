#!/usr/bin/env bash
# Formatting and style, by the golangci-lint named here, and whether go.mod is tidy. The first run
# builds the tool into .cache (about a minute); later ones find it there.
set -euo pipefail
cd "$(dirname "$0")/.."

version=v2.15.0
tool=$PWD/.cache/bin/golangci-lint-$version
if [ ! -x "$tool" ]; then
  echo "lint: building golangci-lint $version" >&2
  bin=$(mktemp -d)
  trap 'rm -rf "$bin"' EXIT
  GOBIN=$bin go install "github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$version"
  mkdir -p .cache/bin
  mv "$bin/golangci-lint" "$tool"
fi
go mod tidy -diff || { echo "lint: go.mod names what is not used, or lacks what is; run go mod tidy" >&2; exit 1; }
GOLANGCI_LINT_CACHE=$PWD/.cache/golangci "$tool" run --timeout 15m "$@" ./...
