"""How fast changes reach every process, and what goes on while they cannot."""

import asyncio

import pytest

from tests.backing.postgres import Postgres
from tests.backing.rabbitmq import Rabbitmq
from tests.e2e.deployment import Deployment, Json
from tests.e2e.process import eventually
from tests.e2e.test_definitions import DATA, INTEGRATIONS, given_an_integration, post_until

ADDRESSES: tuple[tuple[str, str, Json], ...] = (
    ("POST", DATA, {"token": "none", "data": [{}]}),  # gateway
    ("POST", "/api/v1/preview", {"records": []}),  # mapper
    ("GET", "/api/v1/profiles/crm/production", None),  # profile API
    ("GET", INTEGRATIONS, None),  # config API
)
SCOPES = ("data:write", "profiles:read", "config:read")


async def until_known(inlet: Deployment, token: str, *, known: bool, within_s: float) -> None:
    """Waits until every process lets the token in, or none does."""

    async def look() -> bool:
        answers = await asyncio.gather(*(inlet.with_token(token, *address) for address in ADDRESSES))
        return all((answer.status != 401) is known for answer in answers)

    await eventually(look, f"known is {known} of the token everywhere", within_s)


async def revoke_newest_token(inlet: Deployment) -> None:
    """Revokes the access token that was made last."""
    tokens = (await inlet.admin("GET", "/api/v1/access-tokens")).good(200).body["items"]
    await inlet.delete(f"/api/v1/access-tokens/{max(each['id'] for each in tokens)}")


@pytest.mark.timed
async def test_a_change_is_everywhere_within_a_second(deployment: Deployment) -> None:
    # given
    inlet = deployment
    await inlet.start()

    for _ in range(3):
        # when
        token = await inlet.new_token(*SCOPES)
        await until_known(inlet, token, known=True, within_s=1.0)
        await revoke_newest_token(inlet)

        # then
        await until_known(inlet, token, known=False, within_s=1.0)


async def test_without_the_broker_a_change_is_everywhere_within_a_poll(
    deployment: Deployment, rabbitmq: Rabbitmq
) -> None:
    # given
    inlet = deployment
    await inlet.start()
    token = await inlet.new_token(*SCOPES)
    await until_known(inlet, token, known=True, within_s=10.0)

    # when
    rabbitmq.stop()
    await revoke_newest_token(inlet)

    # then
    await until_known(inlet, token, known=False, within_s=31.0)


async def test_the_gateway_goes_on_without_config_api_and_database(deployment: Deployment, postgres: Postgres) -> None:
    # given
    inlet = deployment
    await inlet.start()
    _, token = await given_an_integration(inlet, state="active")
    access = await inlet.new_token("data:write")
    await post_until(inlet, 202, access, token, within_s=30.0)  # a broker that was just started takes its time

    # when
    inlet.services["config-api"].kill()
    postgres.stop()

    # then: it accepts, also after a restart
    body = {"token": token, "data": [{"userId": "u-1", "seats": 1}]}
    (await inlet.with_token(access, "POST", DATA, body)).good(202)
    gateway = inlet.services["gateway"]
    assert gateway.terminate() == 0
    gateway.start()
    await gateway.until_ready()
    (await inlet.with_token(access, "POST", DATA, body)).good(202)


async def test_a_second_admin_loses_nothing(deployment: Deployment) -> None:
    # given: two admins who read the same state
    inlet = deployment
    await inlet.start()
    number, _ = await given_an_integration(inlet)
    path = f"{INTEGRATIONS}/{number}"
    read = (await inlet.admin("GET", path)).good(200)
    body = {key: read.body[key] for key in ("name", "user_id", "mappings")}

    # when
    first = await inlet.admin("PUT", path, body | {"name": "By the first"}, If_Match=read.headers["ETag"])
    second = await inlet.admin("PUT", path, body | {"name": "By the second"}, If_Match=read.headers["ETag"])
    blind = await inlet.admin("PUT", path, body | {"name": "By nobody"})

    # then
    assert (first.status, second.status, blind.status) == (200, 412, 428)
    now = (await inlet.admin("GET", path)).good(200)
    assert now.body["name"] == "By the first"
    again = await inlet.admin("PUT", path, body | {"name": "By the second"}, If_Match=now.headers["ETag"])
    assert again.good(200).body["name"] == "By the second"
