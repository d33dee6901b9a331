"""`/healthz`, `/readyz` and `/metrics`, the same in every service."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from shared.runtime.broker import UnavailableError
from shared.runtime.metrics import Metrics

Check = Callable[[], Awaitable[str | None]]
"""None when the dependency is fit, else what is wrong with it in a few words."""


def check_of(probe: Callable[[], Awaitable[None]]) -> Check:
    """A check from something that raises `UnavailableError` when it is not fit."""

    async def check() -> str | None:
        try:
            await probe()
        except UnavailableError as error:
            return str(error)
        return None

    return check


class Readiness:
    """The dependencies of a process, looked at one by one, and whether it is draining.

    `notes` are what an operator should know although the process is fit.
    """

    def __init__(self, checks: Mapping[str, Check], notes: Callable[[], Sequence[str]] = tuple) -> None:
        self._checks = dict(checks)
        self.notes = notes
        self.draining = False

    async def report(self) -> dict[str, str]:
        """Each dependency with `ok` or what is wrong."""
        report = {name: await check() or "ok" for name, check in self._checks.items()}
        if self.draining:
            report["process"] = "draining"
        return report


def routes(readiness: Readiness, metrics: Metrics) -> list[web.RouteDef]:
    """The three routes."""

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def readyz(_: web.Request) -> web.Response:
        report = await readiness.report()
        fit = all(word == "ok" for word in report.values())
        body = {"ready": fit, "checks": report, "notes": list(readiness.notes())}
        return web.json_response(body, status=200 if fit else 503)

    async def show_metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return [web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", show_metrics)]
