#!/bin/sh
# Makes benchmarks/.peers, the virtual environment of the other toolkits. Run again, it changes nothing.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
venv="$here/../.peers"
test -x "$venv/bin/python" || "${PYTHON:-python3}" -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
