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
. scripts/venv.sh
make_venv scripts/quality/accounts.txt quality-accounts
make --no-print-directory build
table=$(mktemp)
trap 'rm -f "$table"' EXIT
"$venv/bin/python" scripts/quality/accounts.py bin/ringleader "$data" | tee "$table"
into_page accounts "$table"
