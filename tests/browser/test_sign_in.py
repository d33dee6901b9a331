"""Who gets in."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenConsole
from tests.browser.console import Language


@pytest.mark.parametrize("language", ["de", "en"])
def test_an_admin_signs_in_and_stays_signed_in(open_console: OpenConsole, language: Language) -> None:
    # given
    console = open_console(language=language)

    # when
    console.sign_in()
    console.page.reload()

    # then
    console.settle()
    expect(console.page.locator("html")).to_have_attribute("lang", language)
