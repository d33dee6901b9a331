"""Publishes changes of profiles as events, each at least once, in the order of their transactions.

Of several processes one publishes at a time: whoever holds the row that says how far events have been published.
"""

import asyncio

import msgspec
import structlog

from services.profile_api.fields import rfc_3339
from services.profile_api.relay_store import Published, RelayStore
from shared.runtime import backoff
from shared.runtime.broker import EventBroker, UnavailableError
from shared.runtime.snapshot import SnapshotKeeper

AT_ONCE = 100
_IDLE_S = 0.5
_log = structlog.get_logger()


class ProfileChanged(msgspec.Struct, frozen=True, tag="profile.changed", tag_field="type"):
    """The event: the users whose profiles one write changed."""

    system: str
    environment: str
    changed_at: str
    user_ids: msgspec.Raw


class Relay:
    """From the table of changes to the broker."""

    def __init__(self, store: RelayStore, broker: EventBroker, keeper: SnapshotKeeper) -> None:
        self._store = store
        self._broker = broker
        self._keeper = keeper

    async def run(self) -> None:
        """Publishes until it is cancelled; what cannot be published now is tried again."""
        waits = backoff.delays()
        while True:
            try:
                published = await self._publish_some()
            except UnavailableError as error:
                _log.warning("events have to wait", reason=str(error))
                await asyncio.sleep(next(waits))
                continue
            waits = backoff.delays()
            if published < AT_ONCE:
                await asyncio.sleep(_IDLE_S)

    async def _publish_some(self) -> int:
        """How many were published. What is published and not noted as such is published again."""
        async with self._store.unpublished(AT_ONCE) as changes:
            for change in changes:
                await self._broker.emit(*self._event(change))
        return len(changes)

    def _event(self, change: Published) -> tuple[str, bytes]:
        """The routing key `profile.changed.{system}.{environment}`, and the body."""
        definitions = self._keeper.usable
        at = None if definitions is None else definitions.environments.get(change.environment)
        if definitions is None or at is None:
            raise UnavailableError(f"definitions: no environment {change.environment} yet")
        system = definitions.systems[at.system].key
        event = ProfileChanged(system, at.key, rfc_3339(change.changed_at), msgspec.Raw(change.users.encode()))
        return f"profile.changed.{system}.{at.key}", msgspec.json.encode(event)
