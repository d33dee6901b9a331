"""`python -m services ...` as a process of its own, forked from one that has imported all of it already.

An interpreter of its own spends 0.4 s of CPU time on importing, and the tests run more than a thousand commands and
services. What a user types is started as it is by tests/e2e/test_up.py, tests/compose and `make chaos`.
"""

import asyncio
import importlib
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from multiprocessing.context import ForkServerContext
from pathlib import Path

_IMPORTED = (
    "services.__main__",
    "uvloop",
    *(
        f"services.{service}.{module}"
        for service in ("gateway", "mapper", "profile_writer", "profile_api", "config_api")
        for module in ("app", "settings")
    ),
    "services.migrations",
    "services.up.start",
    *(f"services.{commands}.commands" for commands in ("config_as_code", "dead_letters", "send")),
)
_NOTHING = Path(os.devnull)


@dataclass(frozen=True)
class Ran:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str


class Command:
    """A running command. It reads what is in the file `typed`, and adds what it says to the files `out` and `err`."""

    def __init__(
        self, words: Sequence[str], environment: Mapping[str, str], out: Path, err: Path, typed: Path = _NOTHING
    ) -> None:
        arguments = (tuple(words), dict(environment), str(out), str(err), str(typed))
        self._process = _forks().Process(target=_run, args=arguments, daemon=True)
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """Its exit code, the negative number of the signal that ended it, or None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float) -> int:
        """Its exit code, once it has ended. Raises `subprocess.TimeoutExpired`."""
        self._process.join(timeout)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired(self._process.name, timeout)
        return code


async def run(*words: str, environment: Mapping[str, str], typed: str = "", within_s: float = 60) -> Ran:
    """Runs a command to its end."""
    with tempfile.TemporaryDirectory(prefix="inlet-command-") as name:
        folder = Path(name)
        out, err, entered = folder / "out", folder / "err", folder / "typed"
        entered.write_text(typed)
        command = await asyncio.to_thread(Command, words, environment, out, err, entered)
        code = await asyncio.to_thread(command.wait, within_s)
        return Ran(code, out.read_text(), err.read_text())


@cache
def _forks() -> ForkServerContext:
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload(list(_IMPORTED))
    return forks


def _run(words: Sequence[str], environment: Mapping[str, str], out: str, err: str, typed: str) -> None:
    """What a shell and the interpreter do before a command begins, and the command."""
    adding = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    for number, path, flags in ((0, typed, os.O_RDONLY), (1, out, adding), (2, err, adding)):
        opened = os.open(path, flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout = os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["services", *words]
    importlib.import_module("services.__main__").main()
