"""Transactions on the schema `config`. The SQL of a resource stands beside it.

Changes come one after the other: each first takes the one row of `config.version`, whose number is the version of the
snapshot that shows the change and of what it changed.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import asyncpg
from pydantic import BaseModel

from shared.contract.codes import Code
from shared.runtime.access import Fault, RefusalError
from shared.runtime.broker import UnavailableError
from shared.runtime.operations import Call
from shared.runtime.postgres import Database, Session
from shared.runtime.snapshot import SnapshotKeeper

_NEXT_VERSION = "UPDATE config.version SET number = number + 1 RETURNING number"
# Which member of what was sent each unique index holds to.
TAKEN = {
    "systems_key_key": "/key",
    "environments_system_key_key": "/key",
    "attributes_system_key_idx": "/key",
    "attributes_system_name_idx": "/name",
    "integrations_environment_name_idx": "/name",
    "segments_environment_key_key": "/key",
    "segments_environment_name_key": "/name",
    "users_sign_in_name_key": "/name",
}
_AUDIT = "SELECT config.append_audit($1, $2, $3, $4, $5, $6, $7::jsonb, $8::jsonb)"


@dataclass(frozen=True)
class Change:
    """One change under way: its session, its number, and who asked for it."""

    session: Session
    version: int
    actor: str
    request_id: str

    async def audit(  # noqa: PLR0913 - one entry, by name
        self,
        action: str,
        kind: str,
        object_id: int | str,
        *,
        system: int | None = None,
        before: BaseModel | None = None,
        after: BaseModel | None = None,
    ) -> None:
        """Notes what was done to what; `before` and `after` hold no secret. `action` is a verb in the past tense."""
        states = [None if each is None else each.model_dump_json() for each in (before, after)]
        await self.session.execute(_AUDIT, self.actor, action, kind, str(object_id), system, self.request_id, *states)


class Store:
    """Reads and changes of the definitions. Both raise `UnavailableError`."""

    def __init__(self, database: Database, keeper: SnapshotKeeper, changed: Callable[[], None]) -> None:
        self._database = database
        self._keeper = keeper
        self._changed = changed

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Session]:
        """A session for reading."""
        async with self._database.transaction() as session:
            yield session

    @asynccontextmanager
    async def change(self, call: Call) -> AsyncIterator[Change]:
        """A change that a caller asked for; on leaving it is in force in this process and announced to all others.

        Raises `RefusalError` (409) at the name or the key that would stand twice.
        """
        async with self.change_by(call.caller.actor, call.request_id) as change:
            yield change

    @asynccontextmanager
    async def change_by(self, actor: str, request_id: str) -> AsyncIterator[Change]:
        """A change of the process itself, such as the first admin."""
        try:
            async with self._database.transaction() as session:
                version = await session.fetchval(_NEXT_VERSION)
                yield Change(session, version, actor, request_id)
        except asyncpg.UniqueViolationError as error:
            pointer = TAKEN.get(error.constraint_name or "")
            faults = () if pointer is None else (Fault(pointer, Code.DUPLICATE),)
            raise RefusalError(HTTPStatus.CONFLICT, Code.DUPLICATE, faults=faults) from error
        except UnavailableError:
            self._changed()  # the commit may have happened all the same, and a revocation must not wait for polls
            raise
        await self._keeper.refresh()
        self._changed()

    @asynccontextmanager
    async def note(self, actor: str, request_id: str) -> AsyncIterator[Change]:
        """What goes into the audit log and changes nothing that the snapshot shows."""
        async with self._database.transaction() as session:
            yield Change(session, 0, actor, request_id)


async def returned(session: Session, sql: str, *arguments: object) -> dict[str, Any]:
    """The row of a statement that always returns one."""
    row = await session.fetchrow(sql, *arguments)
    if row is None:
        raise RuntimeError("the statement returned no row")
    return dict(row)
