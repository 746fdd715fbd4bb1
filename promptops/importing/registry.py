"""The formats: one module each in `formats/`; the folder is the registry.

A module has `NAME` and one or both of
`recognises(source) -> int` (0 not mine … 100 surely mine) with `read(source) -> Imported…`, and
`write(prompt) -> Exported`. `EXPORTS` maps further names to writers.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from types import ModuleType

from promptops.errors import InputError
from promptops.importing.interface import Exported, Imported, Source
from promptops.model import Prompt


@cache
def formats() -> Mapping[str, ModuleType]:
    """Every format by name, sorted."""
    folder = os.path.join(os.path.dirname(__file__), "formats")
    names = sorted(os.path.splitext(name)[0] for name in os.listdir(folder))
    names = [name for name in names if name and not name.startswith("_")]
    modules = (import_module(f"promptops.importing.formats.{name}") for name in names)
    return {module.NAME: module for module in modules}


def read_foreign(source: Source, form: str = "") -> tuple[Imported, ...]:
    """What a file holds, read as `form` or as what it looks like.

    InputError, with a place, where it is broken; never runs anything that stands in it.
    """
    module = formats()[form] if form else _recognised(source)
    found: tuple[Imported, ...] = module.read(source)
    if not found:
        raise InputError("there is no prompt in it", path=source.path)
    return found


def readable() -> tuple[str, ...]:
    """Names of the formats that can be imported."""
    return tuple(name for name, module in formats().items() if hasattr(module, "read"))


def exports() -> Mapping[str, Callable[[Prompt], Exported]]:
    """The writers by the name of what they write."""
    found: dict[str, Callable[[Prompt], Exported]] = {}
    for name, module in formats().items():
        if hasattr(module, "write"):
            found[name] = module.write
        found |= getattr(module, "EXPORTS", {})
    return dict(sorted(found.items()))


def _recognised(source: Source) -> ModuleType:
    known = [module for module in formats().values() if hasattr(module, "recognises")]
    return max(known, key=lambda module: module.recognises(source))
