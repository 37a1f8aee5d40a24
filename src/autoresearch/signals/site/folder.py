"""A built folder, read the way a static host would serve it, without a server."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote

_HTML = (".html", ".htm", ".xhtml")
_NOT_FOUND = {"404.html", "404/index.html", "404.htm"}
_LEFT_OUT = {"autoresearch", "node_modules"}
_REWRITE = 200
_REDIRECTS = {301, 302, 303, 307, 308, _REWRITE}


class Folder:
    """The files below a root, listed once; links that lead out of it are not followed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._base = str(root)
        self._files: set[str] = set()
        self.unreadable: list[str] = []
        """Folders, relative to the root, whose files nobody may list."""
        self._list_all()
        self._redirects, self._wildcards = self._read_redirects()

    @property
    def pages(self) -> list[str]:
        """Every HTML file but the error page, in order of path."""
        return sorted(name for name in self._files if name.lower().endswith(_HTML) and name not in _NOT_FOUND)

    def address(self, name: str) -> str:
        """The path that a host serves a file under: an index file under its folder."""
        from autoresearch.signals.site.urls import normal_path

        base, _, last = name.rpartition("/")
        shown = f"{base}/" if base and last in {"index.html", "index.htm"} else name
        return normal_path("/" + ("" if shown in {"index.html", "index.htm"} else shown))

    def find(self, address: str) -> str | None:
        """The file that answers a path (its query is ignored), as hosts look it up: itself, index, `.html`."""
        name = unquote(address.partition("?")[0], errors="surrogateescape").lstrip("/")
        stem = name.rstrip("/")
        candidates = [name, f"{stem}/index.html", f"{stem}/index.htm", f"{stem}.html", f"{stem}.htm"]
        if not stem:
            candidates = ["index.html", "index.htm"]
        return next((candidate for candidate in candidates if candidate in self._files), None)

    def redirect(self, address: str) -> tuple[int, str] | None:
        """Status and target where `_redirects` (as Netlify and Cloudflare read it) sends a path."""
        rule = self._rule(address)
        return rule if rule and rule[0] != _REWRITE else None

    def rewrite(self, address: str) -> str | None:
        """The file that `_redirects` shows under a path that has none: where scripts make the pages."""
        rule = self._rule(address)
        return self.find(rule[1]) if rule and rule[0] == _REWRITE else None

    def _rule(self, address: str) -> tuple[int, str] | None:
        path = unquote(address.partition("?")[0])
        if found := self._redirects.get(path.rstrip("/") or "/"):
            return found
        for prefix, status, target in self._wildcards:
            if path.startswith(prefix):
                return status, target.replace(":splat", path[len(prefix) :])
        return None

    def read(self, name: str, limit: int) -> bytes | None:
        """A file's content; None when it is larger than `limit` bytes. Raises `OSError`."""
        with open(f"{self._base}/{name}", "rb", buffering=0) as file:  # noqa: PTH123  a third of the time of a Path
            size = os.fstat(file.fileno()).st_size
            return file.read(size) if size <= limit else None

    def _list_all(self) -> None:
        below = [""]
        while below:
            prefix = below.pop()
            try:
                below.extend(self._list(prefix))
            except OSError:
                self.unreadable.append(prefix.encode("utf-8", "replace").decode())
        self.unreadable.sort()

    def _list(self, prefix: str) -> list[str]:
        """Note the files in `prefix` ("" or ending in a slash), and return the folders that are in it.

        A symbolic link is a file only if it stays inside. Raises `OSError`.
        """
        below: list[str] = []
        with os.scandir(self.root / prefix) as entries:
            for entry in entries:
                if entry.name.startswith(".") and entry.name != ".well-known":
                    continue
                if entry.is_dir(follow_symlinks=False):
                    if prefix or entry.name not in _LEFT_OUT:
                        below.append(f"{prefix}{entry.name}/")
                elif entry.is_file() and (not entry.is_symlink() or self._inside(prefix + entry.name)):
                    self._files.add(prefix + entry.name)
        return below

    def _inside(self, name: str) -> bool:
        return (self.root / name).resolve().is_relative_to(self.root.resolve())

    def _read_redirects(self) -> tuple[dict[str, tuple[int, str]], list[tuple[str, int, str]]]:
        exact: dict[str, tuple[int, str]] = {}
        wild: list[tuple[str, int, str]] = []
        text = (
            (self.read("_redirects", 1_000_000) or b"").decode("utf-8", "replace")
            if "_redirects" in self._files
            else ""
        )
        for line in text.splitlines():
            parts = line.partition("#")[0].split()
            if len(parts) < 2 or not parts[0].startswith("/") or ":" in parts[0]:
                continue
            status = parts[2].rstrip("!") if len(parts) > 2 else "301"
            if not status.isdigit() or int(status) not in _REDIRECTS:
                continue
            if parts[0].endswith("/*"):
                wild.append((parts[0][:-1], int(status), parts[1]))
            else:
                exact[parts[0].rstrip("/") or "/"] = int(status), parts[1]
        return exact, wild
