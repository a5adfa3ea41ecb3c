"""Asks pip-audit about every package of a folder, and says in one line what came of it.

    python scripts/audit.py PIP_AUDIT SITE_PACKAGES [--timeout 600]

A package that the advisory service does not know, or that could not be asked about because the
service is not reachable, counts as not checked. Exits with 1 when a vulnerability is known.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from typing import Any


def audit(pip_audit: str, folder: str, timeout_s: float) -> list[dict[str, Any]] | None:
    """The packages with their vulnerabilities or why they were skipped; None without a report."""
    command = [pip_audit, "--path", folder, "--format", "json", "--progress-spinner", "off"]
    try:
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=timeout_s
        )
        report = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, json.JSONDecodeError):
        return None
    return list(report["dependencies"])


def summary(packages: list[dict[str, Any]] | None) -> tuple[str, bool]:
    """The line to print, and whether a vulnerability is known."""
    if packages is None:
        return "audit: NOT CHECKED, the advisory service is not reachable", False
    harmed = [p for p in packages if p.get("vulns")]
    skipped = [p for p in packages if "skip_reason" in p]
    line = f"audit: {len(packages) - len(skipped)} of {len(packages)} packages checked"
    if skipped:
        line += f", {len(skipped)} NOT CHECKED ({skipped[0]['name']}: unknown to the service)"
    if len(skipped) == len(packages):
        line = (
            f"audit: NOT CHECKED, the advisory service knows none of the {len(packages)} packages"
        )
    if harmed:
        named = ", ".join(f"{p['name']} {v['id']}" for p in harmed for v in p["vulns"])
        line += f"; VULNERABLE: {named}"
    return line, bool(harmed)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("pip_audit")
    parser.add_argument("folder")
    parser.add_argument("--timeout", type=float, default=600, help="seconds")
    options = parser.parse_args()
    line, is_vulnerable = summary(audit(options.pip_audit, options.folder, options.timeout))
    print(line)
    sys.exit(int(is_vulnerable))


if __name__ == "__main__":
    main()
