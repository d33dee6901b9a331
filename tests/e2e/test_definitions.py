"""The life of an integration from an empty database, over HTTP alone."""

import asyncio
from collections import Counter

import pytest

from tests.e2e.deployment import Deployment, Json
from tests.e2e.process import eventually

INTEGRATIONS = "/api/v1/integrations"
PROFILES = "/api/v1/profiles/crm/production"
DATA = "/public/v1/user/data"
MAPPINGS = [
    {"property": "department", "attribute": "department", "name": "Department", "type": "String"},
    {"property": "seats", "attribute": "seats", "type": "Number"},
]
NEW = {
    "name": "Nightly",
    "system": "crm",
    "environment": "production",
    "user_id": {"property": "userId"},
    "mappings": MAPPINGS,
}


async def given_an_integration(inlet: Deployment, **fields: Json) -> tuple[int, str]:
    """A system, an integration, its token."""
    (await inlet.admin("POST", "/api/v1/systems", {"key": "crm", "name": "CRM"})).good(201)
    made = (await inlet.admin("POST", INTEGRATIONS, NEW | fields)).good(201)
    number = int(made.body["id"])
    token = (await inlet.admin("POST", f"{INTEGRATIONS}/{number}/tokens", {})).good(201).body["token"]
    return number, str(token)


async def post_until(inlet: Deployment, status: int, access: str, token: str, within_s: float = 1.0) -> Json:
    """Posts one record again and again until it is answered with this status."""

    async def look() -> Json:
        body = {"token": token, "data": [{"userId": "u-17", "department": "Sales", "seats": 12}]}
        answer = await inlet.with_token(access, "POST", DATA, body)
        return answer.body if answer.status == status else None

    return await eventually(look, f"a post is answered with {status}", within_s)


@pytest.mark.timed
async def test_from_nothing_to_a_profile(deployment: Deployment) -> None:
    # given
    inlet = deployment
    await inlet.start()

    # when
    number, token = await given_an_integration(inlet)
    access = await inlet.new_token("data:write", "receipts:read", "profiles:read")
    accepted = await post_until(inlet, 202, access, token)

    # then: a draft accepts, the receipt and the profile can be read
    receipt = await inlet.settled(access, accepted["receipt"])
    assert (receipt["state"], receipt["records"], receipt["written"]) == ("written", 1, 1)
    profile = (await inlet.with_token(access, "GET", f"{PROFILES}/u-17")).good(200).body["attributes"]
    assert (profile["department"]["value"], profile["seats"]["value"]) == ("Sales", 12)
    assert profile["department"]["integration"] == number
    assert profile["department"]["receipt"] == accepted["receipt"]
    (await inlet.admin("POST", f"{INTEGRATIONS}/{number}/activate")).good(200)
    assert (await inlet.admin("GET", f"{INTEGRATIONS}/{number}")).body["state"] == "active"

    # when: an attribute is renamed
    await inlet.change("/api/v1/systems/crm/attributes/department", lambda _: {"name": "Cost centre"})

    # then: its values stay
    async def renamed() -> bool:
        answer = (await inlet.with_token(access, "GET", f"{PROFILES}/u-17")).good(200)
        return bool(answer.body["attributes"]["department"]["name"] == "Cost centre")

    await eventually(renamed, "the profile shows the new name", 1.0)
    after = (await inlet.with_token(access, "GET", f"{PROFILES}/u-17")).body["attributes"]
    assert after["department"] == profile["department"] | {"name": "Cost centre"}


async def test_states_and_tokens(deployment: Deployment) -> None:
    # given
    inlet = deployment
    await inlet.start()
    number, token = await given_an_integration(inlet, state="active")
    access = await inlet.new_token("data:write")
    await post_until(inlet, 202, access, token)
    path = f"{INTEGRATIONS}/{number}"

    # then: paused, resumed, deleted and restored, each within a second
    (await inlet.admin("POST", f"{path}/pause")).good(200)
    assert (await post_until(inlet, 409, access, token))["code"] == "integration_paused"
    (await inlet.admin("POST", f"{path}/resume")).good(200)
    await post_until(inlet, 202, access, token)
    await inlet.delete(path)
    assert (await post_until(inlet, 403, access, token))["code"] == "forbidden_integration"
    (await inlet.admin("POST", f"{path}/restore")).good(200)
    await post_until(inlet, 202, access, token)

    # then: a rotated token lives beside the new one, a revoked one does not
    second = (await inlet.admin("POST", f"{path}/tokens", {"overlap_s": 3600})).good(201).body["token"]
    await post_until(inlet, 202, access, second)
    await post_until(inlet, 202, access, token)
    listed = (await inlet.admin("GET", f"{path}/tokens")).good(200).body["items"]
    first = next(each for each in listed if each["hint"] == token[-4:])
    (await inlet.admin("DELETE", f"{path}/tokens/{first['id']}")).good(204)
    await post_until(inlet, 403, access, token)
    await post_until(inlet, 202, access, second)

    # then: the same of access tokens
    tokens = (await inlet.admin("GET", "/api/v1/access-tokens")).good(200).body["items"]
    rotated = f"/api/v1/access-tokens/{tokens[0]['id']}"
    renewed = (await inlet.admin("POST", f"{rotated}/rotate", {"overlap_s": 3600})).good(201).body["token"]
    await post_until(inlet, 202, renewed, second)
    await post_until(inlet, 202, access, second)
    await inlet.delete(rotated)
    await post_until(inlet, 401, renewed, second)
    await post_until(inlet, 401, access, second)


@pytest.mark.timed
async def test_batches_in_flight_are_mapped_by_the_revision_they_were_accepted_under(deployment: Deployment) -> None:
    # given: a mapper that stands still, so that batches wait
    inlet = deployment
    await inlet.start()
    number, token = await given_an_integration(inlet, state="active")
    access = await inlet.new_token("data:write", "receipts:read", "profiles:read")
    await post_until(inlet, 202, access, token)
    inlet.services["mapper"].pause()

    async def post(user: str) -> str:
        body = {"token": token, "data": [{"userId": user, "department": "Sales", "seats": 12}]}
        return str((await inlet.with_token(access, "POST", DATA, body)).good(202).body["receipt"])

    # when: the mapping changes between batches
    before = [await post(f"before-{each}") for each in range(20)]
    mappings = [{"property": "seats", "attribute": "department"}]
    path = f"{INTEGRATIONS}/{number}"
    keys = ("name", "user_id")
    await inlet.change(path, lambda read: {key: read[key] for key in keys} | {"mappings": mappings})
    revision = (await inlet.admin("GET", path)).body["revision"]
    after: list[str] = []

    async def one_more_is_mapped_anew() -> bool:
        after.append(await post(f"after-{len(after)}"))
        cached = inlet.services["gateway"]
        version = int((await inlet.admin("GET", path)).body["version"])
        return await cached.metric("inlet_snapshot_version") >= version

    await eventually(one_more_is_mapped_anew, "the gateway knows the new revision", 1.0)
    last = await post("last")
    inlet.services["mapper"].resume()

    # then
    for user, receipt in [(f"before-{each}", receipt) for each, receipt in enumerate(before)]:
        assert (await inlet.settled(access, receipt))["revision"] == 1
        values = (await inlet.with_token(access, "GET", f"{PROFILES}/{user}")).good(200).body["attributes"]
        assert {key: each["value"] for key, each in values.items()} == {"department": "Sales", "seats": 12}
    assert (await inlet.settled(access, last))["revision"] == revision == 2
    values = (await inlet.with_token(access, "GET", f"{PROFILES}/last")).good(200).body["attributes"]
    assert {key: each["value"] for key, each in values.items()} == {"department": "12"}
    for receipt in after:
        assert (await inlet.settled(access, receipt))["state"] == "written"


async def test_the_audit_log_has_each_change_once(deployment: Deployment) -> None:
    # given
    inlet = deployment
    await inlet.start()

    # when
    number, _ = await given_an_integration(inlet)
    path = f"{INTEGRATIONS}/{number}"
    for action in ("activate", "pause", "resume"):
        (await inlet.admin("POST", f"{path}/{action}")).good(200)
    await inlet.change(path, lambda read: {key: read[key] for key in ("user_id", "mappings")} | {"name": "Hourly"})
    await inlet.delete(path)
    (await inlet.admin("POST", f"{path}/restore")).good(200)
    refused = await asyncio.gather(*(inlet.admin("POST", f"{path}/restore") for _ in range(3)))

    # then
    assert {answer.status for answer in refused} == {409}
    entries = (await inlet.admin("GET", "/api/v1/audit?limit=1000")).good(200).body["items"]
    counted = Counter((entry["action"], entry["kind"]) for entry in entries)
    assert counted == {
        ("created", "user"): 1,
        ("signed_in", "session"): 1,
        ("created", "system"): 1,
        ("created", "attribute"): 2,
        ("created", "integration"): 1,
        ("issued", "integration_token"): 1,
        ("activated", "integration"): 1,
        ("paused", "integration"): 1,
        ("resumed", "integration"): 1,
        ("replaced", "integration"): 1,
        ("deleted", "integration"): 1,
        ("restored", "integration"): 1,
    }
    replaced = next(entry for entry in entries if entry["action"] == "replaced")
    assert (replaced["before"]["name"], replaced["after"]["name"]) == ("Nightly", "Hourly")
    assert replaced["actor"]["name"] == "admin"
    assert replaced["request_id"]
