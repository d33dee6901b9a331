"""Pictures of every page and dialog, in both languages and both themes: `python -m tests.browser.screenshots`.

They go to `test-results/screenshots/`. With `--readme` the README's three are made instead, in `docs/images/`.
"""

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from playwright.sync_api import Browser, Route, expect, sync_playwright

from tests.browser.conftest import PICTURES, launch
from tests.browser.console import Console, Language, Theme
from tests.browser.filled import SAMPLE, SYSTEMS, Filled, fill
from tests.browser.installation import ROOT, Installation
from tests.browser.views import VIEWS
from tests.browser.wizard import Wizard

_README = ROOT / "docs/images"
_LANGUAGES: tuple[Language, ...] = ("de", "en")
_THEMES: tuple[Theme, ...] = ("light", "dark")
_ZONE = ZoneInfo("Europe/Berlin")  # of the windows
_SPANS = {"hour": 3600, "minute": 60}
# Batches by the hour of the day, or by the minute, as offices send them.
_TRAFFIC = (2, 1, 1, 2, 3, 9, 31, 58, 74, 81, 77, 52, 49, 71, 80, 76, 64, 41, 22, 13, 9, 6, 4, 3)


def main() -> None:
    """Starts an Inlet, fills it, and photographs it."""
    options = argparse.ArgumentParser(prog="python -m tests.browser.screenshots")
    options.add_argument("--readme", action="store_true", help="make the pictures of the README")
    readme = options.parse_args().readme
    picture = _of_readme if readme else _of_all
    with (
        tempfile.TemporaryDirectory() as folder,
        _inlet(Path(folder)) as filled,
        sync_playwright() as playwright,
        launch(playwright) as browser,
    ):
        picture(browser, filled)


def _of_all(browser: Browser, filled: Filled) -> None:
    for language in _LANGUAGES:
        for theme in _THEMES:
            folder = PICTURES / "screenshots" / f"{language}-{theme}"
            folder.mkdir(parents=True, exist_ok=True)
            console = _window(browser, filled, language, theme)
            for walk in VIEWS.values():
                for name in walk(console, filled):
                    _photograph(console, folder / f"{name}.png", whole=True)
            console.context.close()


def _of_readme(browser: Browser, filled: Filled) -> None:
    _README.mkdir(parents=True, exist_ok=True)
    english = _window(browser, filled, "en", "light")
    english.open("/integrations")
    _photograph(english, _README / "integrations.png")
    dark = _window(browser, filled, "en", "dark")
    dark.open(f"/integrations/{filled.integration}")
    dark.button(dark.words.last_day)
    expect(dark.page.get_by_role("button", name=dark.words.last_day, pressed=True)).to_be_visible()
    _photograph(dark, _README / "integration.png")
    german = _window(browser, filled, "de", "light")
    _show_wizard(german)
    _photograph(german, _README / "wizard.png")


def _show_wizard(console: Console) -> None:
    """Its second step, with a sample and its preview side by side with the properties."""
    words, wizard = console.words, Wizard(console)
    console.open("/integrations/create")
    console.button(words.close_navigation)
    wizard.define("Personalstamm HR", SYSTEMS["intranet"], "Schulung")
    wizard.go_on(words.map_columns)
    console.page.get_by_label(words.user_id_property, exact=True).fill("personalnummer")
    wizard.paste(SAMPLE)
    console.choose(words.type, "Number", within=wizard.property("urlaubstage"))
    expect(wizard.preview(1).get_by_text(words.not_a_number)).to_be_visible()


def _photograph(console: Console, path: Path, *, whole: bool = False) -> None:
    page = console.page
    page.wait_for_load_state("networkidle")
    page.mouse.move(0, 0)
    page.evaluate("scrollTo(0, 0)")  # or what stays at the top would stand in the middle of the whole page
    # A dialog covers what is seen of the page, not all of it.
    page.screenshot(path=path, full_page=whole and page.get_by_role("dialog").count() == 0)


def _window(browser: Browser, filled: Filled, language: Language, theme: Theme) -> Console:
    console = Console(browser, filled.inlet, language, theme)
    console.context.route("**/api/v1/receipts/counters?*", lambda route: _count_a_day(route, filled))
    console.sign_in()
    return console


def _count_a_day(route: Route, filled: Filled) -> None:
    """Answers with a day, or an hour, of traffic: what was really sent just now would be one bar at the end."""
    step = parse_qs(urlsplit(route.request.url).query)["step"][0]
    last = datetime.now(_ZONE).timestamp() // _SPANS[step] * _SPANS[step]
    starts = [datetime.fromtimestamp(last - _SPANS[step] * ago, _ZONE) for ago in reversed(range(len(_TRAFFIC)))]
    items = [
        _counter(integration, start, share * _TRAFFIC[(start.hour if step == "hour" else start.minute) % len(_TRAFFIC)])
        for start in starts
        for integration, share in ((filled.integration, 12), (filled.integration + 1, 5))
    ]
    route.fulfill(json={"items": items})


def _counter(integration: int, start: datetime, records: int) -> dict[str, str | int]:
    rejected = records // 40
    counts = {"records": records, "written": records - rejected, "rejected": rejected, "values_rejected": records // 25}
    moment = start.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return {"integration": integration, "minute": moment, "batches": 1, "failed": 0, "superseded": 0, **counts}


@contextmanager
def _inlet(folder: Path) -> Iterator[Filled]:
    installation = Installation(folder)
    try:
        installation.start()
        yield fill(installation)
    finally:
        installation.end()


if __name__ == "__main__":
    main()
