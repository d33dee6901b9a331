"""The gateway's composition root."""

import asyncio

import structlog
from aiohttp import http_parser, web

from services.gateway.body import BodyLimits, BodyReader
from services.gateway.budget import Budget
from services.gateway.coalesce import Coalescer
from services.gateway.ingest import PATH, Ingest
from services.gateway.rate import RecordRate
from services.gateway.settings import GatewaySettings
from shared.contract.receipts import ReceiptSigner
from shared.contract.topology import RAW
from shared.runtime import amqp, health, log
from shared.runtime.broker import Broker
from shared.runtime.clock import Clock, strictly_increasing, system_clock
from shared.runtime.health import Readiness
from shared.runtime.metrics import Metrics
from shared.runtime.problems import answer_with_problems, not_found, only
from shared.runtime.process import serving, stop_on_signals
from shared.runtime.snapshot import SnapshotKeeper, open_snapshot

_STRAGGLERS_S = 1.0  # for publishes whose senders were told already that they were not confirmed in time
INGEST = web.AppKey("ingest", Ingest)
_log = structlog.get_logger()


async def run(settings: GatewaySettings) -> None:
    """Serves until SIGTERM or SIGINT, then finishes what was begun."""
    log.configure(settings.log_level, "gateway")
    _require_c_parser()
    stop = stop_on_signals()
    metrics = Metrics()
    keeper = await open_snapshot(settings, metrics)
    broker = await amqp.connect(settings.broker_url.get_secret_value(), publish_timeout_s=settings.publish_timeout_s)
    readiness = Readiness({"definitions": keeper.check, "broker": health.check_of(broker.check)}, lambda: broker.notes)
    app = build_app(settings, keeper, broker, readiness, metrics)
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(keeper.run(stop))
            async with serving(app, settings):
                await stop.wait()
                _log.info("draining")
                await app[INGEST].finish(max(0.0, settings.drain_s - settings.publish_timeout_s))
    finally:
        await broker.close()


def build_app(  # noqa: PLR0913 - the parts of the process, each passed once
    settings: GatewaySettings,
    keeper: SnapshotKeeper,
    broker: Broker,
    readiness: Readiness,
    metrics: Metrics,
    *,
    clock: Clock = system_clock,
) -> web.Application:
    """The HTTP side on given parts. When the application is cleaned up, publishes under way are waited for."""
    coalescer = Coalescer(broker, RAW.name, settings.publish_timeout_s)
    budget = Budget(settings.max_held_bytes)
    metrics.bytes_in_flight.set_function(lambda: budget.total)
    ingest = Ingest(
        keeper=keeper,
        readiness=readiness,
        signer=ReceiptSigner(settings.receipt_key.get_secret_value().encode()),
        coalescer=coalescer,
        budget=budget,
        rate=RecordRate(settings.records_per_s),
        bodies=BodyReader(BodyLimits(settings.max_body_bytes, settings.max_inflated_bytes, settings.body_timeout_s)),
        max_records=settings.max_records,
        clock=strictly_increasing(clock),
        metrics=metrics,
    )
    answered = answer_with_problems(metrics)
    app = web.Application()
    app[INGEST] = ingest
    app.add_routes(
        [
            web.post(PATH, answered(ingest.post)),
            web.route("*", PATH, answered(only("POST"))),
            *health.routes(readiness, metrics),
            web.route("*", "/{anything:.*}", answered(not_found)),
        ]
    )

    async def drain(_: web.Application) -> None:
        await coalescer.drain(_STRAGGLERS_S)

    app.on_cleanup.append(drain)
    return app


def _require_c_parser() -> None:
    """In pure Python, aiohttp's second choice, the parser has been open to smuggling (CVE-2026-111750)."""
    if http_parser.HttpRequestParser is http_parser.HttpRequestParserPy:
        raise RuntimeError("aiohttp runs without its C parser")
