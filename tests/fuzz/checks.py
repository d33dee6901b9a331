"""What must hold when all is said: good records are merged, batches accounted for, services alive, small and quiet."""

import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg

from tests.e2e.deployment import Deployment
from tests.e2e.inlet import key_of
from tests.e2e.process import Service, eventually
from tests.fuzz.definitions import ENVIRONMENT, SYSTEM, Placed
from tests.fuzz.findings import Findings
from tests.fuzz.reading import good_user
from tests.fuzz.sender import Accepted

MOST_MIB = 200
_DRAIN_S = 120.0
_PAGE = 100
_READ_AGAIN = 100
_PEAK = re.compile(r"VmHWM:\s+(\d+) kB")
# What services say when something happened that nobody has foreseen.
_PROFILES = f"/api/v1/profiles/{SYSTEM}/{ENVIRONMENT}"
_PLAIN = re.compile("user-[0-9]+")
_UNFORESEEN = ("unexpected error", "handler_failed", "Traceback")


async def accounted_for(inlet: Deployment, accepted: Accepted, findings: Findings) -> None:
    """Each batch has a receipt that says `written`, with as many records as were sent."""
    records = {key_of(receipt): number for receipt, number in accepted.records.items()}
    async with _session(inlet) as session:

        async def look() -> bool:
            known = await session.fetchval(
                "SELECT count(*) FROM profiles.receipts WHERE receipt = ANY($1)", list(records)
            )
            return int(known) == len(records)

        try:
            await eventually(look, f"{len(records)} receipts are there", _DRAIN_S)
        except TimeoutError as error:
            findings.fault(str(error))
        rows = await session.fetch(
            "SELECT receipt, state, failure, records FROM profiles.receipts WHERE receipt = ANY($1)", list(records)
        )
    for receipt, state, failure, counted in rows:
        fine = state == "written" and counted == records[receipt]
        what = f"receipt {receipt.hex()} is {state} ({failure}): {counted} of {records[receipt]} records"
        findings.check(fine, what)
    findings.counts["batches accounted for"] += len(rows)


async def merged(inlet: Deployment, good: Iterable[int], place: Placed, findings: Findings) -> None:
    """Every good record is in its user's profile."""
    async with _session(inlet) as session:
        rows = await session.fetch(
            "SELECT user_id, attributes ->> $2 AS seats FROM profiles.profiles WHERE environment_id = $1",
            place.environment,
            str(place.seats),
        )
    seats = {row["user_id"]: row["seats"] for row in rows}
    for number in good:
        found = seats.get(good_user(number))
        findings.check(found == str(number), f"good record {number} is not merged: {found}")
        findings.counts["good records merged"] += found == str(number)


async def readable(inlet: Deployment, access: str, accepted: Accepted, findings: Findings) -> None:
    """Whatever was let in can be read again: all profiles in pages, some of them and of the receipts one by one."""
    users, cursor = [], ""
    while True:
        answer = await inlet.with_token(access, "GET", f"{_PROFILES}?limit={_PAGE}&cursor={quote(cursor, '')}")
        if answer.status != 200:
            findings.fault(f"profiles after {cursor!r}: {answer.status} {answer.body}")
            return
        users += [each["user_id"] for each in answer.body["items"]]
        if answer.body["next"] is None:
            break
        cursor = answer.body["next"]
    findings.counts["profiles read"] += len(users)
    for user in _some(users):
        await _reads(inlet, access, f"{_PROFILES}?user_id={quote(user, '')}", findings, 200)
    for user in _some([each for each in users if _PLAIN.fullmatch(each)]):
        await _reads(inlet, access, f"{_PROFILES}/{user}/attributes/department/explain", findings, 200, 404)
        await _reads(inlet, access, f"{_PROFILES}/{user}/attributes/seats/explain", findings, 200, 404)
    for receipt in _some(list(accepted.records)):
        await _reads(inlet, access, f"/public/v1/receipts/{receipt}", findings, 200)
        await _reads(inlet, access, f"/api/v1/receipts/{receipt}/rejected-records", findings, 200)


def _some(things: list[str]) -> list[str]:
    return things[:: max(1, len(things) // _READ_AGAIN)]


def alive(inlet: Deployment, findings: Findings) -> None:
    """Every process is the one that was started, and has never been larger than it may be."""
    for name, service in inlet.services.items():
        peak = peak_mib(service)
        findings.check(peak is not None, f"{name} has ended:\n{service.output()[-3_000:]}")
        findings.check((peak or 0) <= MOST_MIB, f"{name} needed {peak:.0f} MiB" if peak else "")
        findings.counts[f"{name}, peak MiB"] = max(findings.counts[f"{name}, peak MiB"], round(peak or 0))


def peak_mib(service: Service) -> float | None:
    """The most memory that a process ever had; None if it has ended."""
    try:
        found = _PEAK.search(Path(f"/proc/{service.pid}/status").read_text())
    except FileNotFoundError:
        return None
    return int(found[1]) / 1024 if found else None


def quiet(inlet: Deployment, findings: Findings) -> None:
    """No service has met with what nobody has foreseen."""
    for name, service in inlet.services.items():
        for line in service.output().splitlines():
            findings.check(not any(each in line for each in _UNFORESEEN), f"{name} said {line}")


async def _reads(inlet: Deployment, access: str, path: str, findings: Findings, *allowed: int) -> None:
    answer = await inlet.with_token(access, "GET", path)
    findings.check(answer.status in allowed, f"{path}: {answer.status} {answer.body}")


@asynccontextmanager
async def _session(inlet: Deployment) -> "AsyncIterator[asyncpg.Connection[Any]]":
    session = await asyncpg.connect(inlet.database_url)
    try:
        yield session
    finally:
        await session.close()
