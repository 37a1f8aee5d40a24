"""What `autoresearch --help` does not have to wait for."""

from __future__ import annotations

import subprocess
import sys

HEAVY = {
    "pycurl",
    "asyncio",
    "duckdb",
    "github",
    "httpx",
    "jinja2",
    "numpy",
    "playwright",
    "rich",
    "scipy",
    "selectolax",
}
PROGRAM = """
import sys
from autoresearch.__main__ import main
sys.argv = ["autoresearch", *sys.argv[1:]]
try:
    main()
except SystemExit as ended:
    assert not ended.code
print("modules:", *sorted(sys.modules))
"""


def modules(*arguments: str) -> set[str]:
    command = [sys.executable, "-c", PROGRAM, *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return set(ended.stdout.rpartition("modules:")[2].split())


def test_help_imports_nothing_heavy() -> None:
    assert "autoresearch.cli" in modules("--help")
    assert not modules("--help") & HEAVY


def test_help_of_a_command_reads_no_loop() -> None:
    assert not {name for name in modules("run", "--help") if name.startswith("autoresearch.loops")}
