"""`python -m promptops` and the console script."""

from __future__ import annotations

import atexit
import os
import sys

from promptops.cli import main as run


def main() -> None:
    """Run the command line and leave with its exit code."""
    leave(run())


def leave(code: int) -> None:
    """End the process: at once where nobody has asked to be told of the end.

    Taking the interpreter apart costs a quick answer, such as a count, a sixth of its time.
    """
    if "threading" in sys.modules or atexit._ncallbacks():
        sys.exit(code)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
