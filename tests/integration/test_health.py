"""`/healthz`, `/readyz` and `/metrics` over HTTP, on made-up dependencies."""

from shared.runtime.health import Health, Readiness
from shared.runtime.metrics import Metrics
from tests.backing.served import served


async def well() -> str | None:
    return None


async def away() -> str | None:
    return "connection refused"


async def test_a_fit_process_is_ready() -> None:
    # given
    health = Health(Readiness({"broker": well}, lambda: ["a note"]), Metrics())

    # when
    async with served(health) as api:
        answer = await api.call("GET", "/readyz", token=None)

    # then
    assert (answer.status, answer.headers["Content-Type"].partition(";")[0]) == (200, "application/json")
    assert answer.body == {"ready": True, "checks": {"broker": "ok"}, "notes": ["a note"]}


async def test_an_unfit_process_says_what_is_away() -> None:
    # given
    health = Health(Readiness({"broker": well, "database": away}), Metrics())

    # when
    async with served(health) as api:
        ready = await api.call("GET", "/readyz", token=None)
        alive = await api.call("GET", "/healthz", token=None)

    # then
    assert (ready.status, ready.headers["Content-Type"]) == (503, "application/problem+json")
    assert ready.headers["Retry-After"]
    assert (ready.body["code"], ready.body["ready"]) == ("not_ready", False)
    assert ready.body["checks"] == {"broker": "ok", "database": "connection refused"}
    assert alive.status == 200


async def test_a_draining_process_is_not_ready() -> None:
    # given
    readiness = Readiness({"broker": well})
    readiness.draining = True

    # when
    async with served(Health(readiness, Metrics())) as api:
        answer = await api.call("GET", "/readyz", token=None)

    # then
    assert (answer.status, answer.body["checks"]["process"]) == (503, "draining")


async def test_the_metrics_are_of_this_process_and_count_errors_from_zero() -> None:
    # given
    health = Health(Readiness({}), Metrics("a1b2c3d"))

    # when
    async with served(health) as api:
        await api.call("GET", "/nothing", token=None)
        metrics = api.metrics.registry.get_sample_value
        answer = await api.call("GET", "/metrics", token=None)

    # then
    assert 'inlet_build_info{revision="a1b2c3d",version="' in answer.text
    assert "process_resident_memory_bytes" in answer.text
    assert metrics("inlet_requests_total", {"status": "404", "code": "not_found"}) == 1
    assert metrics("inlet_requests_total", {"status": "500", "code": "internal_error"}) == 0
