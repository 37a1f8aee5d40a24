"""The site against the routes of its repository (`signals/routes.py`)."""

from __future__ import annotations

from collections.abc import Iterator

from autoresearch.core.measurement import Finding
from autoresearch.loops.seo.rules import found
from autoresearch.loops.seo.view import View, is_error_page
from autoresearch.signals.routes import Routes


def routes_missing(view: View, routes: Routes) -> Iterator[Finding]:
    """A route that was asked for and fails, or that a complete folder has no page for.

    Where most routes are missing it is the guess about the framework that is wrong, not the site.
    """
    absent = [path for path in routes.static if _is_absent(view, path)]
    if routes.declared or 2 * len(absent) <= len(routes.static):
        for path in absent:
            if not is_error_page(path):
                file = routes.static[path]
                finding = found("route-missing", path, f"{file} makes it, but the site has no such page")
                yield finding.model_copy(update={"path": file})


def _is_absent(view: View, path: str) -> bool:
    if path in view.crawl.pages or path in view.crawl.disallowed:
        return False
    if path in view.crawl.responses:
        return view.failure(path) is not None
    return view.crawl.source == "dist" and view.crawl.complete


def pages_unexpected(view: View, routes: Routes) -> Iterator[Finding]:
    """A page that no route, dynamic ones included, explains."""
    pages = [page for page in view.documents if "?" not in page.subject]
    strangers = [page for page in pages if routes.is_stranger(page.subject)]
    if routes.declared or 2 * len(strangers) <= len(pages):
        for page in strangers:
            yield found("route-unexpected", page, f"no route of the repository ({routes.framework}) explains this page")
