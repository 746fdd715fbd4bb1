"""Files that begin with meta data between two lines of `---`: prompty, dotprompt, `.mdc`."""

from __future__ import annotations

import re

from promptops.errors import InputError
from promptops.importing.interface import Left
from promptops.source.foreign_yaml import Map, load_foreign
from promptops.values import NamedTuple

_FRONT = re.compile(
    r"\A\ufeff?(?P<lead>(?:[ \t]*(?:#[^\n]*)?\r?\n)*)---[ \t]*\r?\n"
    r"(?P<meta>(?:(?!---[ \t]*(?:\r?\n|\Z))[^\n]*\n)*)---[ \t]*(?:\r?\n|\Z)"
)


class Front(NamedTuple):
    """meta: the data, empty where there is none. start: where the body begins.

    left: says why the meta data could not be read; other tools are kinder than YAML.
    """

    meta: Map
    start: int
    left: tuple[Left, ...] = ()


def front_matter(text: str, path: str) -> Front:
    """The meta data of a file and where its body begins. Never fails for what it holds."""
    found = _FRONT.match(text)
    if found is None:
        return Front(Map(), int(text.startswith("\ufeff")))
    meta_line = text.count("\n", 0, found.start("meta")) + 1
    try:
        meta = load_foreign(found["meta"], path, meta_line)
    except InputError as error:
        left = Left(f"the front matter ({error.message})", "the kept copy has it", error.line)
        return Front(Map(), found.end(), (left,))
    return Front(meta if isinstance(meta, Map) else Map(), found.end())


def without_front(text: str) -> str:
    """A text without the meta data it begins with."""
    found = _FRONT.match(text)
    return text[found.end() :].lstrip("\r\n") if found else text
