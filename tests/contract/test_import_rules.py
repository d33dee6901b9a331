"""The house rules that a tool can hold: who may import whom, and how large files and functions may be."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 50

# For each rule (its name in pyproject.toml) a line that breaks it, and the module that the line is added to.
BREACHES = {
    "services -> shared.runtime -> shared.contract": ("shared/runtime/clock.py", "import services.gateway"),
    "services never import each other": ("services/mapper/__init__.py", "import services.gateway"),
    "the contract and the pure modules reach no I/O": ("shared/contract/stamps.py", "import socket"),
    "aio_pika in shared.runtime.amqp and amqp_connection": ("services/mapper/__init__.py", "import aio_pika"),
    "asyncpg in stores and shared.runtime.postgres": ("services/mapper/__init__.py", "import asyncpg"),
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the code and of the rules."""
    for folder in ("services", "shared"):
        ignored = shutil.ignore_patterns("__pycache__", "node_modules")
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def _verdicts(tree: Path) -> dict[str, str]:
    """What import-linter says of each rule: KEPT or BROKEN."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    environment = {**os.environ, "PYTHONPATH": str(tree), "NO_COLOR": "1", "COLUMNS": "200"}
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)
    return dict(re.findall(r"^(.+?) (KEPT|BROKEN)\b", done.stdout, re.MULTILINE))


def test_every_rule_has_a_breach() -> None:
    # given
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())

    # when
    rules = {contract["name"] for contract in project["tool"]["importlinter"]["contracts"]}

    # then
    assert rules == set(BREACHES)


def test_the_code_keeps_every_rule(tree: Path) -> None:
    assert _verdicts(tree) == dict.fromkeys(BREACHES, "KEPT")


@pytest.mark.parametrize("rule", BREACHES)
def test_a_breach_is_seen(tree: Path, rule: str) -> None:
    # given
    module, line = BREACHES[rule]
    with (tree / module).open("a") as file:
        file.write(f"\n{line}\n")

    # when
    verdicts = _verdicts(tree)

    # then
    assert verdicts[rule] == "BROKEN"


def test_end_to_end_tests_know_nothing_of_the_code() -> None:
    imported = {
        name
        for path in (ROOT / "tests" / "e2e").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        for name in _imported(node)
    }
    assert {name for name in imported if name.split(".")[0] in ("services", "shared")} == set()


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield node.module or ""


def _sources() -> Iterator[Path]:
    for folder in ("services", "shared"):
        yield from (ROOT / folder).rglob("*.py")


def test_no_file_is_too_long() -> None:
    lengths = {path.relative_to(ROOT): len(path.read_text().splitlines()) for path in _sources()}
    assert {path: lines for path, lines in lengths.items() if lines > MAX_FILE_LINES} == {}


def test_no_function_is_too_long() -> None:
    lengths = {
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in _sources()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: lines for name, lines in lengths.items() if lines > MAX_FUNCTION_LINES} == {}
