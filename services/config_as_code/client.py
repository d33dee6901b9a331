"""The config API as a client sees it: definitions read, and differences made, with the ETags of what was read."""

from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import aiohttp

from services.config_as_code.differences import Difference
from services.config_as_code.document import (
    AttributePart,
    Document,
    EnvironmentPart,
    IntegrationPart,
    SystemPart,
)

_SYSTEMS = "/api/v1/systems"
_INTEGRATIONS = "/api/v1/integrations"
_TIMEOUT = aiohttp.ClientTimeout(total=30.0)
_MAPPING_FIELDS = ("property", "attribute", "on_empty", "date_format", "time_zone")
_INTEGRATION_FIELDS = ("name", "environment", "state", "user_id", "on_invalid", "on_unknown", "observed_at")
# From a state to another: the actions on the way.
_STEPS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("draft", "active"): ("activate",),
    ("draft", "paused"): ("activate", "pause"),
    ("active", "paused"): ("pause",),
    ("paused", "active"): ("resume",),
}


class ApiError(Exception):
    """The config API cannot be reached, or does not do what it was asked for (`status`); the text says why."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class ConfigApi:
    """Reads and changes definitions. Every method raises `ApiError`."""

    def __init__(self, session: aiohttp.ClientSession, url: str, token: str) -> None:
        self._session = session
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"}

    async def document(self) -> Document:
        """All definitions that the token reaches, deleted ones left out."""
        systems = []
        async for system in self._all(_SYSTEMS):
            key = system["key"]
            environments = [_environment(each) async for each in self._all(f"{_SYSTEMS}/{key}/environments")]
            attributes = [_attribute(each) async for each in self._all(f"{_SYSTEMS}/{key}/attributes")]
            integrations = [each async for each in self._all(_INTEGRATIONS, system=key)]
            systems.append(
                SystemPart(
                    key=key,
                    name=system["name"],
                    environments=tuple(environments),
                    attributes=tuple(attributes),
                    integrations=tuple(_integration(each) for each in integrations),
                )
            )
        return Document(systems=tuple(systems))

    async def make(self, difference: Difference) -> None:
        """Makes one difference."""
        system, before, after = difference.system, difference.before, difference.after
        if isinstance(before or after, IntegrationPart):
            await self._make_integration(system, before, after)
            return
        path = {
            "system": _SYSTEMS,
            "environment": f"{_SYSTEMS}/{system}/environments",
            "attribute": f"{_SYSTEMS}/{system}/attributes",
        }[difference.kind]
        one = f"{path}/{difference.name or system}"
        if after is None:
            await self._delete(one)
        elif before is None and not (difference.kind == "environment" and await self._is_there(one)):
            fields = {"key", "name", "type"} if difference.kind == "attribute" else {"key", "name"}
            await self._call("POST", path, after.model_dump(mode="json", include=fields))
        else:  # a new system has its first environments already
            await self._replace(one, after.model_dump(mode="json", include={"name"}))

    async def _make_integration(self, system: str, before: object, after: object) -> None:
        if isinstance(before, IntegrationPart):
            number = await self._number(system, before)
            if not isinstance(after, IntegrationPart):
                await self._delete(f"{_INTEGRATIONS}/{number}")
                return
            state = before.state
            if before.model_copy(update={"state": after.state}) != after:
                await self._replace(f"{_INTEGRATIONS}/{number}", _body(after))
        elif isinstance(after, IntegrationPart):
            body = {**_body(after), "system": system, "environment": after.environment, "state": "draft"}
            number, state = (await self._call("POST", _INTEGRATIONS, body))[0]["id"], "draft"
        else:
            return
        for action in _STEPS.get((state, after.state), ()):
            await self._call("POST", f"{_INTEGRATIONS}/{number}/{action}")

    async def _number(self, system: str, part: IntegrationPart) -> int:
        async for each in self._all(_INTEGRATIONS, system=system, environment=part.environment):
            if each["name"] == part.name:
                return int(each["id"])
        raise ApiError(f"the integration {part.name!r} is not there any more")

    async def _is_there(self, path: str) -> bool:
        try:
            await self._call("GET", path)
        except ApiError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return False
            raise
        return True

    async def _replace(self, path: str, body: Mapping[str, Any]) -> None:
        _, tag = await self._call("GET", path)
        await self._call("PUT", path, body, tag)

    async def _delete(self, path: str) -> None:
        _, tag = await self._call("GET", path)
        await self._call("DELETE", path, None, tag)

    async def _all(self, path: str, **query: str) -> AsyncIterator[Any]:
        cursor: str | None = "0"
        while cursor is not None:
            words = "&".join(f"{name}={quote(value, '')}" for name, value in {**query, "cursor": cursor}.items())
            page, _ = await self._call("GET", f"{path}?limit=1000&{words}")
            for item in page["items"]:
                yield item
            cursor = page["next"]

    async def _call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, tag: str | None = None
    ) -> tuple[Any, str | None]:
        headers = self._headers if tag is None else {**self._headers, "If-Match": tag}
        try:
            async with self._session.request(
                method, self._url + path, json=body, headers=headers, timeout=_TIMEOUT
            ) as answer:
                said = await answer.json(content_type=None) if answer.status != HTTPStatus.NO_CONTENT else None
                if answer.status >= HTTPStatus.BAD_REQUEST:
                    raise ApiError(_reason(method, path, answer.status, said), answer.status)
                return said, answer.headers.get("ETag")
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise ApiError(f"{method} {path}: {type(error).__name__}: {error}") from error


def _reason(method: str, path: str, status: int, said: Any) -> str:
    problem = said if isinstance(said, dict) else {}
    places = "".join(f"; {each['pointer']}: {each['message']}" for each in problem.get("errors", []))
    return f"{method} {path}: {status} {problem.get('detail', '')}{places}"


def _environment(view: Mapping[str, Any]) -> EnvironmentPart:
    return EnvironmentPart(key=view["key"], name=view["name"])


def _attribute(view: Mapping[str, Any]) -> AttributePart:
    return AttributePart(key=view["key"], name=view["name"], type=view["type"])


def _integration(view: Mapping[str, Any]) -> IntegrationPart:
    fields = {name: view[name] for name in _INTEGRATION_FIELDS}
    mappings = [{name: each[name] for name in _MAPPING_FIELDS} for each in view["mappings"]]
    return IntegrationPart.model_validate({**fields, "mappings": mappings})


def _body(part: IntegrationPart) -> dict[str, Any]:
    return part.model_dump(mode="json", exclude={"environment", "state"})
