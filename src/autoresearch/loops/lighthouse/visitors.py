"""What the site's own visitors met, from the web-vitals events that it records, beside what the lab says."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence

from autoresearch.core.measurement import Metric
from autoresearch.loops.lighthouse.pages import Target
from autoresearch.loops.lighthouse.settings import WebVitals
from autoresearch.signals.context import Signals
from autoresearch.signals.site.urls import identity

_SHARE = 0.75
"""As Google judges a page: so many of its visits are at least as good (https://web.dev/articles/vitals)."""


def visited(signals: Signals, wanted: WebVitals, pages: Sequence[Target]) -> Iterator[Metric]:
    """The 75th percentile of each metric on each page, in ms (`cls` without unit); none where too few visits are known.

    Raises `NotMeasuredError` where there are no events, or their source cannot say how a value is distributed.
    """
    from autoresearch.signals.events.histogram import merged, quantile
    from autoresearch.signals.events.model import Dimension, Span

    span = Span(signals.now - dt.timedelta(days=wanted.days), signals.now)
    spellings = {spelling: page.subject for page in pages for spelling in _spellings(page)}
    routes = Dimension("route", keep=tuple(spellings))
    for name, condition in wanted.conditions().items():
        found: dict[str, list[dict[int, int]]] = defaultdict(list)
        for bucket in signals.events().histogram(span, condition, [routes], "day"):
            if subject := spellings.get(bucket.segment[0]):
                found[subject].append({bucket.index: bucket.events})
        for subject, parts in sorted(found.items()):
            histogram = merged(parts)
            value = quantile(histogram, _SHARE)
            if value is not None and sum(histogram.values()) >= wanted.least:
                unit = "" if name == "cls" else "ms"
                yield Metric(name=f"visitors-{name}", subject=subject, value=round(value, 4), unit=unit, better="lower")


def _spellings(page: Target) -> set[str]:
    """How events may name a page: `/about`, `/about/`."""
    subject = identity(page.path)
    return {page.path, subject, subject.rstrip("/") + "/"}
