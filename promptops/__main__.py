"""`python -m promptops` and the console script."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    from promptops import cli  # noqa: F401


if __name__ == "__main__":
    main()
