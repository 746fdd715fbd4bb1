"""Workers on other machines: are they ours, and do they keep answers where we look for them?"""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass

from promptops import __version__
from promptops.cli._state import SHARED
from promptops.errors import PromptopsError, ProviderError
from promptops.evals.store import is_url

NAMES = {
    "version": "promptops {0}, not {1}",
    "python": "Python {0}, not {1}",
    "store": "another answer store",
}


@dataclass(frozen=True, slots=True)
class Hello:
    """What a process says of itself. store: the id that the shared store carries; keyless: the
    variable that should hold a key and does not."""

    version: str
    python: str
    store: str
    keyless: str = ""
    problem: str = ""


def hello(key_env: str) -> Hello:
    """This process. key_env: "" where no key is looked for."""
    problem, store, place = "", "", os.environ.get(SHARED, "")
    try:
        store = _store_id(place) if is_url(place) else ""
    except PromptopsError as error:
        problem = error.message
    if not is_url(place):
        problem = f"it has no {SHARED}"
    python = ".".join(platform.python_version_tuple()[:2])
    keyless = "" if not key_env or os.environ.get(key_env) else key_env
    return Hello(__version__, python, store, keyless, problem)


def welcome(workers: Mapping[str, Hello | Exception], ours: Hello, *, keyed: bool = False) -> None:
    """ProviderError for a worker that cannot do its part: which one, why, and what to do.

    keyed: our own calls carry a key, so that each worker needs one.
    """
    hint = "install the same promptops at each worker, and start it with the same environment"
    for address, one in sorted(workers.items()):
        if why := _amiss(one, ours, keyed):
            raise ProviderError(f"the worker at {address} cannot be used: {why}", hint)


def _amiss(one: Hello | Exception, ours: Hello, keyed: bool) -> str:
    if isinstance(one, ModuleNotFoundError):
        return f"{one.name or 'a module'} is not installed there"
    if isinstance(one, Exception):
        return f"it has another promptops ({type(one).__name__})"
    for name, said in NAMES.items():
        if name == "store" and one.problem:
            return one.problem
        theirs, own = getattr(one, name), getattr(ours, name)
        if theirs != own:
            return said.format(theirs, own)
    return f"it has no {one.keyless}" if keyed and one.keyless else ""


def _store_id(url: str) -> str:
    """The id in the header of a shared store, made where there is none."""
    from contextlib import closing

    from promptops.evals import postgres

    with closing(postgres.connected(url)) as db, postgres.complaints(postgres.shown(url)):
        postgres.made(db, postgres.shown(url))
        [(id,)] = db.execute("SELECT id FROM promptops_header").fetchall()
    return str(id)
