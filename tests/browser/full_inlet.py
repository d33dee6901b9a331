"""An Inlet after some weeks of work: 200 integrations and 100,000 receipts."""

import asyncio
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import asyncpg

from tests.browser.installation import Installation

INTEGRATIONS, RECEIPTS, DAYS = 200, 100_000, 30
_SYSTEM_FOLDER = Path("/var/lib/inlet")  # where the database lies for root
_PORT = 3  # the line of PostgreSQL's postmaster.pid

# Some integrations are far busier than others; a quarter of all was received in the last 24 hours. A receipt's key is
# integration, day and identity (shared/contract/receipts.py).
_FILL = """
INSERT INTO profiles.receipts
SELECT day, int4send(integration) || substr(int4send(day - date '1970-01-01'), 3) || uuid_send(gen_random_uuid()),
    integration, 1, 1, CASE WHEN failed THEN 'failed' ELSE 'written' END,
    CASE WHEN failed THEN 'unknown_revision' END, gen_random_uuid()::text, at, at + interval '300 ms',
    records, CASE WHEN failed THEN 0 ELSE records - rejected END, CASE WHEN failed THEN records ELSE rejected END,
    rejected, 0, 0, '{}', 0
FROM (
    SELECT *, (at AT TIME ZONE 'UTC')::date AS day FROM (
        SELECT ($1::integer[])[1 + floor(power(random(), 2) * cardinality($1))::integer] AS integration,
            now() - random() * CASE WHEN number % 4 = 0 THEN interval '1 day' ELSE $3 * interval '1 day' END AS at,
            1 + floor(random() * 500)::integer AS records, (random() < 0.1)::integer AS rejected,
            random() < 0.01 AS failed
        FROM generate_series(1, $2::integer) AS number) AS drawn) AS dated
"""


def fill(inlet: Installation) -> list[int]:
    """Makes the integrations, by the API, and the receipts, in the database; gives the ids of the former."""
    integrations = [_integration(inlet, f"Integration {number:03}") for number in range(INTEGRATIONS)]
    with ThreadPoolExecutor(1) as beside:  # Playwright has an event loop of its own in this thread
        beside.submit(asyncio.run, _fill(_database(inlet), integrations)).result()
    return integrations


def _integration(inlet: Installation, name: str) -> int:
    mapping = {"property": "department", "attribute": "department", "name": "Department", "type": "String"}
    place = {"system": "demo", "environment": "production", "state": "active"}
    body = {"name": name, "user_id": {"property": "userId"}, "mappings": [mapping], **place}
    return int(inlet.call("POST", "/api/v1/integrations", body)["id"])


async def _fill(url: str, integrations: list[int]) -> None:
    session = await asyncpg.connect(url)
    try:
        for days in range(DAYS + 2):
            await session.execute("SELECT profiles.ensure_day((now() AT TIME ZONE 'UTC')::date - $1::integer)", days)
        await session.execute(_FILL, integrations, RECEIPTS, DAYS)
        await session.execute("ANALYZE profiles.receipts")
    finally:
        await session.close()


def _database(inlet: Installation) -> str:
    """The superuser's URL of an installation's database."""
    name = json.loads((inlet.folder / "secrets.json").read_text())["name"]
    folder = _SYSTEM_FOLDER / f"run-{name}" if os.geteuid() == 0 else inlet.folder / "postgres"
    port = (folder / "data" / "postmaster.pid").read_text().splitlines()[_PORT]
    return f"postgresql://postgres:{quote((folder / 'password').read_text(), '')}@127.0.0.1:{port}/postgres"
