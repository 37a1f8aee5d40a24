"""The pages that a repository means to have: routes by file name, declared by a pattern or known from a framework.

File routers (Next.js, Astro, SvelteKit, Nuxt) are *closed*: no page exists without a file, so a page that no file
explains is a stranger. Content generators (Jekyll, Hugo) also make pages that no file names, such as archives.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from autoresearch.signals.site.urls import identity, normal_path

_MAX_CONFIG = 1_000_000
_MAX_FILES = 100_000


@dataclass(frozen=True)
class Routes:
    """The routes of one repository, as page subjects."""

    framework: str
    static: dict[str, str] = field(default_factory=dict)
    """Subject → the file that makes the page, relative to the repository's root."""
    dynamic: tuple[str, ...] = ()
    """Regular expressions of subjects that a route with parameters may make."""
    closed: bool = False
    """Whether every page must have a route."""
    declared: bool = False
    """Whether the config named them: then there is nothing to guess wrong."""
    claims: tuple[str, ...] = ()
    """Declared routes: regular expressions of the subjects that they are about; elsewhere nobody is a stranger."""

    def is_stranger(self, subject: str) -> bool:
        """Whether no route explains a page that one should explain."""
        if not self.closed or subject in self.static or self._dynamic.fullmatch(subject):
            return False
        return not self.declared or self._claims.fullmatch(subject) is not None

    @cached_property
    def _dynamic(self) -> re.Pattern[str]:
        return _any_of(self.dynamic)

    @cached_property
    def _claims(self) -> re.Pattern[str]:
        return _any_of(self.claims)


def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns) or r"(?!)")


# --- declared ---------------------------------------------------------------------------------------------------

_HOLE = re.compile(r"\{([a-z_]\w*)(\*?)\}", re.IGNORECASE)


def objection(line: str) -> str:
    """What is wrong with a declared route; "" when it can be read."""
    files, arrow, route = (part.strip() for part in line.partition("->"))
    if not arrow or not files or not route.startswith("/"):
        return "write it as `files -> /route`, such as `content/blog/{slug}.md -> /blog/{slug}`"
    if files.startswith("/") or ".." in files.split("/"):
        return "the files are named relative to the repository's root, without `..`"
    names = [name for name, _ in _HOLE.findall(files)]
    if missing := [name for name, _ in _HOLE.findall(route) if name not in names and name != "slug"]:
        return f"nothing on the left is called `{{{missing[0]}}}`"
    return "a name stands twice on the left" if len(set(names)) < len(names) else ""


def declared(root: Path, lines: Sequence[str]) -> Routes:
    """Routes by patterns: `{name}` is part of one path step, `{name*}` any number of steps, `*` part of a step.

    `{slug}` that no name captured is the front matter's `slug`, else the file's name. Drafts make no page.
    """
    static: dict[str, str] = {}
    claims = []
    for line in lines:
        files, _, route = (part.strip() for part in line.partition("->"))
        matcher = re.compile(_as_regex(files, r"[^/]+"))
        fixed = files.split("{")[0].split("*")[0].rpartition("/")[0]
        for name in sorted(walk(root, root / fixed)):
            if match := matcher.fullmatch(name):
                matter = front_matter(root / name)
                if not is_draft(matter):
                    names = {"slug": matter.get("slug") or Path(name).stem, **match.groupdict()}
                    path = _HOLE.sub(lambda hole, names=names: names[hole[1]] or "", route)  # type: ignore[misc]
                    static.setdefault(subject_of(path), name)
        claims.append(_as_regex(identity(route), r"[^/]+", groups=False))
    return Routes("routes in the config", static, closed=True, declared=True, claims=tuple(claims))


def _as_regex(pattern: str, step: str, *, groups: bool = True) -> str:
    parts = []
    for part in re.split(r"(\{\w+\*?\}|\*\*/|\*)", pattern):
        if hole := _HOLE.fullmatch(part):
            inside = ".+" if hole[2] else step
            parts.append(f"(?P<{hole[1]}>{inside})" if groups else inside)
        else:
            parts.append({"**/": "(?:.+/)?", "*": "[^/]*"}.get(part) or re.escape(part))
    return "".join(parts)


# --- known from a framework -------------------------------------------------------------------------------------


def detected(projects: Iterable[Path], now: dt.datetime) -> Routes | None:
    """The routes of the first of these folders that holds a framework's project; None where none does."""
    from autoresearch.signals.content_routes import hugo, jekyll
    from autoresearch.signals.file_routes import ROUTERS

    folders = list(projects)
    root = folders[-1]
    for folder in folders:
        dependencies = _dependencies(folder)
        for router in ROUTERS:
            if router.dependency in dependencies and (found := router.read(root, folder, dependencies)):
                return found
        for generator in (hugo, jekyll):
            if found := generator(root, folder, now):
                return found
    return None


# --- files ------------------------------------------------------------------------------------------------------


def _dependencies(project: Path) -> frozenset[str]:
    try:
        package: Any = json.loads(text_of(project / "package.json") or "{}")
    except ValueError:
        return frozenset()
    lists = [package.get(key) for key in ("dependencies", "devDependencies")] if isinstance(package, dict) else []
    return frozenset(str(name) for group in lists if isinstance(group, dict) for name in sorted(group))


def text_of(path: Path) -> str:
    """A small text file; "" when it is missing, large or no text."""
    try:
        return path.read_text(encoding="utf-8") if path.stat().st_size <= _MAX_CONFIG else ""
    except (OSError, ValueError):
        return ""


def walk(base: Path, start: Path, but: frozenset[str] = frozenset({"node_modules"})) -> Iterator[str]:
    """Files below `start`, relative to `base`; no hidden folder and none called as in `but`, no links, bounded."""
    count = 0
    for folder, folders, files in os.walk(start):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f not in but)
        for file in files:
            count += 1
            if count > _MAX_FILES:
                return
            yield (Path(folder) / file).relative_to(base).as_posix()


def subject_of(path: str) -> str:
    """A route as the subject of its page."""
    return identity(normal_path(re.sub(r"/{2,}", "/", "/" + path.strip("/"))))


_FIELD = re.compile(r"([A-Za-z_]\w*)\s*[:=]\s*(.*?)\s*$")


def front_matter(path: Path) -> dict[str, str]:
    """The plain `key: value` lines of YAML or TOML front matter, keys in lower case; lists and tables become ""."""
    lines = text_of(path).splitlines()
    if not lines or lines[0].strip() not in {"---", "+++"}:
        return {}
    fields: dict[str, str] = {}
    in_table = False
    for line in lines[1:]:
        if line.strip() == lines[0].strip():
            break
        if line.startswith("["):
            in_table = True
            fields.setdefault(line.strip("[] ").lower(), "")
        elif (match := _FIELD.match(line)) and not in_table:
            is_plain = match[2][:1] not in {"[", "{", "|", ">", "&"}
            fields[match[1].lower()] = match[2].partition(" #")[0].strip().strip("\"'") if is_plain else ""
    return fields


def is_draft(matter: dict[str, str]) -> bool:
    """Whether front matter keeps a page from being published."""
    return matter.get("draft", "").lower() == "true" or matter.get("published", "").lower() == "false"
