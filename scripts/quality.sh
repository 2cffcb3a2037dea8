#!/usr/bin/env bash
# Measures the engine and the baselines on every named world and writes the
# tables of docs/quality.md anew. First the ruler itself: the fixtures that its
# tests compare with are computed again by scikit-learn and networkx, in a
# virtual environment under .cache, and must be the same.
#
# QUALITY_ACCOUNTS is the size of a world, QUALITY_SMALL that of worlds that are
# searched many times over, QUALITY_SEEDS the seeds. Development seeds are 1–20:
# whoever tunes on other seeds spends them.
set -euo pipefail
cd "$(dirname "$0")/.."

accounts=${QUALITY_ACCOUNTS:-40000}
seeds=${QUALITY_SEEDS:-1-5}
small=${QUALITY_SMALL:-3000}

. scripts/venv.sh
make_venv scripts/quality/requirements.txt quality
"$venv/bin/python" scripts/quality/fixtures.py | cmp - engine/eval/testdata/peers.json

make --no-print-directory build
tables=$(mktemp)
trap 'rm -f "$tables"' EXIT

measure() { # the arguments of one evaluation
  echo "quality: ringleader eval $*" >&2
  bin/ringleader eval "$@" --output json --quiet | python3 scripts/quality/tables.py "ringleader eval $*" >>"$tables"
}

for world in $(bin/ringleader synth --help | awk '/^Worlds:/ { listed = 1; next } NF == 0 { listed = 0 } listed { print $1 }'); do
  case $world in
  mixed)
    measure --world mixed --accounts "$accounts" --seeds "$seeds" --baselines --gate
    measure --world mixed --accounts "$small" --seeds "$seeds" --stability
    ;;
  nights) measure --world nights --accounts "$small" --seeds "$seeds" --baselines --nights 30 ;;
  *) measure --world "$world" --accounts "$accounts" --seeds "$seeds" --baselines ;;
  esac
done
into_page measured "$tables"
