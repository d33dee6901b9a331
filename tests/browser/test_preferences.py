"""Language and appearance: chosen by the browser first, then by who uses it, and remembered."""

from playwright.sync_api import expect

from tests.browser.conftest import OpenConsole
from tests.browser.console import Console
from tests.browser.words import WORDS


def test_the_language_that_is_chosen_is_remembered(open_console: OpenConsole) -> None:
    # given
    console = open_console(language="en")
    console.sign_in()
    _shows(console, "en")

    # when
    console.button(WORDS["en"].language)
    console.page.get_by_role("menuitemcheckbox", name="Deutsch").click()

    # then
    _shows(console, "de")
    console.page.reload()
    _shows(console, "de")


def test_the_appearance_that_is_chosen_is_remembered(open_console: OpenConsole) -> None:
    # given
    console = open_console(theme="light")
    console.sign_in()
    light = _ground(console)

    # when
    _appear(console, console.words.dark)
    dark = _ground(console)
    console.page.reload()
    console.settle()

    # then
    assert dark != light
    assert _ground(console) == dark
    _appear(console, console.words.light)
    assert _ground(console) == light


def _shows(console: Console, language: str) -> None:
    expect(console.page.locator("html")).to_have_attribute("lang", language)
    expect(console.page.get_by_role("heading", level=1, name=WORDS[language].integrations)).to_be_visible()
    expect(console.page.get_by_role("button", name=WORDS[language].create_integration)).to_be_visible()


def _appear(console: Console, theme: str) -> None:
    console.button(console.words.appearance)
    console.page.get_by_role("menuitemcheckbox", name=theme, exact=True).click()


def _ground(console: Console) -> str:
    """The colour on which the page stands."""
    return str(console.page.evaluate("getComputedStyle(document.body).backgroundColor"))
