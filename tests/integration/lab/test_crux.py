"""The Chrome UX Report's API, as its reference describes it: https://developer.chrome.com/docs/crux/api"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from autoresearch.errors import NotMeasuredError
from autoresearch.signals.lab.crux import field_data, visited

METRICS = {
    "cumulative_layout_shift",
    "experimental_time_to_first_byte",
    "first_contentful_paint",
    "interaction_to_next_paint",
    "largest_contentful_paint",
    "navigation_types",
    "form_factors",
    "largest_contentful_paint_resource_type",
    "round_trip_time",
}
"""What may be asked for."""


class Service(HTTPServer):
    """Refuses what the reference does not allow, and knows one page."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.violations: list[str] = []
        self.status = 200
        self.text: str | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1/records:queryRecord"

    def check(self, path: str, kind: str, body: Any) -> None:
        parts = urlsplit(path)
        rules = {
            "the path": parts.path == "/v1/records:queryRecord",
            "a key": parse_qs(parts.query).keys() == {"key"},
            "JSON": kind == "application/json",
            "known members": body.keys() <= {"origin", "url", "formFactor", "metrics", "effectiveConnectionType"},
            "either origin or url": ("origin" in body) != ("url" in body),
            "a form factor": body.get("formFactor", "PHONE") in {"PHONE", "DESKTOP", "TABLET"},
            "known metrics": set(body.get("metrics", [])) <= METRICS,
        }
        self.violations += [name for name, kept in rules.items() if not kept]


class Handler(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.check(self.path, self.headers["Content-Type"], body)
        known = body.get("url") == "https://shop.example/about/" or "origin" in body
        status = self.server.status if known or self.server.status != 200 else 404
        text = self.server.text if self.server.text is not None else json.dumps(answer(status, body))
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *args: Any) -> None:
        pass


def answer(status: int, body: Any) -> Any:
    if status != 200:
        states = {403: "PERMISSION_DENIED", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED"}
        return {"error": {"code": status, "message": "chrome ux report data not found", "status": states[status]}}
    bins = [{"start": 0, "end": 2500, "density": 0.9}, {"start": 2500, "end": 4000, "density": 0.06}, {"start": 4000}]
    shifts = [{"start": "0.00", "end": "0.10", "density": 1.0}]
    return {
        "record": {
            "key": {"url": body.get("url"), "formFactor": body.get("formFactor")},
            "metrics": {
                "largest_contentful_paint": {"histogram": bins, "percentiles": {"p75": 1303}},
                "cumulative_layout_shift": {"histogram": shifts, "percentiles": {"p75": "0.05"}},
            },
            "collectionPeriod": {
                "firstDate": {"year": 2026, "month": 10, "day": 1},
                "lastDate": {"year": 2026, "month": 10, "day": 28},
            },
        }
    }


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as service:
        thread = threading.Thread(target=service.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield service
        service.shutdown()
        thread.join()
    assert service.violations == []


def test_a_page_that_enough_people_visit_has_its_percentiles(service: Service) -> None:
    pages = [("/about", "/about/", "mobile"), ("/quiet", "/quiet", "desktop")]
    found = visited("https://shop.example", pages, "key", service.url)  # type: ignore[arg-type]
    assert found == [("/about", "mobile", {"lcp": 1303.0, "cls": 0.05})]


def test_a_page_that_few_visit_has_none(service: Service) -> None:
    assert field_data({"url": "https://shop.example/quiet"}, "mobile", "key", service.url) == {}


@pytest.mark.parametrize("status", [403, 429])
def test_a_refusal_is_told_without_the_key(service: Service, status: int) -> None:
    service.status = status
    with pytest.raises(NotMeasuredError, match=f"answers {status}") as refused:
        field_data({"origin": "https://shop.example"}, "desktop", "s3cret", service.url)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"record": []}', '{"record": {"metrics": {"largest_contentful_paint": 3}}}']
)
def test_an_answer_of_another_form_brings_nothing_and_breaks_nothing(service: Service, text: str) -> None:
    service.text = text
    assert field_data({"origin": "https://shop.example"}, "mobile", "key", service.url) == {}


def test_a_service_out_of_reach_is_told(service: Service) -> None:
    with pytest.raises(NotMeasuredError, match="cannot be reached"):
        field_data({"origin": "https://shop.example"}, "mobile", "key", "http://127.0.0.1:9/")
