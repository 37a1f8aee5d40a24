"""Addresses: made absolute, reduced to paths of the site, compared as pages. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote, urljoin, urlsplit

_INDEX = re.compile(r"/(?:index\.(?:html?|php|aspx?)|default\.aspx?)$", re.IGNORECASE)
_PAGE = re.compile(r"\.(?:html?|php|aspx?)$", re.IGNORECASE)
_SAFE = "/:@!$&'()*+,;=~-._%"
_DEFAULT_PORTS = {"http": 80, "https": 443}
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_PLAIN_PATH = r"(?:[A-Za-z0-9_~-][A-Za-z0-9._~-]*/)*(?:[A-Za-z0-9_~-][A-Za-z0-9._~-]*)?"
_PLAIN = re.compile(_PLAIN_PATH)
_PLAIN_URL = re.compile(r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)+/" + _PLAIN_PATH)
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
MAX_LENGTH = 2_000
"""A longer address is no link that anybody follows; it is cut out of the crawl."""


def origin_of(url: str) -> str:
    """`https://Shop.example:443/x` → `https://shop.example`; "" for anything without a host."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    if not parts.hostname or parts.scheme not in _DEFAULT_PORTS:
        return ""
    suffix = "" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host.lower()}{suffix}"


def is_same_site(one: str, other: str) -> bool:
    """Whether two URLs differ at most in `http` or `https`, in `www.`, and in what follows the host."""
    first, second = urlsplit(one), urlsplit(other)
    hosts = [(parts.hostname or "").lower().removeprefix("www.") for parts in (first, second)]
    ports = [_DEFAULT_PORTS.get(parts.scheme) if parts.port is None else parts.port for parts in (first, second)]
    usual = set(ports) <= set(_DEFAULT_PORTS.values())
    return hosts[0] == hosts[1] and (usual or ports[0] == ports[1])


@lru_cache(maxsize=65536)
def identity(address: str) -> str:
    """Reduce an address to its page: `/x`, `/x/`, `/x.html`, `/x/index.html` all give `/x`; a query stays.

    Measured on a real site, comparing canonicals without this gave 792 false mismatches.
    """
    path, mark, query = address.partition("?")
    path = _INDEX.sub("/", path)
    path = _PAGE.sub("", path)
    if len(path) > 1:
        path = path.rstrip("/") or "/"
    return path + mark + query


def normal_path(path: str) -> str:
    """Percent-encode what must be, decode what need not be, and resolve dot segments (RFC 3986, section 6.2.2)."""
    if _ESCAPE.search(path) or "%" in path:
        path = _ESCAPE.sub(_decode_unreserved, _BAD_ESCAPE.sub("%25", path))
    if not path.isascii() or any(c in path for c in ' "<>\\^`{|}[]'):
        path = quote(path, safe=_SAFE, errors="surrogateescape")  # a file's name may be any bytes
    if "/." in path or "//" in path:
        path = _without_dots(path)
    return path or "/"


def _decode_unreserved(match: re.Match[str]) -> str:
    character = chr(int(match[0][1:], 16))
    return character if character in _UNRESERVED else match[0].upper()


def _without_dots(path: str) -> str:
    kept: list[str] = []
    steps = path.split("/")
    for step in steps[1:]:
        if step == "..":
            kept[-1:] = []
        elif step != ".":
            kept.append(step)
    if steps[-1] in {".", ".."}:
        kept.append("")
    return "/" + "/".join(kept)


@dataclass(frozen=True)
class Place:
    """Where the site lives: the origins that are its own, each with the path that its root has there.

    `mounts` are (origin, base) pairs, such as `("https://user.github.io", "/repo/")` and the local server's
    `("http://127.0.0.1:4173", "/")`. An address below one of them is internal and becomes a path from the root.
    """

    mounts: tuple[tuple[str, str], ...]

    def owns(self, url: str) -> bool:
        """Whether an absolute URL is on one of the site's origins."""
        return any(url.startswith(origin + "/") for origin, _ in self.mounts)

    def quick(self, reference: str) -> str | None:
        """What an absolute or root-relative reference leads to, if it needs no normalising; else None."""
        for origin, base in self.mounts:
            for root in (origin + base, base):
                if reference.startswith(root) and _PLAIN.fullmatch(rest := reference[len(root) :]):
                    return "/" + rest
        return reference if _PLAIN_URL.fullmatch(reference) and len(reference) <= MAX_LENGTH else None

    def inward(self, url: str) -> str | None:
        """The path (and query) of an absolute URL if it is the site's own, else None."""
        origin = origin_of(url)
        for mount, base in self.mounts:
            if origin != mount:
                continue
            parts = urlsplit(url)
            path = normal_path(parts.path or "/")
            if (path + "/").startswith(base) or path.startswith(base):
                path = "/" + path[len(base) :]
                return f"{path}?{normal_query(parts.query)}" if parts.query else path
        return None


def normal_query(query: str) -> str:
    """A query in one spelling; its order is meaning, so it stays."""
    query = _ESCAPE.sub(_decode_unreserved, _BAD_ESCAPE.sub("%25", query))
    return quote(query, safe=_SAFE + "?")


def absolute(base: str, href: str) -> str | None:
    """A reference as an absolute http(s) URL without its fragment; None for what no browser would request."""
    if len(href) > MAX_LENGTH:
        return None
    try:
        url = urljoin(base, href.strip().replace("\n", "").replace("\t", "").replace("\r", ""))
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        return None
    return url.partition("#")[0] if parts.scheme in _DEFAULT_PORTS and host else None


def fragment_of(href: str) -> str:
    """The percent-decoded fragment of a reference, "" without one."""
    mark = href.find("#")
    return unquote(href[mark + 1 :].strip()) if mark >= 0 else ""
