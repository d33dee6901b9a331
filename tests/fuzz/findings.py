"""What a run has seen: counts, and everything that should not have been."""

import sys
from collections import Counter
from dataclasses import dataclass, field

MOST_SHOWN = 1_500


@dataclass
class Findings:
    """Counts by name, and the faults, each printed when it is found."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def fault(self, what: str) -> None:
        """Notes something that should not have been."""
        self.faults.append(what)
        sys.stderr.write(f"FAULT {what[:MOST_SHOWN]}\n")

    def check(self, fine: bool, what: str) -> None:  # noqa: FBT001 - it is the condition, as in assert
        """Notes `what` unless it is fine."""
        if not fine:
            self.fault(what)
