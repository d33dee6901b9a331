"""What the OpenAPI document derives from a declaration, and that the file is the one of the declarations."""

from http import HTTPStatus
from typing import Any

import msgspec
import pytest

from services.openapi import FILE, text
from shared.contract.codes import Code
from shared.contract.definitions import Key, Scope
from shared.runtime.access import Right
from shared.runtime.openapi import document
from shared.runtime.operations import Answer, Body, Call, Query, View, operation

JSON, PROBLEM = "application/json", "application/problem+json"


class Wish(Body):
    """What is asked for."""

    name: str


class Filter(Query):
    """Which ones."""

    prefix: str | None = None


class Shelf(View):
    """A shelf."""

    key: str
    version: int


class Measure(msgspec.Struct):
    """Of the data path."""

    value: msgspec.Raw


class Shelves:
    """Made up."""

    @operation("PUT", "/shelves/{shelf}", Scope.CONFIG_WRITE, if_match=True, problems=(HTTPStatus.CONFLICT,))
    async def replace(self, _: Call, shelf: Key, body: Wish) -> Answer[Shelf]:
        """Rename a shelf.

        It keeps what lies on it.
        Raises nothing.
        """
        return Answer(Shelf(key=shelf + body.name, version=1))

    @operation("GET", "/shelves/{shelf}", Scope.CONFIG_READ)
    async def one(self, _: Call, shelf: Key) -> Answer[Shelf]:
        """Read a shelf."""
        return Answer(Shelf(key=shelf, version=1))

    @operation("POST", "/shelves", Scope.CONFIG_WRITE, status=HTTPStatus.CREATED)
    async def create(self, _: Call, body: Wish) -> Answer[None]:
        """Make a shelf."""
        return Answer(None, location=body.name)

    @operation("POST", "/shelves/{shelf}/lock", Right.SIGNED_IN, problems=(HTTPStatus.PRECONDITION_FAILED,))
    async def lock(self, _: Call, shelf: Key) -> Answer[None]:
        """Lock a shelf."""
        return Answer(None, location=shelf)

    @operation("GET", "/measures", Scope.CONFIG_READ)
    async def measures(self, _: Call, query: Filter) -> Measure:
        """Measure."""
        return Measure(msgspec.Raw((query.prefix or "1").encode()))

    @operation("GET", "/internal/v1/news", Right.SERVICE, problems=(HTTPStatus.NOT_MODIFIED,))
    async def news(self, _: Call) -> Measure:
        """Read the news."""
        return Measure(msgspec.Raw(b"1"))

    @operation("GET", "/alive", Right.ANYONE, sends=str)
    async def alive(self, _: Call) -> str:
        """Whether it lives."""
        return "yes"

    @operation("GET", "/page", Right.ANYONE, sends=str, hidden=True)
    async def page(self, _: Call) -> str:
        """For browsers."""
        return ""


@pytest.fixture
def described() -> dict[str, Any]:
    return document({"library": (Shelves,), "annex": (Shelves,)}, "7")


def operation_of(described: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    found: dict[str, Any] = described["paths"][path][method]
    return found


def test_the_file_is_that_of_the_declarations() -> None:
    assert FILE.read_text() == text(), "run python -m services openapi"


def test_an_operation_says_who_may_call_it_and_what_for(described: dict[str, Any]) -> None:
    # when
    replace = operation_of(described, "put", "/shelves/{shelf}")

    # then
    assert (described["openapi"], described["info"]["version"]) == ("3.1.0", "7")
    assert (replace["operationId"], replace["tags"]) == ("Shelves.replace", ["Shelves"])
    assert (replace["summary"], replace["description"]) == ("Rename a shelf", "It keeps what lies on it.")
    assert (replace["x-inlet-service"], replace["x-inlet-right"]) == ("library", "config:write")
    assert replace["security"] == [{"accessToken": []}, {"session": [], "csrfToken": []}]
    assert operation_of(described, "get", "/measures")["security"] == [{"accessToken": []}, {"session": []}]
    assert operation_of(described, "post", "/shelves/{shelf}/lock")["security"] == [{"session": [], "csrfToken": []}]
    assert operation_of(described, "get", "/internal/v1/news")["security"] == [{"serviceToken": []}]
    assert operation_of(described, "get", "/alive")["security"] == []
    assert "/page" not in described["paths"]


@pytest.mark.parametrize(
    ("method", "path", "statuses"),
    [
        ("put", "/shelves/{shelf}", "200 400 401 403 404 409 412 413 415 422 428 503"),
        ("post", "/shelves", "201 400 401 403 413 415 422 503"),
        ("post", "/shelves/{shelf}/lock", "200 401 403 404 412 422 503"),
        ("get", "/measures", "200 401 403 422 503"),
        ("get", "/internal/v1/news", "200 304 401 422 503"),
        ("get", "/alive", "200"),
    ],
)
def test_the_answers_follow_from_the_form(described: dict[str, Any], method: str, path: str, statuses: str) -> None:
    # when
    responses = operation_of(described, method, path)["responses"]

    # then
    assert list(responses) == statuses.split()
    for status, response in responses.items():
        if status >= "400":
            assert response["content"] == {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}


def test_headers_that_are_asked_for_and_sent(described: dict[str, Any]) -> None:
    def headers(method: str, path: str, status: str) -> list[str]:
        return list(operation_of(described, method, path)["responses"][status].get("headers", {}))

    def if_match(method: str, path: str) -> list[bool]:
        parameters = operation_of(described, method, path).get("parameters", [])
        return [each["required"] for each in parameters if each["name"] == "If-Match"]

    assert headers("put", "/shelves/{shelf}", "200") == ["ETag"]
    assert headers("get", "/shelves/{shelf}", "200") == ["ETag"]
    assert headers("post", "/shelves", "201") == ["Location"]
    assert headers("post", "/shelves", "401") == ["WWW-Authenticate"]
    assert headers("post", "/shelves", "503") == ["Retry-After"]
    assert if_match("put", "/shelves/{shelf}") == [True]
    assert if_match("post", "/shelves/{shelf}/lock") == [False]
    assert if_match("post", "/shelves") == []


def test_schemas_are_those_that_check(described: dict[str, Any]) -> None:
    # given
    schemas = described["components"]["schemas"]
    replace = operation_of(described, "put", "/shelves/{shelf}")
    measures = operation_of(described, "get", "/measures")

    # then
    [shelf] = [each for each in replace["parameters"] if each["in"] == "path"]
    assert (shelf["required"], shelf["schema"]["pattern"]) == (True, "^[a-z0-9][a-z0-9_-]{0,62}$")
    assert replace["requestBody"]["content"] == {JSON: {"schema": {"$ref": "#/components/schemas/Wish"}}}
    assert schemas["Wish"]["additionalProperties"] is False
    assert replace["responses"]["200"]["content"] == {JSON: {"schema": {"$ref": "#/components/schemas/Shelf"}}}
    [prefix] = measures["parameters"]
    assert (prefix["in"], prefix["required"], prefix["schema"]["type"]) == ("query", False, "string")
    assert schemas["Measure"]["properties"]["value"] == {}
    assert set(schemas["Code"]["enum"]) == set(Code)


def test_two_models_of_one_name_are_refused() -> None:
    # given
    class Other:
        @operation("GET", "/others", Right.ANYONE, sends=type("Shelf", (View,), {}))
        async def listed(self, _: Call) -> None:
            """List others."""

    # when / then
    with pytest.raises(ValueError, match="two models are called Shelf"):
        document({"library": (Shelves, Other)}, "1")
