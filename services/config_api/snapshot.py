"""The snapshot as the tables show it, for this process and, behind the service token, for all others.

One statement reads it all, so that it shows one moment; its text is JSON in the format of
`shared.contract.definitions.Snapshot`.
"""

import asyncio
from collections.abc import Mapping

from services.config_api.store import returned
from shared.contract.definitions import Revision, Snapshot
from shared.runtime.postgres import Database
from shared.runtime.snapshot import parse_snapshot

_VERSION = "SELECT database || '-' || number FROM config.version"

_SNAPSHOT = """
WITH live AS (
    SELECT access_token, integration, json_agg(json_build_object(
        'sha256', sha256, 'expires_at', least(s.expires_at, t.expires_at))) AS secrets
    FROM config.secrets s LEFT JOIN config.access_tokens t ON t.id = s.access_token
    WHERE s.revoked_at IS NULL AND (s.expires_at IS NULL OR s.expires_at > now())
    GROUP BY access_token, integration
)
SELECT database || '-' || number AS tag, json_build_object(
    'version', number,
    'systems', (SELECT coalesce(json_agg(s), '[]') FROM (SELECT id, key, name FROM config.systems ORDER BY id) s),
    'environments', (SELECT coalesce(json_agg(e), '[]') FROM (
        SELECT id, system, key, name, history FROM config.environments ORDER BY id) e),
    'attributes', (SELECT coalesce(json_agg(a), '[]') FROM (
        SELECT id, system, key, name, type FROM config.attributes WHERE NOT deleted ORDER BY id) a),
    'integrations', (SELECT coalesce(json_agg(i), '[]') FROM (
        SELECT id, name, system, environment, state, revision, coalesce(secrets, '[]') AS tokens
        FROM config.integrations LEFT JOIN live ON live.integration = id ORDER BY id) i),
    'revisions', (SELECT coalesce(json_agg(mapping ORDER BY i.id), '[]')
        FROM config.integrations i JOIN config.revisions r ON r.integration = i.id AND r.number = i.revision),
    'access_tokens', (SELECT coalesce(json_agg(t), '[]') FROM (
        SELECT id, secrets, scopes, systems, records_per_s
        FROM config.access_tokens JOIN live ON live.access_token = id
        WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()) ORDER BY id) t),
    'segments', (SELECT coalesce(json_agg(s), '[]') FROM (
        SELECT id, key, name, environment, condition FROM config.segments ORDER BY id) s),
    'users', (SELECT coalesce(json_agg(u), '[]') FROM (
        SELECT id, name, role, systems, sessions_not_before FROM config.users WHERE NOT disabled ORDER BY id) u),
    'ended_sessions', (SELECT coalesce(json_agg(id), '[]') FROM config.ended_sessions WHERE ends_at > now())
)::text AS snapshot
FROM config.version
"""

_USE = """
UPDATE config.secrets SET last_used_at = greatest(last_used_at, least(to_timestamp(used.at / 1000000.0), now()))
FROM unnest($1::text[], $2::bigint[]) AS used (sha256, at) WHERE secrets.sha256 = used.sha256
"""

_REVISION = "SELECT mapping FROM config.revisions WHERE integration = $1 AND number = $2"


class DatabaseSource:
    """A `SnapshotSource` on the tables. `raw` and `tag` are the snapshot that was read last, and its ETag."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.raw = b""
        self.tag = ""
        self.skew_s = 0.0  # this process's clock is what the others are compared with

    async def version(self) -> str:
        """The ETag of what the tables show now.

        Raises `UnavailableError` when the database does not answer, or has no definitions yet.
        """
        async with self._database.transaction() as session:
            return str(await session.fetchval(_VERSION))

    async def fetch(self) -> Snapshot | None:
        """See `SnapshotSource`."""
        async with self._database.transaction() as session:
            if await session.fetchval(_VERSION) == self.tag:
                return None
            row = await returned(session, _SNAPSHOT)
        raw = row["snapshot"].encode()
        snapshot = await asyncio.to_thread(parse_snapshot, raw)
        self.raw, self.tag = raw, row["tag"]
        return snapshot

    async def revision(self, integration: int, number: int) -> Revision | None:
        """See `SnapshotSource`."""
        async with self._database.transaction() as session:
            mapping = await session.fetchval(_REVISION, integration, number)
        return None if mapping is None else Revision.model_validate_json(mapping)

    async def report_use(self, used: Mapping[str, int]) -> None:
        """See `SnapshotSource`. It makes no new version: the snapshot does not show it."""
        if not used:
            return
        async with self._database.transaction() as session:
            await session.execute(_USE, list(used), list(used.values()))
