"""An integration from its creation to the profile, in both languages, as an admin does it in the console."""

import json
import re
import subprocess
import sys
from collections.abc import Sequence

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import OpenConsole
from tests.browser.console import Console, Language
from tests.browser.installation import Installation
from tests.browser.source import ENDPOINT, Source
from tests.browser.wizard import Wizard

LONG = "123456789012345678901234567890"
SAMPLE = f"""[{{"userId": "u-1", "department": "Sales", "seats": {LONG}, "hired": "2024-03-01"}},
 {{"userId": "u-2", "department": "Vertrieb & Co.", "seats": "many", "hired": "2023-12-31"}}]"""


@pytest.mark.parametrize("language", ["de", "en"])
def test_an_integration_is_created_and_its_data_arrives(
    open_console: OpenConsole, inlet: Installation, language: Language
) -> None:
    # given
    console = open_console(language=language)
    wizard = Wizard(console)
    name, system = f"Nightly {language}", f"whole-way-{language}"
    inlet.call("POST", "/api/v1/systems", {"key": system, "name": name})
    console.sign_in()

    # when, then
    wizard.begin()
    wizard.define(name, name, "Production")
    _map_columns(console, wizard)
    _lose_nothing_on_the_way(console, wizard, name)
    source = Source(inlet, system, 0, *_make_tokens(console, wizard))
    _show_requests(console, source)
    receipts = [_send_a_test(console), *_run_requests(console, source)]
    _save(console, name)
    _see_receipts(console, name, receipts)
    _see_profile(console, name)


def _map_columns(console: Console, wizard: Wizard) -> None:
    words = console.words

    # when
    wizard.go_on(words.map_columns)
    wizard.paste(SAMPLE)
    console.choose(words.type, "Number", within=wizard.property("seats"))
    wizard.property("department").get_by_label(words.display_name).fill("Team")

    # then
    expect(console.page.get_by_label(words.user_id_property, exact=True)).to_have_value("userId")
    expect(wizard.property("hired").get_by_label(words.type, exact=True)).to_contain_text("Date")
    expect(wizard.preview(1)).to_contain_text(re.compile(f"u-1.*Team.*Sales.*seats.*{LONG}.*hired.*2024-03-01"))
    expect(wizard.preview(2)).to_contain_text(re.compile(f"u-2.*Vertrieb & Co.*seats.*{re.escape(words.not_a_number)}"))


def _lose_nothing_on_the_way(console: Console, wizard: Wizard, name: str) -> None:
    words = console.words

    # when
    wizard.stays_when_asked()
    wizard.asks_before_the_window_is_closed()
    wizard.go_back(words.define_integration)

    # then
    expect(console.page.get_by_label(words.name, exact=True)).to_have_value(name)
    expect(console.page.get_by_label(words.system, exact=True)).to_contain_text(name)
    expect(console.page.get_by_label(words.environment, exact=True)).to_contain_text("Production")

    # when
    wizard.go_on(words.map_columns)

    # then
    expect(console.page.get_by_role("textbox", name=words.sample_payload)).to_have_value(SAMPLE)
    expect(wizard.property("department").get_by_label(words.display_name)).to_have_value("Team")
    expect(wizard.property("seats").get_by_label(words.type, exact=True)).to_contain_text("Number")


def _make_tokens(console: Console, wizard: Wizard) -> tuple[str, str]:
    """The access token and the integration token, which are there still after one more way back and forth."""
    words = console.words
    wizard.go_on(words.get_endpoint)
    expect(console.page.get_by_role("tabpanel")).to_contain_text(words.token_placeholder)

    # when
    console.button(words.create_access_token)
    expect(console.page.get_by_role("button", name=words.copy_access_token)).to_be_visible()
    tokens = (console.secret(words.copy_access_token), console.secret(words.copy_integration_token))
    wizard.stays_when_asked()
    wizard.go_back(words.map_columns)
    wizard.go_on(words.get_endpoint)

    # then
    assert console.secret(words.copy_endpoint) == console.inlet.url + ENDPOINT
    assert (console.secret(words.copy_access_token), console.secret(words.copy_integration_token)) == tokens
    return tokens


def _show_requests(console: Console, source: Source) -> None:
    for language in ("JavaScript", "Python", "curl"):
        # when
        request = _request(console, language)

        # then
        named = [console.inlet.url + ENDPOINT, source.access_token, source.token, "userId", "department", "seats", LONG]
        assert [each for each in named if each not in request] == []


def _request(console: Console, language: str) -> str:
    console.page.get_by_role("tab", name=language).click()
    panel = console.page.get_by_role("tabpanel", name=language)
    return panel.locator("code").inner_text()


def _send_a_test(console: Console) -> str:
    """The receipt of a test, of which the first answer is held up until it has been seen to be pending."""
    words, page = console.words, console.page
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/public/v1/receipts/*", hold, times=1)

    # when
    with page.expect_request("**/public/v1/receipts/*"):
        console.button(words.send_a_test)

    # then
    expect(page.get_by_text(words.test_pending)).to_be_visible()
    [first] = held
    receipt = first.request.url.rsplit("/", 1)[1]
    first.continue_()
    expect(page.get_by_text(words.test_written.format(written=2, count=2))).to_be_visible()
    expect(page.get_by_text(f"{words.record.format(number=2)}, seats: {words.not_a_number}")).to_be_visible()
    expect(page.get_by_text(receipt)).to_be_visible()
    return receipt


def _run_requests(console: Console, source: Source) -> Sequence[str]:
    """The receipts of the requests as curl and Python, copied and run as they stand there."""
    # given
    source.is_answered(202, {"userId": "u-3", "department": "IT"})
    console.context.grant_permissions(["clipboard-read", "clipboard-write"])
    python = _request(console, "Python")
    curl = _request(console, "curl")

    # when
    console.button(console.words.copy_request)
    expect(console.page.get_by_text(console.words.copied, exact=True)).to_be_visible()
    copied = console.page.evaluate("navigator.clipboard.readText()")
    ran = [
        subprocess.run(each, check=True, capture_output=True, text=True, timeout=30).stdout
        for each in (["sh", "-c", copied], [sys.executable, "-c", python])
    ]

    # then
    assert copied == curl
    assert "HTTP/1.1 202" in ran[0]
    assert ran[1].startswith("202")
    return [json.loads(each[each.index("{") :])["receipt"] for each in ran]


def _save(console: Console, name: str) -> None:
    # when
    console.button(console.words.save)

    # then
    console.notified(console.words.integration_saved.format(name=name))
    expect(console.row(name)).to_contain_text(console.words.active)


def _see_receipts(console: Console, name: str, receipts: Sequence[str]) -> None:
    words, page = console.words, console.page

    # when
    page.get_by_role("link", name=name, exact=True).click()
    page.get_by_role("tab", name=words.receipts).click()

    # then
    for receipt in receipts:
        row = page.get_by_role("row").filter(has=page.locator(f'a[href="/receipts/{receipt}"]'))
        expect(row).to_contain_text(words.written)

    # when
    page.locator(f'a[href="/receipts/{receipts[0]}"]').click()

    # then
    rejected = page.get_by_role("region", name=words.record.format(number=2))
    expect(rejected).to_contain_text(re.compile(f"seats.*{re.escape(words.not_a_number)}.*invalid_number"))
    expect(rejected).to_contain_text('"seats": "many"')


def _see_profile(console: Console, system: str) -> None:
    words, page = console.words, console.page

    # when
    page.get_by_role("link", name=words.profiles, exact=True).click()
    console.choose(words.system, system)
    page.get_by_label(words.user_id_begins).fill("u-1")
    page.get_by_role("link", name="u-1", exact=True).click()

    # then
    for attribute, value in (("Team", "Sales"), ("seats", LONG), ("hired", "2024-03-01")):
        expect(console.value(attribute)).to_contain_text(value)
