"""The audit of packages and secrets: what was found, and what could not be asked."""

import json
from pathlib import Path

import pytest

from shared.contract import tokens
from shared.contract.tokens import TokenKind
from tests.audit.packages import npm_audited, pip_audited
from tests.audit.secrets import holds_token, unknown_secrets

CLEAN = {"name": "aiohttp", "version": "3.14.5", "vulns": []}
FLAWED = {"name": "aiohttp", "version": "3.9.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3.9.2"], "aliases": []}]}
SKIPPED = {"name": "rich", "skip_reason": "Dependency not found on PyPI"}


@pytest.mark.parametrize(
    ("packages", "flaws", "not_audited"),
    [
        ([CLEAN], [], ""),
        ([CLEAN, FLAWED], ["aiohttp 3.9.0: PYSEC-1, mended in 3.9.2"], ""),
        ([CLEAN, SKIPPED], [], "1 of 2 packages: the index tells nothing of flaws"),
        ([FLAWED, SKIPPED], ["aiohttp 3.9.0: PYSEC-1, mended in 3.9.2"], "1 of 2 packages"),
    ],
)
def test_what_pip_audit_says(packages: list[object], flaws: list[str], not_audited: str) -> None:
    # when
    audited = pip_audited(json.dumps({"dependencies": packages, "fixes": []}))

    # then
    assert audited.flaws == flaws
    assert audited.not_audited.startswith(not_audited)
    assert bool(audited.not_audited) == bool(not_audited)


@pytest.mark.parametrize("output", ["", "Traceback (most recent call last)", "null"])
def test_who_reached_nobody_has_found_nothing_and_says_so(output: str) -> None:
    assert pip_audited(output).flaws == npm_audited(output).flaws == []
    assert pip_audited(output).not_audited
    assert npm_audited(output).not_audited


def test_what_npm_says() -> None:
    assert npm_audited('{"vulnerabilities": {}}') == ([], "")
    assert npm_audited('{"vulnerabilities": {"vite": {"severity": "high"}}}') == (["vite: high"], "")
    assert npm_audited('{"message": "405 Method Not Allowed"}').not_audited


def test_what_the_baseline_knows_may_move_and_nothing_else_may_come() -> None:
    # given
    def results(**lines: int) -> str:
        secrets = [{"hashed_secret": name, "line_number": line, "type": "Key"} for name, line in lines.items()]
        return json.dumps({"results": {"a.py": secrets}})

    # then
    assert unknown_secrets(results(old=7), results(old=3)) == []
    assert unknown_secrets(results(old=7, new=9), results(old=3, gone=1)) == ["a.py, line 9: Key"]


def test_a_file_with_a_token_is_found_by_its_checksum(tmp_path: Path) -> None:
    # given
    files = [tmp_path / name for name in ("access", "integration", "false", "none")]
    real = tokens.make(TokenKind.ACCESS)
    files[0].write_text(f'INLET_ACCESS_TOKEN="{real}"')
    files[1].write_bytes(b"\xff" + tokens.make(TokenKind.INTEGRATION).encode())
    files[2].write_text(real[:-1] + ("0" if real[-1] != "0" else "1"))
    files[3].write_text("inl_a_")

    # then
    assert [holds_token(file) for file in files] == [True, True, False, False]
