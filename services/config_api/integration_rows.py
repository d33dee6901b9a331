"""Integrations in the tables: found, written, and shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from services.config_api import mappings
from services.config_api.mappings import MappingPartView
from services.config_api.store import Change, returned
from shared.contract.codes import Code
from shared.contract.definitions import IntegrationState, Revision
from shared.runtime.access import RefusalError
from shared.runtime.operations import Call
from shared.runtime.postgres import Session

_COLUMNS = """
i.id, i.name, i.system AS system_id, s.key AS system, i.environment AS environment_id, e.key AS environment,
i.state, i.state_before, i.revision, i.version, i.created_at, i.updated_at, r.mapping
FROM config.integrations i JOIN config.systems s ON s.id = i.system JOIN config.environments e ON e.id = i.environment
    JOIN config.revisions r ON r.integration = i.id AND r.number = i.revision
"""
_ONE = f"SELECT {_COLUMNS} WHERE i.id = $1"
_LIST = f"""
SELECT {_COLUMNS} WHERE i.id > $1 AND ($2::integer[] IS NULL OR i.system = ANY($2))
    AND ($3::text IS NULL OR s.key = $3) AND ($4::text IS NULL OR e.key = $4)
    AND CASE WHEN $5::text IS NULL THEN i.state <> 'deleted' ELSE i.state = $5 END
ORDER BY i.id LIMIT $6
"""
_INSERT = """
INSERT INTO config.integrations (system, environment, name, state, revision, version)
VALUES ($1, $2, $3, $4, 1, $5) RETURNING id
"""
_INSERT_REVISION = "INSERT INTO config.revisions (integration, number, mapping, created_by) VALUES ($1, $2, $3, $4)"
_UPDATE = """
UPDATE config.integrations SET name = $2, state = $3, state_before = $4, revision = $5, version = $6, updated_at = now()
WHERE id = $1
"""


class IntegrationView(MappingPartView):
    """An integration with its mapping; `version` is its ETag, `revision` the number of the mapping in force."""

    id: int
    name: str
    system: str
    environment: str
    state: IntegrationState
    revision: int
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class IntegrationRow:
    """An integration as it is stored, with its revision in force."""

    id: int
    name: str
    system_id: int
    system: str
    environment_id: int
    environment: str
    state: IntegrationState
    state_before: IntegrationState | None
    revision: int
    version: int
    created_at: datetime
    updated_at: datetime
    mapping: Revision


async def find_integration(session: Session, call: Call, number: int) -> IntegrationRow:
    """The integration of this id. Raises `RefusalError` (404), also for one that the caller does not reach."""
    row = await session.fetchrow(_ONE, number)
    if row is None or not call.caller.reaches(row["system_id"]):
        raise RefusalError(HTTPStatus.NOT_FOUND, Code.NOT_FOUND)
    return _row(dict(row))


async def list_integrations(session: Session, *arguments: object) -> list[IntegrationRow]:
    """Integrations by id: after one, of systems (ids), of a system and an environment (keys), in a state; at most."""
    return [_row(dict(row)) for row in await session.fetch(_LIST, *arguments)]


async def insert(change: Change, name: str, state: IntegrationState, system: int, mapping: Revision) -> int:
    """Makes an integration at revision 1 and returns its id; that of `mapping` does not count."""
    row = await returned(change.session, _INSERT, system, mapping.environment, name, state, change.version)
    number = int(row["id"])
    await insert_revision(change, mapping.model_copy(update={"integration": number, "number": 1}))
    return number


async def insert_revision(change: Change, revision: Revision) -> None:
    """Keeps a revision for ever."""
    arguments = (revision.integration, revision.number, revision.model_dump_json(), change.actor)
    await change.session.execute(_INSERT_REVISION, *arguments)


async def update(  # noqa: PLR0913 - what changes, by name
    change: Change,
    row: IntegrationRow,
    *,
    name: str | None = None,
    state: IntegrationState | None = None,
    state_before: IntegrationState | None = None,
    revision: int | None = None,
) -> None:
    """Writes what is given; `state_before` goes with the state."""
    before = row.state_before if state is None else state_before
    values = (name or row.name, state or row.state, before, revision or row.revision)
    await change.session.execute(_UPDATE, row.id, *values, change.version)


async def show(session: Session, row: IntegrationRow) -> IntegrationView:
    """An integration as admins see it."""
    return (await show_all(session, [row]))[0]


async def show_all(session: Session, rows: Sequence[IntegrationRow]) -> list[IntegrationView]:
    """Integrations as admins see them."""
    parts = await mappings.show(session, [row.mapping for row in rows])
    return [_view(row, part) for row, part in zip(rows, parts, strict=True)]


def _view(row: IntegrationRow, part: MappingPartView) -> IntegrationView:
    own = {name: getattr(row, name) for name in IntegrationView.model_fields if name in IntegrationRow.__annotations__}
    return IntegrationView(**own, **{name: getattr(part, name) for name in MappingPartView.model_fields})


def _row(row: dict[str, Any]) -> IntegrationRow:
    before = row["state_before"]
    return IntegrationRow(
        **{
            **row,
            "state": IntegrationState(row["state"]),
            "state_before": None if before is None else IntegrationState(before),
            "mapping": Revision.model_validate_json(row["mapping"]),
        }
    )
