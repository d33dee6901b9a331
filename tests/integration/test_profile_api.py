"""The profile API on a real database: rights, receipts of every state, outages."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from services.profile_api.app import build_app
from services.profile_api.settings import ProfileApiSettings
from services.profile_writer.store import Store
from shared.contract import stamps, tokens
from shared.contract.codes import Code
from shared.contract.definitions import (
    AccessToken,
    Attribute,
    AttributeType,
    Environment,
    Integration,
    IntegrationState,
    Scope,
    Secret,
    Snapshot,
    System,
)
from shared.contract.messages import as_failure
from shared.contract.tokens import TokenKind
from shared.runtime.clock import system_clock
from shared.runtime.health import Readiness
from shared.runtime.metrics import Metrics
from shared.runtime.postgres import Database
from shared.runtime.settings import DatabaseSettings
from shared.runtime.snapshot import FileSource, SnapshotKeeper
from tests.backing.migrated import role_url
from tests.backing.postgres import Postgres
from tests.integration.given_batches import NOON, SIGNER, mapped, receipt

SECRET = "a secret for tests only"
READS = frozenset({Scope.RECEIPTS_READ, Scope.PROFILES_READ})
ALL, FOREIGN, WRITES_ONLY = (tokens.make(TokenKind.ACCESS) for _ in range(3))


def definitions() -> Snapshot:
    """Two systems; integration 1 belongs to the first, and one token reaches only the second."""
    return Snapshot(
        version=1,
        systems=(System(id=1, key="crm", name="CRM"), System(id=2, key="erp", name="ERP")),
        environments=(Environment(id=1, system=1, key="production", name="Production"),),
        attributes=(
            Attribute(id=1, system=1, key="department", name="Department", type=AttributeType.STRING),
            Attribute(id=2, system=1, key="seats", name="Seats", type=AttributeType.NUMBER),
        ),
        integrations=(
            Integration(id=1, name="Nightly", system=1, environment=1, state=IntegrationState.DELETED, revision=1),
        ),
        access_tokens=(
            AccessToken(id=1, secrets=(Secret(sha256=tokens.digest(ALL)),), scopes=READS),
            AccessToken(id=2, secrets=(Secret(sha256=tokens.digest(FOREIGN)),), scopes=READS, systems=frozenset({2})),
            AccessToken(
                id=3, secrets=(Secret(sha256=tokens.digest(WRITES_ONLY)),), scopes=frozenset({Scope.DATA_WRITE})
            ),
        ),
    )


class Api:
    """The profile API over HTTP, and the profile writer's store to fill the tables with."""

    def __init__(self, address: str, session: ClientSession, store: Store) -> None:
        self.address = address
        self._session = session
        self.store = store

    async def get(self, path: str, token: str | None = ALL) -> tuple[int, Any]:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        async with self._session.get(self.address + path, headers=headers) as answer:
            return answer.status, await answer.json(content_type=None)


@pytest.fixture
async def api(database: str, tmp_path: Path) -> AsyncIterator[Api]:
    file = tmp_path / "snapshot.json"
    file.write_text(definitions().model_dump_json())
    settings = ProfileApiSettings(
        database_url=role_url(database, "inlet_profile_api"),
        snapshot_file=file,
        receipt_key=SECRET,
        session_key=SECRET,
        broker_url="amqp://unused",
    )
    writing = Database(DatabaseSettings(database_url=role_url(database, "inlet_profile_writer")))
    reading = Database(settings)
    metrics = Metrics()
    keeper = SnapshotKeeper(FileSource(file), None, system_clock, metrics)
    await keeper.start()
    app = build_app(settings, keeper, reading, Readiness({}), metrics)
    async with TestServer(app) as server, ClientSession() as session:
        yield Api(f"http://127.0.0.1:{server.port}", session, Store(writing, lambda: NOON + 10, 40))
    await reading.close()
    await writing.close()


def _address(name: str) -> str:
    return f"/public/v1/receipts/{SIGNER.text(receipt(name))}"


PROFILE = "/api/v1/profiles/crm/production/ann"


@pytest.mark.parametrize("path", [PROFILE, "/api/v1/profiles/crm/production", _address("b")])
async def test_only_those_who_may_read_do(api: Api, path: str) -> None:
    # given something to read
    await api.store.write([mapped("b", [("ann", {1: "Sales"}, None)])])
    # when, then
    assert (await api.get(path))[0] == 200
    assert (await api.get(path, None))[0] == 401
    assert (await api.get(path, tokens.make(TokenKind.ACCESS)))[0] == 401
    assert (await api.get(path, WRITES_ONLY))[0] == 403
    # and out of reach is as if it were not there
    foreign = await api.get(path, FOREIGN)
    assert (foreign[0], foreign[1]["code"]) == (404, "not_found")


async def test_a_batch_that_was_put_aside_is_failed_until_it_is_replayed(api: Api) -> None:
    batch = mapped("b", [("ann", {1: "Sales"}, None)])
    await api.store.write([as_failure(batch, Code.UNKNOWN_REVISION, 1)])
    _, failed = await api.get(_address("b"))
    assert (failed["state"], failed["failure"], failed["records"]) == ("failed", "unknown_revision", 0)
    await api.store.write([batch])
    _, written = await api.get(_address("b"))
    assert (written["state"], written["failure"], written["records"], written["written"]) == ("written", None, 1, 1)


async def test_a_receipt_past_its_retention_is_gone(api: Api) -> None:
    old = SIGNER.issue(1, _day(-41))
    assert (await api.get(f"/public/v1/receipts/{SIGNER.text(old)}"))[0] == 410
    kept = SIGNER.issue(1, _day(-39))
    assert (await api.get(f"/public/v1/receipts/{SIGNER.text(kept)}"))[1]["state"] == "pending"


async def test_what_nobody_defines_any_more_is_not_shown(api: Api) -> None:
    # given an attribute that the definitions do not know, and one that was cleared
    await api.store.write([mapped("b", [("ann", {1: None, 2: 7, 99: "gone"}, None)])])
    # when
    _, profile = await api.get(PROFILE)
    # then
    assert list(profile["attributes"]) == ["seats"]
    assert (profile["attributes"]["seats"]["value"], profile["attributes"]["seats"]["name"]) == (7, "Seats")


async def test_attributes_of_different_ages_each_say_where_they_came_from(api: Api) -> None:
    # given
    await api.store.write([mapped("first", [("ann", {1: "Sales", 2: 1}, -5)], at=0)])
    await api.store.write([mapped("second", [("bob", {}, None), ("ann", {2: 2}, None)], at=1)])
    # when
    _, profile = await api.get(PROFILE)
    # then
    sources = {key: (each["receipt"], each["index"]) for key, each in profile["attributes"].items()}
    assert sources == {
        "department": (SIGNER.text(receipt("first")), 0),
        "seats": (SIGNER.text(receipt("second")), 1),
    }
    assert profile["attributes"]["department"]["observed_at"] < profile["attributes"]["department"]["received_at"]


async def test_the_database_is_away(api: Api, postgres: Postgres) -> None:
    await api.store.write([mapped("b", [("ann", {1: "Sales"}, None)])])
    postgres.stop()
    for path in (PROFILE, _address("b")):
        status, problem = await api.get(path)
        assert (status, problem["code"]) == (503, "not_ready")
    postgres.start()
    assert (await api.get(PROFILE))[0] == 200


async def test_another_method_is_405(api: Api) -> None:
    async with ClientSession() as session, session.post(api.address + PROFILE) as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")


def _day(offset: int) -> date:
    return stamps.to_datetime(system_clock()).date() + timedelta(days=offset)
