"""The figures of bench-full, as they are kept."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median

import msgspec


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """One measurement.

    `subject` is what was measured, `x` the case's place in the chart. `figures` go by name, with their unit in it;
    `cpu_us` are CPU microseconds a committed record, `rss_mib` what the role's largest process held in the end.
    """

    case: str
    x: float
    subject: str
    turn: int = 0
    figures: Mapping[str, float]
    cpu_us: Mapping[str, float] = {}
    rss_mib: Mapping[str, float] = {}


class Dimension(msgspec.Struct, frozen=True):
    """All points of one run, and what it ran on."""

    machine: str
    points: Sequence[Point]

    def values(self, case: str, subject: str, figure: str) -> list[float]:
        """A figure of each turn, in the order of turns."""
        of = [each for each in self.points if (each.case, each.subject) == (case, subject) and figure in each.figures]
        return [each.figures[figure] for each in sorted(of, key=lambda each: each.turn)]

    def cases(self) -> Mapping[str, float]:
        """The cases with their places, the one that the others are held against first."""
        return {each.case: each.x for each in sorted(self.points, key=lambda each: each.turn) if each.turn == 0}

    def subjects(self) -> list[str]:
        """What was measured."""
        return list(dict.fromkeys(each.subject for each in self.points))


def medians(points: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """The median of each name."""
    every = list(points)
    return {name: median(each[name] for each in every) for name in every[0]} if every else {}


def load(path: Path) -> dict[str, Dimension]:
    """What was measured so far, by dimension; nothing where there is no file."""
    return msgspec.json.decode(path.read_bytes(), type=dict[str, Dimension]) if path.exists() else {}


def save(path: Path, dimensions: Mapping[str, Dimension]) -> None:
    """Writes it all."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(dimensions), indent=1) + b"\n")
