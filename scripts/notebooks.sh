#!/usr/bin/env bash
# Runs the notebooks in a virtual environment under .cache, and checks that they
# are stored without output. They run the program that is built here.
set -euo pipefail
cd "$(dirname "$0")/.."

key=$(sha256sum <notebooks/requirements.txt | cut -c 1-12)
venv=$PWD/.cache/venv-$key
if [ ! -e "$venv/ready" ]; then
  echo "notebooks: installing notebooks/requirements.txt" >&2
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r notebooks/requirements.txt
  touch "$venv/ready"
fi
"$venv/bin/nbstripout" --verify notebooks/*.ipynb
make --no-print-directory build
PATH=$PWD/bin:$PATH MPLBACKEND=agg "$venv/bin/python" -m pytest -q -p no:cacheprovider \
  --nbmake --nbmake-timeout=300 notebooks
