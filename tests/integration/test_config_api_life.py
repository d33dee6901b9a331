"""The life of systems, environments, attributes and integrations, and what two processes and outages make of it."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from shared.runtime.snapshot import Definitions, parse_snapshot
from tests.backing.config_api import SERVICE_TOKEN, Answer, ConfigApi, running_config_api
from tests.backing.migrated import role_url

SYSTEMS, INTEGRATIONS, SNAPSHOT = "/api/v1/systems", "/api/v1/integrations", "/internal/v1/snapshot"
SEATS = {"property": "seats", "attribute": "seats", "type": "Number"}
HIRED = {"property": "hired", "attribute": "hired", "type": "Date"}
NEW = {
    "name": "Nightly",
    "system": "crm",
    "environment": "production",
    "user_id": {"property": "userId"},
    "mappings": [SEATS],
}


@pytest.fixture
async def api(database: str) -> AsyncIterator[ConfigApi]:
    async with running_config_api(database) as running:
        (await running.call("POST", SYSTEMS, {"key": "crm", "name": "CRM"})).good(201)
        yield running


async def made(api: ConfigApi, **changes: Any) -> int:
    return int((await api.call("POST", INTEGRATIONS, NEW | changes)).good(201).body["id"])


def faults(answer: Answer) -> list[tuple[str, str]]:
    return [(each["pointer"], each["code"]) for each in answer.body["errors"]]


async def snapshot(api: ConfigApi) -> Definitions:
    return Definitions.of(parse_snapshot(await raw_snapshot(api)))


async def raw_snapshot(api: ConfigApi) -> bytes:
    headers = {"Authorization": f"Bearer {SERVICE_TOKEN}", "Accept-Encoding": "gzip"}
    async with api.session.get(api.address + SNAPSHOT, headers=headers) as answer:
        assert (answer.status, answer.headers["Content-Encoding"]) == (200, "gzip")
        return await answer.read()


async def audited(api: ConfigApi, kind: str) -> list[tuple[str, str]]:
    entries = (await api.call("GET", f"/api/v1/audit?kind={kind}")).good(200).body["items"]
    return [(each["action"], each["object"]) for each in reversed(entries)]


@pytest.mark.parametrize(
    ("collection", "new", "kind", "object_id"),
    [
        (SYSTEMS, {"key": "erp", "name": "ERP"}, "system", "erp"),
        (f"{SYSTEMS}/crm/environments", {"key": "test", "name": "Test"}, "environment", "crm/test"),
        (f"{SYSTEMS}/crm/attributes", {"key": "seats", "name": "Seats", "type": "Number"}, "attribute", "seats"),
    ],
)
async def test_what_has_a_key_is_made_read_and_renamed(
    api: ConfigApi, collection: str, new: dict[str, str], kind: str, object_id: str
) -> None:
    # when
    created = (await api.call("POST", collection, new)).good(201)
    path = created.headers["Location"]
    read = (await api.call("GET", path)).good(200)

    # then
    assert path == f"{collection}/{new['key']}"
    assert read.body == created.body
    assert read.headers["ETag"] == created.headers["ETag"] == f'"{read.body["version"]}"'
    assert read.body in (await api.call("GET", collection)).body["items"]
    assert (await api.call("POST", collection, new)).body["code"] == "duplicate"

    # then: nobody renames what they have not read, or what somebody else renamed since
    assert (await api.call("PUT", path, {"name": "Renamed"})).status == 428
    renamed = (await api.call("PUT", path, {"name": "Renamed"}, If_Match=read.headers["ETag"])).good(200)
    assert renamed.body["version"] > read.body["version"]
    late = await api.call("PUT", path, {"name": "Late"}, If_Match=read.headers["ETag"])
    assert (late.status, late.body["code"]) == (412, "version_conflict")
    assert (await api.call("GET", path)).body["name"] == "Renamed"
    assert faults(await api.call("PUT", path, {"name": "N", "key": "other"}, If_Match="*")) == [
        ("/key", "unknown_field")
    ]
    assert (await api.call("GET", f"{collection}/missing")).status == 404
    assert [each for each in await audited(api, kind) if each[1] == object_id] == [
        ("created", object_id),
        ("renamed", object_id),
    ]


async def test_an_attribute_is_renamed_only_to_a_free_name(api: ConfigApi) -> None:
    # given
    attributes = f"{SYSTEMS}/crm/attributes"
    for key in ("seats", "places"):
        (await api.call("POST", attributes, {"key": key, "name": key, "type": "Number"})).good(201)

    # when
    refused = await api.change(f"{attributes}/places", {"name": "seats"})

    # then
    assert (refused.status, refused.body["code"]) == (409, "duplicate")
    assert [each["pointer"] for each in refused.body["errors"]] == ["/name"]
    assert (await api.call("GET", f"{attributes}/places")).body["name"] == "places"


async def test_each_step_of_an_integration_is_in_the_audit_log_once(api: ConfigApi) -> None:
    # given
    number = await made(api)
    path = f"{INTEGRATIONS}/{number}"

    # when
    for action in ("activate", "pause", "resume"):
        (await api.call("POST", f"{path}/{action}")).good(200)
    (await api.change(path, {"name": "Hourly", "user_id": NEW["user_id"], "mappings": [SEATS, HIRED]})).good(200)
    (await api.delete(path)).good(204)
    (await api.call("POST", f"{path}/restore")).good(200)
    copy = (await api.call("POST", f"{path}/duplicate", {"name": "Copy"})).good(201).body

    # then
    verbs = ("created", "activated", "paused", "resumed", "replaced", "deleted", "restored")
    expected = [*((verb, str(number)) for verb in verbs), ("duplicated", str(copy["id"]))]
    assert await audited(api, "integration") == expected
    assert await audited(api, "attribute") == [("created", "seats"), ("created", "hired")]
    [entry] = (await api.call("GET", f"/api/v1/audit?kind=integration&object={copy['id']}")).body["items"]
    assert (entry["before"]["id"], entry["after"]) == (number, copy)
    assert (await api.call("GET", f"{path}/tokens")).body["items"] == []
    assert (copy["mappings"], copy["revision"], copy["state"]) == (
        (await api.call("GET", path)).body["mappings"],
        1,
        "draft",
    )


async def test_a_duplicate_goes_to_an_environment_of_its_system(api: ConfigApi) -> None:
    # given
    number = await made(api)

    # when
    answer = await api.call("POST", f"{INTEGRATIONS}/{number}/duplicate", {"name": "Copy", "environment": "none"})

    # then
    assert (answer.status, faults(answer)) == (422, [("/environment", "unknown_reference")])


async def test_all_types_that_are_missing_or_wrong_are_named_at_once(api: ConfigApi) -> None:
    # given
    await made(api)
    bare = [{"property": name, "attribute": name} for name in ("a", "seats", "b")]
    other = [SEATS | {"type": "Date"}, HIRED, SEATS | {"property": "p", "type": "String"}]

    # when
    missing = await api.call("POST", INTEGRATIONS, NEW | {"name": "X", "mappings": bare})
    wrong = await api.call("POST", INTEGRATIONS, NEW | {"name": "X", "mappings": other})

    # then
    expected = [("/mappings/0/type", "missing_field"), ("/mappings/2/type", "missing_field")]
    assert (missing.status, faults(missing)) == (422, expected)
    expected = [("/mappings/0/type", "type_conflict"), ("/mappings/2/type", "type_conflict")]
    assert (wrong.status, faults(wrong)) == (409, expected)


@pytest.mark.parametrize("text", ["%Y%m%d\0", "%Y%m%d" + "x" * 10_000, "", "%Y", "'; --"])
async def test_a_format_that_cannot_be_kept_is_refused(api: ConfigApi, text: str) -> None:
    # when
    mapped = await api.call("POST", INTEGRATIONS, NEW | {"mappings": [HIRED | {"date_format": text}]})
    observed = await api.call("POST", INTEGRATIONS, NEW | {"observed_at": {"property": "t", "date_format": text}})

    # then
    assert (mapped.status, faults(mapped)) == (422, [("/mappings/0/date_format", "invalid_field")])
    assert (observed.status, faults(observed)) == (422, [("/observed_at/date_format", "invalid_field")])


@pytest.mark.parametrize("text", ["\0", "", "x" * 10_000, "../../etc/localtime", "/etc/localtime", "America", "UTC\n"])
async def test_a_time_zone_that_is_none_is_refused(api: ConfigApi, text: str) -> None:
    # when
    mapped = await api.call("POST", INTEGRATIONS, NEW | {"mappings": [HIRED | {"time_zone": text}]})
    observed = await api.call("POST", INTEGRATIONS, NEW | {"observed_at": {"property": "t", "time_zone": text}})

    # then
    assert (mapped.status, faults(mapped)) == (422, [("/mappings/0/time_zone", "invalid_field")])
    assert (observed.status, faults(observed)) == (422, [("/observed_at/time_zone", "invalid_field")])


async def test_a_field_that_is_not_known_is_named_wherever_it_stands(api: ConfigApi) -> None:
    # when
    answer = await api.call(
        "POST",
        INTEGRATIONS,
        NEW
        | {
            "user_id": {"property": "userId", "Trim": True},
            "mappings": [SEATS | {"onEmpty": "keep"}],
            "observed_at": {"property": "t", "zone": "UTC"},
        },
    )

    # then
    pointers = ["/user_id/Trim", "/mappings/0/onEmpty", "/observed_at/zone"]
    assert (answer.status, sorted(faults(answer))) == (422, sorted((each, "unknown_field") for each in pointers))


async def test_the_largest_mapping_is_one_request(api: ConfigApi) -> None:
    # given
    mappings = [
        {"property": f"p{each}", "attribute": f"a{each}", "name": "😀" * 20 + str(each), "type": "String"}
        for each in range(500)
    ]

    # when
    number = await made(api, mappings=mappings)
    one_more = await api.call("POST", INTEGRATIONS, NEW | {"name": "X", "mappings": [*mappings, SEATS]})

    # then
    assert (await api.call("GET", f"{INTEGRATIONS}/{number}")).good(200).body["mappings"][499]["attribute"] == "a499"
    assert (one_more.status, faults(one_more)) == (422, [("/mappings", "invalid_field")])
    assert len((await snapshot(api)).attributes) == 500


async def test_the_snapshot_shows_what_was_defined(api: ConfigApi) -> None:
    # given
    number = await made(api, mappings=[SEATS, HIRED], observed_at={"property": "t", "time_zone": "Europe/Berlin"})
    gone = await made(api, name="Gone", mappings=[])
    (await api.delete(f"{INTEGRATIONS}/{gone}")).good(204)
    body = {"name": "Hourly", "user_id": {"property": "userId", "trim": True}, "mappings": [HIRED]}
    (await api.change(f"{INTEGRATIONS}/{number}", body)).good(200)
    (await api.delete(f"{SYSTEMS}/crm/attributes/seats")).good(204)

    # when
    shown = await snapshot(api)

    # then
    assert {each.key for each in shown.systems.values()} == {"crm"}
    assert [each.key for each in shown.attributes.values()] == ["hired"]
    assert {each.id: (each.state, each.revision) for each in shown.integrations.values()} == {
        number: ("draft", 2),
        gone: ("deleted", 1),
    }
    assert set(shown.revisions) == {(number, 2), (gone, 1)}
    assert shown.revisions[number, 2].user_id.trim
    former = await api.call("GET", f"/internal/v1/revisions/{number}/1", token=SERVICE_TOKEN)
    assert former.good(200).body["observed_at"]["time_zone"] == "Europe/Berlin"


async def test_another_process_shows_a_change_whenever_it_is_asked(api: ConfigApi) -> None:
    # given
    async with running_config_api(api.database_url) as other:
        known = (await other.call("GET", SNAPSHOT, token=SERVICE_TOKEN)).headers["ETag"]

        # when
        await made(api)

        # then
        answer = (await other.call("GET", SNAPSHOT, token=SERVICE_TOKEN, If_None_Match=known)).good(200)
        assert [each["name"] for each in answer.body["integrations"]] == ["Nightly"]
        assert answer.headers["ETag"] == (await api.call("GET", SNAPSHOT, token=SERVICE_TOKEN)).headers["ETag"]


async def test_before_its_tables_are_there_the_snapshot_is_not_an_empty_one(api: ConfigApi) -> None:
    # given
    await api.query("ALTER SCHEMA config RENAME TO elsewhere")

    # when
    answer = await api.call("GET", SNAPSHOT, token=SERVICE_TOKEN)

    # then
    assert (answer.status, answer.body["code"]) == (503, "not_ready")


async def test_a_change_whose_commit_is_in_doubt_is_announced(api: ConfigApi) -> None:
    # given: the answer to the commit says nothing about the change
    await api.query(
        """CREATE FUNCTION config.fail() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN RAISE SQLSTATE '57014'; END $$"""
    )
    await api.query(
        """CREATE CONSTRAINT TRIGGER fail AFTER INSERT ON config.systems
           DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION config.fail()"""
    )
    announced = api.announced

    # when
    answer = await api.call("POST", SYSTEMS, {"key": "erp", "name": "ERP"})

    # then
    assert (answer.status, answer.body["code"]) == (503, "not_ready")
    assert api.announced == announced + 1


async def test_of_two_uses_of_a_token_the_later_one_stays(api: ConfigApi) -> None:
    # given
    [(sha256,)] = await api.query("SELECT sha256 FROM config.secrets")
    used = [{"sha256": sha256, "at": at} for at in (2_000_000, 1_000_000)]

    # when
    (await api.call("POST", "/internal/v1/last-use", {"used": used}, token=SERVICE_TOKEN)).good(204)
    ahead = [{"sha256": sha256, "at": 2**61}]

    # then
    [token] = (await api.call("GET", "/api/v1/access-tokens")).body["items"]
    assert token["last_used_at"] == "1970-01-01T00:00:02Z"

    # when: a clock ahead of ours
    (await api.call("POST", "/internal/v1/last-use", {"used": ahead}, token=SERVICE_TOKEN)).good(204)

    # then
    [(is_past,)] = await api.query("SELECT last_used_at <= now() FROM config.secrets")
    assert is_past


async def test_while_no_snapshot_could_be_read_none_is_given_out(api: ConfigApi) -> None:
    # given: a row that no process could make
    await api.query("INSERT INTO config.systems (key, name, version) VALUES ('No Key', 'x', 1)")

    # then
    async with running_config_api(api.database_url) as other:
        answer = await other.call("GET", SNAPSHOT, token=SERVICE_TOKEN)
        assert (answer.status, answer.body["code"]) == (503, "not_ready")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE config.revisions SET number = 9",
        "DELETE FROM config.revisions",
        "UPDATE config.systems SET key = 'x'",
        "UPDATE config.environments SET system = 2",
        "UPDATE config.attributes SET type = 'Date'",
        "UPDATE config.integrations SET environment = 2",
        "UPDATE config.version SET database = gen_random_uuid()",
        "DELETE FROM config.integrations",
        "INSERT INTO config.audit (actor, action, kind, object, request_id) VALUES ('a', 'b', 'c', 'd', 'e')",
        "UPDATE config.audit SET actor = 'x'",
        "DELETE FROM config.audit",
        "SELECT * FROM profiles.profiles",
        "CREATE TABLE config.more (id integer)",
    ],
)
async def test_the_role_may_do_no_more_than_it_needs(api: ConfigApi, statement: str) -> None:
    # given
    session = await asyncpg.connect(role_url(api.database_url, "inlet_config_api"))

    # then
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await session.execute(statement)
    finally:
        await session.close()
