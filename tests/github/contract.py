"""GitHub's own description of its API (`api.json`, made by scripts/github-api): routes, and what may pass there."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from openapi_schema_validator import OAS30ReadValidator, OAS30WriteValidator, oas30_format_checker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

SLICE = Path(__file__).with_name("api.json")
HOME = "urn:github"
SLASHES = {"ref", "path", "branch", "basehead"}  # parameters that may span segments
ERROR = {"$ref": "#/components/schemas/basic-error"}


@cache
def description() -> dict[str, Any]:
    return json.loads(SLICE.read_text())  # type: ignore[no-any-return]


@cache
def _registry() -> Registry[Any]:
    whole: Resource[Any] = DRAFT4.create_resource(description())
    registry: Registry[Any] = Registry().with_resource(HOME, whole)
    return registry


@dataclass(eq=False)
class Operation:
    """One verb of one path."""

    verb: str
    template: str
    body: dict[str, Any]
    checked: set[bytes] = field(default_factory=set)  # digests of answers that were found to be right

    @property
    def name(self) -> str:
        return f"{self.verb} {self.template}"

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        def group(match: re.Match[str]) -> str:
            some = ".*" if match[1] in SLASHES else "[^/]+"
            return f"(?P<{match[1]}>{some})"

        return re.compile(re.sub(r"\{(\w+)\}", group, self.template))

    @cached_property
    def parameters(self) -> dict[tuple[str, str], dict[str, Any]]:
        """(where, name) → parameter."""
        found = [_resolved(each) for each in self.body.get("parameters", ())]
        return {(each["in"], each["name"]): each for each in found}

    def _response(self, status: str) -> dict[str, Any] | None:
        """The schema of an answer, None where it has no body."""
        response = _resolved(self.body["responses"].get(status, {}))
        schema = response.get("content", {}).get("application/json", {}).get("schema")
        return schema or (None if status[0] in "23" else ERROR)

    def wrong_in_request(self, path: Mapping[str, str], query: Mapping[str, str], body: Any) -> Iterator[str]:
        """What GitHub's description does not allow, as one line each."""
        for (where, name), parameter in self.parameters.items():
            given = {"path": path, "query": query}.get(where, {})
            if name in given:
                value = _typed(given[name], parameter["schema"])
                for error in _validator(OAS30WriteValidator, parameter["schema"]).iter_errors(value):
                    yield f"{where} parameter {name}: {error.message}"
            elif parameter.get("required") and where == "query":
                yield f"query parameter {name} is missing"
        for name in query:
            if ("query", name) not in self.parameters:
                yield f"query parameter {name} is not known here"
        yield from self._wrong_in_body(body)

    def _wrong_in_body(self, body: Any) -> Iterator[str]:
        wanted = _resolved(self.body.get("requestBody", {}))
        schema = wanted.get("content", {}).get("application/json", {}).get("schema")
        if schema is None or body is None:
            if body is not None:
                yield "a body where none is expected"
            elif wanted.get("required"):
                yield "the body is missing"
            return
        for error in _validator(OAS30WriteValidator, schema).iter_errors(body):
            yield f"body, {error.json_path}: {_told(error)}"
        known = _properties(schema)
        if known and isinstance(body, dict):
            yield from (f"body: GitHub knows no property {name!r} here" for name in body if name not in known)

    def wrong_in_answer(self, status: int, data: Any) -> Iterator[str]:
        """`data` is the decoded JSON body, None for none. What was found right once is not looked at again."""
        schema = self._response(str(status))
        if str(status) not in self.body["responses"] and status < 400:
            yield f"{status} is no answer of this operation"
        if schema is None:
            yield from ([] if data is None else [f"{status} has no body"])
        elif isinstance(data, list) and "items" in schema:
            for item in data:
                yield from self._wrong(status, item, schema["items"])
        else:
            yield from self._wrong(status, data, schema)

    def _wrong(self, status: int, data: Any, schema: dict[str, Any]) -> Iterator[str]:
        digest = hashlib.blake2b(json.dumps([status, data]).encode(), digest_size=16).digest()
        if digest in self.checked:
            return
        errors = [
            f"{status}, {error.json_path}: {error.message[:300]}"
            for error in _validator(OAS30ReadValidator, schema).iter_errors(data)
        ]
        if not errors:
            self.checked.add(digest)
        yield from errors


@cache
def operations() -> list[Operation]:
    """The most specific first."""
    found = [
        Operation(verb.upper(), template, body)
        for template, verbs in description()["paths"].items()
        for verb, body in verbs.items()
    ]
    return sorted(found, key=lambda each: (each.template.count("{"), -len(each.template)))


def find(verb: str, path: str) -> tuple[Operation, dict[str, str]] | None:
    """The operation that a request is for, and its path parameters (still quoted)."""
    for operation in operations():
        if operation.verb == verb and (match := operation.pattern.fullmatch(path)):
            return operation, match.groupdict()
    return None


def _resolved(node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        _, _, kind, name = node["$ref"].split("/")
        node = description()["components"][kind][name]
    return node


_validators: dict[tuple[str, int], Any] = {}


def _validator(kind: Any, schema: dict[str, Any]) -> Any:
    """Made once for each schema of the description. References in it are meant from the whole description."""
    key = (kind.__name__, id(schema))  # the description lives as long as the process
    if key not in _validators:
        at_home = json.loads(json.dumps(schema).replace('"$ref": "#/', f'"$ref": "{HOME}#/'))
        _validators[key] = kind(at_home, registry=_registry(), format_checker=oas30_format_checker)
    return _validators[key]


def _told(error: Any) -> str:
    """In GitHub's words where they are known."""
    limit, given = error.validator_value, error.instance
    if error.validator == "maxLength":
        return f"Only {limit} characters are allowed; {len(given)} were supplied."
    if error.validator == "maxItems":
        return f"No more than {limit} items are allowed; {len(given)} were supplied."
    return str(error.message)[:300]


def _properties(schema: dict[str, Any]) -> set[str]:
    """The names that a body may have at its top, in any of its variants."""
    schema = _resolved(schema)
    found = set(schema.get("properties", ()))
    for variant in (*schema.get("oneOf", ()), *schema.get("anyOf", ()), *schema.get("allOf", ())):
        found |= _properties(variant)
    return found


def _typed(text: str, schema: dict[str, Any]) -> Any:
    """A parameter's text as the type that its schema wants, or as it is where it does not read as one."""
    kind = _resolved(schema).get("type")
    if kind == "integer" and re.fullmatch(r"-?\d{1,18}", text):
        return int(text)
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    return text
