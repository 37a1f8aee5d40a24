"""Rate limits: the primary one counts requests, the secondary one counts what is created in a minute."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from tests.github.call import Refusal

SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."


class Limits:
    """`primary`: requests an hour. `writes_per_minute`: GitHub allows about 80; None, as most tests want it: any."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.primary = 5000
        self.reset_in = 3600  # seconds
        self.writes_per_minute: int | None = None
        self.retry_after = 60
        self.used = 0
        self._writes: deque[float] = deque()

    @property
    def rate(self) -> dict[str, int]:
        """What /rate_limit says."""
        left = max(self.primary - self.used, 0)
        return {"limit": self.primary, "remaining": left, "used": self.used, "reset": int(self.clock()) + self.reset_in}

    @property
    def headers(self) -> dict[str, str]:
        return {f"X-RateLimit-{name.title()}": str(n) for name, n in self.rate.items()} | {
            "X-RateLimit-Resource": "core"
        }

    def count(self, verb: str) -> None:
        """Raises where a limit is reached."""
        if self.used >= self.primary:
            raise primary(self.reset_in, self.clock)
        self.used += 1
        if verb == "GET" or self.writes_per_minute is None:
            return
        now = self.clock()
        while self._writes and self._writes[0] <= now - 60:
            self._writes.popleft()
        if len(self._writes) >= self.writes_per_minute:
            raise secondary(self.retry_after)
        self._writes.append(now)


def primary(reset_in: int, clock: Callable[[], float] = time.time) -> Refusal:
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(clock()) + reset_in)}
    return Refusal(403, "API rate limit exceeded for installation ID 1.", headers=headers)


def secondary(retry_after: int, status: int = 403) -> Refusal:
    return Refusal(status, SECONDARY, headers={"Retry-After": str(retry_after)})
