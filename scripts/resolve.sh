#!/usr/bin/env bash
# Resolves splink_historical_50k by `ringleader resolve` and by splink, measures
# both against its labels, prints the table and writes it into docs/quality.md.
# splink runs in a virtual environment under .cache. CPU seconds are those of
# reading the store, resolving and listing; of splink those from registering the
# file to the clusters.
set -euo pipefail
cd "$(dirname "$0")/.."

set=${RINGLEADER_DATA:-../shared/data}/splink_historical_50k
if [ ! -e "$set/records.csv.gz" ]; then
  echo "resolve-peers: there is no $set/records.csv.gz; set RINGLEADER_DATA to the folder of the data sets" >&2
  exit 1
fi
. scripts/venv.sh
make_venv scripts/resolve/requirements.txt resolve-peers

make --no-print-directory build
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bin/ringleader load "$set" --preset splink_historical_50k --store "$work/s.db" --quiet
TIMEFORMAT='%U %S'
{ time bin/ringleader resolve --store "$work/s.db" --dry-run --quiet --output json >"$work/resolve.json"; } 2>"$work/time"
"$venv/bin/python" scripts/resolve/peers.py "$set/records.csv.gz" "$work/resolve.json" \
  "$(awk '{ printf "%.0f", $1 + $2 }' "$work/time")" 2>"$work/splink.log" >"$work/table.md" || {
  tail -n 20 "$work/splink.log" >&2
  exit 1
}
cat "$work/table.md"
into_page resolve "$work/table.md"
