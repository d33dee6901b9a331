"""The keyboard, for those who have nothing else; it notes where the focus was lost, or could not be seen."""

from typing import Any

from playwright.sync_api import expect

from tests.browser.console import Console

_TABS = 80  # no page has more places in a row than that
# Looks at what has the focus, and at what had it before: that must not look any more as it did then.
_LOOK = """
() => {
  const look = (element) => [element, element.parentElement, element.nextElementSibling].flatMap((each) =>
    each === null ? [] : [undefined, "::before", "::after"].map((part) => {
      const style = getComputedStyle(each, part);
      return [style.outline, style.boxShadow, style.borderColor, style.backgroundColor, style.content].join();
    })).join(";");
  const called = (element) => element.outerHTML.slice(0, 200);
  const faults = [];
  const before = window.focusedBefore;
  const element = document.activeElement;
  if (before?.element.isConnected && before.element !== element && look(before.element) === before.look) {
    faults.push(`the focus is not seen: ${called(before.element)}`);
  }
  if (element === null || element === document.body) return [...faults, "the focus is nowhere"];
  const box = element.getBoundingClientRect();
  const inSight = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  if (!inSight) faults.push(`the focus is out of sight: ${called(element)}`);
  window.focusedBefore = { element, look: look(element) };
  return faults;
}
"""


class Keys:
    """Somebody at the keyboard in a window; `faults` is where they would not have known where they were."""

    def __init__(self, console: Console) -> None:
        self._page = console.page
        self.faults: list[str] = []

    def press(self, key: str, on: tuple[Any, str]) -> None:
        """Goes by Tab to the element of that role and name, and presses a key on it."""
        self._go_to(self._page.get_by_role(on[0], name=on[1], exact=True))
        self._page.keyboard.press(key)

    def type(self, label: str, text: str) -> None:
        """Goes to the field of that label and writes into it."""
        self._go_to(self._page.get_by_label(label, exact=True))
        self._page.keyboard.type(text)

    def choose(self, label: str, option: str) -> None:
        """Goes to the drop-down of that label, opens it, and goes down to the option of that name."""
        self._go_to(self._page.get_by_label(label, exact=True))
        self._page.keyboard.press("Enter")
        options = self._page.get_by_role("option")
        expect(options.first).to_be_visible()
        wanted = options.filter(has_text=option)
        expect(wanted).to_have_count(1)
        for _ in range(options.count()):
            self._page.keyboard.press("ArrowDown")
            if wanted.get_attribute("aria-selected") == "true" or self._is_active(wanted):
                break
        self._page.keyboard.press("Enter")
        expect(options).to_have_count(0)
        self._look()

    def _go_to(self, wanted: Any) -> None:
        expect(wanted).to_be_enabled()
        for _ in range(_TABS):
            if wanted.evaluate("(element) => element === document.activeElement"):
                return
            self._page.keyboard.press("Tab")
            self._look()
        raise AssertionError(f"not reached by Tab: {wanted}")

    def _is_active(self, option: Any) -> bool:
        """Whether the drop-down says that this is the option that the keyboard is at."""
        active = "(each) => document.activeElement.getAttribute('aria-activedescendant') === each.id"
        return bool(option.evaluate(active))

    def _look(self) -> None:
        self.faults += self._page.evaluate(_LOOK)
