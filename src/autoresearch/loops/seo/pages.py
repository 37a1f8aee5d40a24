"""What a page says about itself: title, description, heading, language, and how it is loaded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from autoresearch.core.measurement import Finding
from autoresearch.loops.seo.codes import language_of
from autoresearch.loops.seo.rules import found, found_on_site, quoted
from autoresearch.loops.seo.view import View
from autoresearch.signals.site.model import Page

_SHORT = 120
"""An error message has fewer words than an article about error messages."""
_MISSING = re.compile(
    r"(?:error\W{0,3})?404\b(?!\s*(?:errors|pages))"
    r"|(?:the |this )?(?:page|file|site|document) (?:was |could |is )?not (?:be )?found\b|not found$"
    r"|(?:die )?seite (?:wurde )?nicht gefunden|page (?:non trouvée|introuvable)|página no encontrada"
    r"|página não encontrada|pagina non trovata|pagina niet gevonden|страница не найдена",
    re.IGNORECASE,
)
_ON_THIS_MACHINE = re.compile(r"http://(?:localhost|127\.|\[::1\])", re.IGNORECASE)


def titles_missing(view: View) -> Iterator[Finding]:
    """An indexable page without a title."""
    for page in view.indexable:
        if not page.title:
            yield found("title-missing", page, "has no title")


def titles_shared(view: View) -> Iterator[Finding]:
    """A page with the title of a page that readers meet before it."""
    yield from _shared(view, "title", lambda page: page.title)


def descriptions_missing(view: View) -> Iterator[Finding]:
    """An indexable page without a description."""
    for page in view.indexable:
        if not page.description:
            yield found("description-missing", page, "has no description")


def descriptions_shared(view: View) -> Iterator[Finding]:
    """A page with the description of a page that readers meet before it."""
    yield from _shared(view, "description", lambda page: page.description)


def _shared(view: View, what: str, text_of: Callable[[Page], str | None]) -> Iterator[Finding]:
    """Within one language: translations may share a name. Query addresses are views of a page, not pages."""
    first: dict[tuple[str, str], Page] = {}
    for page in view.indexable:
        text = text_of(page)
        if text and "?" not in page.subject:
            original = first.setdefault((_language(page), text), page)
            if original is not page and not _are_translations(view, page, original):
                yield found(f"{what}-duplicate", page, f"has the {what} of {original.subject}: {quoted(text)}")


def _language(page: Page) -> str:
    """What the page says that it is in; where it does not, the folder that is named like a language."""
    if page.lang:
        return page.lang.lower()
    return next(filter(None, map(language_of, page.subject.split("/")[1:-1])), "")


def _are_translations(view: View, page: Page, other: Page) -> bool:
    return any(view.page(alternate.target) is other for alternate in page.alternates)


def headings_missing(view: View) -> Iterator[Finding]:
    """An indexable page without `<h1>`; a page without words is filled by a script, which may add one."""
    for page in view.indexable:
        if not page.h1 and page.words:
            yield found("h1-missing", page, "has no <h1>")


def languages_missing(view: View) -> Iterator[Finding]:
    """A page whose `<html>` has no `lang`: screen readers and translators have to guess."""
    for page in view.documents:
        if not page.lang:
            yield found("lang-missing", page, "<html> has no lang")


def meta_refreshes(view: View) -> Iterator[Finding]:
    """A page that leads elsewhere by `<meta http-equiv=refresh>`; one that reloads itself is no redirect.

    Where the canonical leads there too, it is a generator's stand-in for a redirect: advice, no more.
    """
    for page in view.met:
        if page.refresh and not view.is_same(page, page.refresh):
            is_meant = page.refresh in page.canonicals
            message = f"sends visitors to {page.refresh} by meta refresh"
            yield found("meta-refresh", page, message, severity="info" if is_meant else None)


def mixed_content(view: View) -> Iterator[Finding]:
    """An `http:` script, style, image, frame or form on a page that is served by https."""
    if not view.crawl.origin.startswith("http:"):
        for page in view.met:
            for address in page.insecure:
                if not _ON_THIS_MACHINE.match(address):
                    yield found("mixed-content", page, f"loads {address} without encryption", key=address)


def soft_404s(view: View) -> Iterator[Finding]:
    """A page that answers 200 and says, or shows what the server shows, when there is none.

    A single-page application answers every address with its shell: that is told once, and of live sites only, since a
    preview server is not the one that visitors meet.
    """
    nowhere = view.crawl.not_found
    if nowhere is not None and view.crawl.source == "live":
        yield found_on_site("soft-404", "an address that cannot exist answers 200", key="any-address")
    is_shell = nowhere is not None and (view.start is None or view.start.text_hash == nowhere.text_hash)
    same = None if nowhere is None or is_shell or not nowhere.words else nowhere.text_hash
    for page in view.documents:
        if page is view.start or page.noindex:
            continue
        if same is not None and page.text_hash == same:
            yield found("soft-404", page, "answers 200 with the text that the server shows for a missing page")
        elif page.words < _SHORT and page.title and _MISSING.match(page.title):
            yield found("soft-404", page, f"answers 200 with the title {quoted(page.title)}")
