"""On every page, in either language, at either width, nothing overlaps, is cut, or has to be scrolled sideways."""

from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import OpenConsole
from tests.browser.console import Console, Language
from tests.browser.filled import Filled
from tests.browser.installation import Installation
from tests.browser.views import VIEWS

_LAYOUT = (Path(__file__).parent / "layout.js").read_text()


@pytest.fixture(scope="session")
def inlet(filled: Filled) -> Installation:
    """The Inlet that windows are opened on."""
    return filled.inlet


# English at 1280 is looked at where axe goes through the pages, with the same walk (test_accessible.py).
@pytest.mark.parametrize(("language", "width"), [("de", 1280), ("de", 768), ("en", 768)])
def test_everything_has_its_room(open_console: OpenConsole, filled: Filled, language: Language, width: int) -> None:
    # given
    console = open_console(language=language, width=width)
    console.sign_in()

    # when
    found = {name: faults for walk in VIEWS.values() for name in walk(console, filled) if (faults := crowded(console))}

    # then
    assert found == {}


def crowded(console: Console) -> list[str]:
    """What overlaps, is cut or has to be scrolled sideways on the page as it stands."""
    found: Any = console.page.evaluate(_LAYOUT)
    return list(found)
