"""What somebody without the right to change sees, and what is left of the work of somebody whose session ends."""

from playwright.sync_api import expect

from tests.browser.conftest import OpenConsole
from tests.browser.console import Console
from tests.browser.installation import Installation
from tests.browser.source import make_source
from tests.browser.wizard import Wizard

PASSWORD = "a long password for tests"


def test_a_viewer_sees_and_cannot_change(open_console: OpenConsole, inlet: Installation) -> None:
    # given
    name = "Viewed"
    source = make_source(inlet, "viewed", name)
    source.written({"userId": "u-1", "department": "Sales", "city": "Graz"})
    inlet.call("POST", "/api/v1/users", {"name": "viewing", "role": "viewer", "password": PASSWORD})
    console = open_console(language="en")
    words, page = console.words, console.page
    console.sign_in("viewing", PASSWORD)
    page.get_by_role("searchbox", name=words.find_integration).fill(name)

    # when, then
    expect(console.row(name)).to_contain_text(words.active)
    _has_no_button(console, words.create_integration, words.actions_for.format(name=name))
    expect(page.get_by_role("link", name=words.access_tokens, exact=True)).to_have_count(0)

    console.row(name).get_by_role("link", name=name).click()
    expect(page.get_by_role("table", name=words.not_mapped)).to_contain_text("city")
    _has_no_button(console, words.edit, words.pause, words.more_actions, words.map_property.format(property="city"))
    page.get_by_role("tab", name=words.tokens).click()
    expect(page.get_by_role("rowheader")).to_be_visible()
    _has_no_button(console, words.rotate_token)

    for form in ("/integrations/create", f"/integrations/{source.integration}/edit"):
        page.goto(form)
        expect(page.get_by_text(words.read_only)).to_be_visible()
        expect(page.get_by_role("main").get_by_role("textbox")).to_have_count(0)


def _has_no_button(console: Console, *names: str) -> None:
    for name in names:
        expect(console.page.get_by_role("button", name=name, exact=True)).to_have_count(0)


def test_who_signs_in_again_goes_on_with_what_was_entered(open_console: OpenConsole, inlet: Installation) -> None:
    # given
    name = "Interrupted"
    inlet.call("POST", "/api/v1/systems", {"key": "interrupted", "name": name})
    console = open_console(language="de")
    words, page = console.words, console.page
    console.sign_in()
    wizard = Wizard(console)
    wizard.begin()
    wizard.define(name, name, "Production")
    wizard.go_on(words.map_columns)
    wizard.paste('{"userId": "u-1", "department": "Sales"}')
    expect(wizard.property("department")).to_be_visible()

    # when
    _sign_out_elsewhere(console)
    wizard.property("department").get_by_label(words.display_name).fill("Team")
    wizard.paste('{"userId": "u-2", "department": "Support"}')

    # then
    expect(page.get_by_text(words.session_ended)).to_be_visible()
    expect(wizard.property("department")).to_be_hidden()

    # when
    page.get_by_label(words.password, exact=True).fill(inlet.demo["INLET_ADMIN_PASSWORD"])
    console.button(words.sign_in)

    # then
    expect(wizard.property("department").get_by_label(words.display_name)).to_have_value("Team")
    expect(wizard.preview(1)).to_contain_text("u-2")
    wizard.go_on(words.get_endpoint)
    wizard.go_back(words.map_columns)


def _sign_out_elsewhere(console: Console) -> None:
    """Ends the session, as signing out in another window of the same browser does."""
    request = console.context.request
    proof = {"X-CSRF-Token": request.get("/api/v1/session").json()["csrf_token"], "Origin": console.inlet.url}
    assert request.delete("/api/v1/session", headers=proof).ok
