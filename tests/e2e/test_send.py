"""`python -m services send` against the whole system behind one door: stopped and run again, counts and profiles."""

import asyncio
import csv
import json
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import asyncpg
from aiohttp import web
from multidict import CIMultiDict

from tests.e2e.deployment import Deployment, Json
from tests.e2e.process import ROOT, eventually
from tests.e2e.test_definitions import PROFILES, given_an_integration, post_until

ROWS, USERS = 5000, 2000
WITHIN_S = 60.0


@asynccontextmanager
async def door(inlet: Deployment) -> AsyncIterator[str]:
    """One address for all services, as nginx has it in a deployment."""

    async def forward(request: web.Request) -> web.Response:
        url = inlet.service_of(request.path).url + request.path_qs
        headers = CIMultiDict((name, value) for name, value in request.headers.items() if name != "Host")
        async with session.request(request.method, url, data=await request.read(), headers=headers) as answer:
            kept = {name: answer.headers[name] for name in ("Content-Type", "Retry-After") if name in answer.headers}
            return web.Response(status=answer.status, body=await answer.read(), headers=kept)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", forward)
    runner = web.AppRunner(app, auto_decompress=False)
    async with aiohttp.ClientSession() as session:
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()


def start(url: str, access: str, integration: str, *words: str, stdin: int = subprocess.DEVNULL) -> "Sending":
    """The command as a process of its own."""
    environment = {"PATH": "/usr/bin:/bin", "INLET_URL": url}
    environment |= {"INLET_ACCESS_TOKEN": access, "INLET_INTEGRATION_TOKEN": integration}
    return subprocess.Popen(
        [sys.executable, "-m", "services", "send", *words],
        cwd=ROOT,
        env=environment,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


Sending = subprocess.Popen[str]


async def end(sending: Sending, text: str | None = None) -> tuple[int, str, str]:
    """Exit code, output, errors."""
    try:
        output, errors = await asyncio.to_thread(sending.communicate, text, WITHIN_S)
    finally:
        sending.kill()
    return sending.returncode, output, errors


def counts(output: str) -> Mapping[str, int]:
    """The table that the command prints."""
    found = (line.rpartition(" ") for line in output.splitlines() if line.rpartition(" ")[2].replace(",", "").isdigit())
    return {name.strip(): int(count.replace(",", "")) for name, _, count in found}


def given_rows() -> list[list[str]]:
    """Rows of users who come more than once, one in a hundred of them bad: each way of being so in turn."""
    rows = [[f"u-{number % USERS}", f"Department {number}", str(number)] for number in range(ROWS)]
    for place, number in enumerate(range(50, ROWS, 100)):
        rows[number] = [["", "Nobody", "1"], [f"u-{number % USERS}", "Sales", "many"], ["u-1", "too short"]][place % 3]
    return rows


def expected_profiles(rows: list[list[str]]) -> dict[str, dict[str, Json]]:
    """The last value of each attribute, row by row."""
    profiles: dict[str, dict[str, Json]] = {}
    for row in rows:
        if len(row) == 3 and row[0]:
            mine = profiles.setdefault(row[0], {})
            mine["department"] = row[1]
            if row[2].isdigit():
                mine["seats"] = int(row[2])
    return profiles


def check_rejects(lines: list[str], rows: list[list[str]]) -> None:
    """Each bad row is there once, in order, with its number, its reason and what was sent of it."""
    rejects = [json.loads(line) for line in lines]
    assert [each["row"] - 1 for each in rejects] == list(range(50, ROWS, 100))
    for reject in rejects:
        row = rows[reject["row"] - 1]
        if len(row) != 3:
            assert (reject["code"], reject["receipt"]) == ("not_an_object", None)
            assert reject["record"].strip() == ",".join(row)
            continue
        code, name = ("invalid_number", "seats") if row[0] else ("missing_user_id", "userId")
        assert (reject["code"], reject["property"]) == (code, name)
        kept = zip(("userId", "department", "seats"), row, strict=True)
        assert reject["record"] == {name: cell for name, cell in kept if cell}


async def sums_of_receipts(inlet: Deployment) -> tuple[int, ...]:
    """Over all receipts of several records: records, written, rejected, values rejected."""
    session = await asyncpg.connect(inlet.database_url)
    try:
        sums = "sum(records), sum(written), sum(rejected), sum(values_rejected)"
        [row] = await session.fetch(f"SELECT {sums} FROM profiles.receipts WHERE records > 1")
        return tuple(map(int, row))
    finally:
        await session.close()


async def profiles(inlet: Deployment, access: str) -> dict[str, dict[str, Json]]:
    """The values of all profiles."""
    found: dict[str, dict[str, Json]] = {}
    cursor: str | None = ""
    while cursor is not None:
        page = (await inlet.with_token(access, "GET", f"{PROFILES}?limit=1000&cursor={cursor}")).good(200).body
        for each in page["items"]:
            found[each["user_id"]] = {key: attribute["value"] for key, attribute in each["attributes"].items()}
        cursor = page["next"]
    return found


async def test_a_file_is_stopped_and_sent_again(deployment: Deployment, tmp_path: Path) -> None:
    # given: a file with bad rows, and a token that may not send all of it at once
    inlet = deployment
    await inlet.start()
    _, token = await given_an_integration(inlet, state="active")
    access = await inlet.new_token("data:write", "receipts:read", "profiles:read", records_per_s=2000)
    await post_until(inlet, 202, access, token)
    rows = given_rows()
    file = tmp_path / "users.csv"
    with file.open("w", newline="") as stream:
        csv.writer(stream).writerows([["userId", "department", "seats"], *rows])

    async with door(inlet) as url:
        # when: Ctrl-C in the middle
        sending = start(url, access, token, str(file), "--batch", "100")

        async def under_way() -> bool:
            return await inlet.services["gateway"].metric("inlet_records_accepted_total") > 1000

        await eventually(under_way, "a part is accepted")
        sending.send_signal(signal.SIGINT)
        code, output, errors = await end(sending)

        # then
        assert (code, output) == (130, "")
        accepted = re.search(r"([0-9,]+) rows were accepted", errors)
        assert accepted is not None, errors
        assert 1000 <= int(accepted[1].replace(",", "")) < 4000
        assert "run the same command again" in errors
        assert not file.with_name("users.csv.rejects.ndjson").exists()

        # when: again, to the end
        code, output, errors = await end(start(url, access, token, str(file), "--batch", "100"))

    # then: the counts are exact
    malformed = sum(len(row) != 3 for row in rows)
    no_user = sum(len(row) == 3 and not row[0] for row in rows)
    no_number = sum(len(row) == 3 and not row[2].isdigit() for row in rows)
    sums = (ROWS - malformed, ROWS - malformed - no_user, no_user, no_number)
    said = counts(output)
    assert (code, said["not sent"]) == (1, malformed), errors
    assert tuple(said[name] for name in ("rows sent", "written", "rejected", "values rejected")) == sums

    # then: each bad row stands in the rejects, the repeated batches have one receipt, and the last rows have won
    check_rejects((tmp_path / "users.csv.rejects.ndjson").read_text().splitlines(), rows)
    assert await sums_of_receipts(inlet) == sums
    found = await profiles(inlet, access)
    del found["u-17"], (expected := expected_profiles(rows))["u-17"]  # `post_until` has written it, too
    assert found == expected


async def test_standard_input_keeps_every_digit(deployment: Deployment, tmp_path: Path) -> None:
    # given
    inlet = deployment
    await inlet.start()
    _, token = await given_an_integration(inlet, state="active")
    access = await inlet.new_token("data:write", "receipts:read", "profiles:read")
    await post_until(inlet, 202, access, token)
    digits = "12345678901234567890.123456789012345678901234567890"
    rejects = tmp_path / "rejects.ndjson"
    rejects.write_text("of an earlier run")

    # when
    async with door(inlet) as url:
        sending = start(url, access, token, "-", "--rejects", str(rejects), stdin=subprocess.PIPE)
        code, output, errors = await end(sending, f'{{"userId": "u-1", "seats": {digits}, "shoe": 1}}\n')

    # then
    assert code == 0, errors
    assert counts(output) == {
        "rows sent": 1,
        "not sent": 0,
        "written": 1,
        "rejected": 0,
        "values rejected": 0,
        "nothing is mapped to: shoe": 1,
    }
    assert not rejects.exists()
    profile = (await inlet.with_token(access, "GET", f"{PROFILES}/u-1")).good(200).body
    assert profile["attributes"]["seats"]["text"] == digits
