"""Links and redirects: where they lead, and pages that none leads to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote

from autoresearch.core.measurement import Finding
from autoresearch.loops.seo.rules import found, listed
from autoresearch.loops.seo.view import View, is_error
from autoresearch.signals.site.model import Page, Response
from autoresearch.signals.site.urls import identity

_BY_SCRIPT = re.compile(r"[/!?].*|.*=.*|L?\d+-L?\d+", re.DOTALL)
"""Fragments that a script, not an id, answers: `#/route`, `#!route`, `#?query`, `#page=2`, the lines `#203-207`."""
_UNSURE_OUTSIDE = {401, 402, 403, 405, 406, 407, 408, 409, 418, 421, 423, 425, 429, 451, 503}
"""How other sites turn away robots, while people get a page."""
_NO_SUCH_HOST = ("DNS:", "TLS:")
"""Errors that a later try would meet again; a connection or a time limit may just have had a bad moment."""


def broken_links(view: View) -> Iterator[Finding]:
    """A link to an address of the site that was asked for and answered with an error."""
    for address, pages in view.users.items():
        if (response := view.failure(address)) is not None:
            for page in pages:
                message = f"links to {address}, which answers {answer(response)}"
                yield found("broken-link", page, message, key=identity(address))


def broken_fragments(view: View) -> Iterator[Finding]:
    """A link to `#section` of a page that was read and has no such id."""
    for page in view.met:
        for link in page.links:
            if not link.fragment or (target := view.page(link.target)) is None:
                continue
            if not _has_section(target, link.fragment) and _is_it(view, target, link.target):
                where = "itself" if target is page else link.target
                message = f"links to #{link.fragment} of {where}, where no such id exists"
                yield found("broken-fragment", page, message, key=f"{target.subject}#{link.fragment}")


def _has_section(page: Page, fragment: str) -> bool:
    """By id, decoded or as written, or by a script; a page without words gets its ids from one, too."""
    if page.has_anchor(fragment):
        return True
    if not page.words or fragment.lower() == "top" or _BY_SCRIPT.fullmatch(fragment):
        return True
    return page.has_anchor(quote(fragment, safe="")) or page.has_anchor(quote(fragment))


def _is_it(view: View, page: Page, address: str) -> bool:
    """Not where `/x.html` and `/x/` are two files: they count as one page, of which one was read."""
    spellings = {address.endswith((".html", ".htm")), page.url.endswith((".html", ".htm"))}
    return len(spellings) == 1 or not (address in view.crawl.responses and page.url in view.crawl.responses)


def redirect_chains(view: View) -> Iterator[Finding]:
    """An address in use that takes two redirects or more to arrive."""
    for address, response in view.crawl.responses.items():
        if len(response.hops) > 1 and response.ok and not response.loop and (users := _users(view, address)):
            message = f"{len(response.hops)} redirects: {_path(response)}; {users}"
            yield found("redirect-chain", identity(address), message, key=response.hops[-1])


def redirect_loops(view: View) -> Iterator[Finding]:
    """An address whose redirects come back to themselves, or do not end."""
    for address, response in view.crawl.responses.items():
        if response.loop and address.startswith("/"):
            users = _users(view, address) or "known from earlier runs"
            yield found("redirect-loop", identity(address), f"never arrives: {_path(response)}; {users}")


def orphan_pages(view: View) -> Iterator[Finding]:
    """A page that only a sitemap or the folder knows; without a sitemap's word it may be meant for nobody.

    Where half of all pages are found in no link, scripts make the navigation, and nothing can be said.
    """
    if view.start is None:
        return
    orphans = [p for p in view.documents if p.subject not in view.linked and p is not view.start and not p.noindex]
    if 2 * len(orphans) < len(view.crawl.pages):
        for page in orphans:
            if page.subject in view.listed:
                yield found("orphan-page", page, "no page links here, only a sitemap lists it")
            else:
                yield found("orphan-page", page, "no page links here, and no sitemap lists it", severity="info")


def external_targets(view: View) -> frozenset[str]:
    """Every address of another site that a page links to."""
    return frozenset(link.target for page in view.met for link in page.links if not link.target.startswith("/"))


def external_links(view: View, answers: Mapping[str, Response]) -> Iterator[Finding]:
    """A link to another site that surely fails. How sites turn away robots proves nothing, nor does a cut cable."""
    if not any(response.status for response in answers.values()):
        return
    dead = {address: response for address, response in answers.items() if _surely_fails(response)}
    for page in view.met:
        for address in dict.fromkeys(link.target for link in page.links if link.target in dead):
            message = f"links to {address}, which answers {answer(dead[address])}"
            yield found("external-broken-link", page, message, key=address)


def _surely_fails(response: Response) -> bool:
    if response.status == 0:
        return response.error.startswith(_NO_SUCH_HOST)
    return is_error(response.status) and response.status < 600 and response.status not in _UNSURE_OUTSIDE


def answer(response: Response) -> str:
    """`404`, `404 after /a → /b`, or why there was no answer."""
    what = str(response.status) if response.status else response.error or "nothing"
    return f"{what} after {_path(response)}" if response.hops else what


def _path(response: Response, most: int = 6) -> str:
    steps = [response.url, *response.hops]
    return " → ".join(steps if len(steps) <= most else [*steps[:most], "…"])


def _users(view: View, address: str) -> str:
    if users := [page.subject for page in view.users.get(address, ())]:
        return f"linked from {listed(users)}"
    return "listed in a sitemap" if address in view.crawl.sitemaps.entries else ""
