"""HTTP as senders may and may not write it (`tests/http_cases`), spoken to a gateway and to another service."""

import asyncio
import json
from urllib.parse import urlsplit

from tests.e2e.deployment import Deployment
from tests.e2e.process import Service
from tests.e2e.test_definitions import DATA, given_an_integration, post_until
from tests.http_cases.cases import CASES, GOOD
from tests.http_cases.exchange import Target

WITHIN_S = 20.0  # aiohttp reads for 10 s what is still sent after an answer; a body has as long to come


def target_of(service: Service, path: str, token: str, body: object, good: int) -> Target:
    parts = urlsplit(service.url)
    assert parts.hostname is not None
    assert parts.port is not None
    return Target(parts.hostname, parts.port, path, token, json.dumps(body), good)


async def test_each_request_gets_its_answers_and_no_other_and_nothing_is_smuggled_in(deployment: Deployment) -> None:
    # given
    inlet = deployment
    await inlet.start(head_timeout_s="2", body_timeout_s="2")
    _, token = await given_an_integration(inlet, state="active")
    access = await inlet.new_token("data:write", "config:read")
    await post_until(inlet, 202, access, token)
    gateway, mapper = inlet.services["gateway"], inlet.services["mapper"]
    batch = {"token": token, "data": [{"userId": "u-17"}]}
    ingest = target_of(gateway, DATA, access, batch, 202)
    preview = target_of(mapper, "/api/v1/preview", access, {"records": [{"userId": "u-17"}]}, 200)
    accepted = await gateway.metric("inlet_records_accepted_total")

    # when
    wrong = await asyncio.gather(
        *(ingest.wrong(case, case.answers, WITHIN_S) for case in CASES),
        *(preview.wrong(case, case.answers, WITHIN_S) for case in CASES if not case.ingest),
    )

    # then
    assert "\n".join(filter(None, wrong)) == ""
    answered = sum(case.answers.count(GOOD) for case in CASES)
    # One more at most: of the sender that did not wait for its answer.
    assert 0 <= await gateway.metric("inlet_records_accepted_total") - accepted - answered <= 1
    assert "unexpected error" not in gateway.output() + mapper.output()
    assert "Traceback" not in gateway.output() + mapper.output()
