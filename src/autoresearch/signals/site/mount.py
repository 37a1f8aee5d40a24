"""Documents of a folder that nobody has said the address of: it may be mounted anywhere below a host.

Documentation in packages is such a folder. A link that climbs out of it, or one from the root of an unknown host, leads
to what is not there to be looked at: it proves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from autoresearch.signals.site.page import Reader


@dataclass
class UnmountedReader(Reader):
    """Leaves out links that climb out of the folder, and remembers which ones start at the host's root."""

    from_root: set[str] = field(default_factory=set)

    def target(self, base: str, href: str) -> str | None:
        """As `Reader.target`; None for `../x` on a page at the top of the folder."""
        reference = href.strip()
        if _climbs_out(base, reference):
            return None
        target = super().target(base, href)
        if target is not None and reference.startswith("/") and target != "/":
            self.from_root.add(target)
        return target


def _climbs_out(base: str, reference: str) -> bool:
    if ".." not in reference or reference.startswith(("/", "http:", "https:")):
        return False
    depth = base.count("/") - len("//") - 1  # folders between the host and the page
    for step in reference.partition("#")[0].partition("?")[0].split("/"):
        depth += -1 if step == ".." else step not in {"", "."}
        if depth < 0:
            return True
    return False
