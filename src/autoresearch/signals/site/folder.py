"""A built folder, read the way a static host would serve it, without a server."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote

_HTML = (".html", ".htm", ".xhtml")
_NOT_FOUND = {"404.html", "404/index.html", "404.htm"}
_LEFT_OUT = {"autoresearch", "node_modules"}
_REDIRECTS = {301, 302, 303, 307, 308}


class Folder:
    """The files below a root, listed once; links that lead out of it are not followed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._files: set[str] = set()
        for folder, below, names in os.walk(root):
            prefix = Path(folder).relative_to(root).as_posix()
            prefix = "" if prefix == "." else prefix + "/"
            hidden = [name for name in below if name.startswith(".") and name != ".well-known"]
            left_out = _LEFT_OUT if not prefix else ()
            below[:] = sorted(name for name in below if name not in hidden and name not in left_out)
            self._files.update(prefix + name for name in names if not name.startswith(".") or prefix)
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
        name = unquote(address.partition("?")[0]).lstrip("/")
        stem = name.rstrip("/")
        candidates = [name, f"{stem}/index.html", f"{stem}/index.htm", f"{stem}.html", f"{stem}.htm"]
        if not stem:
            candidates = ["index.html", "index.htm"]
        return next((candidate for candidate in candidates if candidate in self._files), None)

    def redirect(self, address: str) -> tuple[int, str] | None:
        """Status and target where `_redirects` (as Netlify and Cloudflare read it) sends a path."""
        path = unquote(address.partition("?")[0])
        if found := self._redirects.get(path.rstrip("/") or "/"):
            return found
        for prefix, status, target in self._wildcards:
            if path.startswith(prefix):
                return status, target.replace(":splat", path[len(prefix) :])
        return None

    def read(self, name: str, limit: int) -> bytes | None:
        """A file's content; None when it is larger than `limit` bytes. Raises `OSError`."""
        path = self.root / name
        if not path.resolve().is_relative_to(self.root.resolve()):
            raise OSError("a link that leads out of the folder")
        if path.stat().st_size > limit:
            return None
        return path.read_bytes()

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
