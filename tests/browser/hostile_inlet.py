"""An Inlet in which everything that people and senders may name is called by hostile texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from tests.browser.hostile_texts import ONLY_VALUES, PACKED, TEXTS
from tests.browser.installation import Installation, Json
from tests.browser.source import Source, make_source

SYSTEM, ENVIRONMENT = "hostile", "production"
USER_ID = '"><img src=x onerror=pwned()> {{name}} $t(shell.name)'
FORMER_USER_ID = "<b>former</b>"
NAME = "<svg onload=pwned()> $t(shell.name) {{name}} \u202eeman"
"""The integration that maps all texts."""
STRICT = f"{NAME} strict"
"""The integration that takes nothing but numbers."""
ADMIN, PASSWORD = "<img src=x onerror=pwned()> {{name}} $t(shell.name)", "correct horse battery"
USERS = (ADMIN, *(name.strip() for name in PACKED[:3]))
SENDING = TEXTS[::40]
"""The names of some integrations that send."""
FEW = tuple(text for text in TEXTS[::6] if text.isprintable() and text == text.strip())
"""Those that forms are filled with."""
UNMAPPED = tuple(
    text for text in (*TEXTS[::4], "__proto__", "constructor") if text.isprintable() and len(text.encode()) < 256
)
"""Property names that are sent and not mapped. Of what cannot be printed the receipt keeps a likeness alone."""
PATHS = f"/api/v1/systems/{SYSTEM}"


@dataclass(frozen=True)
class Hostile:
    """What is there, beside what the constants say."""

    integration: int
    few: int
    """The integration that maps few of them."""
    strict: int
    wrong: Sequence[Json]
    """Records that `strict` took no value of: there is one for every text's property."""
    receipt: str
    """Of these."""
    sparse: int
    """The integration that maps nothing, and what it received."""
    unmapped: str


def fill(inlet: Installation) -> Hostile:
    """Makes it all, by the API."""
    source = make_source(inlet, SYSTEM, NAME, user_id={"property": FORMER_USER_ID}, mappings=_mappings()[::2])
    _places(inlet)
    _map_all(inlet, source)
    for number, name in enumerate(TEXTS):
        _integration(inlet, name, [_mapping(number, name)])
    few = _integration(
        inlet, f"{NAME} few", [_mapping(number, text) for number, text in enumerate(TEXTS) if text in FEW]
    )
    for name in PACKED:
        inlet.call("POST", "/api/v1/access-tokens", {"name": name, "scopes": ["data:write"], "systems": [SYSTEM]})
    for name in USERS:
        inlet.call("POST", "/api/v1/users", {"name": name, "password": PASSWORD, "role": "admin"})
    _segments(inlet)
    _send(source)
    strict = make_source(inlet, "strict", STRICT, user_id={"property": USER_ID}, mappings=_mappings("Number", "reject"))
    wrong = _wrong()
    receipt = strict.written(*wrong)
    sparse = make_source(inlet, "sparse", f"{NAME} sparse", user_id={"property": USER_ID}, mappings=[])
    unmapped = sparse.written({USER_ID: "nobody", **dict.fromkeys(UNMAPPED, "<b>")})
    return Hostile(
        source.integration,
        few,
        strict.integration,
        wrong,
        receipt["receipt"],
        sparse.integration,
        unmapped["receipt"],
    )


def _mappings(kind: str = "String", on_empty: str = "keep") -> list[Json]:
    names = (*TEXTS, *(f"only value {number}" for number in range(len(ONLY_VALUES))))
    return [_mapping(number, name, kind, on_empty) for number, name in enumerate(names)]


def _mapping(number: int, name: str, kind: str = "String", on_empty: str = "keep") -> Json:
    return {"property": name, "attribute": f"a{number}", "name": name, "type": kind, "on_empty": on_empty}


def _places(inlet: Installation) -> None:
    _put(inlet, PATHS, {"name": PACKED[0]})
    _put(inlet, f"{PATHS}/environments/{ENVIRONMENT}", {"name": PACKED[1], "history": True})
    for number, name in enumerate(PACKED[2:]):
        inlet.call("POST", f"{PATHS}/environments", {"key": f"e{number}", "name": name})


def _map_all(inlet: Installation, source: Source) -> None:
    """A second revision: other half of the properties as well, and another user ID."""
    body = {"name": NAME, "user_id": {"property": USER_ID}, "mappings": _mappings()}
    _put(inlet, f"/api/v1/integrations/{source.integration}", body)


def _integration(inlet: Installation, name: str, mappings: Sequence[Json]) -> int:
    """A draft; some of them have sent a record."""
    place = {"system": SYSTEM, "environment": ENVIRONMENT, "state": "draft"}
    body = {"name": name, "user_id": {"property": "id"}, "mappings": mappings, **place}
    made = int(inlet.call("POST", "/api/v1/integrations", body)["id"])
    if name in SENDING:
        token = inlet.call("POST", f"/api/v1/integrations/{made}/tokens", {})["token"]
        sender = Source(inlet, SYSTEM, made, inlet.demo["INLET_ADMIN_TOKEN"], token)
        sender.is_answered(HTTPStatus.ACCEPTED, {"id": "sender", name: name})
    return made


def _segments(inlet: Installation) -> None:
    for number, name in enumerate(PACKED):
        condition = {"attribute": f"a{number}", "operator": "equals", "value": TEXTS[number]}
        body = {"key": f"s{number}", "name": name, "condition": condition}
        inlet.call("POST", f"{PATHS}/environments/{ENVIRONMENT}/segments", body)


def _send(source: Source) -> None:
    """Each text as user ID, property and value; all of them at one user, `everything`; and values that are no names."""
    half = len(TEXTS) // 2
    everything = [{USER_ID: "everything", **{text: text for text in part}} for part in (TEXTS[:half], TEXTS[half:])]
    values = [{USER_ID: "values", f"only value {number}": value} for number, value in enumerate(ONLY_VALUES)]
    receipt = source.written(*everything, *values, *({USER_ID: text, text: text} for text in TEXTS))
    assert receipt["written"] == receipt["records"], receipt


def _wrong() -> list[Json]:
    """Records whose values are no numbers, and one without a user ID."""
    quarters = [{USER_ID: f"<i>{number}</i>", **dict.fromkeys(TEXTS[number::4], "<b>1</b>")} for number in range(4)]
    return [*quarters, {"<u>nobody</u>": "x"}]


def _put(inlet: Installation, path: str, body: Json) -> None:
    version = inlet.call("GET", path)["version"]
    inlet.call("PUT", path, body, {"If-Match": f'"{version}"'})
