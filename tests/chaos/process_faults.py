"""Faults of the services' own processes."""

import asyncio
import json
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from tests.chaos.definitions import now_us
from tests.chaos.fault import Kind, Scene
from tests.chaos.journal import NO_ANSWER, Attempt
from tests.chaos.updates import PLACES
from tests.chaos.world import BROKER, DATABASE, GATEWAYS, MAPPERS, NAMES, WRITERS, Process
from tests.e2e.process import Service

_CLOCK_OFF = Path(__file__).parent / "clock_off"
_HOUR_S = 3600
_GROUPS = {"gateway": GATEWAYS, "mapper": MAPPERS, "profile-writer": WRITERS}
_TRIES = 5


def _named(scene: Scene, target: str) -> list[Process]:
    """The processes of a target: one, or all of a service."""
    return [scene.world.processes[name] for name in _GROUPS.get(target, (target,))]


@dataclass
class Killed:
    """kill -9; whoever runs it starts it again."""

    scene: Scene
    target: str
    steering: ExitStack = field(default_factory=ExitStack)

    async def inject(self) -> None:
        for process in _named(self.scene, self.target):
            service = self.steering.enter_context(process.steering())
            await asyncio.to_thread(service.kill)

    async def heal(self) -> None:
        with self.steering:
            for process in _named(self.scene, self.target):
                process.service.start()
            await self.scene.world.until_ready(process.name for process in _named(self.scene, self.target))


@dataclass
class Ended(Killed):
    """SIGTERM: it finishes what it has begun, within 10 s and without an error."""

    async def inject(self) -> None:
        for process in _named(self.scene, self.target):
            service = self.steering.enter_context(process.steering())
            await _terminate(self.scene, process.name, service)


@dataclass
class Paused:
    """SIGSTOP: it is there, and does nothing."""

    scene: Scene
    target: str

    async def inject(self) -> None:
        for process in _named(self.scene, self.target):
            process.service.pause()

    async def heal(self) -> None:
        for process in _named(self.scene, self.target):
            process.service.resume()


@dataclass
class RollingRestart:
    """Every process is ended and started again, one after the other, as an upgrade does."""

    scene: Scene
    target: str

    async def inject(self) -> None:
        for name, process in self.scene.world.processes.items():
            with process.steering() as service:
                await _terminate(self.scene, name, service)
                service.start()
                await self.scene.world.until_ready([name])

    async def heal(self) -> None:
        """Nothing is left to do."""


@dataclass
class ClockOff:
    """A gateway comes up with a clock that is an hour ahead or behind. It must not accept anything."""

    scene: Scene
    target: str
    steering: ExitStack = field(default_factory=ExitStack)

    async def inject(self) -> None:
        name, _, way = self.target.partition(" clock ")
        process = self.scene.world.processes[name]
        service = self.steering.enter_context(process.steering())
        await asyncio.to_thread(service.kill)
        off_s = _HOUR_S if way == "ahead" else -_HOUR_S
        settings = {"PYTHONPATH": str(_CLOCK_OFF), "CHAOS_CLOCK_OFF_S": str(off_s)}
        port = urlsplit(service.url).port or 0
        process.service = self.scene.world.service(name, port, **settings)
        process.service.start()
        await self._refuses(name)

    async def heal(self) -> None:
        name = self.target.partition(" clock ")[0]
        process = self.scene.world.processes[name]
        with self.steering:
            await asyncio.to_thread(process.service.kill)
            process.service = self.scene.world.service(name, urlsplit(process.service.url).port or 0)
            process.service.start()
            await self.scene.world.until_ready([name])

    async def _refuses(self, name: str) -> None:
        """Several posts, once it answers at all, each of which has to be answered with 503."""
        token = self.scene.definitions.tokens_of[PLACES[1]]
        body = json.dumps({"token": token, "data": [{"userId": "of a wrong clock"}]}).encode()
        answered = 0
        async with asyncio.timeout(60):
            while answered < _TRIES:
                attempt = Attempt("wrong clock", name, self.scene.definitions.tokens.current, now_us())
                await self.scene.load.post(body, attempt)
                if attempt.status not in (NO_ANSWER, 503):
                    self.scene.faults_found.append(("clock", f"{name}, an hour off, answers {attempt.status}"))
                answered += attempt.status != NO_ANSWER
                await asyncio.sleep(0.2)


async def _terminate(scene: Scene, name: str, service: Service) -> None:
    """Ends a process in an orderly way; one that does not end so is killed, and that is a finding."""
    try:
        code = await asyncio.to_thread(service.terminate)
    except subprocess.TimeoutExpired:
        await asyncio.to_thread(service.kill)
        scene.faults_found.append(("drain", f"{name} did not end within 10 s of SIGTERM"))
        return
    if code != 0:
        scene.faults_found.append(("drain", f"{name} ended with {code} on SIGTERM: {service.output()[-1000:]}"))


def _one_by_one(service: str) -> dict[str, frozenset[str]]:
    """Each process of a service, or all of them."""
    names = _GROUPS.get(service, (service,))
    targets = {name: frozenset({name}) for name in names}
    return targets | {service: frozenset(names)}


def _kinds_of(service: str) -> list[Kind]:
    targets = _one_by_one(service)
    return [
        Kind(f"kill -9 {service}", targets, (0.0, 5.0), Killed),
        Kind(f"SIGTERM {service}", targets, (0.0, 3.0), Ended),
        Kind(f"SIGSTOP {service}", targets, (5.0, 30.0), Paused),
    ]


def _clock_targets() -> dict[str, frozenset[str]]:
    """Its clock is compared with the config API's, so that has to be there."""
    needed = {"config-api", f"config-api>{DATABASE}", f"config-api>{BROKER}", DATABASE}
    return {f"{name} clock {way}": frozenset({name} | needed) for name in GATEWAYS for way in ("ahead", "behind")}


_SERVICES = ("gateway", "mapper", "profile-writer", "config-api", "profile-api")
KINDS = [
    *(kind for service in _SERVICES for kind in _kinds_of(service)),
    Kind("a gateway's clock off by an hour", _clock_targets(), (1.0, 3.0), ClockOff),
    Kind("rolling restart", {"everything": frozenset(NAMES)}, (0.0, 0.0), RollingRestart, alone=True),
]
