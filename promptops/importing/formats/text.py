"""Instruction files and plain text: AGENTS.md, CLAUDE.md, .cursorrules, .mdc, Copilot files.

The whole file is the one message, front matter included, and the prompt's `target`. Tools that read
such files fill nothing in: a `{{placeholder}}` in them is text.
"""

from __future__ import annotations

import re

from promptops.importing.carried import carried
from promptops.importing.interface import Imported, Left, Source
from promptops.importing.names import Names, id_of
from promptops.importing.pieces import cut
from promptops.model import Message, Prompt
from promptops.render import TARGETS
from promptops.source.unit import FRONT_MATTER
from promptops.source.units import read_units

NAME = "text"
_DESCRIPTION = re.compile(r"""^description:[ \t]*(["']?)(\S.*?)\1[ \t]*$""", re.MULTILINE)
_CONFLICT = re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE)
_PLACEHOLDER = re.compile(r"\{\{\s*[\w.$-]+\s*\}\}")


def recognises(source: Source) -> int:  # noqa: ARG001
    """Any text is some text."""
    return 1


def read(source: Source) -> tuple[Imported, ...]:
    """The file as one prompt that renders back to it."""
    text, beside = source.text, carried(source)
    found = cut(text, source.path, Names(), known=beside.known)
    prompt = Prompt(
        id=id_of(source.path),
        version="1.0.0",
        summary=_summary(text),
        owners=beside.owners,
        messages=(Message("system", found.template),),
        rules=beside.onto(found.rules),
        cases=beside.cases,
        target=source.path,
    )
    return (
        Imported(
            NAME,
            prompt,
            found.pieces,
            (*_left(text), *beside.left(found.rules)),
            whole=source.path.lower().endswith(TARGETS),
        ),
    )


def _summary(text: str) -> str:
    """What the front matter calls its description, else the first heading."""
    for unit in read_units(text[:20_000]):
        if unit.kind == FRONT_MATTER:
            found = _DESCRIPTION.search(unit.text)
            if found:
                return " ".join(found[2].split())[:300]
        elif unit.kind == "heading":
            return " ".join(unit.text.split())[:300]
        elif unit.kind not in {"html", "break"}:
            return ""
    return ""


def _left(text: str) -> list[Left]:
    left = []
    if found := _CONFLICT.search(text):
        line = text.count("\n", 0, found.start()) + 1
        left.append(Left("text like a merge conflict", "kept as text: see that it is none", line))
    if found := _PLACEHOLDER.search(text):
        line = text.count("\n", 0, found.start()) + 1
        why = "kept as text: nobody fills in an instruction file"
        left.append(Left(f"placeholders such as {found[0]}", why, line))
    return left
