"""Who does not see, or does not use a mouse: axe on every page in either theme, and the wizard by keyboard alone."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenConsole
from tests.browser.console import Console
from tests.browser.filled import Filled
from tests.browser.installation import ROOT, Installation
from tests.browser.keys import Keys
from tests.browser.test_layout import crowded
from tests.browser.views import PAGES, VIEWS

_CONSOLE = ROOT / "services/config_api/console"
_AXE = _CONSOLE / "node_modules/axe-core/axe.min.js"
# The page behind a dialog has been looked at before; Cloudscape hides it from readers as long as the dialog is open.
_RUN = """
async (only) => {
  const context = document.querySelector("[role=dialog]") ?? document;
  const options = { resultTypes: ["violations"], ...(only.length > 0 && { runOnly: only }) };
  const { violations } = await axe.run(context, options);
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) =>
    `${id}: ${target.join(" ")}: ${failureSummary}`));
}
"""
# What depends on the theme; all else is the same in both.
_OF_COLOURS = ("color-contrast", "link-in-text-block")


@pytest.fixture(scope="session")
def inlet(filled: Filled) -> Installation:
    """The Inlet that windows are opened on."""
    return filled.inlet


def test_every_address_of_the_console_is_looked_at() -> None:
    # given
    source = (_CONSOLE / "src/pages.ts").read_text()

    # when
    addresses = re.findall(r'(?m)^    path: "([^"]+)"', source)

    # then
    assert sorted(addresses) == sorted(PAGES)


def test_axe_finds_no_violation_and_everything_has_its_room(open_console: OpenConsole, filled: Filled) -> None:
    # given
    console = open_console()
    console.sign_in()

    # when
    found = {
        name: faults
        for walk in VIEWS.values()
        for name in walk(console, filled)
        if (faults := [*_violations(console), *crowded(console)])
    }

    # then
    assert found == {}


def _violations(console: Console) -> list[str]:
    page = console.page
    if not page.evaluate("'axe' in window"):
        page.evaluate(_AXE.read_text())
    found: Any = [*page.evaluate(_RUN, []), *_in_the_dark(console)]
    return list(found)


def _in_the_dark(console: Console) -> list[str]:
    console.page.emulate_media(color_scheme="dark")
    found: Any = console.page.evaluate(_RUN, [*_OF_COLOURS])
    console.page.emulate_media(color_scheme="light")
    return [f"dark: {each}" for each in found]


def test_the_wizard_is_done_by_keyboard_alone(open_console: OpenConsole, inlet: Installation) -> None:
    # given
    inlet.call("POST", "/api/v1/systems", {"key": "by-keyboard", "name": "By keyboard"})
    console = open_console()
    console.sign_in()
    keys, words = Keys(console), console.words

    # when: the dialog for the type
    keys.press("Enter", on=("button", words.create_integration))
    keys.choose(words.connection_type, words.end_user_update_api)
    keys.press("Enter", on=("button", words.continue_to_setup))
    # and the three steps
    expect(console.page.get_by_role("heading", name=words.define_integration)).to_be_visible()
    keys.type(words.name, "Made by keyboard")
    keys.choose(words.system, "By keyboard")
    keys.choose(words.environment, "QA")
    keys.press("Enter", on=("button", words.next))
    expect(console.page.get_by_role("heading", name=words.map_columns)).to_be_visible()
    keys.type(words.sample_payload, '{"userId": "u-1", "team": "Support"}')
    expect(console.page.get_by_role("group", name="team", exact=True)).to_be_visible()
    keys.press("Enter", on=("button", words.next))
    expect(console.page.get_by_role("heading", name=words.get_endpoint)).to_be_visible()
    keys.press("Enter", on=("button", words.create_access_token))
    expect(console.page.get_by_role("button", name=words.copy_access_token)).to_be_visible()
    keys.press("Enter", on=("button", words.send_a_test))
    expect(console.page.get_by_text(words.test_written_one)).to_be_visible()
    keys.press("Enter", on=("button", words.save))

    # then
    console.notified(words.integration_saved.format(name="Made by keyboard"))
    [made] = inlet.call("GET", "/api/v1/integrations?system=by-keyboard")["items"]
    assert made["state"] == "active"
    assert [mapping["property"] for mapping in made["mappings"]] == ["team"]
    assert keys.faults == []
