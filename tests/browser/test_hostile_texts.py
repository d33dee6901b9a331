"""What is written by others is text: every page shows it as it is, and nothing of it does anything.

The texts are those of `hostile_texts`, in an Inlet of this file's own. A script among them that ran, a request to
another host, a dialog, and a violation of the Content-Security-Policy are faults of the window, as errors are.
"""

import json
from collections.abc import Iterable, Iterator
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Locator, Request, expect
from playwright.sync_api import TimeoutError as NotInTimeError

from tests.browser.conftest import OpenConsole
from tests.browser.console import Console
from tests.browser.hostile_inlet import (
    ADMIN,
    ENVIRONMENT,
    FEW,
    FORMER_USER_ID,
    NAME,
    PASSWORD,
    SENDING,
    STRICT,
    SYSTEM,
    UNMAPPED,
    USER_ID,
    USERS,
    Hostile,
    fill,
)
from tests.browser.hostile_texts import ONLY_VALUES, PACKED, TEXTS
from tests.browser.installation import Installation
from tests.browser.wizard import Wizard

_PATIENCE_MS = 30_000
_PLACE = {"system": SYSTEM, "environment": ENVIRONMENT}
_PEOPLE_A_PAGE = 25
# Of these user IDs each says something else in an address; the first two stand in no path (RFC 3986, section 5.2.4).
_IN_ADDRESSES = (".", "..", "a/b", "?a=b&c=d", "#top", "%2e%2e%2f", "a+b c", "../../etc/passwd", "__proto__")

# The texts that are not shown often enough: by elements whose whole text they are, to the last character.
_MISSING = """([texts, times]) => {
  const shown = new Map();
  for (const each of document.querySelectorAll("body *")) {
    if (each.childElementCount === 0) {
      shown.set(each.textContent, (shown.get(each.textContent) ?? 0) + 1);
    }
  }
  return texts.filter(text => (shown.get(text) ?? 0) < times);
}"""
_LABELS = "() => [...document.querySelectorAll('[aria-label]')].map(each => each.ariaLabel)"
# What stands in a table of several pages: texts as above, and labels.
_EVERY_PAGE = """async label => {
  const texts = new Set(), labels = new Set();
  for (let page = 1; page <= 50; page += 1) {
    for (const each of document.querySelectorAll("table *")) {
      if (each.childElementCount === 0) texts.add(each.textContent);
      if (each.ariaLabel !== null) labels.add(each.ariaLabel);
    }
    const next = document.querySelector(`[aria-label="${label}"]`);
    if (next === null || next.disabled || next.ariaDisabled === "true") break;
    next.click();
    await new Promise(requestAnimationFrame);
  }
  return [[...texts], [...labels]];
}"""
_TRAPS = """
for (const name of ["alert", "confirm", "prompt", "print", "open"]) window[name] = () => pwned(name);
addEventListener("securitypolicyviolation", event => pwned(`${event.violatedDirective} ${event.blockedURI}`));
"""


@pytest.fixture(scope="module")
def inlet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An Inlet of these tests' own: nobody would find theirs among these names."""
    installation = Installation(tmp_path_factory.mktemp("hostile"))
    try:
        installation.start()
        yield installation
    finally:
        installation.end()


@pytest.fixture(scope="module")
def hostile(inlet: Installation) -> Hostile:
    """What is in it."""
    return fill(inlet)


@pytest.fixture
def console(open_console: OpenConsole, hostile: Hostile) -> Console:
    """A window of an admin whose name is hostile as well, with the traps set."""
    assert hostile.receipt
    console: Console = open_console()
    console.context.expose_function("pwned", lambda *what: console.faults.append(f"a script ran: {what}"))
    console.context.add_init_script(_TRAPS)
    console.page.on("dialog", lambda dialog: console.faults.append(f"dialog: {dialog.message}"))
    console.page.on("request", lambda request: _note_foreign(console, request))
    console.sign_in(ADMIN, PASSWORD, "/systems")
    return console


def test_names_in_lists_are_shown_as_they_are(console: Console, hostile: Hostile) -> None:
    # given
    words = console.words
    tokens = f"/integrations/{hostile.integration}?tab=tokens"

    # when
    _shows(console, [PACKED[0], *PACKED[1:]])
    every_system = _labels(console)
    console.open("/integrations")
    integrations, their_actions = _every_page(console)
    console.open(f"/attributes?{urlencode({'system': SYSTEM})}")
    attributes, _ = _every_page(console)
    console.open("/access-tokens")
    access_tokens, token_actions = _every_page(console)
    console.open(f"/segments?{urlencode(_PLACE)}")
    segments, _ = _every_page(console)
    console.open("/users")
    _shows(console, USERS)
    console.open(tokens)

    # then
    assert {*TEXTS, NAME, STRICT} - integrations == set()
    assert {words.actions_for.format(name=name) for name in (*TEXTS, NAME, STRICT)} - their_actions == set()
    assert set(TEXTS) - attributes == set()
    assert set(PACKED) - access_tokens == set()
    assert {words.actions_for.format(name=name) for name in PACKED} - token_actions == set()
    assert set(PACKED) - segments == set()
    assert {words.rename_system.format(name=PACKED[0])} - every_system == set()
    _shows(console, [NAME])
    assert f"{words.account}: {ADMIN}" in _labels(console)


def test_an_integration_is_shown_with_all_that_is_mapped(console: Console, hostile: Hostile) -> None:
    # given
    page = f"/integrations/{hostile.integration}"

    # when
    console.open(page)

    # then
    _shows(console, [NAME, USER_ID, f"{PACKED[0]}, {PACKED[1]}"])

    # when
    console.open(f"{page}?tab=mapping")

    # then
    _shows(console, TEXTS, times=2)  # property and display name
    _shows(console, [FORMER_USER_ID, USER_ID])
    _shows(console, [f"{console.words.added}: {text} → {text} (String)" for text in TEXTS[1::2]])


def test_receipts_are_shown_with_what_was_wrong(console: Console, hostile: Hostile) -> None:
    # given
    page = console.page
    named = [text for text in TEXTS if text.isprintable()]  # of others a receipt has a likeness alone

    # when
    console.open("/receipts")

    # then
    _shows(console, [*SENDING, NAME, STRICT])

    # when
    page.get_by_label(console.words.integration, exact=True).click()

    # then
    _shows(console, TEXTS)

    # when
    console.open(f"/receipts/{hostile.receipt}")
    _press_while_there(console, console.words.more_rejects, page.get_by_role("listitem"))

    # then
    _shows(console, [*named, STRICT, *(json.dumps(record) for record in hostile.wrong)])

    # when
    console.open(f"/receipts/{hostile.unmapped}")

    # then
    _shows(console, UNMAPPED)


def test_what_is_sent_and_not_mapped_is_shown(console: Console, hostile: Hostile) -> None:
    # given
    label = console.words.map_property

    # when
    console.open(f"/integrations/{hostile.sparse}")

    # then
    _shows(console, UNMAPPED)
    _shows(console, ["String"], times=len(set(UNMAPPED)))  # the type of each, "constructor"'s as well
    assert {label.format(property=text) for text in UNMAPPED} - _labels(console) == set()


def test_profiles_are_found_and_explained(console: Console) -> None:
    # given
    page, words = console.page, console.words
    people = sorted({*TEXTS, "everything", "values", "sender"}, key=str.encode)

    # when
    console.open(f"/profiles?{urlencode(_PLACE)}")

    # then
    for first in range(0, len(people), _PEOPLE_A_PAGE):
        _shows(console, people[first : first + _PEOPLE_A_PAGE])
        if people[-1] not in people[first : first + _PEOPLE_A_PAGE]:
            console.button(words.next_page)

    # when
    for person in _IN_ADDRESSES:
        page.get_by_label(words.user_id_begins).fill(person)
        page.get_by_role("link", name=person, exact=True).click()

        # then
        _shows(console, [person], times=3)  # the ID, an attribute's name, and its value
        if person not in {".", ".."}:
            console.button(words.explain.format(name=person))
            _shows(console, [words.explained.format(name=person)])
            _shows(console, [person], times=4)
            console.escape()
        page.go_back()


def test_values_are_shown_as_they_were_sent(console: Console) -> None:
    # when
    console.open(f"/profiles/user?{urlencode({**_PLACE, 'user_id': 'everything'})}")

    # then
    _shows(console, TEXTS, times=2)  # an attribute's name, and its value
    assert {console.words.explain.format(name=text) for text in TEXTS} - _labels(console) == set()

    # when
    console.open(f"/profiles/user?{urlencode({**_PLACE, 'user_id': 'values'})}")

    # then
    _shows(console, [console.words.empty_text, *ONLY_VALUES[1:]])


def test_the_audit_log_tells_of_them(console: Console, hostile: Hostile) -> None:
    # given
    page, words = console.page, console.words
    # when
    console.open("/audit?kind=integration")
    _press_while_there(console, words.older_changes, page.locator("tbody tr"))

    # then
    _shows(console, [*TEXTS, NAME, STRICT])

    # when
    console.open(f"/audit?kind=integration&object={hostile.strict}")
    console.button(words.audit_contents)

    # then
    told = page.get_by_role("table").text_content() or ""
    assert [text for text in TEXTS if text not in told] == []

    # when
    console.open("/audit?kind=session")

    # then
    _shows(console, [ADMIN])


def test_forms_hold_them(console: Console, hostile: Hostile) -> None:
    # given
    words, wizard = console.words, Wizard(console)
    record = json.dumps({"userId": "u-1", **{text: text for text in FEW}})

    # when
    console.open(f"/integrations/{hostile.few}/edit")

    # then
    _holds(console, [f"{NAME} few", *FEW])

    # when
    console.open("/integrations")
    wizard.begin()
    wizard.define(NAME, "Demo", "Production")
    wizard.go_on(words.map_columns)
    wizard.paste(record)

    # then
    _shows(console, FEW, times=2)  # in the preview: an attribute's name, and its value
    _holds(console, FEW)

    # when
    wizard.go_on(words.get_endpoint)

    # then
    expect(console.page.locator("pre").first).to_contain_text(record.replace("'", "'\\''"))


def _shows(console: Console, texts: Iterable[str], times: int = 1) -> None:
    """Waits until each text is all that an element shows, of as many elements; and the page is whole."""
    wanted = [list(texts), times]
    try:
        console.page.wait_for_function(f"wanted => ({_MISSING})(wanted).length === 0", arg=wanted, timeout=_PATIENCE_MS)
    except NotInTimeError:
        assert console.page.evaluate(_MISSING, wanted) == []
    _is_whole(console)


def _press_while_there(console: Console, button: str, what: Locator) -> None:
    """Presses the button that shows more until there is no more of it."""
    more = console.page.get_by_role("button", name=button, exact=True)
    while more.is_visible():
        before = what.count()
        more.click()
        expect(what).not_to_have_count(before)


def _every_page(console: Console) -> tuple[set[str], set[str]]:
    """All texts of a table of several pages, and all labels."""
    expect(console.page.locator("tbody tr").nth(1)).to_be_visible()
    texts, labels = console.page.evaluate(_EVERY_PAGE, console.words.next_page)
    _is_whole(console)
    return set(texts), set(labels)


def _labels(console: Console) -> set[str]:
    """What is read out of whatever has no text of its own."""
    return set(console.page.evaluate(_LABELS))


def _holds(console: Console, texts: Iterable[str]) -> None:
    """Waits until there is a field that holds each text."""
    holds = "texts => texts.every(text => [...document.querySelectorAll('input')].some(each => each.value === text))"
    console.page.wait_for_function(holds, arg=list(texts), timeout=_PATIENCE_MS)
    _is_whole(console)


def _is_whole(console: Console) -> None:
    """The page has its heading, and nothing sticks out of it sideways."""
    console.settle()
    assert console.page.evaluate("document.scrollingElement.scrollWidth <= document.scrollingElement.clientWidth")


def _note_foreign(console: Console, request: Request) -> None:
    if not request.url.startswith(console.inlet.url):
        console.faults.append(f"a request to {request.url}")
