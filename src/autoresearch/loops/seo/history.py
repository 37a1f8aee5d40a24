"""What only history shows: pages that went, pages that hide, dates that do not follow their content. Pure."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping

from autoresearch.core.measurement import SITE, Finding, Scalar
from autoresearch.loops.seo.rules import found, found_on_site
from autoresearch.loops.seo.sitemaps import MANY
from autoresearch.loops.seo.view import View, is_error
from autoresearch.signals.site.urls import identity

Facts = Mapping[str, Scalar]
Observations = Mapping[str, Facts]

_COMMON = "common_lastmod"
_NEARLY_ALL = 0.9
_SERVER_ERROR = 500
"""From here on the server is in trouble, not the page: the page was not measured, which does not make it gone."""


def observe(view: View) -> dict[str, dict[str, Scalar]]:
    """The plain facts of each page, and the error of each address that is none: equal sites give equal facts."""
    indexable = {page.subject for page in view.indexable}
    observed: dict[str, dict[str, Scalar]] = {}
    for subject, page in view.crawl.pages.items():
        facts: dict[str, Scalar] = {"status": 200, "indexable": subject in indexable, "hash": page.text_hash}
        if page.noindex:
            facts["noindex"] = True
        if lastmod := view.listed.get(subject):
            facts["lastmod"] = lastmod[:40]
        observed[subject] = facts
    for subject, status in _failures(view):
        observed.setdefault(subject, {"status": status})
    if common := _common_lastmod(view):
        observed.setdefault(SITE, {})[_COMMON] = common
    return dict(sorted(observed.items()))


def _failures(view: View) -> Iterator[tuple[str, int]]:
    """Subjects of the site that failed however they were spelled."""
    failed: dict[str, int] = {}
    alive: set[str] = set()
    for address, response in view.crawl.responses.items():
        if address.startswith("/"):
            if is_error(response.status) and response.status < _SERVER_ERROR and not response.loop:
                failed.setdefault(identity(address), response.status)
            else:
                alive.add(identity(address))
    yield from ((subject, status) for subject, status in failed.items() if subject not in alive)


def _common_lastmod(view: View) -> str | None:
    """The date that nearly all entries share, if they do."""
    dates = Counter(date for date in view.listed.values() if date)
    if dates.total() < MANY:
        return None
    date, count = min(dates.items(), key=lambda item: (-item[1], item[0]))
    return date[:40] if count >= _NEARLY_ALL * dates.total() else None


def judge(now: Observations, before: Observations) -> Iterator[Finding]:
    """Compare what is with what was. What was not seen this time proves nothing."""
    both = [(subject, facts, before[subject]) for subject, facts in now.items() if subject in before]
    for subject, facts, old in both:
        yield from _page(subject, facts, old)
    yield from _dates(both, now.get(SITE, {}), before.get(SITE, {}))


def _page(subject: str, now: Facts, before: Facts) -> Iterator[Finding]:
    status = now.get("status")
    if before.get("status") == 200 and isinstance(status, int) and is_error(status):
        message = f"was a page, now answers {status}, and no redirect leads on"
        yield found("page-gone", subject, message, judged=True)
    if before.get("indexable") and now.get("noindex"):
        yield found("noindex-unexpected", subject, "could be indexed before, now says noindex", judged=True)


def _dates(both: list[tuple[str, Facts, Facts]], now: Facts, before: Facts) -> Iterator[Finding]:
    dated = [
        (subject, facts, old)
        for subject, facts, old in both
        if facts.get("hash") and old.get("hash") and facts.get("lastmod") and old.get("lastmod")
    ]
    changed = sum(facts["hash"] != old["hash"] for _, facts, old in dated)
    redesigned = len(dated) >= MANY and 2 * changed > len(dated)
    always_now = bool(dated) and not redesigned and _moved(before.get(_COMMON), now.get(_COMMON))
    if always_now:
        message = f"nearly all lastmod moved to {now[_COMMON]}, although {len(dated) - changed:,} pages did not change"
        yield found_on_site("sitemap-dishonest-lastmod", message, key="always-now", judged=True)
    for subject, facts, old in dated:
        if facts["hash"] != old["hash"]:
            if not redesigned and facts["lastmod"] == old["lastmod"]:
                message = f"the text changed, but lastmod is still {facts['lastmod']}"
                yield found("sitemap-stale-lastmod", subject, message, judged=True)
        elif not (always_now and facts["lastmod"] == now[_COMMON]) and _moved(old["lastmod"], facts["lastmod"]):
            message = f"lastmod moved from {old['lastmod']} to {facts['lastmod']}, but the text is the same"
            yield found("sitemap-dishonest-lastmod", subject, message, judged=True)


def _moved(before: Scalar, now: Scalar) -> bool:
    """Whether a date went forward; another way to write the same date, or an earlier one, is no claim."""
    if not (isinstance(before, str) and isinstance(now, str)):
        return False
    old, new = _date(before), _date(now)
    if old is None or new is None:
        return False
    if len(before) <= len("2026-01-08") or len(now) <= len("2026-01-08"):
        return new.date() > old.date()
    return new > old


def _date(text: str) -> dt.datetime | None:
    """A W3C date or datetime, in UTC; None for anything else."""
    try:
        moment = dt.datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment
