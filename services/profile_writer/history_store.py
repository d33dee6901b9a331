"""The SQL of histories. All rows of a write are locked first, so that what they hold is what the merge will find."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from services.profile_writer import history
from services.profile_writer.fold import Columns, Profile, Row
from services.profile_writer.history import History, Key
from shared.contract.messages import MappedBatch

if TYPE_CHECKING:
    from shared.runtime.postgres import Session

# A user who is new has a row from now on: an empty one, as an erasure leaves it, which the merge fills.
_LOCK = """
WITH named AS MATERIALIZED (
    SELECT environment_id, user_id FROM ROWS FROM (unnest($1::integer[]), json_array_elements_text($2::json))
        AS named (environment_id, user_id)
), made AS (
    INSERT INTO profiles.profiles AS p (environment_id, user_id, attributes, stamp, written_at, oldest)
    SELECT environment_id, user_id, '{}', '', now(), '' FROM named
    ON CONFLICT (environment_id, user_id) DO UPDATE SET oldest = p.oldest WHERE false
)
SELECT 1
"""
_READ = """
SELECT p.environment_id, p.user_id, p.attributes, p.stamp, p.older, profiles.instant(p.written_at) AS written_at,
    profiles.instant(p.erased_at) AS erased_at, h.candidates
FROM ROWS FROM (unnest($1::integer[]), json_array_elements_text($2::json)) AS named (environment_id, user_id)
JOIN profiles.profiles p USING (environment_id, user_id)
LEFT JOIN profiles.history h USING (environment_id, user_id)
"""
_KEEP = """
INSERT INTO profiles.history AS h (environment_id, user_id, candidates)
SELECT environment_id, user_id, candidates FROM ROWS FROM (
    unnest($1::integer[]), json_array_elements_text($2::json), string_to_table($3, E'\\n'))
    AS new (environment_id, user_id, candidates)
ON CONFLICT (environment_id, user_id) DO UPDATE SET candidates = EXCLUDED.candidates
"""


async def keep(session: "Session", batches: Sequence[MappedBatch], rows: Sequence[Row], written_at: bytes) -> None:
    """Notes what is about to lose in a write, for the environments that keep it; the merge must follow."""
    environments = {batch.environment for batch in batches if isinstance(batch.rejected_values, list)}
    if not environments:
        return
    refused = history.refusals(batches, written_at)
    updates = {(row.environment, row.user_id): row.updates for row in rows}
    named = sorted(updates.keys() | refused.keys())
    arguments = [key[0] for key in named], msgspec.json.encode([key[1] for key in named]).decode()
    await session.execute(_LOCK, *arguments)
    changed: dict[Key, History] = {}
    for stored in await session.fetch(_READ, *arguments):
        key = stored["environment_id"], stored["user_id"]
        if key[0] not in environments:
            continue
        found = History(stored["candidates"] and stored["candidates"].encode())
        older = stored["older"]
        columns = Columns(stored["attributes"].encode(), stored["stamp"], older and older.encode())
        found.apply(Profile.read(columns, stored["written_at"]), updates.get(key, ()), stored["erased_at"], written_at)
        for attribute, value, code in refused.get(key, ()):
            found.refuse(attribute, value, code, stored["erased_at"])
        if found.changed:
            changed[key] = found
    if changed:
        await _write(session, changed)


async def _write(session: "Session", changed: Mapping[Key, History]) -> None:
    keys = sorted(changed)
    await session.execute(
        _KEEP,
        [environment for environment, _ in keys],
        msgspec.json.encode([user for _, user in keys]).decode(),
        b"\n".join([changed[key].encode() for key in keys]).decode(),
    )
