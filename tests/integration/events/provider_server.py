"""A provider's API on loopback: it checks each request against the published reference, and can be told to misbehave.

What a request may look like is from https://posthog.com/docs/api/queries, https://plausible.io/docs/stats-api-v2 and
https://developers.google.com/analytics/devguides/reporting/data/v1/rest/v1beta/properties/runReport.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "phx_very-secret-key"
Answer = Callable[[Mapping[str, Any]], object]

_PLAUSIBLE_DIMENSION = re.compile(
    r"time(:(minute|hour|day|week|month))?|event:(goal|page|hostname|props:\w+)|"
    r"visit:(entry_page|exit_page|source|referrer|channel|device|browser|browser_version|os|os_version|country|region|city)"
)
_PLAUSIBLE_FILTERS = {"is", "is_not", "contains", "contains_not", "matches", "matches_not"}


@dataclass
class Server:
    """What came in, what goes out, and what goes wrong next."""

    answer: Answer
    url: str = ""
    requests: list[Mapping[str, Any]] = field(default_factory=list)
    faults: list[tuple[int, Mapping[str, str], bytes]] = field(default_factory=list)
    """Status, headers and body of the next answers; status 0 breaks the connection half-way."""
    violations: list[str] = field(default_factory=list)


@contextmanager
def serving(answer: Answer, path: str, checked: Callable[[Mapping[str, Any]], Iterator[str]]) -> Iterator[Server]:
    """An API that knows one path."""
    server = Server(answer)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            server.requests.append(body)
            if self.path != path:
                server.violations.append(f"asked for {self.path}")
            if self.headers["Content-Type"] != "application/json":
                server.violations.append(f"sent {self.headers['Content-Type']}")
            server.violations += list(checked(body))
            if self.headers["Authorization"] != f"Bearer {KEY}":
                self._say(401, {}, b'{"detail": "Invalid API key."}')
            elif server.faults:
                self._say(*server.faults.pop(0))
            else:
                self._say(200, {}, json.dumps(server.answer(body)).encode())

        def _say(self, status: int, headers: Mapping[str, str], content: bytes) -> None:
            self.send_response(status or 200)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content) + (100 if status == 0 else 0)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        server.url = f"http://127.0.0.1:{http.server_address[1]}"
        thread = threading.Thread(target=http.serve_forever, daemon=True)
        thread.start()
        yield server
        http.shutdown()
    assert not server.violations


def posthog(body: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a request to `/api/projects/ID/query/`."""
    query = body.get("query", {})
    if query.get("kind") != "HogQLQuery" or body.get("refresh") != "blocking":
        yield f"no HogQLQuery: {body}"
    text, values = query["query"], query["values"]
    if set(re.findall(r"\{(\w+)\}", text)) != set(values):
        yield f"placeholders differ from values: {text}"
    if "'" in re.sub(r"'(UTC|)'", "", text):
        yield f"a value stands in the text: {text}"
    limit = re.search(r"LIMIT (\d+) OFFSET (\d+)$", text)
    if limit is None or int(limit[1]) > 50_000:
        yield f"no page: {text}"


def plausible(body: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a request to `/api/v2/query`."""
    known = {"site_id", "metrics", "date_range", "dimensions", "filters", "order_by", "include", "pagination"}
    if set(body) - known or not {"site_id", "metrics", "date_range"} <= set(body):
        yield f"keys: {sorted(body)}"
    if not set(body["metrics"]) <= {"visitors", "visits", "pageviews", "events"}:
        yield f"metrics: {body['metrics']}"
    if not all(re.fullmatch(r"\d{4}-\d\d-\d\d", each) for each in body["date_range"]):
        yield f"date_range: {body['date_range']}"
    yield from (f"dimension: {each}" for each in body["dimensions"] if not _PLAUSIBLE_DIMENSION.fullmatch(each))
    yield from (problem for each in body["filters"] for problem in _plausible_filter(each))


def _plausible_filter(part: Any) -> Iterator[str]:
    match part:
        case ["and" | "or", list(inner)]:
            yield from (problem for each in inner for problem in _plausible_filter(each))
        case ["not", list(inner)]:
            yield from _plausible_filter(inner)
        case [operator, dimension, list(values)]:
            if operator not in _PLAUSIBLE_FILTERS or not _PLAUSIBLE_DIMENSION.fullmatch(dimension):
                yield f"filter: {part}"
            yield from (f"value: {each}" for each in values if not isinstance(each, str))
        case _:
            yield f"filter: {part}"


def ga4(body: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a body of runReport."""
    known = {"dateRanges", "dimensions", "metrics", "dimensionFilter", "limit", "offset", "keepEmptyRows"}
    if set(body) - known:
        yield f"keys: {sorted(body)}"
    if len(body["dimensions"]) > 9 or not all(set(each) == {"name"} for each in body["dimensions"]):
        yield f"dimensions: {body['dimensions']}"
    if not isinstance(body["limit"], str) or int(body["limit"]) > 250_000:
        yield f"limit: {body['limit']!r}"
    if "dimensionFilter" in body:
        yield from _ga4_filter(body["dimensionFilter"])


def _ga4_filter(part: Any) -> Iterator[str]:
    match part:
        case {"andGroup": {"expressions": list(inner)}} | {"orGroup": {"expressions": list(inner)}}:
            yield from (problem for each in inner for problem in _ga4_filter(each))
        case {"notExpression": dict(inner)}:
            yield from _ga4_filter(inner)
        case {"filter": {"fieldName": str(), "inListFilter": {"values": list(values), "caseSensitive": True}}}:
            yield from (f"value: {each}" for each in values if not isinstance(each, str))
        case {"filter": {"fieldName": str(), "stringFilter": {"matchType": "FULL_REGEXP", "value": str()}}}:
            pass
        case _:
            yield f"filter: {part}"
