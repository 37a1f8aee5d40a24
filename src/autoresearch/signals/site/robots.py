"""robots.txt, obeyed (RFC 9309)."""

from __future__ import annotations

from functools import cached_property

from protego import Protego

AGENT = "autoresearch"
_MAX_BYTES = 500_000
"""What RFC 9309 asks crawlers to read at least; the rest is left out."""


class Robots:
    """What a robots.txt allows us; None, or HTML in its place, allows everything."""

    def __init__(self, body: bytes | None, content_type: str = "") -> None:
        text = (body or b"")[:_MAX_BYTES].decode("utf-8", "replace").lstrip("\ufeff")
        is_page = "html" in content_type or text.lstrip()[:1] == "<"
        self.text: str | None = None if body is None or is_page else text

    @cached_property
    def _rules(self) -> Protego:
        return Protego.parse(self.text or "")

    @cached_property
    def _restricts(self) -> bool:
        return self.text is not None and "disallow" in self.text.lower()

    def allows(self, address: str) -> bool:
        """Whether we may ask for an address: a path from the origin's root, or an absolute URL."""
        return not self._restricts or bool(self._rules.can_fetch(address, AGENT))

    @property
    def delay(self) -> float:
        """Seconds between two requests that it asks for; 0 when it does not say."""
        return float(self._rules.crawl_delay(AGENT) or 0) if self.text else 0.0

    @property
    def sitemaps(self) -> list[str]:
        """The sitemaps that it names, as written."""
        return list(dict.fromkeys(self._rules.sitemaps)) if self.text else []
