"""Run all benchmarks, or those named."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

ALONE = (
    "cliff",
    "cluster",
    "engines",
    "scale",
    "ifeval_differential",
    "heldout",
    "rivals",
)  # minutes each, or in need of what is not here


def names() -> list[str]:
    """The benchmarks: the modules of this folder."""
    files = Path(__file__).parent.glob("*.py")
    return sorted(file.stem for file in files if not file.stem.startswith("_"))


def main() -> int:
    """Run them one after the other; 2 for a name that is none."""
    wanted = sys.argv[1:] or [name for name in names() if name not in ALONE]
    unknown = [name for name in wanted if name not in names()]
    if unknown:
        print(f"no benchmark {unknown[0]!r}; there are: {', '.join(names())}", file=sys.stderr)
        return 2
    for name in wanted:
        print(f"\n== {name}", flush=True)
        import_module(f"bench.{name}").main()
    return 0


if __name__ == "__main__":
    sys.exit(main())
