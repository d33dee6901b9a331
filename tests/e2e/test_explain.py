"""A value explained, from the switch in the definitions to the candidates that lost, and one person's export."""

from itertools import count

from tests.e2e.deployment import Deployment, Json
from tests.e2e.process import eventually
from tests.e2e.test_definitions import DATA, PROFILES, given_an_integration, post_until

ENVIRONMENT = "/api/v1/systems/crm/environments/production"
EXPLAIN = f"{PROFILES}/ann/attributes/seats/explain"


async def test_a_value_is_explained_from_when_the_environment_keeps_a_history(deployment: Deployment) -> None:
    # given an environment that keeps none, and a user whose value was replaced
    inlet = deployment
    await inlet.start()
    _, token = await given_an_integration(inlet, state="active")
    access = await inlet.new_token("data:write", "profiles:read", "profiles:erase", "receipts:read")
    await post_until(inlet, 202, access, token)

    async def post(seats: Json) -> None:
        body = {"token": token, "data": [{"userId": "ann", "seats": seats}]}
        answer = await inlet.with_token(access, "POST", DATA, body)
        await inlet.settled(access, answer.good(202).body["receipt"])

    async def explained() -> Json:
        return (await inlet.with_token(access, "GET", EXPLAIN)).good(200).body

    await post(1)
    await post(2)
    before = await explained()
    assert (before["current"]["value"], before["candidates"], before["history"]) == (2, [], False)
    # when an admin switches it on
    await inlet.change(ENVIRONMENT, lambda read: {"name": read["name"], "history": True})
    seats = count(3)

    async def noted() -> Json:
        await post(next(seats))
        return (await explained())["candidates"]

    await eventually(noted, "what is replaced is noted", 10.0)
    await post("many\x00")
    # then what was replaced, and what was refused, is there
    after = await explained()
    refused, replaced = after["candidates"][:2]
    assert after["history"]
    assert (refused["reason"], refused["code"], refused["candidate"]["text"]) == (
        "rejected",
        "invalid_number",
        '"many\\u0000"',
    )
    assert (replaced["reason"], replaced["candidate"]["value"]) == ("older", after["current"]["value"] - 1)
    # and it is part of what is stored about ann, until she is erased
    export = (await inlet.with_token(access, "GET", f"{PROFILES}/ann/export")).good(200).body
    assert len(export["history"]) == len(after["candidates"])
    assert len(export["rejected_records"]) == 1
    (await inlet.with_token(access, "DELETE", f"{PROFILES}/ann")).good(204)
    assert (await inlet.with_token(access, "GET", EXPLAIN)).status == 404
    actions = [each["action"] for each in (await inlet.admin("GET", "/api/v1/audit?kind=profile")).body["items"]]
    assert actions == ["erased", "exported"]
