#!/usr/bin/env bash
# Builds what a release consists of, into dist/: a wheel that is the same for the same commit, a
# software bill of materials, the licences of every dependency, and an audit for known
# vulnerabilities. The audit asks PyPI's advisory service; where that is not reachable it says so,
# and the packages count as not checked.
set -euo pipefail
cd "$(dirname "$0")/.."
export SOURCE_DATE_EPOCH
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 -m venv "$work/tools"
"$work/tools/bin/pip" install --quiet build pip-audit cyclonedx-bom pip-licenses
rm -rf dist build

# Twice, from two clean checkouts: the wheel is reproducible or the release stops here.
for copy in first second; do
  git clone --quiet . "$work/$copy"
  (cd "$work/$copy" && "$work/tools/bin/python" -m build --wheel --outdir "$work/dist-$copy" >/dev/null)
done
cmp "$work"/dist-first/*.whl "$work"/dist-second/*.whl
mkdir -p dist
cp "$work"/dist-first/*.whl dist/
(cd dist && python3 -c "import hashlib, pathlib; [print(hashlib.sha256(p.read_bytes()).hexdigest(), p.name, sep='  ') for p in sorted(pathlib.Path().glob('*.whl'))]" >SHA256SUMS)

python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --constraint constraints.txt dist/*.whl
"$work/tools/bin/cyclonedx-py" environment "$work/env/bin/python" --output-file dist/sbom.cdx.json
# Stops at a licence that the package must not depend on.
"$work/tools/bin/pip-licenses" --python "$work/env/bin/python" --format=markdown --with-urls \
  --order=license --partial-match --fail-on "GPL;GNU" --output-file dist/LICENSES.md >/dev/null
"$work/tools/bin/pip-licenses" --python "$work/env/bin/python" --summary --order=count \
  --output-file dist/LICENSES-summary.txt >/dev/null
python3 scripts/audit.py "$work/tools/bin/pip-audit" \
  "$("$work/env/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')" | tee dist/AUDIT.txt
ls -l dist
