"""The outcome of a run: figures and findings, as a table in Markdown."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.chaos.journal import Journal

LIMITS_S = {False: 10.0, True: 30.0}
"""Within which a fresh record has to be readable after a heal, at the 99th percentile; True: after a black hole."""


@dataclass(frozen=True)
class Outcome:
    """All that is known of a run once it is over. `faults` counts them by kind."""

    seed: int
    minutes: float
    journal: Journal
    faults: Counter[str]
    recovery: Mapping[bool, Sequence[float]]
    findings: Mapping[str, Sequence[str]]

    @property
    def good(self) -> bool:
        return not any(self.findings.values())

    def table(self) -> str:
        """Figures of the run, one a line."""
        entries = Counter(entry.outcome for entry in self.journal.entries.values())
        attempts = [attempt for entry in self.journal.entries.values() for attempt in entry.attempts]
        answers = Counter(str(attempt.status or "none") for attempt in attempts)
        rows = [
            ("seed", str(self.seed)),
            ("minutes", f"{self.minutes:.1f}"),
            ("records acknowledged", f"{self.journal.acked_records:,}"),
            ("batches acknowledged, indeterminate, refused", _counts(entries, "acked", "indeterminate", "refused")),
            ("requests, by answer", ", ".join(f"{status}: {count:,}" for status, count in sorted(answers.items()))),
            ("faults, of kinds", f"{self.faults.total()}, {len(self.faults)}"),
            *(_recovery(after, self.recovery[after]) for after in (False, True)),
            *((name, str(len(found))) for name, found in self.findings.items()),
        ]
        return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])

    def details(self) -> str:
        """Some of what each check found."""
        return "\n".join(f"{name}: {text}" for name, found in self.findings.items() for text in found[:10])


def percentile(values: Sequence[float], part: float) -> float:
    """The smallest value that `part` of all are not above (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def _counts(counted: Counter[str], *names: str) -> str:
    return ", ".join(f"{counted[name]:,}" for name in names)


def _recovery(after_black_hole: bool, seconds: Sequence[float]) -> tuple[str, str]:  # noqa: FBT001 - a key
    name = "readable after a black hole" if after_black_hole else "readable after a heal"
    if not seconds:
        return name, "not measured"
    p50, p99 = percentile(seconds, 0.5), percentile(seconds, 0.99)
    return f"{name}, median, p99", f"{p50:.1f} s, {p99:.1f} s ({len(seconds)} times)"
