"""Routes of content generators: Jekyll and Hugo.

They can be configured in more ways than a reader of file names can follow. A file whose address is not certain makes
no route here: `route-missing` speaks only of what must be there.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from autoresearch.signals.routes import Routes, front_matter, is_draft, subject_of, walk

_SIMPLE = re.compile(r"[A-Za-z0-9_/-]*")
_MARKUP = (".md", ".markdown", ".html", ".htm")
_MAX_CONFIG = 1_000_000

# --- Jekyll: https://jekyllrb.com/docs/permalinks/ ---------------------------------------------------------------

_POST = re.compile(r"(?:(?P<folders>.*)/)?_posts/(?:.*/)?(?P<date>\d{4}-\d{1,2}-\d{1,2})-(?P<title>[^/]+)\.\w+")
_STYLES = {
    "date": "/:categories/:year/:month/:day/:title",
    "pretty": "/:categories/:year/:month/:day/:title/",
    "ordinal": "/:categories/:year/:y_day/:title",
    "none": "/:categories/:title",
}
_NOT_PUBLISHED = ("Gemfile", "Rakefile", "vendor", "node_modules", "README.md", "LICENSE.md", "CONTRIBUTING.md")


def jekyll(root: Path, project: Path, now: dt.datetime) -> Routes | None:
    """Posts by their permalink, and pages with front matter by theirs or by their place."""
    config = _config(project / "_config.yml")
    if config is None or not any((project / mark).exists() for mark in ("_posts", "_layouts", "Gemfile")):
        return None
    if "source" in config or re.search("permalink|published", repr(config.get("defaults", ""))):
        return None
    hidden = tuple(map(str, config.get("exclude") or ())) + _NOT_PUBLISHED
    static: dict[str, str] = {}
    for file in sorted(walk(project, project, frozenset({"node_modules", "vendor", "_site"}))):
        if file.endswith(_MARKUP) and not any(_is_below(file, pattern) for pattern in hidden):
            path = _jekyll_path(project / file, file, config, now)
            if path is not None:
                static.setdefault(subject_of(path), (project / file).relative_to(root).as_posix())
    return Routes("Jekyll", static) if static else None


def _is_below(file: str, pattern: str) -> bool:
    pattern = pattern.strip("/")
    return file == pattern or file.startswith(f"{pattern}/") or fnmatchcase(file, pattern)


def _jekyll_path(path: Path, file: str, config: dict[str, Any], now: dt.datetime) -> str | None:
    post = _POST.fullmatch(file)
    if post is None and any(step.startswith("_") for step in file.split("/")):
        return None
    with path.open("rb") as opened:
        if opened.read(3) != b"---":
            return None
    matter = front_matter(path)
    if is_draft(matter):
        return None
    if permalink := matter.get("permalink"):
        return None if ":" in permalink else permalink
    return file.rpartition(".")[0] + ".html" if post is None else _post_path(post, matter, config, now)


def _post_path(post: re.Match[str], matter: dict[str, str], config: dict[str, Any], now: dt.datetime) -> str | None:
    style = str(config.get("permalink") or "date")
    template = _STYLES.get(style, style)
    try:
        year, month, day = map(int, post["date"].split("-"))
        date = dt.date(year, month, day)
    except ValueError:
        return None
    if matter.get("date", date.isoformat())[:10] != date.isoformat() or (
        date > now.date() and not config.get("future")
    ):
        return None
    categories = _categories(post, matter, template)
    if categories is None or not _SIMPLE.fullmatch(title := matter.get("slug") or post["title"]):
        return None
    values = {
        "categories": categories,
        "year": f"{date:%Y}",
        "month": f"{date:%m}",
        "day": f"{date:%d}",
        "i_month": str(date.month),
        "i_day": str(date.day),
        "short_year": f"{date:%y}",
        "y_day": f"{date:%j}",
        "title": title,
        "slug": title.lower(),
        "output_ext": "",
    }
    filled = re.sub(r":([a-z_]+)", lambda hole: values.get(hole[1], ":"), template)
    return None if ":" in filled else filled


def _categories(post: re.Match[str], matter: dict[str, str], template: str) -> str | None:
    """The folders above `_posts`, then the front matter's one category; None where that is not certain."""
    if ":categories" not in template:
        return ""
    text = matter.get("categories") or matter.get("category") or ""
    is_list = not text and ("categories" in matter or "category" in matter)
    return None if is_list or not _SIMPLE.fullmatch(text) else "/".join(filter(None, (post["folders"], text.lower())))


# --- Hugo: https://gohugo.io/content-management/urls/ ------------------------------------------------------------

_HUGO_CONFIGS = tuple(
    f"{folder}{name}.{extension}"
    for folder in ("", "config/_default/")
    for name in ("hugo", "config")
    for extension in ("toml", "yaml", "yml", "json")
)
_HUGO_UNSURE = ("contentDir", "languages", "permalinks", "disablePathToLower", "module", "cascade", "frontmatter")
"""Settings that move pages in ways not followed here."""


def hugo(root: Path, project: Path, now: dt.datetime) -> Routes | None:
    """Content files by their place, `slug` or `url`; sections by their `_index.md`."""
    content = project / "content"
    if not content.is_dir():
        return None
    found = (config for name in _HUGO_CONFIGS if (config := _config(project / name)) is not None)
    config = next(found, None)
    lowered = {key.lower() for key in config} if config is not None else set()
    if config is None or any(name.lower() in lowered for name in _HUGO_UNSURE):
        return None
    files = sorted(walk(content, content))
    bundles = {file.removesuffix("/index.md") for file in files if file.endswith("/index.md")}
    static: dict[str, str] = {}
    for file in files:
        path = _hugo_path(content / file, file, bundles, now)
        if path is not None:
            static.setdefault(subject_of(path), (content / file).relative_to(root).as_posix())
    return Routes("Hugo", static) if static else None


def _hugo_path(path: Path, file: str, bundles: set[str], now: dt.datetime) -> str | None:
    stem = file.removesuffix(".md")
    if stem == file or not _SIMPLE.fullmatch(stem):
        return None
    folder, _, name = stem.rpartition("/")
    if name != "index" and any(folder == b or folder.startswith(f"{b}/") for b in _above(folder) if b in bundles):
        return None  # a resource of a page bundle
    matter = front_matter(path)
    if not _is_published(matter, now):
        return None
    if url := matter.get("url"):
        return url if _SIMPLE.fullmatch(url.removesuffix(".html")) else None
    if name in {"index", "_index"}:
        return _with_slug(folder, matter) if name == "index" else folder.lower()
    return _with_slug(stem, matter)


def _above(folder: str) -> Iterator[str]:
    steps = folder.split("/")
    yield from ("/".join(steps[:count]) for count in range(1, len(steps) + 1))


def _with_slug(path: str, matter: dict[str, str]) -> str | None:
    slug = matter.get("slug")
    if slug is None:
        return path.lower()
    folder = path.rpartition("/")[0]
    return f"{folder}/{slug}".lower() if _SIMPLE.fullmatch(slug) and "/" not in slug else None


def _is_published(matter: dict[str, str], now: dt.datetime) -> bool:
    today = now.date().isoformat()
    if is_draft(matter) or matter.get("headless") == "true" or "build" in matter or "_build" in matter:
        return False
    begins = max(matter.get("publishdate", ""), matter.get("date", "")[:10] if "publishdate" not in matter else "")
    ends = matter.get("expirydate", "9999")
    return begins[:10] < today < ends[:10]


# --- config files -----------------------------------------------------------------------------------------------


def _config(path: Path) -> dict[str, Any] | None:
    """A generator's YAML, TOML or JSON; None when it is missing, or cannot be read as a mapping."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        if path.stat().st_size > _MAX_CONFIG:
            return None
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text) if path.suffix == ".toml" else YAML(typ="safe", pure=True).load(text)
    except (OSError, ValueError, YAMLError, RecursionError):
        return None
    return {str(key): value for key, value in data.items()} if isinstance(data, dict) else None
