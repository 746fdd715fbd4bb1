"""What a hook's environment costs: a clone of this repository against other tools, each in a fresh one.

Both are installed as pre-commit does it, `virtualenv` and then `pip install .` in the clone, and as prek
does it, with uv; the package cache is empty every time. The other tools are ruff, click and PyYAML as
dependencies of a repository like ruff-pre-commit, which names no build backend (so pip brings
setuptools), and of the same one with the leanest backend there is. In turns, so that what else the
machine does falls on all of them; medians. The index is the one that pip is set up for.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent.parent
ROUNDS = 3
PROJECT = """\
[project]
name = "others"
version = "0.0.0"
dependencies = ["ruff", "click", "pyyaml"]
"""
FLIT = """\
description = "ruff, click and PyYAML"

[build-system]
requires = ["flit_core>=3.12,<4"]
build-backend = "flit_core.buildapi"
"""
OURS, LEAN = "promptops", "ruff, click, PyYAML (flit)"
OTHERS = "ruff, click, PyYAML (as ruff-pre-commit)"


class Cost(NamedTuple):
    """One installation: seconds by the clock and of processors, and megabytes (10^6 bytes)."""

    seconds: float
    cpu: float
    disk: float


def main() -> None:
    """Exit code 1 where a goal is missed."""
    kept = []
    with tempfile.TemporaryDirectory() as folder:
        repositories = _repositories(Path(folder))
        for tool, install in _ways():
            costs: dict[str, list[Cost]] = {name: [] for name in repositories}
            for _ in range(ROUNDS):
                for name, root in repositories.items():
                    costs[name].append(install(root, Path(folder, "try")))
            kept += _told(tool, {name: _median(rows) for name, rows in costs.items()})
    if not all(kept):
        sys.exit(1)


def _repositories(folder: Path) -> dict[str, Path]:
    """What is committed here, and the two others."""
    roots = {OURS: folder / "ours", OTHERS: folder / "others", LEAN: folder / "lean"}
    clone = ["git", "clone", "-q", "--depth", "1", HERE.as_uri(), str(roots[OURS])]
    subprocess.run(clone, check=True)
    for name, more in ((OTHERS, ""), (LEAN, FLIT)):
        roots[name].mkdir()
        (roots[name] / "pyproject.toml").write_text(PROJECT + more)
        (roots[name] / "others.py").write_text("")
    return roots


def _ways() -> list[tuple[str, Callable[[Path, Path], Cost]]]:
    uv = shutil.which("uv")
    ways: list[tuple[str, Callable[[Path, Path], Cost]]] = [
        ("pip, as pre-commit calls it", _by_pip)
    ]
    if uv:
        ways.append(("uv, as prek calls it", partial(_by_uv, uv)))
    return ways


def _by_pip(root: Path, folder: Path) -> Cost:
    python = str(folder / "env" / "bin" / "python")
    return _cost(
        root,
        folder,
        [sys.executable, "-m", "virtualenv", "-q", "--python", sys.executable, str(folder / "env")],
        [python, "-m", "pip", "install", "-q", "--cache-dir", str(folder / "cache"), "."],
    )


def _by_uv(uv: str, root: Path, folder: Path) -> Cost:
    install = [uv, "pip", "install", "-q", "--cache-dir", str(folder / "cache"), "."]
    return _cost(
        root,
        folder,
        [uv, "venv", "-q", "--python", sys.executable, str(folder / "env")],
        [*install, "--python", str(folder / "env")],
    )


def _cost(root: Path, folder: Path, create: list[str], install: list[str]) -> Cost:
    """Only the second command is timed: the first one is the same for all."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    subprocess.run(create, check=True)
    bare = _size(folder / "env")
    began = time.perf_counter()
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(install, cwd=root, stdout=said, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - began
    if process.returncode:
        raise SystemExit(f"{install} failed: {(folder / 'said').read_text()[-500:]}")
    cpu = usage.ru_utime + usage.ru_stime
    return Cost(wall, cpu, _size(folder / "env") - bare)


def _size(folder: Path) -> float:
    """Megabytes of the files below it."""
    return sum(f.lstat().st_size for f in folder.rglob("*") if f.is_file()) / 1e6


def _median(rows: list[Cost]) -> Cost:
    return Cost(*(statistics.median(column) for column in zip(*rows, strict=True)))


def _told(tool: str, costs: dict[str, Cost]) -> list[bool]:
    print(f"{tool}, medians of {ROUNDS}:")
    print(f"  {'':42}{'seconds':>9}{'CPU s':>8}{'disk MB':>9}")
    for name, cost in costs.items():
        print(f"  {name:42}{cost.seconds:9.1f}{cost.cpu:8.1f}{cost.disk:9.1f}", flush=True)
    return [
        _goal(f"× {what} of {OTHERS}", mine / its)
        for what, mine, its in zip(Cost._fields, costs[OURS], costs[OTHERS], strict=True)
    ]


def _goal(what: str, value: float) -> bool:
    kept = value < 1
    print(f"  {'kept  ' if kept else 'MISSED'} {value:.2f} {what} (goal: below 1)", flush=True)
    return kept


if __name__ == "__main__":
    main()
