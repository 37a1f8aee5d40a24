"""`python -m autoresearch`, and what the `autoresearch` command calls."""

from __future__ import annotations

import gc


def main() -> None:
    """Run the command line.

    Reference cycles are not looked for: a run makes many objects, hardly a cycle, and then ends; looking took 40 % of a
    crawl's time.
    """
    gc.disable()
    from autoresearch.cli import main as command_line

    command_line()


if __name__ == "__main__":
    main()
