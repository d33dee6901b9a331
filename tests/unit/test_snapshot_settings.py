import pytest
from pydantic import ValidationError

from shared.runtime.settings import SnapshotSettings

TOKEN = "a token of the services"
URL = "http://127.0.0.1:8080"


def read(monkeypatch: pytest.MonkeyPatch, **given: str) -> SnapshotSettings:
    """The settings from an environment with these variables, in lower case without prefix, and no others of Inlet's."""
    for name in SnapshotSettings.model_fields:
        monkeypatch.delenv(f"INLET_{name.upper()}", raising=False)
    for name, value in given.items():
        monkeypatch.setenv(f"INLET_{name.upper()}", value)
    return SnapshotSettings()


def test_the_config_api_with_its_token_is_a_source(monkeypatch: pytest.MonkeyPatch) -> None:
    # when
    settings = read(monkeypatch, config_url=URL, service_token=TOKEN)

    # then
    assert settings.service_token is not None
    assert (settings.config_url, settings.service_token.get_secret_value()) == (URL, TOKEN)
    assert TOKEN not in repr(settings)


@pytest.mark.parametrize("more", [{}, {"service_token": TOKEN}])
def test_a_file_is_a_source(monkeypatch: pytest.MonkeyPatch, more: dict[str, str]) -> None:
    # when
    settings = read(monkeypatch, snapshot_file="definitions.json", **more)

    # then
    assert str(settings.snapshot_file) == "definitions.json"
    assert settings.config_url is None


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"service_token": TOKEN},
        {"config_url": URL, "service_token": TOKEN, "snapshot_file": "definitions.json"},
    ],
    ids=["none", "token only", "both"],
)
def test_anything_but_one_source_is_refused(monkeypatch: pytest.MonkeyPatch, given: dict[str, str]) -> None:
    # when
    with pytest.raises(ValidationError, match="INLET_CONFIG_URL or INLET_SNAPSHOT_FILE") as raised:
        read(monkeypatch, **given)

    # then
    assert TOKEN not in str(raised.value)


def test_the_config_api_needs_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError, match="INLET_SERVICE_TOKEN"):
        read(monkeypatch, config_url=URL)


def test_a_short_token_is_refused_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    # when
    with pytest.raises(ValidationError, match="service_token") as raised:
        read(monkeypatch, config_url=URL, service_token="fifteen letters")

    # then
    assert "fifteen letters" not in str(raised.value)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:8080",
        "ftp://a",
        "http://",
        f"{URL}/",
        f"{URL}/api",
        f"{URL}?a",
        f"{URL}#a",
        "http://u:p@a",
        "http://a b",
    ],
)
def test_the_address_is_a_scheme_a_host_and_a_port(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    with pytest.raises(ValidationError, match="config_url"):
        read(monkeypatch, config_url=url, service_token=TOKEN)
