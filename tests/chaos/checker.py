"""The database held against the journal. Each check has a name, and finds nothing in a run that is as promised."""

import base64
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from tests.chaos.definitions import WIDE, Definitions, attribute_of
from tests.chaos.journal import Attempt, Entry, Journal
from tests.chaos.order import NEVER, Cell, Expected, Known
from tests.chaos.stored import Profile, Receipt, Stored
from tests.chaos.updates import BATCH, PLACES, Batch, Json, source

_KEY_BYTES = 22


def key_of(receipt: str) -> str:
    """The receipt's key within its id, in hexadecimal: an id is the key and a MAC in base64."""
    return base64.urlsafe_b64decode(receipt + "=")[:_KEY_BYTES].hex()


@dataclass(frozen=True)
class Poisoned:
    """A batch that was made to fail: its receipt's key, and the code of its failure."""

    key: str
    code: str


@dataclass
class Checker:
    """All checks of what is stored; `first_seen` are receipts as they stood soon after they were written."""

    journal: Journal
    definitions: Definitions
    stored: Stored
    first_seen: Mapping[str, Receipt]
    poisoned: list[Poisoned]
    unreadable: set[bytes]

    def findings(self) -> dict[str, list[str]]:
        """What each check found, by its name."""
        found: dict[str, list[str]] = {name: [] for name in _CHECKS}
        for name, check in _CHECKS.items():
            found[name] += check(self)
        for name, text in self._profiles():
            found[name].append(text)
        return found

    @cached_property
    def by_request(self) -> dict[str, tuple[Entry, Attempt]]:
        """Each attempt by its request id."""
        entries = self.journal.entries.values()
        return {attempt.request_id: (entry, attempt) for entry in entries for attempt in entry.attempts}

    @cached_property
    def expected(self) -> Expected:
        """What each profile may hold."""
        return Expected(self.journal, self.revisions)

    @cached_property
    def revisions(self) -> Mapping[int, set[int]]:
        """The revisions that each batch may be mapped by."""
        possible = self.definitions.mappings.possible
        return {
            entry.number: {
                revision
                for attempt in entry.attempts
                if attempt.stored
                for revision in possible(entry.place, attempt.began, attempt.latest)
            }
            for entry in self.journal.entries.values()
        }

    def lost_batches(self) -> Iterator[str]:
        """Accepted, and neither written nor among the dead letters with a receipt that says so."""
        dead = {letter.receipt for letter in self.stored.dead_letters}
        for entry in self.journal.entries.values():
            for attempt in entry.acked:
                key = key_of(attempt.receipt)
                receipt = self.stored.receipts.get(key)
                if receipt is None:
                    yield f"batch {attempt.request_id} by {attempt.gateway}: its receipt is pending for ever"
                elif receipt["state"] != "written" and key not in dead:
                    yield f"batch {attempt.request_id}: {receipt['failure']}, but no dead letter"

    def receipts(self) -> Iterator[str]:
        """Receipts that do not say what became of their batch."""
        for key, receipt in self.stored.receipts.items():
            known = self.by_request.get(receipt["request_id"])
            if known is None or receipt["state"] != "written":
                continue
            batch = self.journal.batch(known[0])
            wanted, said = _wanted(batch), {name: receipt[name] for name in _wanted(batch)}
            if said != wanted:
                yield f"batch {batch.number}: {said}, expected {wanted}"
            values = sum(len(record.values) for record in batch.records)
            if not 0 <= receipt["superseded"] <= values or receipt["erased"]:
                yield f"batch {batch.number}: {receipt['superseded']} superseded of {values} values"
            rejects = [(at, *why) for at, record in enumerate(batch.records) for why in record.rejects]
            if sorted(self.stored.rejects.get(key, []), key=str) != sorted(rejects, key=str):
                yield f"batch {batch.number}: rejects {self.stored.rejects.get(key)}, expected {rejects}"

    def double_counted(self) -> Iterator[str]:
        """Batches that count twice: two receipts under one Idempotency-Key, or a final receipt that changed."""
        counted: dict[int, set[str]] = defaultdict(set)
        for key, receipt in self.stored.receipts.items():
            if (known := self.by_request.get(receipt["request_id"])) and self.journal.batch(known[0]).key is not None:
                counted[known[0].number].add(key)
        days = {number: {key[8:12] for key in keys} for number, keys in counted.items()}
        for number, keys in counted.items():
            if len(keys) > len(days[number]):
                yield f"batch {number} has {len(keys)} receipts under one key"
        for key, first in self.first_seen.items():
            if self.stored.receipts.get(key) != first:
                yield f"receipt {key} was {dict(first)}, now {self.stored.receipts.get(key)}"

    def phantom_batches(self) -> Iterator[str]:
        """Receipts of what was never sent, or was refused."""
        ours = {self.definitions.integrations[place] for place in PLACES}
        for receipt in self.stored.receipts.values():
            if receipt["integration_id"] not in ours:
                continue
            known = self.by_request.get(receipt["request_id"])
            if known is None or not known[1].stored:
                yield f"receipt of request {receipt['request_id']}, which was {known and known[1].status}"

    def revision(self) -> Iterator[str]:
        """Batches that were accepted under a revision that was not in force."""
        for receipt in self.stored.receipts.values():
            if (known := self.by_request.get(receipt["request_id"])) is None:
                continue
            entry, attempt = known
            possible = self.definitions.mappings.possible(entry.place, attempt.began, attempt.latest)
            if receipt["revision"] not in possible:
                yield f"batch {attempt.request_id}: revision {receipt['revision']}, in force were {possible}"

    def revocation(self) -> Iterator[str]:
        """Requests that were accepted with a token that everybody has to know as revoked."""
        revoked = self.definitions.tokens.revoked
        for entry in self.journal.entries.values():
            for attempt in entry.acked:
                if attempt.token in revoked and attempt.began > revoked[attempt.token].known:
                    yield f"batch {attempt.request_id}: accepted by {attempt.gateway} with a revoked token"

    def dead_letters(self) -> Iterator[str]:
        """Dead letters that are not what was made to be one, and poison that is none."""
        known = {each.key: each.code for each in self.poisoned}
        left = Counter(self.unreadable)
        for letter in self.stored.dead_letters:
            if letter.receipt:
                state = self.stored.receipts.get(letter.receipt, {"state": "pending", "failure": None})
                if letter.receipt not in known:
                    yield f"{letter.queue}: {letter.code} of {letter.receipt}, whose receipt is {state['state']}"
                elif (state["state"], state["failure"]) != ("failed", known[letter.receipt]):
                    yield f"poison {letter.receipt}: its receipt is {state['state']}, {state['failure']}"
            elif letter.body not in self.unreadable:
                yield f"{letter.queue}: {letter.code} of an unknown frame of {len(letter.body)} bytes"
            else:
                left[letter.body] = 0
        letters = {letter.receipt for letter in self.stored.dead_letters}
        yield from (f"poison {key} is no dead letter" for key in known if key not in letters)
        yield from (f"a frame that cannot be read is no dead letter: {body!r}" for body in left.elements())

    def _profiles(self) -> Iterator[tuple[str, str]]:
        """Every value of every profile, and every value that is missing."""
        places = {(place.system, place.environment): number for number, place in enumerate(PLACES)}
        seen = set()
        for profile in self.stored.profiles:
            place = places.get((profile.system, profile.environment))
            if place is None:
                if (profile.system, profile.environment) == (WIDE.system, WIDE.environment):
                    yield "phantom", f"{profile.user} of a batch that was made to fail"
                continue
            for attribute, value in profile.attributes.items():
                seen.add((place, profile.user, attribute))
                if fault := self._fault(place, profile, attribute, value):
                    name, why = fault
                    yield name, f"{PLACES[place]} {profile.user}.{attribute} = {value!r}: {why}"
        for cell, known in self.expected.cells.items():
            if cell not in seen and known.least > NEVER:
                yield "lost", f"{PLACES[cell[0]]} {cell[1]}.{cell[2]} is missing"

    def _fault(self, place: int, profile: Profile, attribute: str, value: Json) -> tuple[str, str] | None:
        """What is wrong with one value: the check's name, and why."""
        cell = (place, profile.user, attribute)
        known = self.expected.cells.get(cell)
        if known is None:
            return "phantom", "nobody sent any"
        if value is None:
            return _fault_of_clear(known)
        origin = source(value)
        entry = None if origin is None else self.journal.entries.get(origin[1] // BATCH)
        if origin is None or entry is None:
            return "phantom", "nobody sent it"
        return self._fault_of_value(cell, entry, origin[0], origin[1] % BATCH)

    def _fault_of_value(self, cell: Cell, entry: Entry, name: str, index: int) -> tuple[str, str] | None:
        """The same for a value that is that of property `name` in record `index` of a batch."""
        batch = self.journal.batch(entry)
        if batch.place != cell[0] or batch.records[index].user != cell[1]:
            return "cross-system", f"it is of {PLACES[batch.place]} {batch.records[index].user}"
        if name not in batch.records[index].values or entry.received is None:
            return "phantom", f"batch {batch.number} was {entry.outcome}, its value refused"
        if all(attribute_of(name, revision) != cell[2] for revision in self.revisions[entry.number]):
            return "revision", f"{name} of batch {batch.number} belongs to another attribute"
        if self.expected.is_stale(cell, entry, index, name):
            return "stale", f"of batch {batch.number}, {entry.received}; at least {self.expected.cells[cell]}"
        return None


def _fault_of_clear(known: Known) -> tuple[str, str] | None:
    if known.last_clear == NEVER:
        return "phantom", "nobody cleared it"
    return ("stale", "a clear that is older than what was accepted") if known.last_clear < known.least else None


def _wanted(batch: Batch) -> dict[str, Json]:
    """What the receipt of a batch has to say."""
    rejected = sum(record.rejected for record in batch.records)
    unmapped = sum(record.unmapped for record in batch.records)
    return {
        "records": len(batch.records),
        "written": len(batch.records) - rejected,
        "rejected": rejected,
        "values_rejected": sum(len(record.rejects) for record in batch.records) - rejected,
        "unmapped": json.dumps({"nobody": unmapped} if unmapped else {}),
        "unmapped_others": 0,
    }


_CHECKS: Mapping[str, Callable[[Checker], Iterator[str]]] = {
    "lost": Checker.lost_batches,
    "stale": lambda _: iter(()),
    "phantom": Checker.phantom_batches,
    "cross-system": lambda _: iter(()),
    "double-counted": Checker.double_counted,
    "receipts": Checker.receipts,
    "revision": Checker.revision,
    "revocation": Checker.revocation,
    "dead letters": Checker.dead_letters,
}
