"""What to ask next, level by level, and what never to ask: traps that make a site endless. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from fnmatch import fnmatchcase
from urllib.parse import parse_qsl

_MAX_QUERIES = 300
"""Different queries of one path; a listing has pages, a trap has permutations."""
_MAX_DATES = 500
"""Addresses that differ only in the numbers of a date: a calendar has a month for ever."""
_MAX_STEPS = 30
_MAX_REPEATS = 3
_MAX_TOLD = 1_000
_NUMBER = re.compile(r"\d+")
_DATE = re.compile(r"/\d{4}/\d{1,2}(?:/|$)|/\d{4}-\d{2}|(?:^|[?&])(?:year|month|date|day|week|m|y|d)=\d", re.IGNORECASE)
_SESSION = re.compile(r"^(?:jsessionid|phpsessid|sessionid|session_id|sid|aspsessionid\w*)$", re.IGNORECASE)


class Frontier:
    """Addresses that wait for their level. Each is asked once; the order within a level is alphabetical.

    What is a trap is decided when the level begins, in that order: it must not depend on which page was read first.
    """

    def __init__(self, limit: int, exclude: Iterable[str] = ()) -> None:
        self._limit = limit
        self._exclude = tuple(exclude)
        self._seen: set[str] = set()
        self._refused: set[str] = set()
        self._spellings: set[str] = set()
        self._queries: Counter[str] = Counter()
        self._dates: Counter[str] = Counter()
        self._waiting: dict[str, bool] = {}
        """Each address, and whether it is trusted."""
        self._asked = 0
        self.left_out = 0
        """How many addresses the page limit kept from being asked."""
        self.trapped: list[tuple[str, str]] = []
        """(address, why) of what looks endless; bounded."""

    def add(self, address: str, *, trusted: bool = False) -> None:
        """Let an address wait for the next level. `trusted`: a sitemap lists it, or an earlier run saw it: no trap."""
        if address not in self._seen or (trusted and address in self._refused):
            self._seen.add(address)
            self._refused.discard(address)
            self._waiting[address] = trusted

    def level(self) -> list[str]:
        """The addresses of the next level, as many as the limit allows."""
        room = max(0, self._limit - self._asked)
        level = [address for address in sorted(self._waiting) if self._is_wanted(address)]
        self._waiting = {}
        self.left_out += max(0, len(level) - room)
        self._asked += min(len(level), room)
        return level[:room]

    def _is_wanted(self, address: str) -> bool:
        if any(fnmatchcase(address, pattern) for pattern in self._exclude):
            return False
        why = None if self._waiting[address] else self._trap(address)
        if why:
            self._refused.add(address)
        if why and len(self.trapped) < _MAX_TOLD:
            self.trapped.append((address, why))
        return why is None

    def _trap(self, address: str) -> str | None:
        """Why an address looks like one of endlessly many, or None."""
        path, mark, query = address.partition("?")
        return _growing(path) or (self._permuted(path, query) if mark else None) or self._dated(address)

    def _permuted(self, path: str, query: str) -> str | None:
        pairs = parse_qsl(query, keep_blank_values=True)
        if any(_SESSION.match(name) for name, _ in pairs):
            return "a session in the query"
        spelling = f"{path}?{sorted(pairs)}"
        if spelling in self._spellings:
            return "another order of a query that is already known"
        self._spellings.add(spelling)
        self._queries[path] += 1
        return f"more than {_MAX_QUERIES} queries of one path" if self._queries[path] > _MAX_QUERIES else None

    def _dated(self, address: str) -> str | None:
        if not _DATE.search(address):
            return None
        shape = _NUMBER.sub("#", address)
        self._dates[shape] += 1
        return f"more than {_MAX_DATES} dates of one calendar" if self._dates[shape] > _MAX_DATES else None


def _growing(path: str) -> str | None:
    steps = path.split("/")
    if len(steps) > _MAX_STEPS or _repeats(steps):
        return "the path grows: its steps repeat"
    return "a session in the path" if ";jsessionid=" in path.lower() else None


def _repeats(steps: list[str]) -> bool:
    """Whether a run of steps stands three times or more in a row: `/a/b/a/b/a/b`."""
    named = [step for step in steps if step]
    for size in range(1, len(named) // _MAX_REPEATS + 1):
        for start in range(len(named) - size * _MAX_REPEATS + 1):
            run = named[start : start + size]
            if all(named[start + size * n : start + size * (n + 1)] == run for n in range(1, _MAX_REPEATS)):
                return True
    return False
