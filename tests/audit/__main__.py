"""What a change must not bring in: packages with known flaws, and secrets.

    python -m tests.audit

Packages are asked about at the registries that they come from, by pip-audit and npm. Exit code 1: something was found.
Where a registry cannot be reached or tells nothing of flaws, that is said and is no failure: a finding must not depend
on the network of whoever builds.
"""

import subprocess
import sys
from pathlib import Path

from tests.audit.packages import Audited, npm_audited, pip_audited
from tests.audit.secrets import holds_token, unknown_secrets

ROOT = Path(__file__).parents[2]
LOCK = "requirements/run.lock"
NPM = "services/config_api/console/npm.sh"
BASELINE = ".secrets.baseline"
"""What was looked at and is none; `detect-secrets audit .secrets.baseline` shows it."""

# By keyword it finds what tests call passwords; what locks and the description hold are hashes and names.
SCAN = (
    "--disable-plugin",
    "KeywordDetector",
    "--exclude-files",
    r"(package-lock\.json|\.lock|openapi\.json|\.baseline)$",
)
EXAMPLES = frozenset({"tests/unit/test_tokens.py"})
"""Files with tokens that were made up to show their form."""


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """A command in the project's folder."""
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def packages() -> bool:
    """Whether no package with a known flaw was found."""
    pip = (sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off", "--timeout", "15")
    audited = {
        LOCK: pip_audited(run(*pip, "--disable-pip", "--require-hashes", "--requirement", LOCK).stdout),
        "the console's packages": npm_audited(run(NPM, "audit", "--json", "--omit=dev").stdout),
    }
    for name, result in audited.items():
        say(name, result)
    return not any(result.flaws for result in audited.values())


def say(name: str, result: Audited) -> None:
    """Prints what came of one list of packages."""
    for flaw in result.flaws:
        tell(f"FLAW in {name}: {flaw}")
    if result.not_audited:
        tell(f"NOT AUDITED: {name}: {result.not_audited}")
    elif not result.flaws:
        tell(f"{name}: no known flaw")


def secrets() -> bool:
    """Whether no secret was found in what git keeps, or would keep."""
    listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard").stdout.splitlines()
    files = [file for file in listed if (ROOT / file).is_file()]
    scan = run(str(Path(sys.executable).with_name("detect-secrets")), "scan", *SCAN, *files)
    found = [
        *unknown_secrets(scan.stdout, (ROOT / BASELINE).read_text()),
        *(f"{file}: a token of Inlet's" for file in files if file not in EXAMPLES and holds_token(ROOT / file)),
    ]
    tell(*([f"SECRET in {each}" for each in found] or ["what git keeps: no secret"]))
    return not found


def tell(*lines: str) -> None:
    """Prints lines."""
    sys.stdout.writelines(f"{line}\n" for line in lines)


if __name__ == "__main__":
    sys.exit(0 if all([packages(), secrets()]) else 1)
