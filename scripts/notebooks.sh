#!/usr/bin/env bash
# Runs the notebooks in a virtual environment under .cache, and checks that they
# are stored without output. They run the program that is built here.
set -euo pipefail
cd "$(dirname "$0")/.."

. scripts/venv.sh
make_venv notebooks/requirements.txt notebooks
"$venv/bin/nbstripout" --verify notebooks/*.ipynb
make --no-print-directory build
PATH=$PWD/bin:$PATH MPLBACKEND=agg "$venv/bin/python" -m pytest -q -p no:cacheprovider \
  --nbmake --nbmake-timeout=300 notebooks
