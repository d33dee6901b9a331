"""HTTP as senders may and may not write it (`tests/http_cases`), spoken to the door of a deployment.

Run by `make compose-smoke`; it needs Docker, and is no part of `make test`.
"""

import asyncio
import json
from urllib.parse import urlsplit

from tests.compose.door import Door
from tests.compose.project import Project
from tests.http_cases.cases import CASES
from tests.http_cases.exchange import Target

WITHIN_S = 30.0


async def test_each_request_gets_its_answers_and_no_other_behind_the_door(project: Project, door: Door) -> None:
    # given
    await project.up({"gateway": 2})
    await door.define(project.setting("INLET_ADMIN_USER"), project.setting("INLET_ADMIN_PASSWORD"))
    parts = urlsplit(project.url)
    assert parts.hostname is not None
    assert parts.port is not None
    body = json.dumps({"token": door.integration_token, "data": [{"userId": "u-17"}]})
    target = Target(parts.hostname, parts.port, "/public/v1/user/data", door.access_token, body, 202)

    # when
    wrong = await asyncio.gather(*(target.wrong(case, case.through_door, WITHIN_S) for case in CASES))

    # then
    assert "\n".join(filter(None, wrong)) == ""
