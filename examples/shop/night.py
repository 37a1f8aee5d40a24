"""A night in miniature: knobs on the shop's style sheet, a benchmark in a real Chromium, and the answer key.

    python examples/shop/night.py OUT

The shop of day 1, with what `night.toml` plants, is a repository of its own. The night is the ordinary command line;
its report, the pull request's text, is printed, and kept in OUT/night.md. Exit code 0 when the branch has the planted
improvement and nothing else.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from build import SHOP, apply, build, copy

KEY = tomllib.loads((SHOP / "night.toml").read_text(encoding="utf-8"))
WHO = {
    "GIT_AUTHOR_NAME": "Harbour Clay",
    "GIT_AUTHOR_EMAIL": "shop@shop.example",
    "GIT_COMMITTER_NAME": "Harbour Clay",
    "GIT_COMMITTER_EMAIL": "shop@shop.example",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


def git(root: Path, *command: str) -> str:
    """What git says."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    told = ["git", "-C", str(root), *command]
    return subprocess.run(told, check=True, capture_output=True, text=True, env={**outside, **WHO}).stdout


def evening(root: Path) -> None:
    """The repository before the night."""
    build(1, root)
    for part in ("autoresearch", "static/images/texture.svg"):
        copy(SHOP / "night" / part, root / part)
    for change in KEY["change"]:
        for edit in change["edit"]:
            apply(edit, root)
    git(root, "init", "--quiet", "--initial-branch", "main")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "The shop, with a new texture")


def morning(root: Path) -> list[str]:
    """What is wrong with the night's branch."""
    (branch,) = git(root, "branch", "--list", "--format=%(refname:short)", "autoresearch/*").split()
    differences = [line for line in git(root, "diff", "main", branch, "--", "static").splitlines() if line[:1] in "+-"]
    expected = []
    for change in KEY["night"]["better"]:
        name, _, values = change.partition(": ")
        before, _, after = values.partition(" → ")
        expected += [f"-  {name}: {before};", f"+  {name}: {after};"]
    found = [line for line in differences if not line.startswith(("---", "+++"))]
    return [line for line in found if line not in expected] + [f"missing: {e}" for e in expected if e not in found]


def main() -> int:
    """Evening, night, morning."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    out = parser.parse_args().out.resolve()
    with tempfile.TemporaryDirectory(prefix="shop-") as folder:
        root = Path(folder)
        print("── The evening. Harbour Clay has put a texture behind its pages; nobody has asked what it costs.")
        evening(root)
        print("── The night: four knobs of the style sheet, each turned alone, against bytes, requests and nodes.")
        print("$ autoresearch experiment texture --report night.md", flush=True)
        command = [sys.executable, "-m", "autoresearch", "experiment", "texture", "-C", str(root)]
        ended = subprocess.run([*command, "--report", str(out / "night.md")], check=False)
        if ended.returncode:
            return ended.returncode
        print("── The answer key (examples/shop/night.toml) knows what helps, and that nothing else does.")
        if wrong := morning(root):
            print("  not as planted:", *wrong, sep="\n    ", file=sys.stderr)
            return 1
        print(f"  the branch has {', '.join(KEY['night']['better'])}, and nothing else")
    return 0


if __name__ == "__main__":
    sys.exit(main())
