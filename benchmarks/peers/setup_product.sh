#!/bin/sh
# Makes benchmarks/.product, the environment of the products that product.py runs beside.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
venv="$here/../.product"
test -x "$venv/bin/python" || "${PYTHON:-python3}" -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/product.txt"
