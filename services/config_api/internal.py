"""What the other services ask for: the snapshot, revisions that it does not hold, and to note the use of tokens."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from aiohttp import web
from pydantic import Field

from services.config_api.snapshot import DatabaseSource
from shared.contract.codes import Code
from shared.contract.definitions import Id, Revision, Sha256, Snapshot
from shared.runtime.access import RefusalError, Right, unavailable
from shared.runtime.clock import Clock
from shared.runtime.http_source import MAX_USED, TIME_HEADER
from shared.runtime.operations import Answer, Body, Call, operation
from shared.runtime.snapshot import SnapshotKeeper


class Used(Body):
    """When a token was used last, in microseconds since the Unix epoch."""

    sha256: Sha256
    at: Annotated[int, Field(ge=0, lt=2**62)]


class Uses(Body):
    """Tokens that were used."""

    used: Annotated[list[Used], Field(max_length=MAX_USED)]


@dataclass(frozen=True)
class Internal:
    """The routes that other services call."""

    source: DatabaseSource
    keeper: SnapshotKeeper
    clock: Clock

    @operation("GET", "/internal/v1/snapshot", Right.SERVICE, sends=Snapshot, problems=(HTTPStatus.NOT_MODIFIED,))
    async def snapshot(self, call: Call) -> web.Response:
        """Read the definitions of the moment; 304 where If-None-Match names their ETag.

        Both answers carry this process's clock, in microseconds since the Unix epoch.
        """
        held, wanted = self.source.tag, await self.source.version()
        await self.keeper.refresh()  # another process may have changed them
        if self.source.tag == held != wanted:  # it failed, and what we hold must not pass for the tables' state
            raise unavailable()
        headers = {"ETag": f'"{self.source.tag}"', TIME_HEADER: str(self.clock()), "Cache-Control": "no-cache"}
        if call.request.headers.get("If-None-Match", "").removeprefix("W/") == headers["ETag"]:
            return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
        response = web.Response(body=self.source.raw, content_type="application/json", headers=headers)
        response.enable_compression()
        return response

    @operation("GET", "/internal/v1/revisions/{integration}/{number}", Right.SERVICE)
    async def revision(self, _: Call, integration: Id, number: Id) -> Revision:
        """Read one revision of an integration."""
        revision = await self.source.revision(integration, number)
        if revision is None:
            raise RefusalError(HTTPStatus.NOT_FOUND, Code.UNKNOWN_REVISION)
        return revision

    @operation("POST", "/internal/v1/last-use", Right.SERVICE, status=HTTPStatus.NO_CONTENT)
    async def note_use(self, _: Call, body: Uses) -> Answer[None]:
        """Note when tokens were used last."""
        by_time = sorted(body.used, key=lambda each: each.at)
        await self.source.report_use({each.sha256: each.at for each in by_time})
        return Answer(None)
