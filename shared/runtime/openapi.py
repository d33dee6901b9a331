"""The OpenAPI 3.1 document of declared operations: from the same types that check the requests.

Models come from pydantic (bodies, queries) and msgspec (answers of the data path); both speak JSON Schema 2020-12.
"""

import inspect
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

import msgspec
from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode

from shared.contract.codes import Code
from shared.runtime.access import CSRF_HEADER, SESSION_COOKIE, Right
from shared.runtime.operations import Operation, operations_of

_REF = "#/components/schemas/{name}"
_PYDANTIC_REF = "#/components/schemas/{model}"
_PROBLEM = {"$ref": _REF.format(name="Problem")}
_JSON = "application/json"
_ETAG = {"ETag": {"description": "the state that is shown, for If-Match", "schema": {"type": "string"}}}
_LOCATION = {"Location": {"description": "where it is", "schema": {"type": "string"}}}
_RETRY_AFTER = {"Retry-After": {"description": "in how many seconds to try again", "schema": {"type": "string"}}}
_CHALLENGE = {"WWW-Authenticate": {"description": "what is missing (RFC 6750)", "schema": {"type": "string"}}}
_PROBLEM_HEADERS = {401: _CHALLENGE, 429: _RETRY_AFTER, 503: _RETRY_AFTER}

Schema = dict[str, Any]


class Fault(BaseModel):
    """One thing wrong in a request."""

    pointer: str
    code: Code
    message: str


class Problem(BaseModel):
    """What every answer but a success holds (RFC 9457); further members depend on the code."""

    type: str
    title: str
    status: int
    detail: str
    code: Code
    requestId: str  # noqa: N815 - a member's name
    errors: list[Fault] | None = None


class _Schemas:
    """Collects the schemas of all models under their names."""

    def __init__(self) -> None:
        self.components: dict[str, Schema] = {}

    def of(self, kind: Any, mode: JsonSchemaMode) -> Schema:
        """The schema of a type; models are referred to."""
        if get_origin(kind) in (Union, UnionType):
            return {"anyOf": [self.of(each, mode) for each in get_args(kind)]}
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            [schema], found = msgspec.json.schema_components([kind], ref_template=_REF)
        else:
            schema = TypeAdapter(kind).json_schema(
                mode=mode, ref_template=_PYDANTIC_REF, schema_generator=GenerateJsonSchema
            )
            found = schema.pop("$defs", {})
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                found = {**found, _name(kind): schema}
                schema = {"$ref": _REF.format(name=_name(kind))}
        for name, component in found.items():
            self.add(name, component)
        return schema

    def add(self, name: str, component: Schema) -> None:
        """A model's schema. Raises `ValueError` where another model has its name."""
        if "enum" in component:  # the two libraries differ in their order
            component = {"title": name, "type": "string", "enum": sorted(component["enum"])}
        if self.components.setdefault(name, component) != component:
            raise ValueError(f"two models are called {name}")


def document(services: Mapping[str, Iterable[type]], version: str) -> Schema:
    """The document of all operations of all services' resources; what several have stands once."""
    schemas = _Schemas()
    schemas.of(Problem, "serialization")
    paths: dict[str, Schema] = {}
    for service, resources in services.items():
        for resource in resources:
            for operation in (each for each in operations_of(resource) if not each.hidden):
                described = _operation(operation, resource.__name__, service, schemas)
                paths.setdefault(operation.path, {}).setdefault(operation.method.lower(), described)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Inlet", "version": version, "description": "A self-hosted End User Update API."},
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(schemas.components.items())),
            "securitySchemes": {
                "accessToken": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": SESSION_COOKIE},
                "csrfToken": {"type": "apiKey", "in": "header", "name": CSRF_HEADER},
                "serviceToken": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _operation(operation: Operation, resource: str, service: str, schemas: _Schemas) -> Schema:
    summary, _, rest = inspect.cleandoc(operation.handler.__doc__ or "").partition("\n")
    described: Schema = {
        "operationId": f"{resource}.{operation.handler.__name__}",
        "tags": [resource],
        "summary": summary.rstrip("."),
        "x-inlet-service": service,
        "x-inlet-right": str(operation.right),
        "security": _security(operation),
        "responses": _responses(operation, schemas),
    }
    description = "\n".join(line for line in rest.strip().splitlines() if not line.startswith("Raises "))
    if description.strip():
        described["description"] = description.strip()
    parameters = _parameters(operation, schemas)
    if parameters:
        described["parameters"] = parameters
    body = operation.reads or operation.parameters.get("body")
    if body is not None:
        content = {_JSON: {"schema": schemas.of(body, "validation")}}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _parameters(operation: Operation, schemas: _Schemas) -> list[Schema]:
    found = [
        {"name": name, "in": "path", "required": True, "schema": schemas.of(kind, "validation")}
        for name, kind in operation.path_parameters.items()
    ]
    query = operation.parameters.get("query")
    if query is not None:
        schema = TypeAdapter(query).json_schema(ref_template=_PYDANTIC_REF)
        for name, component in schema.pop("$defs", {}).items():
            schemas.add(name, component)
        required = schema.get("required", [])
        for name, field in schema["properties"].items():
            found.append({"name": name, "in": "query", "required": name in required, "schema": _present(field)})
    if HTTPStatus.PRECONDITION_FAILED in _problems(operation):
        described = {"description": "the ETag of the state that was read", "schema": {"type": "string"}}
        found.append({"name": "If-Match", "in": "header", "required": operation.if_match, **described})
    return found


def _present(field: Schema) -> Schema:
    """A parameter's schema: it is absent rather than null."""
    if "anyOf" not in field:
        return field
    options = [option for option in field["anyOf"] if option != {"type": "null"}]
    rest = {key: value for key, value in field.items() if key not in ("anyOf", "default")}
    return {**options[0], **rest} if len(options) == 1 else {"anyOf": options, **rest}


def _responses(operation: Operation, schemas: _Schemas) -> Schema:
    good: Schema = {"description": operation.status.phrase}
    if operation.answer is str:
        good["content"] = {"text/plain": {"schema": {"type": "string"}}}
    elif operation.answer not in (None, NoneType):
        good["content"] = {_JSON: {"schema": schemas.of(operation.answer, "serialization")}}
    headers = {**(_LOCATION if operation.status in (HTTPStatus.CREATED, HTTPStatus.ACCEPTED) else {})}
    if "version" in getattr(operation.answer, "model_fields", {}):
        headers |= _ETAG
    if headers:
        good["headers"] = headers
    return {str(int(operation.status)): good, **{str(status): _refusal(status) for status in _problems(operation)}}


def _refusal(status: int) -> Schema:
    described: Schema = {"description": HTTPStatus(status).phrase}
    if status in _PROBLEM_HEADERS:
        described["headers"] = _PROBLEM_HEADERS[status]
    if status != HTTPStatus.NOT_MODIFIED:
        described["content"] = {"application/problem+json": {"schema": _PROBLEM}}
    return described


def _problems(operation: Operation) -> list[int]:
    """The statuses that follow from an operation's form, and those that its handler adds."""
    found = {int(status) for status in operation.problems}
    lenient = operation.right is Right.ANYONE
    if not lenient:
        found |= {401, 403, 503} if operation.right is not Right.SERVICE else {401, 503}
        found |= {422} if operation.reads is None else set()
    if operation.path_parameters:
        found |= {404}
    if "body" in operation.parameters:
        found |= {400, 413, 415, 422, 503}
    if "query" in operation.parameters:
        found |= {422}
    return sorted(found | ({412, 428} if operation.if_match else set()))


def _security(operation: Operation) -> list[dict[str, list[str]]]:
    if operation.right is Right.ANYONE:
        return []
    if operation.right is Right.SERVICE:
        return [{"serviceToken": []}]
    session: dict[str, list[str]] = {"session": [], "csrfToken": []} if operation.method != "GET" else {"session": []}
    return [session] if operation.right is Right.SIGNED_IN else [{"accessToken": []}, session]


def _name(kind: type) -> str:
    """A model's name; of generic ones without brackets."""
    return kind.__name__.replace("[", "").replace("]", "").replace(", ", "And")
