"""The world as one run sees it: every signal is read once, whoever asks first, and shared."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autoresearch.config.events import Events
from autoresearch.config.model import Site
from autoresearch.config.secrets import Secrets
from autoresearch.core.result import Shard
from autoresearch.errors import NotMeasuredError

if TYPE_CHECKING:
    from autoresearch.signals.events.model import EventSource
    from autoresearch.signals.site.model import Crawl, Response


def _quiet(_: str) -> None:
    pass


@dataclass
class Signals:
    """What `measure` may look at: the repository at `root`, the site, the clock and the seed of the run.

    Use it as a context manager: leaving it ends whatever a signal started (a served command).
    """

    root: Path
    site_settings: Site | None
    now: dt.datetime
    secrets: Secrets
    seed: int = 0
    part: Shard | None = None
    """Which part of its subjects a divided loop is to measure; all of them when None."""
    look_at: str | None = None
    """Where the site is, when not where the config says: a preview of it."""
    event_settings: Events | None = None
    say: Callable[[str], None] = _quiet
    """Takes a short line of progress."""
    _memories: dict[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    _also: set[str] = field(default_factory=set, repr=False)
    _remembered: set[str] = field(default_factory=set, repr=False)
    _cache: dict[str, Any] = field(default_factory=dict, repr=False)
    _locks: dict[str, threading.Lock] = field(default_factory=dict, repr=False)
    _guard: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _open: ExitStack = field(default_factory=ExitStack, repr=False)

    def __enter__(self) -> Signals:
        return self

    def __exit__(self, *exc: object) -> None:
        self._open.close()

    def heard_by(self, say: Callable[[str], None]) -> Signals:
        """The same world, shared, with progress told to somebody else."""
        return replace(self, say=say)

    def remember(self, subjects: Iterable[str]) -> None:
        """Name paths that the crawl is to ask for, whether anything leads there or not."""
        self._remembered.update(subject for subject in subjects if subject.startswith("/"))

    def read_also(self, functions: Iterable[str]) -> None:
        """Name functions, `module:function`, that the crawl calls with each document and its parsed tree.

        They run in the process that parses, and return plain values: those come back as `Page.facts`.
        """
        self._also.update(functions)

    def recall(self, loop: str, memory: Mapping[str, Any]) -> None:
        """Note what the state remembers for a loop: not to judge by, only to know what need not be asked again."""
        self._memories[loop] = memory

    def memory_of(self, loop: str) -> Mapping[str, Any]:
        """What was noted for a loop."""
        return self._memories.get(loop, {})

    def site(self) -> Crawl:
        """The crawled site. Raises `NotMeasuredError` where there is none to look at, for every loop that asks."""
        outcome: Crawl = self._once("site", self._crawl)
        return outcome

    def served(self) -> str:
        """The address of the site that `site.serve` serves: started once, for all who ask, and ended with the run."""
        from autoresearch.signals.site.serve import serve

        address: str = self._once(
            "served", lambda: serve(self._site().serve or "", self.root, stack=self._open, say=self.say)
        )
        return address

    def external(self, addresses: frozenset[str]) -> dict[str, Response]:
        """What addresses of other origins answer: asked politely, never on a private network, never crawled."""
        from autoresearch.signals.site.external import check

        wanted = sorted(addresses)
        answers: dict[str, Response] = self._once(
            f"external {wanted}", lambda: check(wanted, limits=self._site().crawl, say=self.say)
        )
        return answers

    def events(self) -> EventSource:
        """Analytics events, ready to be asked. Raises `NotMeasuredError` where the config names none."""
        source: EventSource = self._once("events", self._open_events)
        return source

    def _open_events(self) -> EventSource:
        if self.event_settings is None:
            raise NotMeasuredError(
                "there are no events to look at",
                hint="say where they are: `events:` in autoresearch/config.yml (docs/signals/events.md)",
            )
        from autoresearch.signals.events.source import open_events

        source = open_events(self.secrets.resolved(self.event_settings), self.root, self.now)
        self._open.callback(source.close)
        return source

    def _site(self) -> Site:
        if self.site_settings is None and self.look_at is not None:
            return Site(url=self.look_at)
        if self.site_settings is None:
            raise NotMeasuredError(
                "there is no site to look at",
                hint="build it and name its folder (`-C FOLDER`: dist, build, _site and other usual places are "
                "looked into), or say where it is: `site:` in autoresearch/config.yml",
            )
        return self.secrets.resolved(self.site_settings)

    def _crawl(self) -> Crawl:
        from autoresearch.signals.site.crawl import crawl

        seeds = sorted(self._remembered)
        return crawl(
            self._site(),
            self.root,
            seeds=seeds,
            also=sorted(self._also),
            at=self.look_at,
            served=self.served,
            stack=self._open,
            say=self.say,
        )

    def _once(self, name: str, read: Callable[[], Any]) -> Any:
        """Read a signal on the first call and hand the same outcome, a failure too, to every later caller."""
        with self._guard:
            lock = self._locks.setdefault(name, threading.Lock())
        with lock:
            if name not in self._cache:
                try:
                    self._cache[name] = read()
                except NotMeasuredError as error:
                    self._cache[name] = error
        outcome = self._cache[name]
        if isinstance(outcome, NotMeasuredError):
            raise outcome
        return outcome
