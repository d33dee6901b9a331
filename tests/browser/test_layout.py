"""On every page, in either language, at either width, nothing overlaps, is cut, or has to be scrolled sideways."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import OpenConsole
from tests.browser.console import Console
from tests.browser.filled import Filled
from tests.browser.installation import Installation
from tests.browser.views import VIEWS

_LAYOUT = (Path(__file__).parent / "layout.js").read_text()
_NARROW_PX = 768
# A frame for what asks how wide the window is, one for what that changes, one for what is measured then.
_DRAWN = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done))))"


@pytest.fixture(scope="session")
def inlet(filled: Filled) -> Installation:
    """The Inlet that windows are opened on."""
    return filled.inlet


# English is looked at where axe goes through the pages, on the same walk (test_accessible.py).
def test_everything_has_its_room(open_console: OpenConsole, filled: Filled) -> None:
    # given
    console = open_console(language="de")
    console.sign_in()

    # when
    found = {name: faults for walk in VIEWS.values() for name in walk(console, filled) if (faults := crowded(console))}

    # then
    assert found == {}


def crowded(console: Console) -> list[str]:
    """What overlaps, is cut or has to be scrolled sideways on the page as it stands, and in a narrow window."""
    found: Any = console.page.evaluate(_LAYOUT)
    with _narrow(console):
        found_there: Any = console.page.evaluate(_LAYOUT)
    return [*found, *(f"at {_NARROW_PX} pixels: {each}" for each in found_there)]


@contextmanager
def _narrow(console: Console) -> Iterator[None]:
    wide = console.page.viewport_size
    assert wide is not None
    console.page.set_viewport_size({"width": _NARROW_PX, "height": wide["height"]})
    console.page.evaluate(_DRAWN)
    yield
    console.page.set_viewport_size(wide)
    console.page.evaluate(_DRAWN)
