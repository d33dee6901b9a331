"""What a fault is: something that is done to the world, held for a while, and undone."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import aiohttp

from tests.chaos.checker import Poisoned
from tests.chaos.definitions import Definitions
from tests.chaos.load import Load
from tests.chaos.world import World


class Fault(Protocol):
    """One fault on one target."""

    async def inject(self) -> None:
        """Begins it."""

    async def heal(self) -> None:
        """Undoes it, and returns when whatever it hit is up again as far as it is up to whoever runs it."""


@dataclass
class Scene:
    """What faults work with. `poisoned` and `unreadable` are what they leave for the dead letters."""

    world: World
    definitions: Definitions
    load: Load
    client: aiohttp.ClientSession
    poisoned: list[Poisoned] = field(default_factory=list)
    unreadable: set[bytes] = field(default_factory=set)
    faults_found: list[tuple[str, str]] = field(default_factory=list)
    """What a fault itself found wrong: the check's name, and what."""


@dataclass(frozen=True)
class Kind:
    """A kind of fault.

    `targets` maps what it can hit to everything that is touched by it: no two faults at a time touch the same.
    `seconds` is how long it is held, at least and at most. One that is `alone` has no other beside it.
    """

    name: str
    targets: dict[str, frozenset[str]]
    seconds: tuple[float, float]
    make: Callable[[Scene, str], Fault]
    alone: bool = False
    black_hole: bool = False
