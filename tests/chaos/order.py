"""Which values may be the last: the harness's own reading of last writer wins, attribute by attribute.

The greater (observed_at, received_at, index) wins. When a gateway received a batch is not known to the microsecond
but lies between the request and its answer, so what a value counts as of has two bounds. A value is stale if one that
was accepted for sure is newer even if the former is taken at its latest and the latter at its earliest.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from tests.chaos.definitions import attribute_of
from tests.chaos.journal import Entry, Journal
from tests.chaos.updates import Batch, Json, Record

Cell = tuple[int, str, str]
"""Place, user, key of the attribute."""
Moment = tuple[int, int]
"""observed_at, received_at."""
NEVER: Moment = (0, 0)
_REMEMBERED = 8_192


class Candidate(NamedTuple):
    """One value of a batch for a cell, unless a later element with the same time replaces it."""

    place: int
    observed: int | None
    value: Json

    def bounds(self, received: tuple[int, int]) -> tuple[Moment, Moment]:
        """As of when it counts, at least and at most: its own time, but never later than its arrival."""
        least, most = received
        if self.observed is None:
            return (least, least), (most, most)
        return (min(self.observed, least), least), (min(self.observed, most), most)


class Known(NamedTuple):
    """What is known of a cell: the earliest that its last value can be of, and the latest clear."""

    least: Moment
    last_clear: Moment


class Expected:
    """What each cell may hold at the end. `accepted_as` names the revisions under which a batch may be mapped."""

    def __init__(self, journal: Journal, accepted_as: Mapping[int, set[int]]) -> None:
        self._journal = journal
        self._accepted_as = accepted_as
        self._winners = lru_cache(_REMEMBERED)(self._winners_of)
        self.cells: dict[Cell, Known] = {}
        for entry, batch in journal.batches():
            received = entry.received
            if received is not None:
                self._add(entry, batch, received)

    def is_stale(self, cell: Cell, entry: Entry, index: int, name: str) -> bool:
        """Whether a newer value than this one, which is one of the cell's, was accepted for sure."""
        received = entry.received
        if received is None:
            return True
        for revision in self._accepted_as[entry.number]:
            for candidate in self._winners(entry.number, revision).get((cell[1], cell[2]), ()):
                if candidate.place == index and attribute_of(name, revision) == cell[2]:
                    return candidate.bounds(received)[1] < self.cells[cell].least
        return True

    def _winners_of(self, number: int, revision: int) -> "Winners":
        return winners(self._journal.batch(self._journal.entries[number]), revision)

    def _add(self, entry: Entry, batch: Batch, received: tuple[int, int]) -> None:
        revisions = self._accepted_as[entry.number]
        sure = bool(entry.acked) and len(revisions) == 1
        for revision in revisions:
            for (user, attribute), candidates in self._winners(entry.number, revision).items():
                cell = (batch.place, user, attribute)
                known = self.cells.get(cell, Known(NEVER, NEVER))
                bounds = [candidate.bounds(received) for candidate in candidates]
                least = max(low for low, _ in bounds) if sure else NEVER
                clears = [high for each, (_, high) in zip(candidates, bounds, strict=True) if each.value is None]
                self.cells[cell] = Known(max(known.least, least), max([known.last_clear, *clears]))


Winners = Mapping[tuple[str, str], list[Candidate]]


def winners(batch: Batch, revision: int) -> Winners:
    """By user and attribute the candidates of one batch, each with another time."""
    found: dict[tuple[str, str], list[Candidate]] = {}
    for index, record in enumerate(batch.records):
        if record.user is None or record.rejected:
            continue
        for name, value in record.values.items():
            key = (record.user, attribute_of(name, revision))
            found[key] = [*_survivors(found.get(key, ()), record), Candidate(index, record.observed, value)]
    return found


def _survivors(earlier: Iterable[Candidate], later: Record) -> list[Candidate]:
    """At equal times the later element of a batch wins."""
    return [each for each in earlier if each.observed != later.observed]
