"""Sitemaps and robots.txt: what they promise to crawlers, against what is there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from autoresearch.core.measurement import Finding
from autoresearch.loops.seo.links import answer
from autoresearch.loops.seo.rules import found, found_on_site
from autoresearch.loops.seo.view import View
from autoresearch.signals.site.model import Page, SitemapEntry
from autoresearch.signals.site.urls import identity

MANY = 10
"""Fewer dates than this may be alike by chance."""
_BEFORE, _AFTER = dt.timedelta(seconds=60), dt.timedelta(minutes=10)
_MOST_ERRORS = 3


def sitemap_missing(view: View) -> Iterator[Finding]:
    """A site of more than one page without any sitemap, valid or not."""
    sitemaps = view.crawl.sitemaps
    if not sitemaps.files and not sitemaps.errors and len(view.indexable) > 1:
        yield found_on_site("sitemap-missing", f"{len(view.indexable):,} pages, and no sitemap lists them")


def sitemap_invalid(view: View) -> Iterator[Finding]:
    """What is wrong with each sitemap that could not be read as one."""
    problems: dict[str, list[str]] = {}
    for sitemap, problem in view.crawl.sitemaps.errors:
        problems.setdefault(sitemap, []).append(problem)
    for sitemap, reasons in problems.items():
        yield found("sitemap-invalid", sitemap, "; ".join(reasons[:_MOST_ERRORS]))


def sitemap_entries(view: View) -> Iterator[Finding]:
    """Every entry should be a page that answers, may be indexed and is its own canonical."""
    for entry in view.crawl.sitemaps.entries.values():
        if entry.url.startswith("/"):
            yield from _entry(view, entry)


def _entry(view: View, entry: SitemapEntry) -> Iterator[Finding]:
    response = view.crawl.responses.get(entry.url)
    subject = identity(entry.url)
    if failure := view.failure(entry.url):
        yield found("sitemap-url-broken", subject, f"{entry.sitemap} lists it, but it answers {answer(failure)}")
        return
    if response is not None and response.hops and not response.loop and identity(response.hops[-1]) != subject:
        message = f"{entry.sitemap} lists it, but it redirects to {response.hops[-1]}"
        yield found("sitemap-url-redirects", subject, message)
        return
    page = view.page(entry.url)
    if page is None:
        return
    if page.noindex:
        yield found("sitemap-url-noindex", page, f"{entry.sitemap} lists it, but the page says noindex")
    elif len(page.canonicals) == 1 and not view.is_canonical(page):
        message = f"{entry.sitemap} lists it, but its canonical is {page.canonicals[0]}"
        yield found("sitemap-url-not-canonical", page, message)


def pages_missing_from_sitemap(view: View) -> Iterator[Finding]:
    """An indexable page that no sitemap lists, where every sitemap could be read. Query pages need none.

    A section that is left out as a whole, such as a language whose own sitemap robots.txt does not name, is told once.
    """
    sitemaps = view.crawl.sitemaps
    if not sitemaps.files or sitemaps.errors:
        return
    sections: dict[str, list[Page]] = {}
    for page in _to_be_listed(view):
        sections.setdefault(page.subject.split("/", 2)[1], []).append(page)
    for section, pages in sections.items():
        missing = [page for page in pages if page.subject not in view.listed]
        if len(missing) == len(pages) >= MANY:
            message = f"no sitemap lists any of the {len(pages):,} pages below /{section}"
            yield found("sitemap-missing-page", f"/{section}", message, key="section")
        else:
            for page in missing:
                yield found("sitemap-missing-page", page, "may be indexed, but no sitemap lists it")


def _to_be_listed(view: View) -> list[Page]:
    return [page for page in view.indexable if "?" not in page.subject]


def coverage(view: View) -> float:
    """The share of indexable pages that sitemaps list, in percent; 100 when there is no page to list."""
    wanted = _to_be_listed(view)
    return 100.0 * sum(page.subject in view.listed for page in wanted) / len(wanted) if wanted else 100.0


def robots_blocked(view: View) -> Iterator[Finding]:
    """A page that robots.txt forbids, although a sitemap promises it (a contradiction) or a page links to it."""
    listed = view.listed
    for address, linked_from in view.crawl.disallowed.items():
        subject = identity(address)
        if subject in listed:
            yield found("robots-blocked", subject, "a sitemap lists it, but robots.txt forbids to crawl it")
        elif "?" not in address and linked_from:
            message = f"{linked_from} links to it, but robots.txt forbids to crawl it"
            yield found("robots-blocked", subject, message, severity="info")


def dates_are_now(view: View, now: dt.datetime) -> Iterator[Finding]:
    """Sitemaps whose every `lastmod` is the moment of the crawl: made on request, they date nothing.

    Only full timestamps count; dates of a deploy day may be right. Those are judged by history.
    """
    dates = [entry.lastmod for entry in view.crawl.sitemaps.entries.values() if entry.lastmod]
    moments = [moment for date in dates if (moment := _timestamp(date)) is not None]
    if len(moments) >= MANY and len(moments) == len(dates) and all(-_BEFORE <= m - now <= _AFTER for m in moments):
        message = f"all {len(dates):,} entries of the sitemaps say that they changed just now ({dates[0]})"
        yield found_on_site("sitemap-dishonest-lastmod", message, key="always-now")


def _timestamp(date: str) -> dt.datetime | None:
    """A W3C datetime with a time of day and an offset, else None."""
    try:
        moment = dt.datetime.fromisoformat(date.strip())
    except ValueError:
        return None
    return moment if "T" in date and moment.tzinfo is not None else None
