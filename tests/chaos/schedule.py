"""What happens when, from a seed alone: rounds of faults, several at a time, each round healed before the next."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.chaos.fault import Kind

AT_ONCE = 3
_BEGINS_WITHIN_S = 4.0
_HEALS_IN_S = 6.0
_CHANGES = ("token", "mapping", None, None, None, None)
"""What an admin changes after one round and the next: nothing, or revokes a token, or changes a mapping."""


@dataclass(frozen=True)
class Planned:
    """One fault: seconds after the beginning of its round, how long it is held, and where it hits."""

    kind: Kind
    target: str
    at_s: float
    held_s: float

    def __str__(self) -> str:
        return f"{self.at_s:4.1f} s  {self.kind.name} ({self.target}) for {self.held_s:.1f} s"


@dataclass(frozen=True)
class Round:
    """Faults that overlap, and what an admin changes after them."""

    faults: Sequence[Planned]
    change: str | None

    @property
    def black_hole(self) -> bool:
        return any(planned.kind.black_hole for planned in self.faults)

    @property
    def seconds(self) -> float:
        """About how long it takes."""
        return max(planned.at_s + planned.held_s for planned in self.faults) + _HEALS_IN_S


def schedule(kinds: Sequence[Kind], seed: int, minutes: float, *, of_each: int) -> list[Round]:
    """Rounds for so many minutes, and as many more as it takes until every kind has come `of_each` times."""
    chance = random.Random(f"schedule {seed}")
    rounds: list[Round] = []
    left, bag = minutes * 60, _endless(kinds, chance)
    kept: list[Kind] = []
    while left > 0 or min_of_each(kinds, rounds) < of_each:
        faults, kept = _together(bag, kept, chance)
        rounds.append(Round(faults, _CHANGES[len(rounds) % len(_CHANGES)]))
        left -= rounds[-1].seconds
    return rounds


def min_of_each(kinds: Sequence[Kind], rounds: Sequence[Round]) -> int:
    """How often the rarest kind comes."""
    counted = Counter(planned.kind.name for round_ in rounds for planned in round_.faults)
    return min(counted[kind.name] for kind in kinds)


def _endless(kinds: Sequence[Kind], chance: random.Random) -> Iterator[Kind]:
    """Each kind once, in any order, then again."""
    while True:
        yield from chance.sample(kinds, len(kinds))


def _together(bag: Iterator[Kind], kept: list[Kind], chance: random.Random) -> tuple[list[Planned], list[Kind]]:
    """The next faults that can be on at a time, and those that have to wait for the round after."""
    faults: list[Planned] = []
    later: list[Kind] = []
    touched: set[str] = set()
    waiting = iter(kept)
    while len(faults) < AT_ONCE and len(later) < AT_ONCE:
        kind = next(waiting, None) or next(bag)
        if any(planned.kind.alone for planned in faults):
            later.append(kind)
            break
        target = _free_target(kind, touched, chance)
        if target is None or (kind.alone and faults):
            later.append(kind)
            continue
        touched |= kind.targets[target]
        faults.append(Planned(kind, target, chance.uniform(0, _BEGINS_WITHIN_S), chance.uniform(*kind.seconds)))
    return faults, [*later, *waiting]


def _free_target(kind: Kind, touched: set[str], chance: random.Random) -> str | None:
    """One of its targets that touches nothing of what the others touch."""
    free = [target for target, touches in kind.targets.items() if not touches & touched]
    return chance.choice(free) if free else None
