"""Which origin, and which path there, a site calls its own when the config does not say. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from urllib.parse import urlsplit

from autoresearch.signals.site.urls import identity, normal_path, origin_of

_SAMPLE = 50


def mount_of(url: str) -> tuple[str, str]:
    """`https://user.github.io/repo` → its origin and the base path that the site's root has there, `/repo/`.

    A start page that is named as a file (`/docs/index.html`) stands for its folder.
    """
    path = normal_path(urlsplit(url).path or "/")
    if path.endswith((".html", ".htm", ".php")):
        path = path.rpartition("/")[0] + "/"
    return origin_of(url), path if path.endswith("/") else path + "/"


def infer(named: Iterable[tuple[str, str]]) -> tuple[str, str] | None:
    """The mount that most pages agree on, from (path in the folder, URL that the page calls canonical).

    A vote counts only where the URL's path ends in the page's own; at least half of the votes have to agree.
    """
    votes: Counter[tuple[str, str]] = Counter()
    total = 0
    for path, url in list(named)[:_SAMPLE]:
        total += 1
        origin, own = origin_of(url), identity(normal_path(urlsplit(url).path or "/"))
        tail = identity(path)
        base = own + "/" if tail == "/" else own[: -len(tail)] + "/" if own.endswith(tail) else ""
        if origin and base:
            votes[origin, base.replace("//", "/")] += 1
    if not votes:
        return None
    mount, count = max(votes.items(), key=lambda vote: (vote[1], vote[0]))
    return mount if count * 2 >= total else None
