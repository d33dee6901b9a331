"""What each service may do in the database: the whole of it, against a table that was written by hand."""

import csv
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import asyncpg
import pytest

from tests.backing.migrated import migrate, role_url

TABLE = Path(__file__).parents[1] / "contract" / "privileges.csv"

# Where nothing was ever granted, PostgreSQL's defaults hold: they let everybody call functions.
GRANTED = """
WITH acl (object, item) AS (
    SELECT 'database', aclexplode(coalesce(datacl, acldefault('d', datdba))) FROM pg_database
    WHERE datname = current_database()
    UNION ALL
    SELECT 'schema ' || nspname, aclexplode(coalesce(nspacl, acldefault('n', nspowner))) FROM pg_namespace
    WHERE nspname IN ('config', 'profiles', 'queue', 'public')
    UNION ALL
    SELECT c.oid::regclass::text, aclexplode(coalesce(relacl, acldefault(
        CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner)))
    FROM pg_class c WHERE relnamespace::regnamespace::text IN ('config', 'profiles', 'queue', 'public')
    UNION ALL
    SELECT attrelid::regclass || '.' || attname, aclexplode(attacl) FROM pg_attribute
    WHERE attacl IS NOT NULL AND attrelid::regclass::text ~ '^(config|profiles|queue|public)[.]'
    UNION ALL
    SELECT p.oid::regproc || '()', aclexplode(coalesce(proacl, acldefault('f', proowner))) FROM pg_proc p
    WHERE pronamespace::regnamespace::text IN ('config', 'profiles', 'queue', 'public')
)
SELECT CASE WHEN (item).grantee = 0 THEN 'everybody' ELSE (item).grantee::regrole::text END AS role, object,
    string_agg((item).privilege_type || CASE WHEN (item).is_grantable THEN '*' ELSE '' END, ' '
        ORDER BY (item).privilege_type) AS privileges
FROM acl WHERE (item).grantee = 0 OR (item).grantee::regrole::text LIKE 'inlet%'
GROUP BY 1, 2 ORDER BY 1, 2
"""

ABOVE_THE_GRANTS = """
SELECT rolname FROM pg_roles
WHERE rolname LIKE 'inlet%' AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)
UNION ALL
SELECT member::regrole::text FROM pg_auth_members WHERE member::regrole::text LIKE 'inlet%'
UNION ALL
SELECT relowner::regrole::text FROM pg_class WHERE relowner::regrole::text LIKE 'inlet%'
"""

CHANGES_OF_THE_LOG = (
    "UPDATE config.audit SET actor = 'somebody else'",
    "DELETE FROM config.audit",
    "TRUNCATE config.audit",
    "INSERT INTO config.audit (actor, action, kind, object, request_id) VALUES ('a', 'b', 'c', 'd', 'e')",
    "DROP TABLE config.audit",
    "ALTER TABLE config.audit DISABLE TRIGGER ALL",
    "ALTER TABLE config.audit ADD COLUMN note text",
    "CREATE RULE gone AS ON INSERT TO config.audit DO INSTEAD NOTHING",
    "CREATE TRIGGER gone BEFORE INSERT ON config.audit EXECUTE FUNCTION config.append_audit()",
    (
        "CREATE OR REPLACE FUNCTION config.append_audit(actor text, action text, kind text, object text,"
        " system integer, request_id text, before jsonb, after jsonb) RETURNS void LANGUAGE sql AS 'SELECT NULL'"
    ),
    "DROP FUNCTION config.append_audit",
    "ALTER SCHEMA config RENAME TO other",
)


BEYOND = {
    "inlet_config_api": (
        "SELECT 1 FROM profiles.profiles",
        "UPDATE config.secrets SET sha256 = ''",
        "UPDATE config.revisions SET mapping = '{}'",
        "UPDATE config.users SET sign_in_name = 'admin'",
        "CREATE TABLE public.own (id integer)",
        "CREATE SCHEMA own",
    ),
    "inlet_profile_api": (
        "SELECT sha256 FROM config.secrets",
        "SELECT password_hash FROM config.users",
        "UPDATE profiles.profiles SET attributes = '{}'",
        "CREATE TEMPORARY TABLE own (id integer)",
        "SELECT pg_read_file('/etc/hostname')",
    ),
    "inlet_profile_writer": (
        "UPDATE profiles.profiles SET erased_at = NULL",
        "DELETE FROM profiles.profiles",
        "SELECT record FROM profiles.rejected_records",
        "SELECT 1 FROM config.users",
        "COPY profiles.profiles TO PROGRAM 'true'",
    ),
    "inlet_queue": ("SELECT 1 FROM profiles.profiles", "SELECT 1 FROM config.secrets", "TRUNCATE queue.messages"),
}


@pytest.fixture
async def owner(database: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A session of the owner's, on a database that `migrate` has gone over: rights of its own are not copied."""
    await migrate(database)
    session = await asyncpg.connect(database)
    yield session
    await session.close()


async def allowed(url: str, statements: Sequence[str]) -> list[str]:
    """Those of the statements that a role is not refused for want of a right."""
    session = await asyncpg.connect(url)
    done = []
    for statement in statements:
        try:
            await session.execute(statement)
        except asyncpg.InsufficientPrivilegeError:
            continue
        done.append(statement)
    await session.close()
    return done


async def test_each_role_may_do_what_the_table_says_and_nothing_else(
    owner: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    # when
    granted = [tuple(row) for row in await owner.fetch(GRANTED)]

    # then
    with TABLE.open() as file:
        assert granted == [(row["role"], row["object"], row["privileges"]) for row in csv.DictReader(file)]


async def test_no_role_of_a_service_owns_anything_or_stands_above_the_grants(
    owner: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    assert await owner.fetch(ABOVE_THE_GRANTS) == []


@pytest.mark.parametrize("role", BEYOND)
async def test_the_audit_log_cannot_be_changed_by_a_service(
    database: str, owner: "asyncpg.Connection[asyncpg.Record]", role: str
) -> None:
    # given
    await owner.execute("SELECT config.append_audit('user:1', 'made', 'system', '1', 1, 'r', NULL, NULL)")
    before = await owner.fetch("SELECT * FROM config.audit")

    # when
    done = await allowed(role_url(database, role), CHANGES_OF_THE_LOG)

    # then
    assert done == []
    assert await owner.fetch("SELECT * FROM config.audit") == before


async def test_who_notes_something_cannot_say_when(database: str, owner: "asyncpg.Connection[asyncpg.Record]") -> None:
    # given
    before = await owner.fetchval("SELECT clock_timestamp()")
    note = "SELECT config.append_audit('token:1', 'erased', 'profile', 'u', NULL, 'r', NULL, NULL)"

    # when
    for role in ("inlet_config_api", "inlet_profile_api"):
        assert await allowed(role_url(database, role), [note]) == [note]

    # then
    noted = "SELECT count(*) FROM config.audit WHERE actor = 'token:1' AND at BETWEEN $1 AND clock_timestamp()"
    assert await owner.fetchval(noted, before) == 2


@pytest.mark.parametrize(("role", "statements"), BEYOND.items())
async def test_what_is_not_a_services_business_is_refused(
    database: str, owner: "asyncpg.Connection[asyncpg.Record]", role: str, statements: Sequence[str]
) -> None:
    assert await allowed(role_url(database, role), statements) == []
