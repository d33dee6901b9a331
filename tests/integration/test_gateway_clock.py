import asyncio
from pathlib import Path

import pytest
from aiohttp import web

from shared.contract.codes import Code
from shared.runtime import amqp
from shared.runtime.clock import system_clock
from shared.runtime.http_source import TIME_HEADER, HttpSource
from tests.backing.gateway import running_gateway
from tests.integration.given_config_api import SERVICE_TOKEN, Respond, answering, stand_in

SECOND = 1_000_000


def showing(definitions: Path, off_s: float) -> Respond:
    """These definitions, with a clock that is `off_s` ahead of the machine's."""

    async def respond(_: web.Request) -> web.StreamResponse:
        raw = await asyncio.to_thread(definitions.read_bytes)
        shown = system_clock() + int(off_s * SECOND)
        return web.Response(body=raw, headers={TIME_HEADER: str(shown)})

    return respond


@pytest.mark.parametrize("off_s", [-2.5, 2.5])
async def test_a_clock_that_is_off_503_until_it_fits(broker_url: str, tmp_path: Path, off_s: float) -> None:
    # given
    broker = await amqp.connect(broker_url)
    async with stand_in(answering(503)) as config_api:
        source = HttpSource(config_api.url, SERVICE_TOKEN, system_clock)

        def of(definitions: Path) -> HttpSource:
            config_api.respond = showing(definitions, 0)
            return source

        async with running_gateway(broker, tmp_path, of) as gateway:
            definitions = tmp_path / "definitions.json"
            before = await gateway.good()

            # when
            config_api.respond = showing(definitions, off_s)
            await gateway.keeper.refresh()
            off = await gateway.good()
            config_api.respond = answering(503)
            await gateway.keeper.refresh()
            still_off = await gateway.good()
            config_api.respond = showing(definitions, 0)
            await gateway.keeper.refresh()
            after = await gateway.good()

            # then
            assert [before.status, off.status, still_off.status, after.status] == [202, 503, 503, 202]
            assert (off.code, still_off.code) == (Code.NOT_READY, Code.NOT_READY)
            assert int(off.headers["Retry-After"]) >= 1
            assert len(await gateway.batches(2)) == 2  # what was refused was not stored
        await source.close()
    await broker.close()
