"""Content for an Inlet, made by its API: what two companies, one of them German, would have after some weeks."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.browser.installation import Installation, Json

_ACCEPTED = 202
_UNKNOWN_YET = 403  # of an integration token that the gateway has not heard of
_WITHIN_S = 30.0

SYSTEMS = {"intranet": "Mitarbeiterportal", "crm": "CRM", "shop": "Kundenkonto & Webshop"}

_PEOPLE = (
    ("u-2041", "Vertrieb", "München", "01.03.2019", 4100, 12),
    ("u-2042", "Human Resources", "Dublin", "15.07.2021", 2200, 3),
    ("u-2043", "Forschung und Entwicklung", "Karlsruhe", "01.10.2015", 3050, 48),
    ("u-2044", "Kundendienst", "Göteborg", "12.01.2024", 5120, 7),
    ("u-2045", "Finance & Controlling", "London", "01.09.2012", 1010, 2),
    ("u-2046", "Öffentlichkeitsarbeit", "Düsseldorf", "03.02.2020", 6400, 21),
    ("u-2047", "Legal", "New York", "20.05.2018", 1300, 5),
    ("u-2048", "Vertrieb", "Zürich", "01.04.2023", 4120, 9),
)
_COMPANIES = (
    ("ada@analytical-engines.example", "Analytical Engines", "Enterprise", 250, "2027-03-31"),
    ("j.meitner@kernphysik.example", "Institut für Kernphysik", "Professional", 40, "2026-12-31"),
    ("grace.hopper@cobol.example", "Compiler Works", "Enterprise", 1200, "2027-01-15"),
    ("k.zuse@rechenmaschinen.example", "Zuse Rechenmaschinen KG", "Starter", 5, "2026-12-01"),
)


SAMPLE = """[{"personalnummer": "u-2043",
  "abteilung": "Entwicklung",
  "urlaubstage": "dreißig",
  "eintritt": "2015-10-01"},
 {"personalnummer": "u-2046",
  "abteilung": "Vertrieb",
  "urlaubstage": "28",
  "eintritt": "2020-02-03"}]"""
"""What somebody pastes into the wizard: two records, and one value in them that is not what it should be."""


@dataclass(frozen=True)
class Filled:
    """Where the content is: an Inlet, keys and ids that stand in addresses."""

    inlet: Installation
    integration: int
    receipt: str
    user: str
    system: str = "intranet"
    environment: str = "production"
    segment: str = "new-joiners"
    segment_name: str = "New joiners"


def fill(inlet: Installation) -> Filled:
    """Fills an Inlet that holds its demo alone."""
    _places(inlet)
    staff, staff_token = _staff(inlet)
    contacts_token = _contacts(inlet)
    _others(inlet)
    _segments(inlet)
    _access_tokens(inlet)
    _users(inlet)
    receipts = [post(inlet, staff_token, batch) for batch in _staff_batches()]
    receipts += [post(inlet, contacts_token, _contact_records())]
    for receipt in receipts:
        inlet.settled(receipt)
    _change(inlet, staff, {"name": "Personalstamm aus SAP", "mappings": [*_STAFF_MAPPINGS, _COST_CENTRE]})
    inlet.settled(post(inlet, staff_token, [_person(each) for each in _PEOPLE[:5]]))
    inlet.call("DELETE", "/api/v1/profiles/intranet/production/u-2047")
    return Filled(inlet, integration=staff, receipt=receipts[0], user="u-2043")


def post(inlet: Installation, token: str, records: Sequence[Json]) -> str:
    """Sends records and gives their receipt; waits until the gateway knows the integration."""
    deadline = time.monotonic() + _WITHIN_S
    while True:
        status, said = inlet.ask("POST", "/public/v1/user/data", {"token": token, "data": records})
        if status == _ACCEPTED:
            return str(said["receipt"])
        assert status == _UNKNOWN_YET, said
        assert time.monotonic() < deadline, said
        time.sleep(0.05)


def _mapping(prop: str, attribute: str, name: str, kind: str, **options: str) -> Json:
    return {"property": prop, "attribute": attribute, "name": name, "type": kind, **options}


_STAFF_MAPPINGS = (
    _mapping("abteilung", "department", "Abteilung", "String"),
    _mapping("standort.ort", "site", "Standort", "String", on_empty="clear"),
    _mapping("eintritt", "joined", "Eintrittsdatum", "Date", date_format="%d.%m.%Y"),
)
_COST_CENTRE = _mapping("kostenstelle", "cost_centre", "Kostenstelle", "Number")
_STAFF = {
    "system": "intranet",
    "environment": "production",
    "user_id": {"property": "personalnummer", "trim": True, "lower_case": True},
    "observed_at": {"property": "geaendert_am"},
}
_CONTACTS = {
    "name": "CRM contacts",
    "system": "crm",
    "environment": "production",
    "state": "active",
    "user_id": {"property": "email", "lower_case": True},
    "mappings": [
        _mapping("company.name", "company", "Company", "String"),
        _mapping("plan", "plan", "Plan", "String"),
        _mapping("licences", "licences", "Licences", "Number"),
        _mapping("renewal", "renewal", "Renewal date", "Date"),
    ],
}
_OTHERS: Mapping[str, tuple[str, str, str, str]] = {
    "Zeiterfassung und Abwesenheiten": ("intranet", "production", "personalnummer", "active"),
    "HR master data, nightly": ("intranet", "qa", "employee_id", "draft"),
    "Webshop-Bestellungen": ("shop", "production", "kundennummer", "paused"),
    "Newsletter sign-ups": ("shop", "production", "email", "deleted"),
    "Treueprogramm": ("shop", "qa", "kundennummer", "draft"),
}


def _places(inlet: Installation) -> None:
    for key, name in SYSTEMS.items():
        inlet.call("POST", "/api/v1/systems", {"key": key, "name": name})
    inlet.call("POST", "/api/v1/systems/intranet/environments", {"key": "schulung", "name": "Schulung"})
    _change_at(inlet, "/api/v1/systems/intranet/environments/production", {"name": "Production", "history": True})
    inlet.call("POST", "/api/v1/systems/intranet/attributes", {"key": "floor", "name": "Etage", "type": "Number"})


def _staff(inlet: Installation) -> tuple[int, str]:
    named = {"name": "Personalstamm SAP", "state": "active", "mappings": [*_STAFF_MAPPINGS]}
    made = inlet.call("POST", "/api/v1/integrations", _STAFF | named)
    inlet.call("POST", f"/api/v1/integrations/{made['id']}/tokens", {})
    return made["id"], _token(inlet, made["id"])


def _contacts(inlet: Installation) -> str:
    return _token(inlet, inlet.call("POST", "/api/v1/integrations", _CONTACTS)["id"])


def _token(inlet: Installation, integration: int) -> str:
    return str(inlet.call("POST", f"/api/v1/integrations/{integration}/tokens", {})["token"])


def _others(inlet: Installation) -> None:
    for name, (system, environment, user_id, state) in _OTHERS.items():
        body = {"name": name, "system": system, "environment": environment, "user_id": {"property": user_id}}
        body["state"] = "draft" if state == "draft" else "active"
        body["mappings"] = [_mapping("status", "status", "Status", "String")]
        at = f"/api/v1/integrations/{inlet.call('POST', '/api/v1/integrations', body)['id']}"
        if state == "paused":
            inlet.call("POST", f"{at}/pause", headers=_if_match(inlet, at))
        elif state == "deleted":
            inlet.call("DELETE", at, headers=_if_match(inlet, at))


def _segments(inlet: Installation) -> None:
    sales = {"attribute": "department", "operator": "equals", "value": "Vertrieb"}
    new = {"attribute": "joined", "operator": "in_last", "value": {"count": 12, "unit": "months"}}
    for key, name, condition in (
        ("vertrieb", "Vertrieb", sales),
        ("new-joiners", "New joiners", {"all": [new, {"not": {"attribute": "site", "operator": "is_empty"}}]}),
    ):
        at = "/api/v1/systems/intranet/environments/production/segments"
        inlet.call("POST", at, {"key": key, "name": name, "condition": condition})


def _access_tokens(inlet: Installation) -> None:
    write, read = ["data:write", "receipts:read"], ["profiles:read", "config:read"]
    sap: dict[str, Any] = {"name": "SAP-Schnittstelle", "scopes": write, "systems": ["intranet"]}
    made = inlet.call("POST", "/api/v1/access-tokens", sap)
    inlet.call("POST", f"/api/v1/access-tokens/{made['id']}/rotate", {})
    export = {"name": "Nightly export", "scopes": read, "records_per_s": 200, "expires_at": "2030-06-30T22:00:00Z"}
    inlet.call("POST", "/api/v1/access-tokens", export)
    retired = inlet.call("POST", "/api/v1/access-tokens", {"name": "Testskript von Herrn Wagner", "scopes": write})
    at = f"/api/v1/access-tokens/{retired['id']}"
    inlet.call("DELETE", at, headers=_if_match(inlet, at))


def _users(inlet: Installation) -> None:
    for name, role, systems in (
        ("anna.keller", "editor", ["intranet", "shop"]),
        ("james.novak", "viewer", ["crm"]),
        ("sabine.öztürk", "admin", None),
        ("werkstudentin", "viewer", None),
    ):
        body = {"name": name, "role": role, "systems": systems, "password": "correct horse battery"}
        made = inlet.call("POST", "/api/v1/users", body)
    _change_at(inlet, f"/api/v1/users/{made['id']}", {"role": "viewer", "systems": None, "disabled": True})


def _person(person: tuple[str, str, str, str, int, int]) -> dict[str, Json]:
    number, department, site, joined, cost_centre, phone = person
    place = {"ort": site, "etage": phone % 5}
    return {
        "personalnummer": number,
        "abteilung": department,
        "standort": place,
        "eintritt": joined,
        "kostenstelle": cost_centre,
        "telefon": f"+49 89 5550 {phone}",
        "geaendert_am": "2024-11-02T08:30:00Z",
    }


def _staff_batches() -> Iterator[list[Json]]:
    """What the SAP of a company sends: records that are not right among them, and two that come too late."""
    people = [_person(each) for each in _PEOPLE]
    yield [*people, people[0] | {"personalnummer": ""}, people[1] | {"eintritt": "2021-07-15", "standort": 17}]
    yield [people[2] | {"abteilung": "Entwicklung", "geaendert_am": "2024-10-01T06:00:00Z"}]
    yield [people[2] | {"abteilung": "F&E", "eintritt": "heute", "geaendert_am": "2024-09-14T06:00:00Z"}]


def _contact_records() -> list[Json]:
    names = ("email", "company", "plan", "licences", "renewal")
    records = [dict(zip(names, each, strict=True)) for each in _COMPANIES]
    return [record | {"company": {"name": record["company"]}, "utm_source": "webinar"} for record in records]


def _change(inlet: Installation, integration: int, changed: Mapping[str, Json]) -> None:
    kept = {name: value for name, value in _STAFF.items() if name not in {"system", "environment"}}
    _change_at(inlet, f"/api/v1/integrations/{integration}", kept | dict(changed))


def _change_at(inlet: Installation, path: str, body: Json) -> None:
    inlet.call("PUT", path, body, _if_match(inlet, path))


def _if_match(inlet: Installation, path: str) -> dict[str, str]:
    return {"If-Match": f'"{inlet.call("GET", path)["version"]}"'}
