"""`python -m services config`: what it does, against the config API on a real database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.config_as_code.document import Document
from services.config_as_code.reading import read, write
from shared.contract.definitions import Scope
from tests.backing.command import Ran
from tests.backing.config_api import ConfigApi, running_config_api
from tests.backing.postgres import Postgres
from tests.integration.given_config_as_code import FILE, changes, config, document_of, rewrite, run, text_of

INTEGRATIONS = "/api/v1/integrations"


@pytest.fixture
async def api(database: str) -> AsyncIterator[ConfigApi]:
    async with running_config_api(database) as running:
        yield running


@pytest.fixture
def file(tmp_path: Path) -> Path:
    written = tmp_path / "inlet.yaml"
    written.write_text(FILE)
    return written


async def test_what_is_exported_makes_the_same_definitions_elsewhere(
    api: ConfigApi, file: Path, tmp_path: Path, postgres: Postgres
) -> None:
    # given
    assert (await run(api, "apply", file)).code == 0
    exported = tmp_path / "exported.yaml"
    assert await run(api, "export", exported) == Ran(0, "", "")

    # when
    async with postgres.fresh_database() as empty, running_config_api(empty) as other:
        applied = await run(other, "apply", exported)
        same = await run(other, "diff", exported)
        again = await run(other, "export")
        repeated = await run(other, "apply", exported)

        # then
        assert (applied.code, applied.err) == (0, "")
        assert same == Ran(0, "", "")
        assert again.out == text_of(exported)
        assert repeated == Ran(0, "# changes made: 0\n", "")
        assert sorted(each[:2] for each in await changes(other)) == sorted(each[:2] for each in await changes(api))
    assert document_of(exported).systems == tuple(
        system.model_copy(
            update={"integrations": tuple(sorted(system.integrations, key=lambda each: (each.environment, each.name)))}
        )
        for system in read(FILE.encode()).document.systems
    )


async def test_each_change_is_made_and_audited_once(api: ConfigApi, file: Path) -> None:
    # when
    applied = await run(api, "apply", file)

    # then
    assert applied.out.splitlines() == [
        "+ system crm",
        "+ system erp",
        "+ environment crm/production",
        "+ environment crm/qa",
        "+ environment erp/production",
        "+ environment erp/qa",
        "+ attribute crm/hired",
        "+ attribute crm/seats",
        '+ integration crm/production/"Nightly"',
        '+ integration crm/qa/"Old"',
        '+ integration crm/qa/"Import"',
        "# changes made: 11",
    ]
    ids = [row["id"] for row in await api.query("SELECT id FROM config.integrations ORDER BY id")]
    assert await changes(api) == [
        ("created", "system", "crm"),
        ("created", "system", "erp"),
        ("renamed", "environment", "crm/production"),  # what a new system has from the beginning
        ("created", "attribute", "hired"),
        ("created", "attribute", "seats"),
        ("created", "integration", str(ids[0])),
        ("created", "integration", str(ids[1])),
        ("paused", "integration", str(ids[1])),
        ("created", "integration", str(ids[2])),
    ]


async def test_an_environment_keeps_its_history_until_the_file_says_otherwise(api: ConfigApi, file: Path) -> None:
    # given
    path = "/api/v1/systems/crm/environments/qa"
    await run(api, "apply", file)
    rewrite(file, FILE.replace("    name: QA\n", "    name: QA\n    history: true\n", 1))

    # when
    applied = await run(api, "apply", file)
    renamed = FILE.replace("    name: QA\n", "    name: Tests\n    history: true\n", 1)
    rewrite(file, renamed)
    again = await run(api, "apply", file)

    # then
    assert "~ environment crm/qa: history false -> true" in applied.out
    assert '~ environment crm/qa: name "QA" -> "Tests"' in again.out
    kept = (await api.call("GET", path)).good(200).body
    assert (kept["name"], kept["history"]) == ("Tests", True)
    assert "history: true" in (await run(api, "export")).out


async def test_differences_are_said_and_not_made(api: ConfigApi, file: Path) -> None:
    # given
    await run(api, "apply", file)
    before = await changes(api)
    rewrite(file, FILE.replace("name: Live", "name: Productive").replace("trim: true", "trim: false"))

    # when
    compared, dry = await run(api, "diff", file), await run(api, "apply", file, "--dry-run")

    # then
    said = (
        '~ environment crm/production: name "Live" -> "Productive"\n'
        '~ integration crm/production/"Nightly": user_id.trim true -> false\n'
    )
    assert (compared, dry) == (Ran(1, said, ""), Ran(0, said, ""))
    assert await changes(api) == before


async def test_only_pruning_deletes(api: ConfigApi, file: Path) -> None:
    # given
    await run(api, "apply", file)
    rewrite(file, "systems: [{key: crm, name: CRM, environments: [{key: production, name: Live}]}]")
    left = "".join(f"# not in the file, stays as it is: {each}\n" for each in ("environment crm/qa", "system erp"))
    gone = ['integration crm/production/"Nightly"', 'integration crm/qa/"Import"', 'integration crm/qa/"Old"']
    gone += ["attribute crm/hired", "attribute crm/seats"]

    # when
    kept, warned = await run(api, "apply", file), await run(api, "diff", file, "--prune")
    pruned = await run(api, "apply", file, "--prune")
    after = await run(api, "diff", file, "--prune")

    # then
    assert kept.code == 0
    assert all(f"# not in the file, stays as it is: {each}\n" in kept.out for each in gone)
    assert kept.out.endswith("# changes made: 0\n")
    said = left + "".join(f"- {each}\n" for each in gone)
    assert warned == Ran(1, said, "")
    assert pruned == Ran(0, f"{said}# changes made: 5\n", "")
    assert after == Ran(0, left, "")


async def test_every_state_leads_to_active_and_paused(api: ConfigApi, file: Path) -> None:
    # given
    await run(api, "apply", file)
    there = {"Nightly": "active", "Import": "draft", "Old": "paused"}
    systems = read(FILE.encode()).document.systems

    # when
    for wanted in ({"Nightly": "paused", "Import": "paused", "Old": "active"}, dict.fromkeys(there, "active")):
        integrations = tuple(each.model_copy(update={"state": wanted[each.name]}) for each in systems[0].integrations)
        crm = systems[0].model_copy(update={"integrations": integrations})
        rewrite(file, write(Document(systems=(crm,))))
        assert (await run(api, "apply", file)).code == 0

        # then
        items = (await api.call("GET", INTEGRATIONS)).body["items"]
        assert {each["name"]: each["state"] for each in items} == wanted
        assert {each["revision"] for each in items} == {1}


NAMES = [
    "'; DROP TABLE config.systems; --",
    '<b>&amp;"\\',
    "😀 \u202e",
    "  two\nlines\t",
    "yes",
    "1e3",
    "%s{0}/?#",
    "x" * 255,
]


async def test_names_go_there_and_back(api: ConfigApi, file: Path) -> None:
    # given
    numbered = list(enumerate(sorted(NAMES)))
    parts = {
        "environments": [{"key": f"e{number}", "name": name} for number, name in numbered],
        "attributes": [{"key": f"a{number}", "name": name, "type": "String"} for number, name in numbered],
        "integrations": [
            {
                "name": name,
                "environment": "e0",
                "user_id": {"property": name},
                "mappings": [{"property": name, "attribute": f"a{number}"}],
            }
            for number, name in numbered
        ],
    }
    document = Document.model_validate({"systems": [{"key": "odd", "name": NAMES[2], **parts}]})
    rewrite(file, write(document))

    # when
    applied, same = await run(api, "apply", file), await run(api, "diff", file)
    exported = await run(api, "export", file)

    # then
    left = [f"# not in the file, stays as it is: environment odd/{key}\n" for key in ("production", "qa")]
    assert (applied.code, same, exported) == (0, Ran(0, "".join(left), ""), Ran(0, "", ""))
    assert all(line.isprintable() for line in applied.out.splitlines())
    [system] = document_of(file).systems
    assert (system.name, system.attributes, system.integrations) == (
        NAMES[2],
        document.systems[0].attributes,
        document.systems[0].integrations,
    )


async def test_long_lists_are_read_to_their_end(api: ConfigApi, file: Path) -> None:
    # given
    await api.query("INSERT INTO config.systems (key, name, version) VALUES ('big', 'Big', 1)")
    await api.query(
        """INSERT INTO config.attributes (system, key, name, type, version)
        SELECT id, 'a' || n, 'A' || n, 'String', 1 FROM config.systems, generate_series(1, 2001) n WHERE key = 'big'"""
    )

    # when
    exported = await run(api, "export", file)

    # then
    assert exported.code == 0
    assert len(document_of(file).systems[0].attributes) == 2001


async def test_a_token_of_one_system_sees_and_changes_that_one(api: ConfigApi, file: Path) -> None:
    # given
    await run(api, "apply", file)
    token = await api.new_token(Scope.CONFIG_READ, Scope.CONFIG_WRITE, systems=["crm"])
    rewrite(file, FILE[: FILE.index("- key: erp")].replace("name: CRM", "name: X"))

    # when
    applied = await config(api.address, token, "apply", str(file))

    # then
    assert applied == Ran(0, '~ system crm: name "CRM" -> "X"\n# changes made: 1\n', "")
