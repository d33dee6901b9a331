"""`docs/operations.md` names every setting and every metric as the code has them, and alerts on metrics that exist."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from services.config_api.settings import ConfigApiSettings
from services.dead_letters.settings import DeadLetterSettings
from services.gateway.settings import GatewaySettings
from services.mapper.settings import MapperSettings
from services.profile_api.settings import ProfileApiSettings
from services.profile_writer.settings import ProfileWriterSettings
from services.up.settings import UpSettings
from shared import __version__
from shared.runtime.metrics import Metrics
from shared.runtime.settings import MigrateSettings, Settings

ROOT = Path(__file__).parents[2]
SERVICES: dict[str, type[Settings]] = {
    "gateway": GatewaySettings,
    "mapper": MapperSettings,
    "profile-writer": ProfileWriterSettings,
    "profile-api": ProfileApiSettings,
    "config-api": ConfigApiSettings,
    "dead-letters": DeadLetterSettings,
    "migrate": MigrateSettings,
}
FIVE = list(SERVICES)[:5]
Row = tuple[str, ...]


@pytest.fixture(scope="module")
def document() -> str:
    return (ROOT / "docs" / "operations.md").read_text()


def test_every_setting_is_in_the_tables_as_it_is_in_the_code(document: str) -> None:
    assert rows(document, "setting") == set(settings())


def test_the_settings_of_compose_are_those_of_its_file(document: str) -> None:
    # given: what has a default there; the revision is the build's business
    compose = (ROOT / "deploy" / "docker-compose.yml").read_text()
    own = {
        name: default for name, default in re.findall(r"\$\{(INLET_\w+):-(.*?)\}", compose) if name != "INLET_REVISION"
    }

    # then
    assert {name: default for name, default, _ in rows(document, "name")} == {
        name: "none" if default == "/dev/null" else default for name, default in own.items()
    }


def test_every_metric_is_in_the_table_as_it_is_in_the_code(document: str) -> None:
    assert rows(document, "metric") == set(metrics())


def test_the_alerts_read_metrics_labels_and_codes_that_exist(document: str) -> None:
    # given
    [block] = re.findall(r"```yaml\n(groups:.*?)```", document, re.DOTALL)
    alerts = [rule for group in yaml.safe_load(block)["groups"] for rule in group["rules"]]
    known = {name: set(labels.split(", ")) | {"le"} for name, _, labels, _ in metrics()}

    # then
    assert alerts
    for alert in alerts:
        assert alert["annotations"]["summary"]
        for name, labels in re.findall(r"(inlet_\w+)(?:\{(.*?)\})?", alert["expr"]):
            family = re.sub("_bucket$", "", name)
            assert family in known, alert["expr"]
            assert set(re.findall(r"(\w+)=", labels)) <= known[family], alert["expr"]


def test_the_version_is_that_of_the_project() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == __version__


def rows(document: str, kind: str) -> set[Row]:
    """The rows of all tables whose first column is headed by `kind`; none may stand twice."""
    found: list[Row] = []
    for table in re.findall(r"(?:^\|.*\n)+", document, re.MULTILINE):
        head, _, *body = (tuple(cell.strip(" `") for cell in line[1:-1].split("|")) for line in table.splitlines())
        if head[0] == kind:
            found += body
    assert len(found) == len(set(found))
    return set(found)


def settings() -> Iterator[Row]:
    """Name, default, who reads it, meaning. What `up` does not redeclare it shares with the services."""
    readers: dict[Row, list[str]] = {}
    for service, kind in SERVICES.items():
        for name, field in kind.model_fields.items():
            readers.setdefault(described(name, field), []).append(service)
    for name in UpSettings.__annotations__:
        readers.setdefault(described(name, UpSettings.model_fields[name]), []).append("up")
    for (name, default, meaning), who in readers.items():
        yield name, default, grouped(who), meaning


def grouped(who: list[str]) -> str:
    """Who reads a setting, in as few words as possible."""
    if who == list(SERVICES):
        return "all"
    if who[:5] == FIVE:
        who = ["services", *who[5:]]
    return ", ".join(who)


def described(name: str, field: FieldInfo) -> Row:
    return f"INLET_{name.upper()}", shown(field), field.description or ""


def shown(field: FieldInfo) -> str:
    default: Any = field.default
    if field.is_required():
        return "required"
    assert not isinstance(default, SecretStr), "a secret has no default"
    if default is None or isinstance(default, bool):
        return str(default).lower()
    return f"{default:g}" if isinstance(default, float) else str(default)


def metrics() -> Iterator[Row]:
    """Name as Prometheus shows it, type, labels, meaning."""
    for metric in vars(Metrics()).values():
        if isinstance(metric, MetricWrapperBase):
            [family] = metric.describe()
            total = "_total" if family.type == "counter" else ""
            labels: tuple[str, ...] = metric._labelnames  # noqa: SLF001 - the library shows labels only with values
            yield family.name + total, family.type, ", ".join(labels), family.documentation
    yield "inlet_build_info", "gauge", "version, revision", "Version and revision of the code."
