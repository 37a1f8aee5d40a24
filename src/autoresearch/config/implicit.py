"""A folder without a config: `autoresearch run seo -C FOLDER` finds the built site by itself."""

from __future__ import annotations

from pathlib import Path

from autoresearch.config.model import Site

_BUILT = (".", "dist", "build", "_site", "public", "out", "site", "build/html", "_build/html", "docs/_build/html")
_MANY = 3


def guess_site(root: Path) -> Site | None:
    """The built site in or below `root`: the first usual place with an `index.html`, or `root` if it is all pages."""
    for name in _BUILT:
        if (root / name / "index.html").is_file():
            return Site(source="dist", dist=name)
    pages = sum(1 for _ in zip(range(_MANY), root.glob("*.html"), strict=False))
    return Site(source="dist", dist=".") if pages == _MANY else None
