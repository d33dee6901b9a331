"""Definitions as a file, against the whole system: exported, wiped, applied."""

from pathlib import Path

from tests.backing.command import run
from tests.backing.postgres import Postgres
from tests.e2e.deployment import Deployment
from tests.e2e.process import forked
from tests.e2e.test_definitions import INTEGRATIONS, NEW, given_an_integration

HOSTILE = '\'; DROP TABLE config.systems; -- <script>alert(1)</script> "😀" no: [1'


async def config(inlet: Deployment, token: str, *words: str) -> tuple[int, str, str]:
    """Runs `python -m services config ...`: exit code, output, errors."""
    address = inlet.services["config-api"].url
    ran = await run("config", *words, "--url", address, environment={"INLET_ADMIN_TOKEN": token})
    assert token not in ran.out + ran.err
    return ran.code, ran.out, ran.err


async def test_exported_wiped_applied(
    deployment: Deployment, postgres: Postgres, broker_url: str, role_password: str, tmp_path: Path
) -> None:
    # given: definitions of every kind, some with names that are hard to write
    inlet = deployment
    await inlet.start()
    await given_an_integration(inlet, state="active")
    for state in ("draft", "active"):
        name = HOSTILE + state
        odd = {
            "property": HOSTILE,
            "attribute": f"odd-{state}",
            "name": name,
            "type": "Date",
            "date_format": "%d.%m.%Y",
        }
        body = NEW | {
            "name": name,
            "state": state,
            "environment": "qa",
            "mappings": [odd],
            "on_unknown": "reject_record",
        }
        made = (await inlet.admin("POST", INTEGRATIONS, body)).good(201)
    (await inlet.admin("POST", f"{INTEGRATIONS}/{made.body['id']}/pause")).good(200)
    token = await inlet.new_token("config:read", "config:write")
    file, again = tmp_path / "inlet.yaml", tmp_path / "again.yaml"
    assert (await config(inlet, token, "export", str(file)))[0] == 0
    assert (await config(inlet, token, "diff", str(file)))[:2] == (0, "")

    # when: another installation, from an empty database
    async with postgres.empty_database() as url:
        (tmp_path / "other").mkdir()
        other = Deployment(broker_url, url, role_password, tmp_path / "other", forked)
        try:
            await other.start()
            token = await other.new_token("config:read", "config:write")
            assert (await config(other, token, "diff", str(file)))[0] == 1
            dry = await config(other, token, "apply", str(file), "--dry-run")
            assert (dry[0], (await other.admin("GET", INTEGRATIONS)).body["items"]) == (0, [])
            code, _, errors = await config(other, token, "apply", str(file))

            # then
            assert code == 0, errors
            assert (await config(other, token, "diff", str(file)))[:2] == (0, "")
            assert (await config(other, token, "export", str(again)))[0] == 0
            assert again.read_text() == file.read_text()
        finally:
            other.end()


async def test_changes_prunes_and_refuses(deployment: Deployment, tmp_path: Path) -> None:
    # given
    inlet = deployment
    await inlet.start()
    await given_an_integration(inlet, state="active")
    token = await inlet.new_token("config:read", "config:write")
    file = tmp_path / "inlet.yaml"
    await config(inlet, token, "export", str(file))
    text = file.read_text()

    # then: an invalid file names line and field, and changes nothing
    file.write_text(text.replace("type: Number", "type: Count").replace("name: CRM", "name: CRM 2"))
    code, _, errors = await config(inlet, token, "apply", str(file))
    line = next(number for number, each in enumerate(file.read_text().splitlines(), 1) if "Count" in each)
    assert code == 2
    assert errors.startswith(f"{file}:{line}: systems[0].attributes[1].type: ")
    file.write_text(text.replace("type: Number", "type: String").replace("name: CRM", "name: CRM 2"))
    code, _, errors = await config(inlet, token, "apply", str(file))
    assert (code, "systems[0].attributes[1].type: a type never changes" in errors) == (2, True)
    assert (await inlet.admin("GET", "/api/v1/systems/crm")).body["name"] == "CRM"

    # then: what differs is changed, what is not named is left unless it is pruned
    file.write_text(text[: text.index("  attributes:")].replace("name: CRM", "name: CRM 2"))
    code, said, _ = await config(inlet, token, "apply", str(file))
    assert (code, '~ system crm: name "CRM" -> "CRM 2"' in said) == (0, True)
    assert "# not in the file, stays as it is: integration crm/production/" in said
    assert len((await inlet.admin("GET", INTEGRATIONS)).body["items"]) == 1
    assert (await config(inlet, token, "apply", str(file), "--prune"))[0] == 0
    assert (await inlet.admin("GET", INTEGRATIONS)).body["items"] == []
    assert (await inlet.admin("GET", "/api/v1/systems/crm/attributes")).body["items"] == []

    # then: without rights, without Inlet, without a file
    reader = await inlet.new_token("config:read")
    file.write_text(text)
    code, _, errors = await config(inlet, reader, "apply", str(file))
    assert (code, "403" in errors, "0 of" in errors) == (2, True, True)
    assert (await config(inlet, "inl_a_nonsense", "diff", str(file)))[0] == 2
    assert (await config(inlet, token, "diff", str(tmp_path / "none.yaml")))[0] == 2
