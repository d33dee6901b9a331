"""`/healthz`, `/readyz` and `/metrics`, the same in every service."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from shared.runtime.access import Right, unavailable
from shared.runtime.broker import UnavailableError
from shared.runtime.metrics import Metrics
from shared.runtime.operations import Call, View, operation
from shared.runtime.problems import problem

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


class Alive(View):
    """The process answers."""

    status: str


class Report(View):
    """Each dependency with `ok` or what is wrong; `notes` are what an operator should know although all is well."""

    ready: bool
    checks: dict[str, str]
    notes: list[str]


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


class Health:
    """The three routes."""

    def __init__(self, readiness: Readiness, metrics: Metrics) -> None:
        self._readiness = readiness
        self._metrics = metrics

    @operation("GET", "/healthz", Right.ANYONE, sends=Alive)
    async def healthz(self, _: Call) -> web.Response:
        """Whether the process lives."""
        return web.json_response({"status": "ok"})

    @operation("GET", "/readyz", Right.ANYONE, sends=Report, problems=(HTTPStatus.SERVICE_UNAVAILABLE,))
    async def readyz(self, call: Call) -> web.Response:
        """Whether the process can do its work, dependency by dependency; a problem has the same members."""
        report = await self._readiness.report()
        fit = all(word == "ok" for word in report.values())
        body = Report(ready=fit, checks=report, notes=list(self._readiness.notes()))
        if fit:
            return web.json_response(text=body.model_dump_json())
        return problem(unavailable(body.model_dump()), call.request_id)  # not raised: a probe is no line in the log

    @operation("GET", "/metrics", Right.ANYONE, sends=str)
    async def metrics(self, _: Call) -> web.Response:
        """The process's metrics, for Prometheus."""
        return web.Response(body=generate_latest(self._metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})
