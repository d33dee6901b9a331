"""What is done about dead letters: found first, then taken out one by one."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from collections.abc import Set as AbstractSet
from contextlib import aclosing
from dataclasses import dataclass, field

from services.dead_letters.letters import Letter, Origin, Selection
from services.dead_letters.walk import Queues, walk
from shared.runtime.backoff import Time
from shared.runtime.broker import UnavailableError

Act = Callable[[Letter], Awaitable[None]]


@dataclass
class Found:
    """What a look through the queues has found: `seen` counts every letter by queue, `ids` names those meant."""

    seen: Counter[Origin] = field(default_factory=Counter)
    ids: dict[Origin, set[str]] = field(default_factory=dict)
    codes: Counter[str] = field(default_factory=Counter)

    @property
    def letters(self) -> int:
        """How many letters were meant; copies count once."""
        return sum(map(len, self.ids.values()))


async def look(
    broker: Queues, origins: Iterable[Origin], selection: Selection, most: int | None, report: Callable[[Letter], None]
) -> Found:
    """Looks through the queues and reports each letter that is meant, at most `most` of them, copies once.

    Raises `UnavailableError`.
    """
    found = Found()
    for origin in origins:
        ids = found.ids.setdefault(origin, set())
        async with aclosing(walk(broker, origin)) as letters:
            async for letter, _ in letters:
                found.seen[origin] += 1
                full = most is not None and found.letters >= most
                if not full and letter.id not in ids and selection.holds(letter):
                    ids.add(letter.id)
                    found.codes[letter.code] += 1
                    report(letter)
    return found


async def find(broker: Queues, identity: str) -> Letter | None:
    """The letter of this id; None if there is none. Raises `UnavailableError`."""
    for origin in Origin:
        async with aclosing(walk(broker, origin)) as letters:
            async for letter, _ in letters:
                if letter.id == identity:
                    return letter
    return None


class Pace:
    """At most so many a second, evenly."""

    def __init__(self, per_s: float, time: Time) -> None:
        self._interval_s = 1 / per_s
        self._time = time
        self._next = time.monotonic()

    async def turn(self) -> None:
        """Waits until it is the next one's turn."""
        now = self._time.monotonic()
        if self._next > now:
            await self._time.sleep(self._next - now)
        self._next = max(self._next, now) + self._interval_s


class Removal:
    """Takes letters out of their queues, each after `act`, if given, was done about it, once; `done` counts them.

    An acknowledgement can be lost with its channel. So the queue is walked until a walk meets none of the letters that
    are done with; one that is met again is only acknowledged again.
    """

    def __init__(self, broker: Queues, act: Act | None, pace: Pace, report: Callable[[], None]) -> None:
        self._broker = broker
        self._act = act
        self._pace = pace
        self._report = report
        self.done = 0

    async def run(self, found: Found) -> None:
        """Takes out what was found, as far as it is still there.

        Raises `UnavailableError`: what is not done then is there still, and one letter may be so although it is done.
        """
        for origin, ids in found.ids.items():
            done: set[str] = set()
            while ids:
                before = len(done)
                try:
                    if not await self._walk(origin, found.seen[origin], ids, done):
                        break
                except UnavailableError:
                    if len(done) == before:
                        raise

    async def _walk(self, origin: Origin, seen: int, ids: AbstractSet[str], done: set[str]) -> bool:
        """Walks through a queue once. Returns whether anything was there to be taken out."""
        met = False
        async with aclosing(walk(self._broker, origin, seen)) as letters:
            async for letter, delivery in letters:
                if letter.id not in ids:
                    continue
                if letter.id not in done:
                    await self._pace.turn()
                    if self._act is not None:
                        await self._act(letter)
                    done.add(letter.id)
                    self.done += 1
                    self._report()
                await delivery.ack()
                met = True
        return met


async def replay(broker: Queues, letter: Letter) -> None:
    """Publishes a letter to the queue that it came from, where it starts afresh. Raises `UnavailableError`."""
    await broker.publish(letter.origin.queue, letter.body)
