"""A text constant in a Python or TypeScript file, named `FILE:NAME`. Read, never run.

The program goes on using its own copy until it loads the prompt from here: no file is rendered back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NoReturn

from promptops.errors import InputError, UsageError
from promptops.importing.build import Build, Said
from promptops.importing.constants import Constant, python, typescript
from promptops.importing.interface import Imported, Left, Source
from promptops.importing.names import id_of, slug_all
from promptops.model import Prompt
from promptops.source.shape import nearest

NAME = "constant"
_FIELD = re.compile(r"(?<![{$])\{([A-Za-z_][A-Za-z0-9_]*)\}(?!\})")
PYTHON = (".py", ".pyi")
SCRIPT = (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs")


def recognises(source: Source) -> int:
    """By its ending."""
    return 90 if source.path.lower().endswith((*PYTHON, *SCRIPT)) else 0


def read(source: Source) -> tuple[Imported, ...]:
    """The constant as a prompt of one message; fields such as `{name}` of an f-string are variables."""
    find = python if source.path.lower().endswith(PYTHON) else typescript
    known = find(source.text, source.path)
    found = known.get(source.name)
    if found is None:
        _refuse(source, list(known))
    build = Build(source.path, "marked")
    build.say([Said("system", found.text, found.line)])
    build.left += [
        Left(f"`{one}`", "an expression is never run: it stays as text", found.line)
        for one in found.expressions
    ]
    build.left += _unfilled(found)
    name = slug_all(source.name.replace("_", "-")) or id_of(source.path)
    made = build.imported(NAME, Prompt(id=name, version="1.0.0"))
    return (made,)


def _unfilled(found: Constant) -> Iterator[Left]:
    """Fields of a text that the program fills in later: `str.format`, LangChain's templates."""
    for name in dict.fromkeys(_FIELD.findall(found.text)):
        why = f"stays as text; where it is to be filled in from here, write {{{{ {name} }}}}"
        yield Left(f"`{{{name}}}`", why, found.line)


def _refuse(source: Source, known: list[str]) -> NoReturn:
    listed = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
    if not source.name:
        hint = f"name one: {source.path}:NAME" + (f"; it has {listed}" if known else "")
        raise UsageError("a program is not imported whole", hint, path=source.path)
    by_lower = {name.lower(): name for name in known}
    guess = by_lower.get(nearest(source.name, list(by_lower)), "")
    hint = f"did you mean `{guess}`?" if guess else f"it has {listed}" if known else "it has none"
    raise InputError(f"there is no text constant `{source.name}`", hint, path=source.path)
