"""The config API as a client sees it: definitions read, and differences made, with the ETags of what was read."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlencode

import aiohttp
from pydantic import ValidationError

from services.config_as_code.differences import Difference, Identity
from services.config_as_code.document import (
    AttributePart,
    Document,
    EnvironmentPart,
    IntegrationPart,
    Part,
    SegmentPart,
    SystemPart,
)

_SYSTEMS = "/api/v1/systems"
_INTEGRATIONS = "/api/v1/integrations"
_CHANGEABLE = {"name", "history", "condition"}  # of all but integrations
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

P = TypeVar("P", bound=Part)


class ApiError(Exception):
    """The config API cannot be reached, or does not do what it was asked for; the text says why."""


class _Known(NamedTuple):
    """A part as it was read: where it is, and its ETag."""

    part: Part
    path: str
    tag: str


class ConfigApi:
    """Reads definitions, then changes them, unless somebody else has meanwhile. Every method raises `ApiError`."""

    def __init__(self, session: aiohttp.ClientSession, url: str, token: str) -> None:
        self._session = session
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"}
        self._known: dict[Identity, _Known] = {}

    async def document(self) -> Document:
        """All definitions that the token reaches, deleted ones left out; sorted by keys and names."""
        try:
            systems = [await self._system(view) async for view in self._all(_SYSTEMS)]
        except (KeyError, TypeError, ValidationError) as error:
            text = " ".join(str(error).split())
            raise ApiError(f"{self._url} answers what this release does not understand: {text}") from error
        return Document(systems=tuple(sorted(systems, key=lambda system: system.key)))

    async def make(self, difference: Difference) -> None:
        """Makes one difference between what was read and what is wanted."""
        identity, after = difference.identity, difference.after
        known = self._known.get(identity)
        if isinstance(after, IntegrationPart):
            await self._make_integration(identity.names[0], after, known)
        elif known is None and after is not None:
            await self._create(identity, after)
        elif known is not None and after is None:
            await self._call("DELETE", known.path, tag=known.tag)
        elif known is not None and after is not None and known.part != after:  # a new system's first environments
            await self._call("PUT", known.path, after.model_dump(mode="json", include=_CHANGEABLE), known.tag)

    async def _system(self, view: Mapping[str, Any]) -> SystemPart:
        system = SystemPart(key=view["key"], name=view["name"])
        path = f"{_SYSTEMS}/{system.key}"
        self._known[Identity("system", (system.key,))] = _Known(system, path, _tag(view))
        attributes = [
            self._remember(Identity("attribute", (system.key, each["key"])), f"{path}/attributes", each, _attribute)
            async for each in self._all(f"{path}/attributes")
        ]
        integrations = [
            self._remember(
                Identity("integration", (system.key, each["environment"], each["name"])),
                _INTEGRATIONS,
                each,
                _integration,
            )
            async for each in self._all(_INTEGRATIONS, system=system.key)
        ]
        environments = sorted(await self._environments(system.key), key=lambda each: each.key)
        segments = [each for at in environments for each in await self._segments(system.key, at.key)]
        return SystemPart(
            key=system.key,
            name=system.name,
            environments=tuple(environments),
            attributes=tuple(sorted(attributes, key=lambda each: each.key)),
            integrations=tuple(sorted(integrations, key=lambda each: (each.environment, each.name))),
            segments=tuple(sorted(segments, key=lambda each: (each.environment, each.key))),
        )

    async def _environments(self, system: str) -> list[EnvironmentPart]:
        path = f"{_SYSTEMS}/{system}/environments"
        return [
            self._remember(Identity("environment", (system, each["key"])), path, each, _environment)
            async for each in self._all(path)
        ]

    async def _segments(self, system: str, environment: str) -> list[SegmentPart]:
        path = f"{_SYSTEMS}/{system}/environments/{environment}/segments"
        return [
            self._remember(
                Identity("segment", (system, environment, each["key"])),
                path,
                {**each, "environment": environment},
                _segment,
            )
            async for each in self._all(path)
        ]

    def _remember(
        self, identity: Identity, path: str, view: Mapping[str, Any], read: Callable[[Mapping[str, Any]], P]
    ) -> P:
        part = read(view)
        last = view["id"] if identity.kind == "integration" else view["key"]
        self._known[identity] = _Known(part, f"{path}/{last}", _tag(view))
        return part

    async def _create(self, identity: Identity, after: Part) -> None:
        system = identity.names[0]
        if isinstance(after, SystemPart):
            await self._call("POST", _SYSTEMS, after.model_dump(mode="json", include={"key", "name"}))
            await self._environments(system)  # it has some from the beginning
        elif isinstance(after, SegmentPart):
            path = f"{_SYSTEMS}/{system}/environments/{after.environment}/segments"
            await self._call("POST", path, after.model_dump(mode="json", exclude={"environment"}))
        else:
            await self._call("POST", f"{_SYSTEMS}/{system}/{identity.kind}s", after.model_dump(mode="json"))

    async def _make_integration(self, system: str, after: IntegrationPart, known: _Known | None) -> None:
        body = after.model_dump(mode="json", exclude={"environment", "state"})
        if known is None:
            state = "draft" if after.state == "draft" else "active"
            new = {**body, "system": system, "environment": after.environment, "state": state}
            view = await self._call("POST", _INTEGRATIONS, new)
            path, tag = f"{_INTEGRATIONS}/{view['id']}", _tag(view)
        else:
            path, tag, state = known.path, known.tag, getattr(known.part, "state", "")
            if known.part.model_copy(update={"state": after.state}) != after:
                tag = _tag(await self._call("PUT", path, body, tag))
        for action in _STEPS.get((state, after.state), ()):
            tag = _tag(await self._call("POST", f"{path}/{action}", tag=tag))

    async def _all(self, path: str, **query: str) -> AsyncIterator[Any]:
        cursor: str | None = "0"
        while cursor is not None:
            page = await self._call("GET", f"{path}?{urlencode({'limit': 1000, 'cursor': cursor, **query})}")
            for item in page["items"]:
                yield item
            cursor = page["next"]

    async def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None, tag: str | None = None) -> Any:
        headers = self._headers if tag is None else {**self._headers, "If-Match": tag}
        try:
            async with self._session.request(
                method, self._url + path, json=body, headers=headers, timeout=_TIMEOUT, allow_redirects=False
            ) as answer:
                said = _parsed(await answer.read())
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ApiError(f"{method} {path}: no answer ({type(error).__name__}: {error})") from error
        if answer.status // 100 != HTTPStatus.OK // 100:
            raise ApiError(_reason(method, path, answer.status, said))
        return said


def _tag(view: Mapping[str, Any]) -> str:
    """The ETag that goes with an object's version."""
    return f'"{view["version"]}"'


def _parsed(raw: bytes) -> Any:
    """JSON, or None where it is none: a proxy's page, or nothing."""
    try:
        return json.loads(raw)
    except ValueError:
        return None


def _reason(method: str, path: str, status: int, said: Any) -> str:
    problem = said if isinstance(said, dict) else {}
    places = "".join(f"; {each['pointer']}: {each['message']}" for each in problem.get("errors", []))
    return f"{method} {path}: {status} {problem.get('detail', '')}{places}".rstrip()


def _environment(view: Mapping[str, Any]) -> EnvironmentPart:
    return EnvironmentPart(key=view["key"], name=view["name"], history=view["history"])


def _attribute(view: Mapping[str, Any]) -> AttributePart:
    return AttributePart(key=view["key"], name=view["name"], type=view["type"])


def _segment(view: Mapping[str, Any]) -> SegmentPart:
    return SegmentPart(key=view["key"], name=view["name"], environment=view["environment"], condition=view["condition"])


def _integration(view: Mapping[str, Any]) -> IntegrationPart:
    fields = {name: view[name] for name in _INTEGRATION_FIELDS}
    mappings = [{name: each[name] for name in _MAPPING_FIELDS} for each in view["mappings"]]
    return IntegrationPart.model_validate({**fields, "mappings": mappings})
