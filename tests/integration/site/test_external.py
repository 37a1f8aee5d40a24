"""Links to other sites are asked politely and never on a private network."""

from __future__ import annotations

import pytest

from autoresearch.config.model import CrawlLimits
from autoresearch.signals.site import exchange, external, fetch, guard
from autoresearch.signals.site.external import check
from autoresearch.signals.site.model import Response

from .conftest import Server

FAST = CrawlLimits(requests_per_second=1000)


def ask(*addresses: str) -> dict[str, Response]:
    return check(addresses, limits=FAST, say=lambda _: None)


def test_a_private_address_is_never_asked(server: Server) -> None:
    answer = ask(f"{server.url}/a")[f"{server.url}/a"]
    assert "private address" in answer.error
    assert server.asked == []


@pytest.fixture
def open_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let loopback play the public network."""
    for module in (guard, fetch, exchange):
        monkeypatch.setattr(module, "is_public", lambda _: True)


@pytest.mark.usefixtures("open_network")
def test_answers_are_told_with_their_redirects(server: Server) -> None:
    server.page("/ok")
    server.answers["/moved"] = (301, {"Location": "/ok"}, b"")
    server.answers["/round"] = (302, {"Location": "/round"}, b"")
    found = ask(*(server.url + path for path in ("/ok", "/moved", "/gone", "/round")))
    assert {address.removeprefix(server.url): (r.status, len(r.hops), r.loop) for address, r in found.items()} == {
        "/ok": (200, 0, False),
        "/moved": (200, 1, False),
        "/gone": (404, 0, False),
        "/round": (0, 0, True),
    }


@pytest.mark.usefixtures("open_network")
def test_a_server_that_mistreats_head_is_asked_again_with_get(server: Server) -> None:
    server.answers["/x"] = lambda handler: (405 if handler.command == "HEAD" else 200, {}, b"")
    assert ask(f"{server.url}/x")[f"{server.url}/x"].status == 200
    assert server.asked == ["/x", "/x"]


@pytest.mark.usefixtures("open_network")
def test_when_time_is_up_the_rest_is_not_asked(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(external, "_PACE", 1000)
    limits = CrawlLimits(requests_per_second=1000, time_limit=1e-9)
    found = check([f"{server.url}/a"], limits=limits, say=lambda _: None)
    assert found[f"{server.url}/a"].error == "not asked: out of time"


def test_a_name_that_leads_to_a_private_address_is_not_asked(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "refused", lambda host, own: None)  # as if the name said nothing
    address = server.url.replace("127.0.0.1", "localhost") + "/a"
    answer = ask(address)[address]
    assert "a private address" in answer.error
    assert server.asked == []
