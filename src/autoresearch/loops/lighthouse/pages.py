"""Which pages are looked at: those that are named, or one a template of the crawled site. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from autoresearch.loops.seo.view import is_error_page
from autoresearch.signals.site.model import Crawl, Page
from autoresearch.signals.site.urls import identity

SIBLINGS = 3
"""So many pages side by side, with nothing below them, are made from one template."""
_LANGUAGE = re.compile(r"/[a-z]{2}(?:-[a-z]{2})?(?=/|$)", re.IGNORECASE)
_VARIES = re.compile(r"\d|^[0-9a-f-]{16,}$", re.IGNORECASE)


@dataclass(frozen=True, order=True)
class Target:
    """A page: what findings call it, and the path that it is asked for by."""

    subject: str
    path: str


def named(paths: Iterable[str]) -> list[Target]:
    """The pages of the config, each once."""
    targets = {identity(path): Target(identity(path), path) for path in paths}
    return list(targets.values())


def sampled(crawl: Crawl, most: int) -> list[Target]:
    """One page a template: the start page, then the first by path of each, large templates first.

    The first by path is what a new page moves least often: a number can only be compared with the same page's.
    """
    groups = templates([page for page in crawl.pages.values() if _is_sampled(page)])
    start = crawl.page(crawl.start)
    ranked = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    first = [Target(start.subject, start.url)] if start is not None else []
    others = [Target(pages[0].subject, pages[0].url) for _, pages in ranked]
    return list(dict.fromkeys([*first, *others]))[:most]


def templates(pages: Iterable[Page]) -> dict[str, list[Page]]:
    """Pages by the shape of their path, each group in order of path: `/blog/*`, and `/de/blog/x` after those.

    Steps with digits are a date, a number or an id. Where three pages or more stand side by side with nothing below
    them, their last step is a name. The first step is left out where it is the page's own language.
    """
    by_subject = {page.subject: page for page in pages}
    shapes = {subject: _shape(page) for subject, page in by_subject.items()}
    above = {parent for shape in shapes.values() for parent in _parents(shape)}
    leaves: dict[tuple[str, ...], set[tuple[str, ...]]] = defaultdict(set)
    for shape in shapes.values():
        if shape not in above and shape:
            leaves[shape[:-1]].add(shape)
    groups: dict[str, list[Page]] = defaultdict(list)
    for subject in sorted(by_subject, key=lambda subject: (_in_language(by_subject[subject]) != subject, subject)):
        shape = shapes[subject]
        if shape and shape in leaves[shape[:-1]] and len(leaves[shape[:-1]]) >= SIBLINGS:
            shape = (*shape[:-1], "*")
        groups["/" + "/".join(shape)].append(by_subject[subject])
    return dict(groups)


def _is_sampled(page: Page) -> bool:
    """Whether visitors are meant to come to it: no error page, no redirect, no variant by query."""
    return page.refresh is None and "?" not in page.subject and not is_error_page(page.subject)


def _in_language(page: Page) -> str:
    """The page's path without the step that only names its language."""
    match = _LANGUAGE.match(page.subject)
    is_own = match is not None and page.lang is not None and match[0][1:3].lower() == page.lang[:2].lower()
    return page.subject[match.end() :] if match is not None and is_own else page.subject


def _shape(page: Page) -> tuple[str, ...]:
    return tuple("*" if _VARIES.search(step) else step for step in _in_language(page).split("/") if step)


def _parents(shape: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(shape[:length]) for length in range(1, len(shape))]
