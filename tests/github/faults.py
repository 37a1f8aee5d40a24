"""What goes wrong between a client and GitHub, on demand."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass
from typing import Literal, get_args

from tests.github.call import Answer, Refusal
from tests.github.limits import primary, secondary
from tests.github.transport import Outgoing

Kind = Literal[
    "500", "502", "503", "504", "403", "404", "409", "422", "429", "secondary", "secondary-429", "primary", "html",
    "truncated", "garbage", "empty", "reset", "timeout",
]  # fmt: skip


@dataclass
class Fault:
    """`before`: nothing is done, the answer is an error; otherwise all is done, and the answer is lost or an error."""

    verb: str
    path: re.Pattern[str]
    kind: Kind
    times: int
    before: bool
    skip: int
    retry_after: int


class Faults:
    """Faults that wait for their request; each is used up after `times` requests."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()

    def add(
        self,
        verb: str,
        path_pattern: str,
        times: int = 1,
        *,
        before: bool = True,
        kind: Kind = "500",
        skip: int = 0,
        retry_after: int = 1,
    ) -> None:
        """For requests of `verb` ("*": any) whose path matches the regular expression; the first `skip` pass."""
        if kind not in get_args(Kind):
            raise ValueError(f"{kind}: not one of {', '.join(get_args(Kind))}")
        with self._lock:
            self._waiting.append(Fault(verb, re.compile(path_pattern), kind, times, before, skip, retry_after))

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()

    @property
    def waiting(self) -> int:
        """How many failures are still to come: 0 shows that a test met all of its faults."""
        with self._lock:
            return sum(fault.times for fault in self._waiting)

    def take(self, verb: str, path: str) -> Fault | None:
        with self._lock:
            for fault in self._waiting:
                if fault.verb not in ("*", verb) or not fault.path.search(path):
                    continue
                if fault.skip:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                if not fault.times:
                    self._waiting.remove(fault)
                return fault
            return None


def broken(fault: Fault, done: Answer | None, headers: dict[str, str]) -> Outgoing:
    """The answer that a fault makes of a call, or of its answer (`done`); `headers` are those of the rate limit."""
    kind = fault.kind
    headers = {"Content-Type": "application/json; charset=utf-8", **headers}
    if kind in ("reset", "timeout"):
        return Outgoing(0, cut=kind)
    if kind == "truncated":
        return Outgoing(200, headers, json.dumps(done.data if done else [{"id": 1}] * 50).encode(), cut=kind)
    if kind in ("garbage", "empty"):
        return Outgoing(200, headers, b"<html>not JSON" if kind == "garbage" else b"")
    if kind == "html":
        page = b"<html><head><title>Unicorn! &middot; GitHub</title></head><body></body></html>"
        return Outgoing(502, {"Content-Type": "text/html"}, page)
    refusal = _refusal(fault)
    return Outgoing(refusal.status, headers | refusal.headers, json.dumps(refusal.data).encode())


def _refusal(fault: Fault) -> Refusal:
    if fault.kind == "primary":
        return primary(fault.retry_after)
    if fault.kind in ("secondary", "secondary-429"):
        return secondary(fault.retry_after, 429 if fault.kind == "secondary-429" else 403)
    wait = {"Retry-After": str(fault.retry_after)} if fault.kind in ("429", "503") else {}
    return Refusal(int(fault.kind), "Injected fault", headers=wait)
