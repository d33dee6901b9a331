"""What the OpenAPI document says, held against every service: no 5xx, and no answer that contradicts the document."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.e2e.deployment import Deployment, Json
from tests.e2e.test_definitions import INTEGRATIONS, given_an_integration, post_until
from tests.e2e.test_rights import CONDITION, DOCUMENT, SCOPES, SEGMENTS

OWN = ("/api/v1/session",)
ROTATE = "/api/v1/access-tokens/{access_token}/rotate"
HEALTH = ("/healthz", "/readyz", "/metrics")
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
)


# What stands in paths, so that requests get as far as the handlers: things that are there, and one that is not.
NAMES = {
    "system": ["crm", "nobody"],
    "environment": ["production"],
    "attribute": ["department"],
    "key": ["department"],
    "segment": ["sales"],
    "user": ["u-17"],
}
NUMBERS = [1, 2, 999_999]


def part_of(service: str, folder: Path, receipt: str, wanted: Callable[[str], bool]) -> Path:
    """The document of one service's operations on the wanted paths."""
    document: Json = json.loads(DOCUMENT.read_text())
    chosen = {
        path: methods
        for path, methods in document["paths"].items()
        if wanted(path) and all(each["x-inlet-service"] == service for each in methods.values())
    }
    assert chosen
    for methods in chosen.values():
        for parameter in (each for method in methods.values() for each in method.get("parameters", [])):
            if parameter["in"] == "path":
                is_number = parameter["schema"].get("type") == "integer"
                named = NAMES | {"receipt": [receipt, "x"]}
                parameter["schema"] = {"enum": NUMBERS if is_number else named[parameter["name"]]}
    file = folder / f"{service}-{len(list(folder.iterdir()))}.json"
    file.write_text(json.dumps(document | {"paths": chosen}))
    return file


def contradictions(document: Path, url: str, headers: Mapping[str, str]) -> str:
    """What schemathesis has to say against the service; empty if nothing."""
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", str(document), "--url", url]
    command += ["--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing", "--max-examples", "10"]
    command += ["--seed", "1", "--generation-database", "none", "--request-timeout", "20", "--no-color"]
    for name, value in headers.items():
        command += ["-H", f"{name}: {value}"]
    environment = {**os.environ, "HYPOTHESIS_STORAGE_DIRECTORY": str(document.parent / "hypothesis")}
    done = subprocess.run(command, cwd=document.parent, env=environment, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout[-20_000:] + done.stderr[-2_000:]


async def test_every_service_answers_as_the_document_says(deployment: Deployment, tmp_path: Path) -> None:
    # given
    inlet = deployment
    await inlet.start()
    _, token = await given_an_integration(inlet, state="active")
    segment = {"key": "sales", "name": "Sales", "condition": CONDITION}
    (await inlet.admin("POST", SEGMENTS, segment)).good(201)
    access = await inlet.new_token(*SCOPES)
    accepted = await post_until(inlet, 202, access, token)
    await inlet.settled(access, accepted["receipt"])
    assert inlet.session is not None
    mine = inlet.as_session(inlet.session, "/")
    bearer = {"Authorization": f"Bearer {access}"}
    service = {"Authorization": f"Bearer {inlet.service_token}"}

    turns = ThreadPoolExecutor(max_workers=2)

    async def look(name: str, headers: Mapping[str, str], wanted: Callable[[str], bool]) -> str:
        file = part_of(name, tmp_path, accepted["receipt"], wanted)
        return await look_at(file, name, headers)

    async def look_at(file: Path, name: str, headers: Mapping[str, str]) -> str:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(turns, contradictions, file, inlet.services[name].url, headers)

    # when: what changes the definitions comes late, and what ends the caller's own credentials last
    health = part_of("gateway", tmp_path, "", lambda path: path in HEALTH)
    found = await asyncio.gather(
        *(look_at(health, name, {}) for name in inlet.services),
        look("gateway", bearer, lambda path: path not in HEALTH),
        look("mapper", bearer, lambda _: True),
        look("profile-api", bearer, lambda _: True),
        look("config-api", service, lambda path: path.startswith("/internal/")),
        look("config-api", mine, lambda path: path.startswith(OWN)),
    )
    found.append(await look("config-api", bearer, lambda path: not path.startswith(("/internal/", *OWN, ROTATE))))
    (await inlet.with_token(access, "GET", INTEGRATIONS)).good(200)  # nothing so far has shut us out
    found.append(await look("config-api", bearer, lambda path: path.startswith(ROTATE)))

    turns.shutdown()

    # then
    report = "".join(found)
    assert not report, report
