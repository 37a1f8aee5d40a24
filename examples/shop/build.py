"""Build one day of the shop into a folder, as its owner's repository would look after that day's deploy.

    python examples/shop/build.py --day 2 OUT

On day 1 everything is well. Day 2 is the same with the edits of `answer-key.toml` and the files of `day-2/`.
"""

from __future__ import annotations

import argparse
import shutil
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from generate import generate
from traffic import DAY_1, DAY_2, PLANTED, write

SHOP = Path(__file__).parent
SEEN = {1: DAY_1, 2: DAY_2}
"""When the monitor runs: the export has the events until then."""
TODAY = {1: "2026-10-05", 2: "2026-10-06"}
PARTS = (
    ".gitignore",
    "autoresearch/config.yml",
    "autoresearch/lighthouse.yml",
    "checks",
    "generate.py",
    "locales",
    "mails",
    "pages",
    "posts",
    "products.json",
    "static",
    "templates",
)
"""What the owner's repository consists of. Whatever else is in `OUT`, such as the loops' state, stays."""


def build(day: int, out: Path, further: Sequence[dict[str, Any]] = ()) -> None:
    """Bring `out` to the state of that day, `further` changes on top: sources, then the site that they generate."""
    for part in PARTS:
        copy(SHOP / part, out / part)
    changes = tomllib.loads((SHOP / "answer-key.toml").read_text(encoding="utf-8"))["change"] if day == 2 else []
    if day == 2:
        shutil.copytree(SHOP / "day-2", out, dirs_exist_ok=True)
    edits = [edit for change in (*changes, *further) for edit in change.get("edit", ())]
    for edit in edits:
        if not built(edit):
            apply(edit, out)
    generate(out, TODAY[day])
    write(out / "events" / "visits.parquet", SEEN[day], pains=PLANTED)
    for edit in edits:
        if built(edit):
            apply(edit, out)


def copy(source: Path, target: Path) -> None:
    """Replace a file, or a folder whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copyfile(source, target)


def built(edit: dict[str, Any]) -> bool:
    """Whether an edit is about the generated site: it stands for a slip of the generator or of the server."""
    return str(edit["file"]).startswith("dist/")


def apply(edit: dict[str, Any], out: Path) -> None:
    """Make one edit; `replace` has to occur exactly once, so that no change is ever planted by accident."""
    file = out / edit["file"]
    if edit.get("delete"):
        file.unlink()
    elif "create" in edit:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(edit["create"], encoding="utf-8")
    else:
        text = file.read_text(encoding="utf-8")
        if (times := text.count(edit["replace"])) != 1:
            raise SystemExit(f"{edit['file']}: {edit['replace']!r} occurs {times} times, not once")
        file.write_text(text.replace(edit["replace"], edit["with"]), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--day", type=int, choices=sorted(TODAY), required=True)
    parser.add_argument("out", type=Path, help="the folder; made when it is missing")
    arguments = parser.parse_args()
    build(arguments.day, arguments.out)
