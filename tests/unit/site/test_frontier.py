"""What is asked next, and what never."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from autoresearch.signals.site.frontier import Frontier


def asked(*addresses: str, limit: int = 1000, **more: object) -> list[str]:
    frontier = Frontier(limit, **more)  # type: ignore[arg-type]
    for address in addresses:
        frontier.add(address)
    return frontier.level()


@given(st.lists(st.sampled_from([f"/p{n}" for n in range(30)])), st.integers(1, 20))
def test_each_address_is_asked_once_in_order_and_within_the_limit(addresses: list[str], limit: int) -> None:
    level = asked(*addresses, limit=limit)
    assert level == sorted(set(addresses))[:limit]


def test_what_is_past_the_limit_is_counted() -> None:
    frontier = Frontier(2)
    for address in ("/a", "/b", "/c"):
        frontier.add(address)
    assert frontier.level() == ["/a", "/b"]
    assert frontier.left_out == 1
    frontier.add("/d")
    assert frontier.level() == []


def test_honest_addresses_are_no_traps() -> None:
    honest = [
        "/2019/05/12/a-post", "/product/12345", "/docs/a/b/c/d/e/f", "/list?page=2&sort=price", "/a/a",
        "/api/api-v1/api",
               "/en/blog/en", "/search?q=mug", "/archive/2024/11", *(f"/blog?page={n}" for n in range(200)),
        *(f"/product/{n}" for n in range(700)),
    ]  # fmt: skip
    assert sorted(asked(*honest)) == sorted(honest)


def test_traps_are_told_with_their_reason() -> None:
    frontier = Frontier(10_000)
    for address in ("/l?a=1&b=2", "/x/x/x", "/x?PHPSESSID=1", "/x;jsessionid=1", "/a/b/a/b/a/b", "/l?b=2&a=1"):
        frontier.add(address)
    assert frontier.level() == ["/l?a=1&b=2"]
    assert [address for address, _ in frontier.trapped] == [
        "/a/b/a/b/a/b", "/l?b=2&a=1", "/x/x/x", "/x;jsessionid=1", "/x?PHPSESSID=1",
    ]  # fmt: skip


_ORDERS = ["a=1&b=2", "b=2&a=1", "c=3&a=1", "a=1&c=3"]
_LINKS = [*(f"/q?{order}" for order in _ORDERS), *(f"/q?page={n}" for n in range(310)), "/x/x/x"]


@settings(deadline=None)
@given(st.permutations(_LINKS))
def test_which_addresses_are_traps_does_not_depend_on_who_linked_first(links: list[str]) -> None:
    first, second = Frontier(10_000), Frontier(10_000)
    for one, other in zip(_LINKS, links, strict=True):
        first.add(one)
        second.add(other)
    assert first.level() == second.level()
    assert first.trapped == second.trapped


def test_what_a_sitemap_lists_is_trusted() -> None:
    frontier = Frontier(10)
    frontier.add("/x/x/x", trusted=True)
    frontier.add("/y/y/y")
    assert frontier.level() == ["/x/x/x"]


def test_excluded_patterns_are_never_asked() -> None:
    assert asked("/search?q=1", "/searching", "/a", exclude=("/search*",)) == ["/a"]


def test_what_looks_like_a_trap_is_asked_when_somebody_knows_it() -> None:
    frontier = Frontier(limit=10)
    growing = "/a" * 40
    frontier.add(growing)
    assert frontier.level() == []
    frontier.add(growing)
    assert frontier.level() == []
    frontier.add(growing, trusted=True)
    assert frontier.level() == [growing]
