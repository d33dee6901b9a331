"""Every page of the console and every dialog of it: how one gets there, whatever is then done with what is seen."""

from collections.abc import Callable, Iterator, Mapping

from playwright.sync_api import expect

from tests.browser.console import Console
from tests.browser.filled import SAMPLE, SYSTEMS, Filled
from tests.browser.wizard import Wizard

Walk = Callable[[Console, Filled], Iterator[str]]
"""Goes through a page and its dialogs; each time one more stands there, it gives its name."""

_SYSTEM = SYSTEMS["intranet"]


def _sign_in(console: Console, _: Filled) -> Iterator[str]:
    console.context.clear_cookies()
    console.page.goto("/")
    expect(console.page.get_by_label(console.words.password, exact=True)).to_be_visible()
    yield "sign-in"
    console.button(console.words.sign_in)
    yield "sign-in-nothing-entered"


def _integrations(console: Console, _: Filled) -> Iterator[str]:
    words, name = console.words, "CRM contacts"
    console.open("/integrations")
    yield "integrations"
    console.page.get_by_placeholder(words.find_integration).fill(name)
    for kind, item in (("duplicate", words.duplicate), ("pause", words.pause), ("delete", words.delete)):
        console.menu(words.actions_for.format(name=name), item)
        yield f"integrations-{kind}"
        console.escape()
    console.button(words.create_integration)
    console.button(words.continue_to_setup)
    yield "integrations-create"


def _create(console: Console, _: Filled) -> Iterator[str]:
    words, wizard = console.words, Wizard(console)
    console.open("/integrations/create")
    console.button(words.next)
    yield "create-1-nothing-entered"
    made = len(console.inlet.call("GET", "/api/v1/integrations")["items"])
    wizard.define(f"Personalstamm HR {made}", _SYSTEM, "Schulung")
    yield "create-1"
    wizard.go_on(words.map_columns)
    yield "create-2-empty"
    console.page.get_by_label(words.user_id_property, exact=True).fill("personalnummer")
    _paste(console)
    console.choose(words.type, "Number", within=wizard.property("urlaubstage"))
    expect(wizard.preview(1).get_by_text(words.not_a_number)).to_be_visible()
    yield "create-2"
    wizard.go_on(words.get_endpoint)
    console.button(words.create_access_token)
    console.button(words.send_a_test)
    expect(console.page.get_by_text(words.test_written.format(written=2, count=2))).to_be_visible()
    yield "create-3"
    console.button(words.cancel)
    yield "create-leave"
    console.button(words.leave)
    console.settle()


def _integration(console: Console, filled: Filled) -> Iterator[str]:
    words, at = console.words, f"/integrations/{filled.integration}"
    for tab in ("overview", "receipts", "mapping", "tokens"):
        console.open(f"{at}?tab={tab}")
        yield f"integration-{tab}"
    console.page.get_by_role("button", name=words.revoke_token.split("{")[0]).first.click()
    yield "integration-revoke"
    console.escape()
    console.button(words.rotate_token)
    yield "integration-rotate"
    console.page.get_by_role("dialog").get_by_role("button", name=words.rotate_token, exact=True).click()
    expect(console.page.get_by_role("button", name=words.kept, exact=True)).to_be_visible()
    yield "integration-issued"


def _edit(console: Console, filled: Filled) -> Iterator[str]:
    console.open(f"/integrations/{filled.integration}/edit")
    _paste(console)
    yield "integration-edit"
    for options in console.page.get_by_role("button", name=console.words.options).all():
        options.click()
    yield "integration-edit-options"


def _systems(console: Console, _: Filled) -> Iterator[str]:
    words = console.words
    console.open("/systems")
    yield "systems"
    yield from _dialogs(
        console,
        ("systems-create", words.create_system),
        ("systems-rename", words.rename_system.format(name=_SYSTEM)),
        ("systems-environment", words.add_environment.format(name=_SYSTEM)),
        ("systems-change-environment", words.change.format(name="Schulung")),
    )


def _profiles(console: Console, filled: Filled) -> Iterator[str]:
    console.open(f"/profiles?system={filled.system}&environment={filled.environment}")
    expect(console.page.get_by_role("link", name=filled.user)).to_be_visible()
    yield "profiles"


def _profile(console: Console, filled: Filled) -> Iterator[str]:
    words = console.words
    console.open(f"/profiles/user?system={filled.system}&environment={filled.environment}&user_id={filled.user}")
    yield "profile"
    yield from _dialogs(
        console, ("profile-explain", words.explain.format(name="Abteilung")), ("profile-erase", words.erase)
    )


def _segments(console: Console, filled: Filled) -> Iterator[str]:
    words = console.words
    console.open(f"/segments?system={filled.system}")
    yield "segments"
    console.menu(words.actions_for.format(name=filled.segment_name), words.delete)
    yield "segments-delete"


def _create_segment(console: Console, filled: Filled) -> Iterator[str]:
    words = console.words
    console.open(f"/segments/create?system={filled.system}")
    yield "segments-create"
    console.button(words.save)
    yield "segments-create-nothing-entered"


def _segment(console: Console, filled: Filled) -> Iterator[str]:
    console.open(f"/segments/{filled.system}/{filled.environment}/{filled.segment}")
    yield "segment"


def _edit_segment(console: Console, filled: Filled) -> Iterator[str]:
    console.open(f"/segments/{filled.system}/{filled.environment}/{filled.segment}/edit")
    yield "segment-edit"


def _receipts(console: Console, _: Filled) -> Iterator[str]:
    console.open("/receipts")
    yield "receipts"


def _receipt(console: Console, filled: Filled) -> Iterator[str]:
    console.open(f"/receipts/{filled.receipt}")
    yield "receipt"


def _attributes(console: Console, filled: Filled) -> Iterator[str]:
    words = console.words
    console.open(f"/attributes?system={filled.system}")
    yield "attributes"
    yield from _dialogs(console, ("attributes-create", words.create_attribute))
    for kind, item in (("rename", words.rename), ("delete", words.delete)):
        console.menu(words.actions_for.format(name="Etage"), item)
        yield f"attributes-{kind}"
        console.escape()


def _access_tokens(console: Console, _: Filled) -> Iterator[str]:
    words, name = console.words, "SAP-Schnittstelle"
    console.open("/access-tokens")
    yield "access-tokens"
    yield from _dialogs(console, ("access-tokens-create", words.create_access_token))
    console.page.get_by_placeholder(words.find_access_token).fill(name)
    for kind, item in (("edit", words.edit), ("revoke", words.revoke), ("rotate", words.rotate)):
        console.menu(words.actions_for.format(name=name), item)
        yield f"access-tokens-{kind}"
        if kind != "rotate":
            console.escape()
    console.page.get_by_role("dialog").get_by_role("button", name=words.rotate, exact=True).click()
    expect(console.page.get_by_role("button", name=words.kept, exact=True)).to_be_visible()
    yield "access-tokens-issued"
    console.button(words.kept)
    console.button(words.revoked)
    console.settle()
    yield "access-tokens-revoked"


def _users(console: Console, _: Filled) -> Iterator[str]:
    words = console.words
    console.open("/users")
    yield "users"
    yield from _dialogs(console, ("users-create", words.create_user))
    for kind, item in (("edit", words.edit), ("reset", words.reset_password), ("disable", words.disable)):
        console.menu(words.actions_for.format(name="anna.keller"), item)
        yield f"users-{kind}"
        console.escape()
    console.page.get_by_role("button", name=f"{words.account}: ").click()
    console.page.get_by_role("menuitem", name=words.change_password, exact=True).click()
    console.dialog(words.change_password)
    yield "change-password"


def _audit(console: Console, _: Filled) -> Iterator[str]:
    console.open("/audit")
    yield "audit"


def _nowhere(console: Console, _: Filled) -> Iterator[str]:
    console.open("/nowhere")
    yield "not-found"


PAGES: Mapping[str, Walk] = {
    "/integrations": _integrations,
    "/integrations/create": _create,
    "/integrations/:integration": _integration,
    "/integrations/:integration/edit": _edit,
    "/systems": _systems,
    "/profiles": _profiles,
    "/profiles/user": _profile,
    "/segments": _segments,
    "/segments/create": _create_segment,
    "/segments/:system/:environment/:segment": _segment,
    "/segments/:system/:environment/:segment/edit": _edit_segment,
    "/receipts": _receipts,
    "/receipts/:receipt": _receipt,
    "/attributes": _attributes,
    "/access-tokens": _access_tokens,
    "/users": _users,
    "/audit": _audit,
}
"""By the addresses that the console gives its pages."""

OTHERS: Mapping[str, Walk] = {"not found": _nowhere, "sign-in": _sign_in}
"""What it shows beside its pages. The sign-in comes last: it is where nobody is signed in any more."""

VIEWS: Mapping[str, Walk] = {**PAGES, **OTHERS}


def _paste(console: Console) -> None:
    """Pastes a sample and waits for what would become of it."""
    console.page.get_by_role("textbox", name=console.words.sample_payload).fill(SAMPLE)
    expect(console.page.get_by_text("u-2046", exact=True)).to_be_visible()


def _dialogs(console: Console, *dialogs: tuple[str, str]) -> Iterator[str]:
    for name, button in dialogs:
        console.button(button)
        expect(console.page.get_by_role("dialog")).to_be_visible()
        console.settle()
        yield name
        console.escape()
