"""What may be done to an integration that is there, in both languages, and what its senders notice of it."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenConsole
from tests.browser.console import Console, Language
from tests.browser.installation import Installation
from tests.browser.source import Source, make_source

RECORD = {"userId": "u-1", "department": "Sales", "city": "Graz"}
both_languages = pytest.mark.parametrize("language", ["de", "en"])


@both_languages
def test_a_property_that_is_added_is_in_the_profile_once_it_is_sent(
    open_console: OpenConsole, inlet: Installation, language: Language
) -> None:
    # given
    name = f"Edited {language}"
    source = make_source(inlet, f"edited-{language}", name)
    console = open_console(language=language)
    words, page = console.words, console.page
    console.sign_in()

    # when
    page.get_by_role("searchbox", name=words.find_integration).fill(name)
    console.button(words.actions_for.format(name=name))
    page.get_by_role("menuitem", name=words.edit).click()
    console.button(words.add_property)
    page.get_by_label(words.name_in_payload, exact=True).last.fill("city")
    page.get_by_label(words.name, exact=True).fill(f"{name}, twice")
    console.button(words.save)

    # then
    console.notified(words.integration_changed.format(name=f"{name}, twice"))
    expect(console.row(f"{name}, twice")).to_contain_text(words.properties_3)

    # when
    source.mapped(RECORD)
    console.open(source.profile("u-1"))

    # then
    expect(console.value("city")).to_contain_text("Graz")


@both_languages
def test_an_integration_is_paused_resumed_deleted_and_restored(
    open_console: OpenConsole, inlet: Installation, language: Language
) -> None:
    # given
    name = f"Moved {language}"
    source = make_source(inlet, f"moved-{language}", name)
    source.written(RECORD)
    console = open_console(language=language)
    words = console.words
    console.sign_in(path=f"/integrations/{source.integration}")

    # when, then
    _move(console, words.pause, words.integration_paused.format(name=name), asks=True)
    expect(console.page.get_by_text(words.paused, exact=True)).to_be_visible()
    assert source.is_answered(409, RECORD)["code"] == "integration_paused"

    _move(console, words.resume, words.integration_resumed.format(name=name))
    expect(console.page.get_by_text(words.active, exact=True)).to_be_visible()
    source.is_answered(202, RECORD)

    console.button(words.more_actions)
    console.page.get_by_role("menuitem", name=words.delete).click()
    _move(console, words.delete, words.integration_deleted.format(name=name))
    expect(console.page.get_by_text(words.deleted, exact=True)).to_be_visible()
    source.is_answered(403, RECORD)

    _move(console, words.restore, words.integration_restored.format(name=name))
    expect(console.page.get_by_text(words.active, exact=True)).to_be_visible()
    source.is_answered(202, RECORD)


def _move(console: Console, action: str, done: str, *, asks: bool = False) -> None:
    """Clicks a button, once more in the dialog if it asks first, and waits until it is said to be done."""
    console.button(action)
    if asks:
        console.page.get_by_role("dialog").get_by_role("button", name=action, exact=True).click()
    console.notified(done)


@both_languages
def test_a_token_is_rotated_while_both_work_and_the_old_one_is_revoked(
    open_console: OpenConsole, inlet: Installation, language: Language
) -> None:
    # given
    source = make_source(inlet, f"rotated-{language}", f"Rotated {language}")
    old = source.token
    console = open_console(language=language)
    words = console.words
    console.sign_in(path=f"/integrations/{source.integration}?tab=tokens")

    # when
    new = _rotate(console)

    # then
    assert new != old
    source.is_answered(202, RECORD, token=new)
    source.is_answered(202, RECORD, token=old)

    # when
    hint = _hint(source, old)
    console.button(words.revoke_token.format(hint=hint))
    console.page.get_by_role("dialog").get_by_role("button", name=words.revoke, exact=True).click()

    # then
    console.notified(words.token_revoked.format(hint=hint))
    expect(console.page.get_by_role("rowheader")).to_have_count(1)
    source.is_answered(403, RECORD, token=old)
    source.is_answered(202, RECORD, token=new)


def _rotate(console: Console) -> str:
    """The new token, which is shown until somebody says that they have copied it."""
    words = console.words
    console.button(words.rotate_token)
    console.page.get_by_role("dialog").get_by_role("button", name=words.rotate_token, exact=True).click()
    console.dialog(words.new_token)
    token = console.secret(words.token_copy)
    console.button(words.kept)
    expect(console.page.get_by_role("dialog")).to_have_count(0)
    return token


def test_a_property_that_was_seen_is_mapped_with_one_click(open_console: OpenConsole, inlet: Installation) -> None:
    # given
    source = make_source(inlet, "seen", "Seen")
    source.written(RECORD)
    console = open_console(language="de")
    words = console.words
    console.sign_in(path=f"/integrations/{source.integration}")
    row = console.page.get_by_role("table", name=words.not_mapped).get_by_role("row", name="city")
    expect(row).to_contain_text("1")

    # when
    row.get_by_role("button", name=words.map_property.format(property="city")).click()

    # then
    console.notified(words.now_mapped.format(property="city"))
    expect(row).to_have_count(0)
    source.mapped(RECORD)
    held = inlet.call("GET", f"/api/v1/profiles/{source.system}/production/u-1")["attributes"]
    assert held["city"]["value"] == "Graz"


def _hint(source: Source, token: str) -> str:
    """The last characters of a token as the console shows them."""
    secrets = source.inlet.call("GET", f"/api/v1/integrations/{source.integration}/tokens")["items"]
    [hint] = [each["hint"] for each in secrets if token.endswith(each["hint"])]
    return str(hint)
