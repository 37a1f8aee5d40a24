"""A parser with a bug: it ends without a word on a document that says `crash`."""

from __future__ import annotations

import os
from typing import Any

from autoresearch.signals.site import worker
from autoresearch.signals.site.model import Page
from autoresearch.signals.site.page import Reader


class FragileReader(Reader):
    def read(self, body: bytes, *where: Any) -> Page:
        if b"crash" in body:
            os.abort()
        return super().read(body, *where)


if __name__ == "__main__":
    worker.Reader = FragileReader  # type: ignore[misc]
    worker.main()
