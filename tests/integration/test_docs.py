"""The API's description, over HTTP: complete, from here alone, under a policy that a browser holds us to."""

import json
import re
from collections.abc import AsyncIterator

import pytest

from services.config_api.docs import Docs
from tests.backing.served import Served, served


@pytest.fixture
async def api() -> AsyncIterator[Served]:
    async with served(Docs()) as running:
        yield running


async def test_the_document_is_for_anyone(api: Served) -> None:
    # when
    answer = await api.call("GET", "/openapi.json", token=None)

    # then
    assert (answer.status, answer.body["openapi"]) == (200, "3.1.0")
    references = set(re.findall(r'"\$ref": ?"#/components/schemas/([^"]+)"', answer.text))
    assert references <= set(answer.body["components"]["schemas"])
    for path, methods in answer.body["paths"].items():
        for method, described in methods.items():
            assert described["summary"], (method, path)
            named = {each["name"] for each in described.get("parameters", []) if each["in"] == "path"}
            assert named == set(re.findall(r"{(\w+)}", path))
    assert len(json.dumps(answer.body)) > 10_000


async def test_the_viewer_loads_what_is_here_and_nothing_else(api: Served) -> None:
    # when
    page = await api.call("GET", "/docs", token=None)

    # then
    assert page.headers["Content-Type"].startswith("text/html")
    policy = dict(part.strip().split(" ", 1) for part in page.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert not re.search(r"<script>|style=|\son\w+=|https?:", page.text)
    for file in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        part = await api.call("GET", file, token=None)
        assert (part.status, part.headers["X-Content-Type-Options"]) == (200, "nosniff")
        assert part.text


@pytest.mark.parametrize(
    "path", ["/docs/", "/docs/x.js", "/docs/../docs.py", "/docs/%2e%2e%2fdocs.py", "/docs/LICENSE"]
)
async def test_no_other_file_is_served(api: Served, path: str) -> None:
    assert (await api.call("GET", path, token=None)).status == 404
