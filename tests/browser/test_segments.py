"""The data in use, in both languages: a segment is built, counted and opened, a value explained, a user erased."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenConsole
from tests.browser.console import Console, Language
from tests.browser.installation import Installation
from tests.browser.source import Source, make_source


@pytest.mark.parametrize("language", ["de", "en"])
def test_a_segment_is_built_and_a_member_is_explained_and_erased(
    open_console: OpenConsole, inlet: Installation, language: Language
) -> None:
    # given
    system = f"Segmented {language}"
    source = make_source(inlet, f"segmented-{language}", system)
    _keep_history(source)
    source.written({"userId": "u-1", "department": "Sales", "seats": 12}, {"userId": "u-3", "department": "Sales"})
    console = open_console(language=language)
    console.sign_in(path=f"/segments?system={source.system}")

    # when, then
    name = f"Big in sales {language}"
    _build(console, name)
    _see_another_member(console, source)
    _explain(console)
    _erase(console, system, name)


def _keep_history(source: Source) -> None:
    at = f"/api/v1/systems/{source.system}/environments/production"
    version = source.inlet.call("GET", at)["version"]
    source.inlet.call("PUT", at, {"name": "Production", "history": True}, {"If-Match": f'"{version}"'})


def _build(console: Console, name: str) -> None:
    words, page = console.words, console.page

    # when
    page.get_by_role("button", name=words.create_segment).first.click()  # an empty list offers it as well
    page.get_by_label(words.name, exact=True).fill(name)
    console.choose(words.environment, "Production")
    first = page.get_by_role("group", name=words.condition_number.format(number=1))
    console.choose(words.attribute, "Department", within=first)
    first.get_by_label(words.value, exact=True).fill("Sales")
    console.button(words.add_condition)
    second = page.get_by_role("group", name=words.condition_number.format(number=2))
    console.choose(words.attribute, "Seats", within=second)
    console.choose(words.comparison, words.is_at_least, within=second)
    second.get_by_label(words.value, exact=True).fill("10")
    fitting = page.get_by_role("region", name=words.who_fits_now)
    expect(fitting.get_by_role("link")).to_have_text(["u-1"])
    console.button(words.save)

    # then
    console.notified(words.segment_created.format(name=name))
    _has_members(console, "u-1")


def _has_members(console: Console, *users: str) -> None:
    words, page = console.words, console.page
    expect(page.get_by_role("heading", name=f"{words.members} ({len(users)})")).to_be_visible()
    expect(page.get_by_role("table", name=words.members).get_by_role("link")).to_have_text(users)


def _see_another_member(console: Console, source: Source) -> None:
    # given
    source.written({"userId": "u-2", "department": "Support", "seats": 12})
    source.written({"userId": "u-2", "department": "Sales"})

    # when
    console.button(console.words.count_again)

    # then
    _has_members(console, "u-1", "u-2")


def _explain(console: Console) -> None:
    words, page = console.words, console.page

    # when
    page.get_by_role("link", name="u-2", exact=True).click()
    console.button(words.explain.format(name="Department"))

    # then
    explained = console.dialog(words.explained.format(name="Department")).get_by_role("listitem")
    expect(explained.first).to_contain_text(words.held_now)
    expect(explained.first).to_contain_text("Sales")
    expect(explained.nth(1)).to_contain_text(words.lost)
    expect(explained.nth(1)).to_contain_text("Support")
    page.get_by_role("dialog").get_by_role("button", name=words.close, exact=True).last.click()


def _erase(console: Console, system: str, segment: str) -> None:
    words, page = console.words, console.page

    # when
    console.button(words.erase)
    page.get_by_role("dialog").get_by_role("button", name=words.erase, exact=True).click()

    # then
    console.notified(words.user_erased.format(user="u-2"))
    page.get_by_role("link", name=words.segments, exact=True).click()
    console.choose(words.system, system)
    page.get_by_role("link", name=segment, exact=True).click()
    _has_members(console, "u-1")
