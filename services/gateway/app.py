"""The gateway's composition root."""

import asyncio

import structlog
from aiohttp import http_parser, web

from services.gateway.body import BodyLimits, BodyReader
from services.gateway.budget import Budget
from services.gateway.coalesce import Coalescer
from services.gateway.ingest import Ingest
from services.gateway.rate import RecordRate
from services.gateway.settings import GatewaySettings
from shared.contract.receipts import ReceiptSigner
from shared.contract.topology import RAW
from shared.runtime import health, log
from shared.runtime.access import Access, open_access
from shared.runtime.api import ACCESS, application
from shared.runtime.broker import Broker
from shared.runtime.clock import Clock, strictly_increasing, system_clock
from shared.runtime.definitions import Definitions, open_definitions
from shared.runtime.health import Health, Readiness
from shared.runtime.metrics import Metrics
from shared.runtime.process import serving, stop_on_signals
from shared.runtime.snapshot import SnapshotKeeper
from shared.runtime.transport import open_broker

RESOURCES = (Ingest, Health)
INGEST = web.AppKey("ingest", Ingest)
_log = structlog.get_logger()


async def run(settings: GatewaySettings) -> None:
    """Serves until SIGTERM or SIGINT, then finishes what was begun."""
    log.configure(settings.log_level, "gateway")
    require_c_parser()
    stop = stop_on_signals()
    metrics = Metrics(settings.build)
    async with open_definitions(settings, metrics) as definitions:
        await _serve(settings, definitions, metrics, stop)


async def _serve(settings: GatewaySettings, definitions: Definitions, metrics: Metrics, stop: asyncio.Event) -> None:
    keeper = definitions.keeper
    broker = await open_broker(settings)
    checks = {"definitions": keeper.check, "clock": keeper.check_clock, "broker": health.check_of(broker.check)}
    app = build_app(settings, keeper, broker, Readiness(checks, lambda: broker.notes), metrics)
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(definitions.keep_up(broker, app[ACCESS].used, stop))
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
    access = open_access(settings, keeper)
    ingest = open_ingest(settings, access, keeper, broker, readiness, metrics, clock)
    app = application(access, metrics, (ingest, Health(readiness, metrics)))
    app[INGEST] = ingest
    app.on_cleanup.append(ingest.settle)
    return app


def open_ingest(  # noqa: PLR0913, PLR0917 - the parts of the process, each passed once
    settings: GatewaySettings,
    access: Access,
    keeper: SnapshotKeeper,
    broker: Broker,
    readiness: Readiness,
    metrics: Metrics,
    clock: Clock = system_clock,
) -> Ingest:
    """The endpoint on given parts."""
    budget = Budget(settings.max_held_bytes)
    metrics.bytes_in_flight.set_function(lambda: budget.total)
    confirmed = metrics.last_accepted.set_to_current_time
    return Ingest(
        access=access,
        readiness=readiness,
        clock_fits=keeper.clock_fits,
        signer=ReceiptSigner(settings.receipt_key.get_secret_value().encode()),
        coalescer=Coalescer(broker, RAW.name, settings.publish_timeout_s, on_confirmed=confirmed),
        budget=budget,
        rate=RecordRate(settings.records_per_s),
        bodies=BodyReader(BodyLimits(settings.max_body_bytes, settings.max_inflated_bytes, settings.body_timeout_s)),
        max_records=settings.max_records,
        clock=strictly_increasing(clock),
        metrics=metrics,
    )


def require_c_parser() -> None:
    """In pure Python, aiohttp's second choice, the parser has been open to smuggling (CVE-2026-111750)."""
    if http_parser.HttpRequestParser is http_parser.HttpRequestParserPy:
        raise RuntimeError("aiohttp runs without its C parser")
