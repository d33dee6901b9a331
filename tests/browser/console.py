"""The console in Chromium, steered by what a person sees: roles, labels, texts."""

import re
from collections.abc import Mapping
from typing import Literal

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect

from tests.browser.installation import Installation
from tests.browser.words import WORDS, Words

Language = Literal["de", "en"]
Theme = Literal["light", "dark"]

_LOCALES: Mapping[Language, str] = {"de": "de-DE", "en": "en-US"}
# The browser's own word for an answer of 4xx, which pages expect: before somebody has signed in, for one.
_EXPECTED = "Failed to load resource"


class Console:
    """A browser window of somebody's with the console, and what went wrong in it, which should be nothing."""

    def __init__(
        self,
        browser: Browser,
        inlet: Installation,
        language: Language = "en",
        theme: Theme = "light",
        width: int = 1280,
    ) -> None:
        self.inlet = inlet
        self.words: Words = WORDS[language]
        self.context: BrowserContext = browser.new_context(
            base_url=inlet.url,
            locale=_LOCALES[language],
            color_scheme=theme,
            viewport={"width": width, "height": 900},
            reduced_motion="reduce",
            timezone_id="Europe/Berlin",
        )
        self.page: Page = self.context.new_page()
        self.faults: list[str] = []
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))

    def sign_in(self, name: str | None = None, password: str | None = None, path: str = "/") -> None:
        """Opens a page and signs in, as the installation's admin if nobody is named."""
        self.page.goto(path)
        self.page.get_by_label(self.words.user_name, exact=True).fill(name or self.inlet.demo["INLET_ADMIN_USER"])
        password = password or self.inlet.demo["INLET_ADMIN_PASSWORD"]
        self.page.get_by_label(self.words.password, exact=True).fill(password)
        self.page.get_by_role("button", name=self.words.sign_in, exact=True).click()
        expect(self.page.get_by_role("navigation").first).to_be_visible()

    def open(self, path: str) -> None:
        """Opens a page by its address and waits until it has loaded what it shows."""
        self.page.goto(path)
        self.settle()

    def settle(self) -> None:
        """Waits until the page has its heading and nothing on it says that it is loading."""
        expect(self.page.get_by_role("heading", level=1).first).to_be_visible()
        expect(self.page.get_by_text(re.compile(f"^{self.words.loading}"))).to_have_count(0)

    def button(self, name: str) -> None:
        """Clicks the button of that name."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def choose(self, label: str, option: str, within: Locator | None = None) -> None:
        """Opens the drop-down of that label, the one `within` a part of the page if given, and chooses an option."""
        (within or self.page).get_by_label(label, exact=True).click()
        self.page.get_by_role("option", name=re.compile(f"^{re.escape(option)}( |$)")).click()

    def menu(self, button: str, item: str) -> None:
        """Opens the menu behind the button of that name and clicks the item of that name; gives way to its dialog."""
        self.button(button)
        self.page.get_by_role("menuitem", name=item, exact=True).click()
        expect(self.page.get_by_role("dialog")).to_be_visible()

    def escape(self) -> None:
        """Closes the dialog by the key for it."""
        self.page.keyboard.press("Escape")
        expect(self.page.get_by_role("dialog")).to_have_count(0)

    def dialog(self, title: str) -> Locator:
        """The dialog of that title, once it is open."""
        dialog = self.page.get_by_role("dialog", name=title, exact=True)
        expect(dialog).to_be_visible()
        return dialog

    def row(self, name: str) -> Locator:
        """The row of a table with a link of that name."""
        return self.page.get_by_role("row").filter(has=self.page.get_by_role("link", name=name, exact=True))

    def value(self, attribute: str) -> Locator:
        """The row of an attribute on a profile's page."""
        table = self.page.get_by_role("table", name=self.words.attributes, exact=True)
        return table.get_by_role("row").filter(has=self.page.get_by_text(attribute, exact=True))

    def secret(self, label: str) -> str:
        """What stands beside the button of that name, which copies it."""
        copied = self.page.locator(".copied", has=self.page.get_by_role("button", name=label, exact=True))
        return copied.locator("code").inner_text()

    def notified(self, text: str) -> None:
        """Waits for a notification of these words."""
        expect(self.page.get_by_role("status").filter(has_text=text).first).to_be_visible()

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(_EXPECTED):
            self.faults.append(message.text)
