"""`seo`: what crawlers and visitors meet on the site (`docs/loops/seo.md`)."""

from autoresearch.loops.seo.loop import Seo, Settings

__all__ = ["Seo", "Settings"]
