"""The definitions in memory: fetched from their source, kept on disk for a restart, never replaced by a broken one.

`FileSource` reads them from a file in the format of `shared.contract.definitions.Snapshot`;
`shared.runtime.http_source` asks the config API.
"""

import asyncio
import hashlib
import math
import os
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, NamedTuple, Protocol, TypeVar

import structlog
from pydantic import ValidationError

from shared.contract.definitions import (
    AccessToken,
    Attribute,
    Environment,
    Integration,
    Revision,
    Secret,
    Segment,
    Snapshot,
    System,
    User,
)
from shared.runtime.broker import UnavailableError
from shared.runtime.clock import Clock
from shared.runtime.metrics import Metrics

MAX_SKEW_S = 2.0
_FIRST_POLL_S = 1.0
_log = structlog.get_logger()
T = TypeVar("T")


class InvalidSnapshotError(Exception):
    """Bytes that are no snapshot; the text says where and why, and differs from one content to the next."""


class SnapshotSource(Protocol):
    """Where the definitions come from. `skew_s` is how far this process's clock is off the source's, in seconds."""

    skew_s: float

    async def fetch(self) -> Snapshot | None:
        """The snapshot, or None when it is the one that was fetched last.

        Raises `UnavailableError` when the source is away, `InvalidSnapshotError` when it holds none.
        """

    async def revision(self, integration: int, number: int) -> Revision | None:
        """One revision, or None when there is none. Raises `UnavailableError` when the source cannot tell."""

    async def report_use(self, used: Mapping[str, int]) -> None:
        """Tells when tokens (by SHA-256) were used last, in microseconds since the Unix epoch.

        Raises `UnavailableError`.
        """


class Live(NamedTuple, Generic[T]):
    """Whose secret it is, and when it ends in microseconds since the Unix epoch; None is never."""

    owner: T
    ends: int | None


@dataclass(frozen=True, slots=True)
class Definitions:
    """A snapshot, indexed by what it is asked for: ids (of segments their environment's), SHA-256 of tokens."""

    version: int
    systems: Mapping[int, System]
    environments: Mapping[int, Environment]
    attributes: Mapping[int, Attribute]
    integrations: Mapping[int, Integration]
    integrations_by_token: Mapping[str, Live[Integration]]
    revisions: Mapping[tuple[int, int], Revision]
    access_tokens: Mapping[str, Live[AccessToken]]
    segments: Mapping[int, Sequence[Segment]]
    users: Mapping[int, User]
    ended_sessions: frozenset[str]

    @classmethod
    def of(cls, snapshot: Snapshot) -> "Definitions":
        """The index of a snapshot."""
        return cls(
            version=snapshot.version,
            systems={system.id: system for system in snapshot.systems},
            environments={environment.id: environment for environment in snapshot.environments},
            attributes={attribute.id: attribute for attribute in snapshot.attributes},
            integrations={integration.id: integration for integration in snapshot.integrations},
            integrations_by_token={
                secret.sha256: _live(each, secret) for each in snapshot.integrations for secret in each.tokens
            },
            revisions={(revision.integration, revision.number): revision for revision in snapshot.revisions},
            access_tokens={
                secret.sha256: _live(each, secret) for each in snapshot.access_tokens for secret in each.secrets
            },
            segments={
                at.id: tuple(each for each in snapshot.segments if each.environment == at.id)
                for at in snapshot.environments
            },
            users={user.id: user for user in snapshot.users},
            ended_sessions=snapshot.ended_sessions,
        )


def _live(owner: T, secret: Secret) -> Live[T]:
    return Live(owner, None if secret.expires_at is None else int(secret.expires_at.timestamp() * 1e6))


def parse_snapshot(raw: bytes) -> Snapshot:
    """Reads a snapshot's JSON. Raises `InvalidSnapshotError`, also where an id or a token stands for two things."""
    try:
        snapshot = Snapshot.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        raise _invalid(raw, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    for what, ids in _unique(snapshot):
        if doubles := [each for each, count in Counter(ids).items() if count > 1]:
            raise _invalid(raw, f"{what} stands twice: {doubles[0]}")
    return snapshot


def _unique(snapshot: Snapshot) -> Iterable[tuple[str, list[object]]]:
    yield "system", [each.id for each in snapshot.systems]
    yield "environment", [each.id for each in snapshot.environments]
    yield "attribute", [each.id for each in snapshot.attributes]
    yield "integration", [each.id for each in snapshot.integrations]
    yield "integration token", [secret.sha256 for each in snapshot.integrations for secret in each.tokens]
    yield "revision", [(each.integration, each.number) for each in snapshot.revisions]
    yield "access token", [each.id for each in snapshot.access_tokens]
    yield "access token", [secret.sha256 for each in snapshot.access_tokens for secret in each.secrets]
    yield "user", [each.id for each in snapshot.users]


def _invalid(raw: bytes, why: str) -> InvalidSnapshotError:
    return InvalidSnapshotError(f"{why} (content {hashlib.sha256(raw).hexdigest()[:12]})")


class FileSource:
    """A file that whoever owns the definitions replaces, best by renaming. It has no clock, and keeps no use."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.skew_s = 0.0
        self._fetched: bytes | None = None

    async def fetch(self) -> Snapshot | None:
        """See `SnapshotSource`."""
        raw = await self._read()
        if raw == self._fetched:
            return None
        snapshot = await asyncio.to_thread(parse_snapshot, raw)
        self._fetched = raw
        return snapshot

    async def revision(self, integration: int, number: int) -> Revision | None:
        """See `SnapshotSource`."""
        try:
            snapshot = await asyncio.to_thread(parse_snapshot, await self._read())
        except InvalidSnapshotError as error:
            raise UnavailableError(f"definitions: {error}") from error
        return Definitions.of(snapshot).revisions.get((integration, number))

    async def report_use(self, used: Mapping[str, int]) -> None:
        """See `SnapshotSource`."""

    async def _read(self) -> bytes:
        try:
            return await asyncio.to_thread(self._path.read_bytes)
        except OSError as error:
            raise UnavailableError(f"definitions: {error}") from error


class SnapshotKeeper:
    """Holds the last good snapshot.

    `poll_s` is how often the source is asked, `max_age_s` how long a snapshot may go unconfirmed. The cache's
    modification time is when its content was last confirmed, so that age outlives a restart.
    """

    def __init__(  # noqa: PLR0913 - built once, by name, in a composition root
        self,
        source: SnapshotSource,
        cache_path: Path | None,
        clock: Clock,
        metrics: Metrics,
        *,
        poll_s: float = 30.0,
        max_age_s: float = 86_400.0,
    ) -> None:
        self._source = source
        self._cache_path = cache_path
        self._clock = clock
        self._metrics = metrics
        self._poll_s = poll_s
        self._max_age_s = max_age_s
        self._confirmed_at = 0
        self._complaint: str | None = None
        self._refreshing = asyncio.Lock()
        self.current: Definitions | None = None
        metrics.snapshot_age.set_function(lambda: math.inf if self.age_s is None else self.age_s)

    @property
    def age_s(self) -> float | None:
        """Seconds since the source confirmed the snapshot; None when there is none."""
        return None if self.current is None else (self._clock() - self._confirmed_at) / 1e6

    @property
    def usable(self) -> Definitions | None:
        """The definitions, unless they are too old to be trusted."""
        age = self.age_s
        return self.current if age is not None and age <= self._max_age_s else None

    async def check(self) -> str | None:
        """For readiness: what is wrong with the definitions, if anything."""
        if self.usable is not None:
            return None
        return "no definitions" if self.current is None else f"definitions are {self.age_s:.0f} s old"

    def clock_fits(self) -> bool:
        """Whether this process's clock is near enough to the source's; its last verdict stands while it is away."""
        return abs(self._source.skew_s) <= MAX_SKEW_S

    async def check_clock(self) -> str | None:
        """For readiness: what is wrong with the clock, if anything."""
        return None if self.clock_fits() else f"the clock is {self._source.skew_s:+.1f} s off the config API's"

    async def start(self) -> None:
        """Takes the snapshot from the source, else from the disk. Neither there: `current` stays None."""
        await self.refresh()
        if self.current is None and self._cache_path is not None:
            await self._restore(self._cache_path)

    async def refresh(self) -> None:
        """Asks the source now. What goes wrong is logged, once until it changes; the snapshot stays."""
        async with self._refreshing:
            try:
                snapshot = await self._source.fetch()
            except (UnavailableError, InvalidSnapshotError) as error:
                self._complain(str(error))
                return
            self._complaint = None
            await self._confirm(snapshot)

    async def revision(self, integration: int, number: int) -> Revision | None:
        """One revision, asked of the source if it is not at hand.

        None: there is no such revision. Raises `UnavailableError` when the source is away.
        """
        if self.current is not None and (known := self.current.revisions.get((integration, number))):
            return known
        return await self._source.revision(integration, number)

    def keeps_history(self, environment: int) -> bool:
        """Whether what loses in an environment (by id) is kept for a while."""
        at = None if self.current is None else self.current.environments.get(environment)
        return at is not None and at.history

    async def run(self, stop: asyncio.Event) -> None:
        """Polls until `stop` is set; sooner while there is no snapshot at all."""
        while not stop.is_set():
            pause = self._poll_s if self.current is not None else min(self._poll_s, _FIRST_POLL_S)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause)
            if not stop.is_set():
                await self.refresh()

    async def _confirm(self, snapshot: Snapshot | None) -> None:
        now = self._clock()
        if snapshot is not None:
            self._use(snapshot, now)
            _log.info("definitions", version=snapshot.version)
        self._confirmed_at = now
        if self._cache_path is None:
            return
        try:
            await asyncio.to_thread(_keep, self._cache_path, snapshot, now)
        except OSError as error:
            _log.warning("definitions not kept on disk", reason=str(error))

    async def _restore(self, path: Path) -> None:
        try:
            raw, confirmed_at = await asyncio.to_thread(_kept, path)
            snapshot = await asyncio.to_thread(parse_snapshot, raw)
        except (OSError, InvalidSnapshotError) as error:
            _log.warning("no definitions on disk", reason=str(error))
            return
        self._use(snapshot, confirmed_at)
        _log.info("definitions from disk", version=snapshot.version, age_s=self.age_s)

    def _use(self, snapshot: Snapshot, confirmed_at: int) -> None:
        self.current = Definitions.of(snapshot)
        self._confirmed_at = confirmed_at
        self._metrics.snapshot_version.set(snapshot.version)

    def _complain(self, reason: str) -> None:
        if reason != self._complaint:
            self._complaint = reason
            _log.error("definitions not refreshed", reason=reason)


def _keep(path: Path, snapshot: Snapshot | None, now: int) -> None:
    """Writes the snapshot (None: it is there already) and notes when it was confirmed, in microseconds."""
    if snapshot is not None:
        _write_atomically(path, snapshot.model_dump_json().encode())
    os.utime(path, ns=(now * 1000, now * 1000))


def _kept(path: Path) -> tuple[bytes, int]:
    return path.read_bytes(), path.stat().st_mtime_ns // 1000


def _write_atomically(path: Path, content: bytes) -> None:
    """Whoever reads sees the old file or the whole new one, and so does a machine that lost its power."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # 0600 from creation
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink()
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
