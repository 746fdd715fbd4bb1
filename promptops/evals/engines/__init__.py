"""Where calls run: in this process (`local`), or on several workers; one file each."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib import import_module

from promptops.evals import Request
from promptops.evals.shards import Job, Outcome, Pool

LOCAL = "local"
Work = Callable[[Job, tuple[Request, ...], Callable[[], bool]], Outcome]


def names() -> tuple[str, ...]:
    """Every engine: `local` and the modules of this folder."""
    files = (os.path.splitext(file) for file in os.listdir(os.path.dirname(__file__)))
    return (LOCAL, *sorted(n for n, ext in files if ext == ".py" and not n.startswith("_")))


def pool(
    name: str, work: Work, run: str, workers: int, address: str
) -> AbstractContextManager[Pool]:
    """Workers of that engine, which do `work`: started here, or those of the cluster at `address`."""
    made: AbstractContextManager[Pool] = import_module(f"{__name__}.{name}").pool(
        work, run, workers, address
    )
    return made
