"""Canonicals: one for each page, leading to a page that answers, may be indexed and is its own canonical."""

from __future__ import annotations

from collections.abc import Iterator

from autoresearch.core.measurement import Finding
from autoresearch.loops.seo.links import answer
from autoresearch.loops.seo.rules import found
from autoresearch.loops.seo.view import View
from autoresearch.signals.site.model import Page
from autoresearch.signals.site.urls import identity


def canonicals(view: View) -> Iterator[Finding]:
    """What each document says about its own address. Another origin's page is taken at its word."""
    for page in view.documents:
        named = _distinct(view, page)
        if not named:
            if not page.noindex and not page.canonicals:
                yield found("canonical-missing", page, "names no canonical")
        elif len(named) > 1:
            yield found("canonical-conflict", page, f"names {len(named)} canonicals: {', '.join(named[:3])}")
        elif not view.is_same(page, named[0]):
            yield from _leading_elsewhere(view, page, named[0])


def _distinct(view: View, page: Page) -> list[str]:
    """The canonicals of a page, those that mean the same page once."""
    named: dict[str, str] = {}
    for address in page.canonicals:
        target = view.page(address)
        named.setdefault(target.subject if target is not None else identity(address), address)
    return list(named.values())


def _leading_elsewhere(view: View, page: Page, address: str) -> Iterator[Finding]:
    if failure := view.failure(address):
        yield found("canonical-broken", page, f"its canonical {address} answers {answer(failure)}")
        return
    response = view.crawl.responses.get(address)
    target = view.page(address)
    if response is not None and response.loop:
        yield found("canonical-broken", page, f"its canonical {address} redirects for ever")
    elif response is not None and response.hops and identity(response.hops[-1]) != identity(address):
        yield found("canonical-conflict", page, f"its canonical {address} redirects to {response.hops[-1]}")
    elif target is not None and target.noindex:
        yield found("canonical-conflict", page, f"its canonical {address} asks not to be indexed")
    elif target is not None and not view.is_canonical(target):
        yield found("canonical-conflict", page, f"its canonical {address} names {target.canonicals[0]} as its own")
