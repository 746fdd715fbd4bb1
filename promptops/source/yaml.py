"""YAML that remembers positions, read by libyaml.

`compose` gives PyYAML nodes: `value`, `start_mark.index` and `end_mark.index` (character offsets)
and, on scalars, `style`. Scalars keep the text that was written; what it means is decided by the
schema, so `1.10` stays `1.10` where text is expected.

Refused, with a place: anchors and aliases (a kilobyte of them is endless), tags, merge keys,
directives, a second document, nesting deeper than 50. ruamel.yaml, pure Python and slow, is asked
only to explain what libyaml could not read.
"""

from __future__ import annotations

import re
from typing import Any

import yaml
from yaml._yaml import CParser

from promptops.errors import InputError

MAX_DEPTH = 50
EXPLAINED_BY_RUAMEL = 100_000  # characters; ruamel reads a quarter of a megabyte a second

_MARKS = re.compile(r"(?:^|[\s\[{,:])(?:[&*][^\s*]|!\S)", re.MULTILINE)  # anchor, alias, tag
_NESTED = "\n" + " " * 200
_ALIAS = "anchors and aliases are not allowed"
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
    body = text[1:] if text.startswith("\ufeff") else text
    try:
        if _suspicious(body):
            _refuse(body, path)
        return _Reader(body).get_single_node()
    except yaml.MarkedYAMLError as error:
        raise _explained(error, body, path) from None
    except (yaml.YAMLError, ValueError, RecursionError, MemoryError) as error:
        raise InputError(f"not YAML: {str(error)[:60]}", path=path, line=1, column=1) from None


def _suspicious(text: str) -> bool:
    """True if `text` may hold something refused: cheap, never wrong when it says no."""
    return (
        (("&" in text or "*" in text or "!" in text) and _MARKS.search(text) is not None)
        or "<<" in text
        or text.startswith("%")
        or "\n%" in text
        or "- - - - " in text
        or "? ? ? ? " in text
        or _NESTED in text
        or text.count("[") + text.count("{") > 400
    )


def _refuse(text: str, path: str) -> None:
    """Raise InputError for the first construct that no prompt needs."""
    reader = _Reader(text)
    depth = 0
    while True:
        event = reader.get_event()
        if event is None or isinstance(event, yaml.StreamEndEvent):
            return
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        refusal = _refusal(event, depth)
        if refusal:
            mark: Any = event.start_mark
            raise InputError(*refusal, path=path, line=mark.line + 1, column=mark.column + 1)


def _refusal(event: Any, depth: int) -> tuple[str, str] | None:
    if depth > MAX_DEPTH:
        return f"nested deeper than {MAX_DEPTH}", "no part of a prompt nests that deep"
    if isinstance(event, yaml.AliasEvent):
        return _ALIAS, "write the value out, or quote the text: '*…'"
    if getattr(event, "anchor", None):
        return _ALIAS, "delete the `&name`, or quote the text: '&…'"
    if getattr(event, "tag", None):
        return "tags are not allowed", "delete the `!…`, or quote the text: '!…'"
    if isinstance(event, yaml.DocumentStartEvent) and (event.version or event.tags):
        return "directives are not allowed", "delete the line that starts with %"
    if isinstance(event, yaml.ScalarEvent) and event.value == "<<" and event.implicit[0]:
        return "merge keys are not allowed", "write the keys out"
    return None


def _explained(error: yaml.MarkedYAMLError, text: str, path: str) -> InputError:
    mark = error.problem_mark or error.context_mark
    problem, line, column = _ask_ruamel(text) or (
        str(error.problem or error.context),
        mark.line + 1 if mark else 1,
        mark.column + 1 if mark else 1,
    )
    context = str(error.context or "")
    hint = next((h for part, h in _HINTS if part in problem or part in context), "")
    if problem.startswith("nested deeper"):
        hint = "no part of a prompt nests that deep"
    return InputError(
        problem if problem.startswith("nested") else f"not YAML: {problem}",
        hint,
        path=path,
        line=line,
        column=column,
    )


def _ask_ruamel(text: str) -> tuple[str, int, int] | None:
    """ruamel.yaml's own explanation as (problem, line, column), where it has one."""
    if len(text) > EXPLAINED_BY_RUAMEL:
        return None
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError

    reader = YAML(pure=True)
    reader.max_depth = MAX_DEPTH
    try:
        reader.compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = " ".join(str(error.problem or error.context).split())
        if "depth" in problem:
            problem = f"nested deeper than {MAX_DEPTH}"
        return (problem, mark.line + 1, mark.column + 1) if mark else None
    except Exception:  # ruamel leaks whatever its scanner meets; libyaml's word stands
        return None
    return None
