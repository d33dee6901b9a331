"""Rights while work is under way: a token that is revoked in the middle, and tokens of several systems."""

import asyncio
import json
from collections import Counter
from collections.abc import Sized
from urllib.parse import urlsplit

from tests.e2e.deployment import Deployment
from tests.e2e.process import eventually
from tests.e2e.test_definitions import DATA, INTEGRATIONS, NEW, given_an_integration, post_until

SENDERS = 8
SPREAD_S = 1.0
SYSTEMS = ("crm", "erp", "hr")


async def test_a_token_that_is_revoked_while_it_sends_ends_everywhere_and_loses_nothing(deployment: Deployment) -> None:
    # given: several senders with one token, at two gateways
    inlet = deployment
    await inlet.start()
    _, token = await given_an_integration(inlet, state="active")
    access, reader = await inlet.new_token("data:write"), await inlet.new_token("receipts:read")
    await post_until(inlet, 202, access, token)
    gateways = [inlet.services["gateway"].url, (await inlet.another("gateway")).url]
    receipts: list[str] = []
    refusals: list[tuple[float, int]] = []
    after_refusal: Counter[int] = Counter()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    async def send(number: int) -> None:
        body = json.dumps({"token": token, "data": [{"userId": f"u-{number}", "seats": number}]}).encode()
        headers = {"Authorization": f"Bearer {access}", "Content-Type": "application/json"}
        over = False
        while not stop.is_set():
            answer = await inlet.fetch("POST", gateways[number % 2] + DATA, body, headers=headers, raw=True)
            if answer.status == 202:
                receipts.append(answer.body["receipt"])
            else:
                refusals.append((loop.time(), answer.status))
            after_refusal[answer.status] += over
            over = over or answer.status != 202

    # when
    sending = [asyncio.create_task(send(number)) for number in range(SENDERS)]
    await eventually(lambda: enough(receipts, SENDERS * 5), "the senders are at it")
    listed = (await inlet.admin("GET", "/api/v1/access-tokens?limit=1000")).good(200).body["items"]
    mine = next(each["id"] for each in listed if each["scopes"] == ["data:write"])
    await inlet.delete(f"/api/v1/access-tokens/{mine}")
    revoked_at = loop.time()
    await eventually(lambda: enough(refusals, SENDERS * 5), "the senders are refused")
    stop.set()
    await asyncio.gather(*sending)

    # then: within a second, for good, by 401 alone; and what was accepted until then is written
    assert refusals[0][0] < revoked_at + SPREAD_S
    assert {status for _, status in refusals} == {401}
    assert set(after_refusal) <= {202, 401}
    for receipt in receipts:
        assert (await inlet.settled(reader, receipt))["state"] == "written"


async def enough(seen: Sized, number: int) -> bool:
    return len(seen) >= number


async def test_a_right_that_ends_while_the_body_is_coming_counts_no_more(deployment: Deployment) -> None:
    # given: a post whose head was let in, and whose body is not complete
    inlet = deployment
    await inlet.start()
    _, token = await given_an_integration(inlet, state="active")
    access = await inlet.new_token("data:write")
    await post_until(inlet, 202, access, token)
    parts = urlsplit(inlet.services["gateway"].url)
    body = json.dumps({"token": token, "data": [{"userId": "late"}]}).encode()
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    head = (
        f"POST {DATA} HTTP/1.1\r\nHost: inlet\r\nAuthorization: Bearer {access}\r\nContent-Type: application/json\r\n"
        f"Expect: 100-continue\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode())
    assert await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10) == b"HTTP/1.1 100 Continue\r\n\r\n"

    # when: the token is revoked, and the gateway knows
    listed = (await inlet.admin("GET", "/api/v1/access-tokens?limit=1000")).good(200).body["items"]
    await inlet.delete(f"/api/v1/access-tokens/{listed[0]['id']}")
    await post_until_refused(inlet, access)
    writer.write(body)

    # then
    assert (await asyncio.wait_for(reader.read(), 10)).startswith(b"HTTP/1.1 401 ")
    writer.close()


async def post_until_refused(inlet: Deployment, access: str) -> None:
    async def look() -> bool:
        return (await inlet.with_token(access, "POST", DATA, {})).status == 401

    await eventually(look, "the token is refused", 5.0)


async def test_each_systems_token_does_nothing_to_the_others(deployment: Deployment) -> None:
    # given: three systems, each with an integration, a token of its own, and a user of the same name
    inlet = deployment
    await inlet.start()
    integrations, accesses, receipts = {}, {}, {}
    for system in SYSTEMS:
        (await inlet.admin("POST", "/api/v1/systems", {"key": system, "name": system})).good(201)
        made = (await inlet.admin("POST", INTEGRATIONS, NEW | {"system": system, "state": "active"})).good(201)
        issued = (await inlet.admin("POST", f"{INTEGRATIONS}/{made.body['id']}/tokens", {})).good(201)
        integrations[system] = (made.body["id"], issued.body["token"])
        accesses[system] = await inlet.new_token(
            "data:write", "receipts:read", "profiles:read", "config:read", "config:write", systems=[system]
        )
    for system in SYSTEMS:
        accepted = await post_until(inlet, 202, accesses[system], integrations[system][1], 10.0)
        receipts[system] = accepted["receipt"]
        await inlet.settled(accesses[system], accepted["receipt"])

    # when
    seen = {}
    for own in SYSTEMS:
        for other in SYSTEMS:
            number, token = integrations[other]
            record = {"token": token, "data": [{"userId": f"from-{own}"}]}
            asked = {
                "post": ("POST", DATA, record),
                "receipt": ("GET", f"/public/v1/receipts/{receipts[other]}", None),
                "profile": ("GET", f"/api/v1/profiles/{other}/production/u-17", None),
                "profiles": ("GET", f"/api/v1/profiles/{other}/production", None),
                "changes": ("GET", f"/api/v1/changes/{other}/production", None),
                "integration": ("GET", f"{INTEGRATIONS}/{number}", None),
                "pause": ("POST", f"{INTEGRATIONS}/{number}/pause", None),
            }
            for name, (method, path, body) in asked.items():
                seen[own, other, name] = (await inlet.with_token(accesses[own], method, path, body)).status
            if own == other:
                (await inlet.admin("POST", f"{INTEGRATIONS}/{number}/resume")).good(200)

    # then
    for (own, other, name), status in seen.items():
        allowed = 202 if name == "post" else 200
        assert status == (allowed if own == other else 403 if name == "post" else 404), (own, other, name)
