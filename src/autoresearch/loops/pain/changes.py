"""What changed of late: releases in the events, tags in git, what the config and events of their own tell."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress

from autoresearch.core.measurement import Scalar
from autoresearch.core.plain import plain
from autoresearch.errors import NotMeasuredError
from autoresearch.loops.pain.read import Reader
from autoresearch.signals import git
from autoresearch.signals.context import Signals

_DAYS = 15
"""How far back a pain may have begun."""
_MOST = 100
_SETTLED = dt.timedelta(hours=6)
"""A release that was seen within so long of the first events was there before them."""


def gather(reader: Reader, signals: Signals) -> dict[str, Scalar]:
    """What → when, the newest ones."""
    span = reader.span(reader.end - 24 * _DAYS)
    found: list[tuple[dt.datetime, str]] = []
    with suppress(NotMeasuredError):
        first = min(reader.seen, default=reader.end)
        settled = max(span.start, reader.clock.time(first)) + _SETTLED
        releases = reader.source.releases(span) if "release" in _mapped(reader) else []
        found += [(release.first, f"release {release.name}") for release in releases if release.first > settled]
    with suppress(NotMeasuredError):
        if reader.settings.change_events is not None:
            told = reader.source.counts(span, where=reader.settings.change_events)
            found += [(count.at, f"change event at {count.at.astimezone(reader.clock.zone):%d %H}h") for count in told]
    found += [(time, f"tag {name}") for time, name in git.tags(signals.root)]
    found += [(_aware(change.at, reader), change.what) for change in reader.settings.changes]
    newest = sorted((item for item in found if span.start <= item[0] <= signals.now), reverse=True)[:_MOST]
    return {plain(what, 120): f"{time.astimezone(reader.clock.zone):%Y-%m-%d %H:%M}" for time, what in reversed(newest)}


def _mapped(reader: Reader) -> set[str]:
    return set() if reader.facts is None else {*reader.facts.mapped} - {*reader.facts.missing}


def _aware(time: dt.datetime, reader: Reader) -> dt.datetime:
    return time if time.tzinfo else time.replace(tzinfo=reader.clock.zone)
