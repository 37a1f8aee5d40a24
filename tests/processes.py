"""What tests need to know of processes."""

from __future__ import annotations

import time
from pathlib import Path


def ends(pid: int, within: float = 20.0) -> bool:
    """Whether a process that was killed is gone: the kernel takes its time on a busy machine."""
    deadline = time.monotonic() + within
    status = Path(f"/proc/{pid}/status")
    while time.monotonic() < deadline:
        try:
            if "State:\tZ" in status.read_text():
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.01)
    return False
