"""CPU time and memory of process trees, from Linux's /proc (proc(5))."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Usage:
    """Of one role: CPU seconds since its start, resident MiB of its largest process."""

    cpu_s: float
    rss_mib: float


def measure(roots: Mapping[str, int]) -> dict[str, Usage]:
    """The usage of each role, given the process id of its root. Children that have ended count as well."""
    return {role: _of_tree(pid) for role, pid in roots.items()}


def _of_tree(root: int) -> Usage:
    pids = [root, *_descendants(root)]
    reaped = _stat(root)[13:15]  # cutime, cstime
    ticks = sum(sum(_stat(pid)[11:13]) for pid in pids) + sum(reaped)
    return Usage(ticks / _TICKS_PER_S, max(_rss_kib(pid) for pid in pids) / 1024)


def _stat(pid: int) -> list[int]:
    """The numbers after the command and the state; zeros when the process has ended meanwhile."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return [0] * 50
    return [0, *(int(word) for word in text.rpartition(")")[2].split()[1:])]


def _rss_kib(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS:")), 0)


def _descendants(pid: int) -> list[int]:
    try:
        children = [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [*children, *(each for child in children for each in _descendants(child))]
