"""What git knows of the repository."""

from __future__ import annotations

import subprocess
from pathlib import Path


def head(root: Path) -> str:
    """The commit that is checked out; "" outside of a repository or before its first commit."""
    command = ["git", "-C", str(root), "rev-parse", "--verify", "--quiet", "HEAD"]
    try:
        finished = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return finished.stdout.strip() if finished.returncode == 0 else ""
