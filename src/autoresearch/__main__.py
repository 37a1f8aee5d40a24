"""`python -m autoresearch`, and what the `autoresearch` command calls."""

from __future__ import annotations

import gc


def main() -> None:
    """Run the command line.

    Reference cycles are looked for a hundred times more rarely than by default: a run makes many objects and hardly a
    cycle, and looking took 40 % of a crawl's time.
    """
    gc.set_threshold(100_000, 50, 1_000)
    from autoresearch.cli import main as command_line

    command_line()


if __name__ == "__main__":
    main()
