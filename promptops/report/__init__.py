"""A command's answer and its parts. Commands answer, reporters speak.

A command returns a `Report`; the reporters of this folder (file name = format) turn it into text,
JSON, Markdown … Blocks are few on purpose: one command more must not cost five renderers.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False  # a cold count draws its table without dataclasses, which cost it double
if TYPE_CHECKING:
    from promptops.report._blocks import (
        STYLES,
        Bars,
        Block,
        Diagnostics,
        Fold,
        Heading,
        Items,
        Late,
        Picture,
        Report,
        Screen,
        Table,
        Text,
        Verdict,
        Words,
    )

__all__ = [
    "STYLES",
    "Bars",
    "Block",
    "Diagnostics",
    "Fold",
    "Heading",
    "Items",
    "Late",
    "Picture",
    "Report",
    "Screen",
    "Table",
    "Text",
    "Verdict",
    "Words",
    "formats",
    "render",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from promptops.report import _blocks

    globals().update({one: getattr(_blocks, one) for one in __all__ if one not in globals()})
    return globals()[name]


def formats() -> tuple[str, ...]:
    """Every format: the modules of this folder, but `safe` and those that start with `_`."""
    files = (os.path.splitext(file) for file in os.listdir(os.path.dirname(__file__)))
    return tuple(
        sorted(
            name
            for name, extension in files
            if extension == ".py" and name != "safe" and not name.startswith("_")
        )
    )


def render(report: Report, format: str, screen: Screen) -> str:
    """The report in one of `formats()`, ending in a line feed unless it is empty.

    Raises UsageError if there is no such format.
    """
    from importlib import import_module

    from promptops.errors import UsageError

    names = formats()
    if format not in names:
        raise UsageError(f"no format '{format}'", f"formats: {', '.join(names)}")
    module = import_module(f"{__name__}.{format}")
    rendered: str = module.render(report, screen)
    return rendered
