"""No page leads us into a private network."""

from __future__ import annotations

import socket

import pycurl
import pytest

from autoresearch.signals.site.exchange import Exchange
from autoresearch.signals.site.guard import is_public, refused
from autoresearch.signals.site.robots import Robots

PRIVATE = [
    "127.0.0.1", "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",
    "::1", "[::1]", "fe80::1%eth0", "fd00::1", "::ffff:127.0.0.1", "2002:7f00:1::", "localhost",
    "LOCALHOST.", "x.localhost",
]  # fmt: skip


@pytest.mark.parametrize("host", PRIVATE)
def test_private_addresses_are_refused(host: str) -> None:
    assert not is_public(host)
    assert refused(host, None)


@pytest.mark.parametrize("host", ["93.184.216.34", "2606:4700::1111", "shop.example"])
def test_public_ones_are_not(host: str) -> None:
    assert refused(host, None) is None


def test_the_host_that_the_user_named_may_be_private_and_no_other() -> None:
    assert refused("127.0.0.1", "127.0.0.1") is None
    assert refused("127.0.0.2", "127.0.0.1")


def test_a_name_that_resolves_to_a_private_address_is_refused_when_it_is_connected_to() -> None:
    address = (socket.AF_INET, socket.SOCK_STREAM, 0, ("127.0.0.1", 80))
    assert Exchange("GET", 1, False, private=False).open_socket(0, address) == pycurl.SOCKET_BAD
    assert Exchange("GET", 1, False, private=True).open_socket(0, address).fileno() > 2


def test_robots_txt_is_obeyed_for_our_name_and_for_all() -> None:
    robots = Robots(
        b"User-agent: autoresearch\nDisallow: /a\nCrawl-delay: 2\n\nUser-agent: *\nDisallow: /\nSitemap: https://x.example/s.xml"
    )
    assert not robots.allows("https://x.example/a/b")
    assert robots.allows("https://x.example/b")
    assert robots.delay == 2
    assert robots.sitemaps == ["https://x.example/s.xml"]


@pytest.mark.parametrize("body", [None, b"<html>User-agent: *\nDisallow: /</html>", b"", b"\xff\xfe\x00"])
def test_no_robots_txt_forbids_nothing(body: bytes | None) -> None:
    assert Robots(body).allows("https://x.example/a")
