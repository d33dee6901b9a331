"""What was sent and what was answered: the harness's own record, against which the database is held."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path

from tests.chaos.updates import SECOND, Batch, batch

NO_ANSWER = 0
ACCEPTED = 202
_STILL_READ = 60 * SECOND
"""How long after a sender has given a request up its bytes may still be read: a gateway that was paused does so."""


_batch = lru_cache(4096)(batch)


@dataclass(slots=True)
class Attempt:
    """One request under its id: from when to when (microseconds), and its answer. `status` 0 is none at all."""

    request_id: str
    gateway: str
    token: int
    began: int
    ended: int = 0
    status: int = NO_ANSWER
    code: str = ""
    receipt: str = ""
    retry_after_s: float = 0.0

    @property
    def stored(self) -> bool:
        """Whether it may be stored: what is refused with 4xx is not, what is not answered may be, and 503 too."""
        return self.status in (NO_ANSWER, ACCEPTED, 503)

    @property
    def latest(self) -> int:
        """Until when it can have been accepted."""
        return self.ended + _STILL_READ if self.status == NO_ANSWER else self.ended


@dataclass(slots=True)
class Entry:
    """A batch, the number of its place, and its attempts."""

    number: int
    made_at: int
    place: int
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def acked(self) -> list[Attempt]:
        """The attempts that were answered with 202."""
        return [attempt for attempt in self.attempts if attempt.status == ACCEPTED]

    @property
    def outcome(self) -> str:
        """acked, indeterminate or refused."""
        if self.acked:
            return "acked"
        return "indeterminate" if any(attempt.stored for attempt in self.attempts) else "refused"

    @property
    def received(self) -> tuple[int, int] | None:
        """The bounds of the time as of which it counts: its latest acceptance. None if it was refused each time."""
        possible = [attempt for attempt in self.attempts if attempt.stored]
        if not possible:
            return None
        least = [attempt.began for attempt in self.acked] or [min(attempt.began for attempt in possible)]
        return max(least), max(attempt.latest for attempt in possible)


@dataclass
class Journal:
    """All entries of a run, by number."""

    seed: int
    entries: dict[int, Entry] = field(default_factory=dict)
    acked_records: int = 0

    def batch(self, entry: Entry) -> Batch:
        """What was sent."""
        return _batch(self.seed, entry.number, entry.made_at)

    def next(self, now: int) -> Entry:
        """The entry of the next batch to send."""
        number = len(self.entries)
        place = _batch(self.seed, number, now).place
        return self.entries.setdefault(number, Entry(number, now, place))

    def batches(self) -> Iterator[tuple[Entry, Batch]]:
        """Each entry with what was sent."""
        for entry in self.entries.values():
            yield entry, self.batch(entry)

    def write(self, file: Path) -> None:
        """Keeps it for whoever looks into a run that failed: a line an entry."""
        with file.open("w") as output:
            for entry in self.entries.values():
                output.write(json.dumps(asdict(entry)) + "\n")
