"""A service of Inlet's as a process, steered by signals and seen from outside: HTTP, metrics, its log."""

import json
import os
import signal
import subprocess
import sys
import time
from asyncio import sleep
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeVar

import aiohttp

from tests.backing.command import Command
from tests.backing.paused import until_paused

ROOT = Path(__file__).parents[2]
_END_S = 10.0
_RUN_S = 120.0

T = TypeVar("T")


async def eventually(look: Callable[[], Awaitable[T | None]], what: str, within_s: float = 60.0) -> T:
    """The first answer that is neither None nor false. Raises `TimeoutError` that says what was waited for."""
    deadline = time.monotonic() + within_s
    while not (answer := await look()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"after {within_s:.0f} s still not: {what}")
        await sleep(0.05)
    return answer


class Running(Protocol):
    """A process; `subprocess.Popen` says what its methods do."""

    @property
    def pid(self) -> int: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float) -> int: ...


Launch = Callable[[str, Mapping[str, str], Path], Running]
"""Starts a command of `python -m services` with an environment; what it says is added to a file."""


def forked(name: str, environment: Mapping[str, str], log: Path) -> Running:
    """A `Launch` that does not wait for imports."""
    return Command([name], environment, log, log)


def interpreted(name: str, environment: Mapping[str, str], log: Path, code: Path = ROOT) -> Running:
    """A `Launch` by an interpreter of its own, which runs the code in a folder."""
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "services", name],
            cwd=code,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def run(launch: Launch, name: str, settings: Mapping[str, str], folder: Path) -> None:
    """Runs a command to its end. Raises `AssertionError` when it fails."""
    log = folder / f"{name}.log"
    code = launch(name, _environment(settings), log).wait(_RUN_S)
    assert code == 0, log.read_text()


class Service:
    """One process of one service, which can be ended and started again on its port."""

    def __init__(self, name: str, settings: Mapping[str, str], port: int, log: Path, launch: Launch) -> None:
        self.name = name
        self._launch = launch
        self.url = f"http://127.0.0.1:{port}"
        self._settings = {**settings, "INLET_PORT": str(port)}
        self._log = log
        self._process: Running | None = None

    def twin(self, port: int) -> "Service":
        """Another process of the same service, with the same settings."""
        return Service(self.name, self._settings, port, self._log.with_suffix(f".{port}.log"), self._launch)

    def start(self) -> None:
        self._process = self._launch(self.name, _environment(self._settings), self._log)

    async def until_ready(self, within_s: float = 60.0) -> None:
        """Waits until the service says that it can do its work."""
        try:
            await eventually(self._is_ready, f"{self.name} is ready", within_s)
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self._log.read_text()[-4000:]}") from None

    def output(self) -> str:
        """All that the service has printed."""
        return self._log.read_text()

    def kill(self) -> None:
        """Ends the process at once, even when it is paused."""
        if self._running.poll() is None:
            os.kill(self.pid, signal.SIGKILL)
            self._running.wait(_END_S)

    def terminate(self) -> int:
        """Asks the process to finish what it has begun, and returns its exit code; it has 10 s."""
        os.kill(self.pid, signal.SIGTERM)
        return self._running.wait(_END_S)

    def pause(self) -> None:
        """Stops the process in the middle of whatever it does."""
        os.kill(self.pid, signal.SIGSTOP)
        until_paused(self.pid)

    def resume(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    async def metric(self, name: str) -> float:
        """The sum of a metric over all its labels."""
        async with aiohttp.ClientSession() as session, session.get(f"{self.url}/metrics") as answer:
            samples = (line.rpartition(" ") for line in (await answer.text()).splitlines())
            return sum(float(value) for key, _, value in samples if key.partition("{")[0] == name)

    def log(self) -> list[dict[str, Any]]:
        """The lines of the log that are complete."""
        lines = self._log.read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._running.pid

    @property
    def exit_code(self) -> int | None:
        """What it ended with; None while it runs."""
        return self._running.poll()

    @property
    def _running(self) -> Running:
        assert self._process is not None, f"{self.name} was not started"
        return self._process

    async def _is_ready(self) -> bool:
        assert self._running.poll() is None, f"{self.name} ended:\n{self._log.read_text()[-4000:]}"
        try:
            async with aiohttp.ClientSession() as session, session.get(f"{self.url}/readyz") as answer:
                return answer.status == 200
        except aiohttp.ClientConnectionError:
            return False


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Nothing of the tester's own INLET_ settings gets in."""
    return {name: value for name, value in os.environ.items() if not name.startswith("INLET_")} | dict(settings)
