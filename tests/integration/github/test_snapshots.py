"""What users are shown: comment, check, summary and issues of whole jobs, as `golden/` has them.

`python -m tests.integration.github.snapshots` renews the golden files.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.github.server import GitHub
from tests.integration.github.snapshots import GOLDEN, SITUATIONS, snapshot


@pytest.mark.parametrize("name", SITUATIONS)
def test_what_is_shown_is_what_was_approved(name: str, github: GitHub, tmp_path: Path) -> None:
    assert snapshot(name, github, tmp_path) == (GOLDEN / f"{name}.md").read_text(encoding="utf-8")


def test_every_golden_file_belongs_to_a_situation() -> None:
    assert {file.stem for file in GOLDEN.glob("*.md")} == SITUATIONS.keys()
