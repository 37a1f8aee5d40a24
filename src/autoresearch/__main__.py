"""`python -m autoresearch`, and what the `autoresearch` command calls."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    from autoresearch.cli import main as command_line

    command_line()


if __name__ == "__main__":
    main()
