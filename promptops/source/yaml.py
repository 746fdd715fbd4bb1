"""YAML that remembers positions, read by libyaml.

`compose` gives PyYAML nodes: `value`, `start_mark.index` and `end_mark.index` (character offsets)
and, on scalars, `style`. Scalars keep the text that was written; what it means is decided by the
schema, so `1.10` stays `1.10` where text is expected.

Refused, with a place: anchors and aliases (a kilobyte of them is endless), tags, merge keys,
directives, a second document, nesting deeper than 50. PyYAML's own reader, pure Python and slow,
is asked only to explain what libyaml could not read.
"""

from __future__ import annotations

import re

from promptops.patterns import later
from promptops.source.libyaml import CParser, yaml
from promptops.source.shape import MAX_DEPTH
from promptops.source.text import BOM, at

TYPE_CHECKING = False  # `typing` costs a check a tenth of its start
if TYPE_CHECKING:
    from typing import Any

EXPLAINED = 100_000  # characters; the reader in Python reads a quarter of a megabyte a second

# An anchor or a tag where a node may start, written so that the regular expression engine can skip
# to its first character. An alias without an anchor cannot be composed: it needs no look.
_MARKS = later(r"[&!](?<![^\s\[{,:\ufeff].)\S")
# Each block collection starts further right than the one around it, or, a list in a mapping, in the
# same column: no line that starts like this, no nesting deeper than 50. Brackets are counted apart.
_INDENTED = later(r"^\ufeff?[ \t?:-]{25}", re.MULTILINE)
_ODD_BREAKS = later(r"[\r\x85\u2028\u2029]\ufeff?[ \t?:-]{25}")
_MOST_BRACKETS = 400  # libyaml's composer is recursive and would end the process at some 10,000
_DEEP = f"nested deeper than {MAX_DEPTH}"
_DEEP_HINT = "no part of a prompt nests that deep"
_ALIAS = "anchors and aliases are not allowed"
_ALIAS_HINT = "write the value out, or quote the text: '*…'"
_QUOTE_HINT = "close it, or write the value as a block with `|`"
_HINTS = (
    ("mapping values are not allowed", "quote a value that holds `: `, or start a block with `|`"),
    ("cannot start any token", "indent with spaces, not tabs, and quote a value that starts so"),
    ("could not find expected ':'", "a key needs `: ` after it; look at the indentation above"),
    (
        "did not find expected key",
        "look at the indentation: keys of one mapping start in one column",
    ),
    ("expected <block end>", "look at the indentation: this line belongs to nothing above it"),
    ("expected a single document", "keep one document a file: delete the `---` line"),
    ("unexpected end of stream", "a quote or a bracket is never closed"),
    ("flow", "a bracket is never closed, or a comma is missing"),
    ("escape", "in double quotes a backslash starts an escape: use single quotes, or double it"),
)


class _Reader(CParser):
    """libyaml's composer without PyYAML's tag resolution: every tag it sees was written."""

    def resolve(self, *_: Any) -> None:
        return None

    def descend_resolver(self, *_: Any) -> None:
        return None

    def ascend_resolver(self) -> None:
        return None


def compose(text: str, path: str) -> Any:
    """The root node of the one YAML document in `text`, or None where there is nothing.

    InputError, with line and column, where it cannot or must not be read.
    """
    body = text.removeprefix(BOM)
    try:
        if _suspicious(body):
            _refuse(body)
        return _Reader(body).get_single_node()
    except _Refused as error:
        message, hint, offset = error.args
    except yaml.MarkedYAMLError as error:
        message, hint, offset = _explained(error, body)
    except yaml.reader.ReaderError as error:
        message, hint, offset = _unprintable(error, body)
    except (yaml.YAMLError, ValueError, RecursionError, MemoryError) as error:
        message, hint, offset = f"not YAML: {str(error)[:60]}", "", 0
    raise at(text, offset + len(text) - len(body), path, message, hint)


class _Refused(Exception):
    """(message, hint, offset) of what must not be read."""


def _suspicious(text: str) -> bool:
    """True if `text` may hold something refused: cheap, never wrong when it says no."""
    return (
        "<<" in text
        or text.startswith("%")
        or "\n%" in text
        or (("&" in text or "!" in text) and _MARKS.search(text) is not None)
        or text.count("[") + text.count("{") > _MOST_BRACKETS
        or _INDENTED.search(text) is not None
        or (_odd_breaks(text) and _ODD_BREAKS.search(text) is not None)
    )


def _odd_breaks(text: str) -> bool:
    return "\r" in text or not text.isascii()


def _refuse(text: str) -> None:
    """Raise _Refused for the first construct that no prompt needs."""
    reader = _Reader(text)
    depth = 0
    while True:
        event: Any = reader.get_event()
        if event is None or isinstance(event, yaml.StreamEndEvent):
            return
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        refusal = _refusal(event, depth)
        if refusal:
            mark: Any = event.start_mark
            raise _Refused(*refusal, mark.index)


def _refusal(event: Any, depth: int) -> tuple[str, str] | None:
    if depth > MAX_DEPTH:
        return _DEEP, _DEEP_HINT
    if isinstance(event, yaml.AliasEvent):
        return _ALIAS, _ALIAS_HINT
    if getattr(event, "anchor", None):
        return _ALIAS, "delete the `&name`, or quote the text: '&…'"
    if getattr(event, "tag", None):
        return "tags are not allowed", "delete the `!…`, or quote the text: '!…'"
    if isinstance(event, yaml.DocumentStartEvent) and (event.version or event.tags):
        return "directives are not allowed", "delete the line that starts with %"
    if isinstance(event, yaml.ScalarEvent) and event.value == "<<" and event.implicit[0]:
        return "merge keys are not allowed", "write the keys out"
    return None


def _explained(error: Any, text: str) -> tuple[str, str, int]:
    """(message, hint, offset) of what libyaml stopped at."""
    mark = error.problem_mark or error.context_mark
    context = str(error.context or "")
    problem, offset = _explained_in_python(text) or (
        str(error.problem or context),
        mark.index if mark else 0,
    )
    if context == "while scanning an alias":
        return _ALIAS, _ALIAS_HINT, error.context_mark.index
    if str(error.problem).startswith("found undefined alias"):
        return _ALIAS, _ALIAS_HINT, error.problem_mark.index
    if problem == _DEEP:
        return problem, _DEEP_HINT, offset
    if context == "while scanning a quoted scalar" and "end of stream" in str(error.problem):
        return "not YAML: a quote is never closed", _QUOTE_HINT, error.context_mark.index
    hint = next((h for part, h in _HINTS if part in problem or part in context), "")
    return f"not YAML: {problem}", hint, offset


def _unprintable(error: Any, text: str) -> tuple[str, str, int]:
    """(message, hint, offset) of a character that YAML does not allow; libyaml counts bytes."""
    offset = len(text.encode()[: error.position].decode("utf-8", "ignore"))
    character = ord(error.character) if isinstance(error.character, str) else error.character
    return (
        f"not YAML: the character U+{character:04X} is not allowed",
        "delete it, or write it as an escape in double quotes",
        offset,
    )


def _explained_in_python(text: str) -> tuple[str, int] | None:
    """PyYAML's own explanation as (problem, offset), where it has one."""
    if len(text) > EXPLAINED:
        return None
    depth = 0
    try:
        for event in yaml.parse(text, Loader=yaml.Loader):
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                deep: Any = event.start_mark
                return _DEEP, deep.index
    except yaml.MarkedYAMLError as error:
        mark: Any = error.problem_mark or error.context_mark
        problem = " ".join(str(error.problem or error.context).split())
        return (problem, mark.index) if mark else None
    except Exception:  # it leaks whatever its scanner meets; libyaml's word stands
        return None
    return None
