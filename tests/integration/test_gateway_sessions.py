import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from shared.contract.codes import Code
from shared.runtime import amqp
from tests.backing.gateway import DEADLINE_S, EDITOR, VIEWER, RunningGateway, running_gateway

MIB = 1024 * 1024


@pytest.fixture
async def gateway(broker_url: str, tmp_path: Path) -> AsyncIterator[RunningGateway]:
    broker = await amqp.connect(broker_url)
    async with running_gateway(broker, tmp_path, records_per_s=3, max_held_bytes=MIB) as running:
        yield running
    await broker.close()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The rate's clock, which stands still."""
    clock = SimpleNamespace(now=1_000.0)
    monkeypatch.setattr("limits.storage.memory.time", SimpleNamespace(time=lambda: clock.now))
    return clock


async def test_an_editor_s_session_may_post(gateway: RunningGateway) -> None:
    # when
    answer = await gateway.post(gateway.body([{"userId": "u-17"}]), gateway.session_headers(EDITOR))
    (batch,) = await gateway.batches(1)

    # then
    assert answer.status == 202
    assert (batch.integration, batch.data) == (1, b'[{"userId": "u-17"}]')
    assert "Set-Cookie" not in answer.headers


async def test_a_viewer_s_session_may_not(gateway: RunningGateway) -> None:
    # when
    answer = await gateway.post(gateway.body([{}]), gateway.session_headers(VIEWER))

    # then
    assert (answer.status, answer.code) == (403, Code.INSUFFICIENT_SCOPE)


async def test_an_editor_reaches_their_own_systems_only(gateway: RunningGateway) -> None:
    # given
    body = gateway.body([{}], gateway.secrets.elsewhere)

    # when
    answer = await gateway.post(body, gateway.session_headers(EDITOR))

    # then
    assert (answer.status, answer.code) == (403, Code.FORBIDDEN_INTEGRATION)


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"X-CSRF-Token": None}, 403, Code.INVALID_CSRF_TOKEN),
        ({"X-CSRF-Token": "0" * 64}, 403, Code.INVALID_CSRF_TOKEN),
        ({"Origin": None}, 403, Code.FOREIGN_ORIGIN),
        ({"Origin": "https://evil.test"}, 403, Code.FOREIGN_ORIGIN),
        ({"Cookie": "inlet_session=x"}, 401, Code.INVALID_SESSION),
        ({"Cookie": None}, 401, Code.MISSING_CREDENTIALS),
        ({"Authorization": "Bearer x"}, 401, Code.INVALID_TOKEN),
    ],
)
async def test_a_session_must_come_from_the_console(
    gateway: RunningGateway, changed: dict[str, str | None], status: int, code: Code
) -> None:
    # given
    fields = gateway.session_headers(EDITOR) | changed

    # when
    answer = await gateway.post(gateway.body([{}]), {name: value for name, value in fields.items() if value})

    # then
    assert (answer.status, answer.code) == (status, code)


async def test_records_are_counted_per_caller(gateway: RunningGateway, clock: SimpleNamespace) -> None:
    # given: token 1 and user 1 have one number
    three = gateway.body([{}] * 3)
    first, second = gateway.session_headers(EDITOR), gateway.session_headers(EDITOR)

    # when
    token = [(await gateway.post(three)).status for _ in range(2)]
    user = [(await gateway.post(three, session)).status for session in (first, second)]

    # then: two sessions of a user are one caller
    assert token == [202, 429]
    assert user == [202, 429]


async def test_bytes_are_counted_per_caller(gateway: RunningGateway) -> None:
    # given: 400 KiB of a token's body that is not complete
    part, large = gateway.body(["x" * 400 * 1024]), gateway.body(["x" * 200 * 1024])
    _, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(gateway.head(f"Content-Length: {len(part) + 1}") + part)
    async with asyncio.timeout(DEADLINE_S):
        while gateway.metrics.registry.get_sample_value("inlet_bytes_in_flight") != len(part):
            await asyncio.sleep(0.01)

    # when
    token = await gateway.post(large)
    user = await gateway.post(large, gateway.session_headers(EDITOR))
    writer.close()

    # then
    assert (token.status, token.code) == (503, Code.OVERLOADED)
    assert user.status == 202


async def test_a_refused_session_stands_in_the_log_without_its_secrets(
    gateway: RunningGateway, capsys: pytest.CaptureFixture[str]
) -> None:
    # given
    fields = gateway.session_headers(VIEWER)

    # when
    answer = await gateway.post(gateway.body([{}]), fields)

    # then
    logged = capsys.readouterr().out
    assert answer.body["requestId"] in logged
    assert "caller=user:2" in logged
    for secret in (fields["Cookie"].removeprefix("inlet_session="), fields["X-CSRF-Token"], "inl_"):
        assert secret not in logged
