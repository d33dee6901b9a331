"""Processes that were told to stop (SIGSTOP)."""

import time
from collections.abc import Iterator
from pathlib import Path

_STOPPED_OR_DEAD = "TtZX"
_DEADLINE_S = 10.0


def until_paused(pid: int) -> None:
    """Returns once every thread of a process has stopped, or the process has ended.

    kill(2) returns before that: on a busy machine the other threads go on for a while, and answer.
    """
    deadline = time.monotonic() + _DEADLINE_S
    while not all(state in _STOPPED_OR_DEAD for state in _states(pid)):
        if time.monotonic() > deadline:
            raise TimeoutError(f"process {pid} does not stop")
        time.sleep(0.001)


def _states(pid: int) -> Iterator[str]:
    """Of each thread that is there (proc(5))."""
    for task in Path(f"/proc/{pid}/task").glob("*/stat"):
        try:
            yield task.read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            continue
