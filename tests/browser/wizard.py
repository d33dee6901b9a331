"""The wizard that creates an integration, as a person goes through it."""

from playwright.sync_api import Locator, expect

from tests.browser.console import Console


class Wizard:
    """Create incoming API integration, in a window in which somebody is signed in."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._page = console.page
        self._words = console.words

    def begin(self) -> None:
        """From the list of integrations by the dialog for the type to the first step."""
        words = self._words
        self._console.button(words.create_integration)
        dialog = self._console.dialog(words.create_integration)
        kind = dialog.get_by_role("radiogroup", name=words.integration_type)
        expect(kind.get_by_role("radio", name=words.data_in)).to_be_checked()
        self._console.choose(words.connection_type, words.end_user_update_api)
        self._console.button(words.continue_to_setup)
        expect(self._page.get_by_role("heading", name=words.create_incoming)).to_be_visible()

    def define(self, name: str, system: str, environment: str) -> None:
        """The first step."""
        self.is_at(self._words.define_integration)
        self._page.get_by_label(self._words.name, exact=True).fill(name)
        self._console.choose(self._words.system, system)
        self._console.choose(self._words.environment, environment)

    def paste(self, sample: str) -> None:
        """A sample in the second step."""
        self.is_at(self._words.map_columns)
        self._page.get_by_role("textbox", name=self._words.sample_payload).fill(sample)

    def property(self, name: str) -> Locator:
        """The row of a property in the second step."""
        return self._page.get_by_role("group", name=name, exact=True)

    def preview(self, number: int) -> Locator:
        """What becomes of a record of the sample."""
        return self._page.get_by_role("region", name=self._words.record.format(number=number))

    def go_on(self, to: str) -> None:
        """To the next step, whose title is given."""
        self._console.button(self._words.next)
        self.is_at(to)

    def go_back(self, to: str) -> None:
        """To the step before, whose title is given."""
        self._console.button(self._words.previous)
        self.is_at(to)

    def is_at(self, title: str) -> None:
        """Waits until the step of that title is shown."""
        expect(self._page.get_by_role("heading", level=1, name=title)).to_be_visible()

    def asks_before_the_window_is_closed(self) -> None:
        """Closes the window, is asked by the browser, and does not."""
        with self._page.expect_event("dialog") as asked:
            self._page.close(run_before_unload=True)
        assert asked.value.type == "beforeunload"
        asked.value.dismiss()

    def stays_when_asked(self) -> None:
        """Turns to another page, is asked whether to leave, and stays."""
        self._page.get_by_role("link", name=self._words.profiles, exact=True).click()
        self._console.dialog(self._words.leave_title)
        self._console.button(self._words.stay)
        expect(self._page.get_by_role("dialog")).to_have_count(0)
