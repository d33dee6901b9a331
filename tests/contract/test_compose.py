"""The compose file gives each service what it understands, no secret that it does not need, and none by default."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from services.config_api.settings import ConfigApiSettings
from services.gateway.settings import GatewaySettings
from services.mapper.settings import MapperSettings
from services.profile_api.settings import ProfileApiSettings
from services.profile_writer.settings import ProfileWriterSettings
from shared.runtime.settings import MigrateSettings, Settings

DEPLOY = Path(__file__).parents[2] / "deploy"
SERVICES: dict[str, type[Settings]] = {
    "gateway": GatewaySettings,
    "mapper": MapperSettings,
    "profile_writer": ProfileWriterSettings,
    "config_api": ConfigApiSettings,
    "profile_api": ProfileApiSettings,
}
IN_THE_IMAGE = {"INLET_HOST", "INLET_PORT", "INLET_BUILD"}
NOT_HERE = {"INLET_SNAPSHOT_FILE"}


@pytest.fixture
def services() -> dict[str, Any]:
    composed = yaml.safe_load((DEPLOY / "docker-compose.yml").read_text())
    found: dict[str, Any] = composed["services"]
    return found


def understood(settings: type[Settings]) -> set[str]:
    return {f"INLET_{name.upper()}" for name in settings.model_fields}


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_is_given_all_that_it_understands_and_nothing_else(services: dict[str, Any], name: str) -> None:
    # given
    given = set(services[name]["environment"])

    # then
    assert given == understood(SERVICES[name]) - IN_THE_IMAGE - NOT_HERE


def test_migrations_are_given_what_they_need_and_nothing_else(services: dict[str, Any]) -> None:
    # given
    needed = {f"INLET_{name.upper()}" for name, field in MigrateSettings.model_fields.items() if field.is_required()}

    # then
    assert set(services["migrate"]["environment"]) == needed | {"INLET_LOG_LEVEL"}


def test_every_secret_is_asked_for_and_none_has_a_default(services: dict[str, Any]) -> None:
    # given
    words = ("PASSWORD", "SECRET", "TOKEN", "KEY", "PASS", "_URL")
    values = {
        f"{service} {name}": value
        for service, part in services.items()
        for name, value in part.get("environment", {}).items()
        if any(word in name for word in words) and name != "INLET_CONFIG_URL"
    }

    # then
    assert len(values) > 10
    assert {name for name, value in values.items() if ":?" not in value} == set()


def test_only_the_door_can_be_reached_from_outside(services: dict[str, Any]) -> None:
    assert [name for name, part in services.items() if "ports" in part or "outside" in part["networks"]] == ["nginx"]


def test_every_container_has_as_few_rights_as_it_can_live_with(services: dict[str, Any]) -> None:
    for name, part in services.items():
        assert part["cap_drop"] == ["ALL"], name
        assert part["security_opt"] == ["no-new-privileges:true"], name
        assert part.get("read_only") is True or name == "rabbitmq", name
