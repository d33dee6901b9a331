"""`python -m services config`: what it refuses, and what fails half-way, against the config API on a real database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml
from aiohttp import web

from services.config_as_code.reading import InvalidFileError, read
from shared.contract.definitions import Scope
from tests.backing.command import Ran
from tests.backing.config_api import ConfigApi, running_config_api
from tests.backing.ports import free_ports
from tests.integration.given_config_as_code import FILE, between, changes, config, rewrite, run

SYSTEMS, INTEGRATIONS = "/api/v1/systems", "/api/v1/integrations"


@pytest.fixture
async def api(database: str) -> AsyncIterator[ConfigApi]:
    async with running_config_api(database) as running:
        yield running


@pytest.fixture
def file(tmp_path: Path) -> Path:
    written = tmp_path / "inlet.yaml"
    written.write_text(FILE)
    return written


async def test_a_file_with_flaws_changes_nothing(api: ConfigApi, file: Path) -> None:
    # given
    await run(api, "apply", file)
    before = await changes(api)
    rewrite(file, FILE.replace("name: CRM", "name: X").replace("type: Number", "type: Real"))

    # when
    refused = [await run(api, command, file) for command in ("apply", "diff")]

    # then
    why = f"{file}:15: systems[0].attributes[1].type: must be 'String', 'Number' or 'Date'\n"
    assert refused == [Ran(2, "", why)] * 2
    assert await changes(api) == before


async def test_what_the_config_api_would_refuse_half_way_is_found_before_the_first_change(
    api: ConfigApi, file: Path
) -> None:
    # given
    await run(api, "apply", file)
    before = await changes(api)
    wrong = FILE.replace("name: CRM", "name: X").replace("type: Number", "type: String")
    rewrite(file, wrong.replace("state: active", "state: draft").replace("name: Hired", "name: Seats", 1))
    taken = rewrite(
        file.with_name("taken.yaml"),
        FILE.replace("key: hired", "key: employed").replace("attribute: hired", "attribute: employed"),
    )

    # when
    twice, refused = await run(api, "apply", file), await run(api, "apply", taken)
    rewrite(file, wrong.replace("state: active", "state: draft"))
    never = await run(api, "apply", file)

    # then
    assert twice.err.startswith(f"{file}:14: systems[0].attributes[1].name: stands twice")
    assert refused.err.startswith(f"{taken}:11: systems[0].attributes[0].name: the attribute hired has this name")
    places = [line.removeprefix(f"{file}:").split(": ")[:2] for line in never.err.splitlines()]
    assert places == [["15", "systems[0].attributes[1].type"], ["19", "systems[0].integrations[0].state"]]
    assert {twice.code, refused.code, never.code} == {2}
    assert await changes(api) == before


RULES = [
    ("'%d.%m.%Y'", "'%d.%m'"),
    ("'%d.%m.%Y'", '"%d.%m.%Y\\0"'),
    ("'%d.%m.%Y'", "'%d.%m.%Y" + "." * 60 + "'"),
    ("Europe/Berlin", "Mars/Olympus"),
    ("on_empty: clear", "on_empty: keep"),
    ("on_empty: clear", "time_zone: UTC"),
    ("property: licence.seats", 'property: ""'),
    ("property: licence.seats", f"property: {'x' * 256}"),
    ("name: Seats", f"name: {'x' * 256}"),
    ("name: Seats", 'name: "\\0"'),
    ("name: Seats", 'name: "\\x1f"'),
    ("key: production\n    name: Live", "key: Production\n    name: Live"),
]


async def test_the_rules_are_those_of_the_config_api(api: ConfigApi) -> None:
    """A rule that only one of the two knows would let a file fail half-way, or refuse what may be."""
    for number, (old, new) in enumerate(RULES):
        # given
        assert old in FILE
        wrong = FILE.replace(old, new)
        system = yaml.safe_load(wrong)["systems"][0]
        path = f"{SYSTEMS}/crm{number}"
        (await api.call("POST", SYSTEMS, {"key": f"crm{number}", "name": "CRM"})).good(201)

        # when
        bodies = [(f"{path}/{kind}", each) for kind in ("environments", "attributes") for each in system[kind]]
        bodies.append((INTEGRATIONS, {**system["integrations"][0], "system": f"crm{number}"}))
        answers = [(await api.call("POST", *each)).status for each in bodies]

        # then
        assert 422 in answers, new
        with pytest.raises(InvalidFileError):
            read(wrong.encode())


async def test_a_change_by_somebody_else_meanwhile_is_not_overwritten(api: ConfigApi, file: Path) -> None:
    # given: between the moment at which the definitions are read and the first change, another admin changes one
    await run(api, "apply", file)
    rewrite(file, FILE.replace("name: CRM", "name: X").replace("trim: true", "trim: false").replace('"no"', "ERP"))
    [number] = [row["id"] for row in await api.query("SELECT id FROM config.integrations WHERE name = 'Nightly'")]
    theirs = {"name": "Nightly", "user_id": {"property": "theirs"}}

    async def hook(request: web.Request) -> None:
        if request.method == "PUT" and request.path.endswith("/systems/crm"):
            (await api.change(f"{INTEGRATIONS}/{number}", theirs)).good(200)

    # when
    async with between(api, hook) as url:
        applied = await config(url, api.token, "apply", str(file))

    # then
    assert applied.code == 2
    assert "412 Somebody has changed this since it was read" in applied.err
    assert applied.out.splitlines() == ['~ system crm: name "CRM" -> "X"', '~ system erp: name "no" -> "ERP"']
    not_made = [line for line in applied.err.splitlines() if line.startswith("not made: ")]
    assert not_made == ['not made: ~ integration crm/production/"Nightly": user_id.trim true -> false']
    assert "changes made: 2 of 3" in applied.err
    assert (await api.call("GET", f"{INTEGRATIONS}/{number}")).body["user_id"]["property"] == "theirs"


@pytest.mark.parametrize("answer", [None, 503])
async def test_after_an_outage_half_way_apply_goes_on_when_it_is_run_again(
    api: ConfigApi, file: Path, answer: int | None
) -> None:
    # given: the connection breaks, or a door answers in its own words, at the fifth change
    seen = 0

    async def hook(request: web.Request) -> web.StreamResponse | None:
        nonlocal seen
        seen += request.method != "GET"
        if seen < 5:
            return None
        if answer is None and request.transport is not None:
            request.transport.close()
        return web.Response(status=answer or 200, text="<html>")

    # when
    async with between(api, hook) as url:
        broken = await config(url, api.token, "apply", str(file))
    resumed = await run(api, "apply", file)
    same = await run(api, "diff", file)

    # then
    assert broken.code == 2
    made = [line for line in broken.out.splitlines() if line.startswith("+")]
    not_made = [line.removeprefix("not made: ") for line in broken.err.splitlines() if line.startswith("not made: ")]
    assert resumed.out.splitlines() == [*not_made, f"# changes made: {len(not_made)}"]
    assert len(made) + len(not_made) == 11
    assert same.code == 0
    assert (await changes(api)).count(("created", "attribute", "seats")) == 1


async def test_an_integration_half_made_is_finished_later(api: ConfigApi, file: Path) -> None:
    # given
    async def hook(request: web.Request) -> web.StreamResponse | None:
        return web.Response(status=502) if request.path.endswith("/pause") else None

    # when
    async with between(api, hook) as url:
        broken = await config(url, api.token, "apply", str(file))
    resumed = await run(api, "apply", file)

    # then
    assert broken.code == 2
    assert resumed.out.splitlines() == [
        '~ integration crm/qa/"Old": state "active" -> "paused"',
        '+ integration crm/qa/"Import"',
        "# changes made: 2",
    ]


async def test_who_may_not_is_told_so(api: ConfigApi, file: Path) -> None:
    # given
    reader = await api.new_token(Scope.CONFIG_READ)
    stranger = await api.new_token(Scope.DATA_WRITE)
    [port] = free_ports(1)

    # when
    said = {
        "no token": await config(api.address, None, "export"),
        "what is none": await config(api.address, "inl_a_x\nX: y", "export"),
        "no URL": await config(None, api.token, "export"),
        "no Inlet": await config(f"http://127.0.0.1:{port}", api.token, "export"),
        "no address": await config("127.0.0.1", api.token, "export"),
        "no file": await config(api.address, api.token, "diff", str(file) + "x"),
        "no folder": await config(api.address, api.token, "export", str(file) + "/x"),
        "no scope": await config(api.address, stranger, "export"),
        "reader": await config(api.address, reader, "apply", str(file)),
    }

    # then
    assert {each.code for each in said.values()} == {2}
    assert all(each.err and not each.out for each in said.values()), said
    assert "INLET_ADMIN_TOKEN" in said["no token"].err
    assert "403" in said["no scope"].err
    assert "changes made: 0 of 11" in said["reader"].err
    assert (await config(api.address, reader, "diff", str(file))).code == 1
    assert await api.query("SELECT 1 FROM config.systems") == []


async def test_what_is_no_config_api_is_said_to_be_none(api: ConfigApi, file: Path) -> None:
    # given
    async def hook(_: web.Request) -> web.StreamResponse:
        return web.json_response({"items": [{"key": "CRM"}], "next": None})

    # when
    async with between(api, hook) as url:
        exported = await config(url, api.token, "export")

    # then
    assert (exported.code, exported.out) == (2, "")
    assert "does not understand" in exported.err
