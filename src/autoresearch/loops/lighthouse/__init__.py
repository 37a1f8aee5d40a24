"""`lighthouse`: what the built pages score, and which audits they fail (`docs/loops/lighthouse.md`)."""

from autoresearch.loops.lighthouse.loop import Lighthouse
from autoresearch.loops.lighthouse.settings import Settings

__all__ = ["Lighthouse", "Settings"]
