"""An Inlet and the system's Chromium for the tests of the console."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from tests.browser.console import Console
from tests.browser.filled import Filled, fill
from tests.browser.installation import ROOT, Installation

CHROMIUM_VARIABLE = "INLET_TEST_CHROMIUM"
PICTURES = ROOT / "test-results"
_PATIENCE_MS = 15_000  # of what a page is expected to show: the machine may be busy with other things
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

OpenConsole = Callable[..., Console]


@pytest.fixture(scope="session")
def inlet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One Inlet for all tests of the console: what a test makes in it has a name of the test's own."""
    installation = Installation(tmp_path_factory.mktemp("inlet"))
    try:
        installation.start()
        yield installation
    finally:
        installation.end()


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """An Inlet with content of all kinds, and with nothing else."""
    installation = Installation(tmp_path_factory.mktemp("filled"))
    try:
        installation.start()
        yield fill(installation)
    finally:
        installation.end()


@pytest.fixture(scope="module")  # Playwright's event loop must not be there any more when asynchronous tests run
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    with sync_playwright() as playwright, launch(playwright) as browser:
        yield browser


def launch(playwright: Playwright) -> Browser:
    """The system's Chromium, which is waited for with patience."""
    expect.set_options(timeout=_PATIENCE_MS)
    # Chromium's sandbox does not run as root, nor in most containers; it opens nothing but our own pages.
    return playwright.chromium.launch(executable_path=_chromium(), args=["--no-sandbox", "--disable-gpu"])


@pytest.fixture
def open_console(browser: Browser, inlet: Installation, request: pytest.FixtureRequest) -> Iterator[OpenConsole]:
    """Opens windows, each with cookies of its own; fails the test if one of them had an error or a warning."""
    opened: list[Console] = []

    def new(**options: Any) -> Console:
        opened.append(Console(browser, inlet, **options))
        return opened[-1]

    yield new
    if request.node.stash.get(_FAILED, False):
        _photograph(opened, request.node.name)
    for console in opened:
        console.context.close()
    assert [fault for console in opened for fault in console.faults] == []


_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Notes that a test has failed, for the fixtures that end after it."""
    report = yield
    if report.failed:
        item.stash[_FAILED] = True
    return report


def _photograph(consoles: list[Console], name: str) -> None:
    PICTURES.mkdir(exist_ok=True)
    for number, console in enumerate((each for each in consoles if not each.page.is_closed()), 1):
        console.page.screenshot(path=PICTURES / f"{name}-{number}.png", full_page=True)


def _chromium() -> str:
    given = os.environ.get(CHROMIUM_VARIABLE)
    found = given or next((path for name in _NAMES if (path := shutil.which(name))), None)
    assert found, f"Chromium is needed: install the package chromium, or say where it is by {CHROMIUM_VARIABLE}"
    return str(Path(found))
