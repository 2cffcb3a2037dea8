#!/usr/bin/env bash
# Trains account models on `ringleader features` of three public sets, in a
# virtual environment under .cache, and writes how they fare into docs/quality.md.
set -euo pipefail
cd "$(dirname "$0")/.."

data=${RINGLEADER_DATA:-../shared/data}
if [ ! -d "$data/tolokers" ]; then
  echo "quality-accounts: there is no $data/tolokers; set RINGLEADER_DATA to the folder of the data sets" >&2
  exit 1
fi
key=$(sha256sum <scripts/quality/accounts.txt | cut -c 1-12)
venv=$PWD/.cache/accounts-$key
if [ ! -e "$venv/ready" ]; then
  echo "quality-accounts: installing scripts/quality/accounts.txt" >&2
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r scripts/quality/accounts.txt
  touch "$venv/ready"
fi
make --no-print-directory build
table=$(mktemp)
trap 'rm -f "$table"' EXIT
"$venv/bin/python" scripts/quality/accounts.py bin/ringleader "$data" | tee "$table"
sed -i -e '/<!-- accounts -->/,/<!-- end of accounts -->/{//!d}' -e "/<!-- accounts -->/r $table" docs/quality.md
