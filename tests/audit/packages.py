"""What pip-audit and npm say of packages, read."""

import json
from typing import Any, NamedTuple


class Audited(NamedTuple):
    """`flaws` by package and id; `not_audited` says why nothing is known, empty where everything is."""

    flaws: list[str]
    not_audited: str


def pip_audited(output: str) -> Audited:
    """The JSON of `pip-audit --format json`; anything else is what it prints when it reaches nobody."""
    told = _parsed(output)
    if told is None:
        return Audited([], "pip-audit reached nobody who knows")
    packages = told["dependencies"]
    flaws = [
        f"{package['name']} {package['version']}: {flaw['id']}, mended in {', '.join(flaw['fix_versions']) or 'none'}"
        for package in packages
        for flaw in package.get("vulns", [])
    ]
    skipped = sum("skip_reason" in package for package in packages)
    return Audited(flaws, f"{skipped} of {len(packages)} packages: the index tells nothing of flaws" if skipped else "")


def npm_audited(output: str) -> Audited:
    """The JSON of `npm audit --json`."""
    told = _parsed(output)
    if told is None or "vulnerabilities" not in told:
        return Audited([], "the registry answers no question about flaws")
    return Audited([f"{name}: {flaw['severity']}" for name, flaw in told["vulnerabilities"].items()], "")


def _parsed(output: str) -> dict[str, Any] | None:
    try:
        told = json.loads(output)
    except ValueError:
        return None
    return told if isinstance(told, dict) else None
