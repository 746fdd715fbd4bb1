"""`[tool.promptops]` in pyproject.toml, or promptops.toml: read strictly, with line and column."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import takewhile

from promptops.config import DECIDED_ALWAYS, DECISION_KINDS, DEFAULT, Settings, layered
from promptops.diagnostic import Finding
from promptops.errors import ConfigError
from promptops.source.containers import Field, ListOf, MapOf, Record
from promptops.source.document import Lines
from promptops.source.path_text import GLOB, PATH
from promptops.source.plain_nodes import Mark, to_node
from promptops.source.schema import TEXT
from promptops.source.shape import Log, Problem
from promptops.source.text import BOM, decode
from promptops.source.tree import Tree
from promptops.source.value_shapes import Choice, Number, Text

TYPE_CHECKING = False  # `typing` costs a check a tenth of its start
if TYPE_CHECKING:
    from typing import Any

FILES = ("promptops.toml", "pyproject.toml")
CODE = Text("a code or the beginning of one, such as PO104 or PO1", r"PO[0-9]{0,3}")
GLOBS = ListOf(GLOB, lone=True)
PREFIXES: Mapping[str, tuple[str, ...]] = {
    "promptops.toml": (),
    "pyproject.toml": ("tool", "promptops"),
}
_ONE = r"(?:[\w-]++|\"(?:[^\"\\\n]|\\.)*+\"|'[^'\n]*+')"
_DOTTED = rf"{_ONE}(?:[ \t]*\.[ \t]*{_ONE})*+"
_KEY = rf"(?m)^[ \t]*(?:\[{{1,2}}[ \t]*(?P<table>{_DOTTED})|(?P<key>{_DOTTED})[ \t]*=)"
_LONG_KEY = rf"(?<![\w-])(?:{_ONE}[ \t]*+\.[ \t]*+){{64}}"

_USD = Number(whole=False)
_MODEL = Record(
    {
        "model": Field(TEXT, "the known model that this is another name of"),
        "encoding": Field(TEXT, "the vocabulary it is counted with"),
        "input_cost_per_token": Field(_USD, "US dollars a token, as in 2.5e-6"),
        "output_cost_per_token": Field(_USD, "US dollars a token"),
        "cache_read_input_token_cost": Field(_USD, "US dollars a token read from the cache"),
        "cache_creation_input_token_cost": Field(_USD, "US dollars a token put into the cache"),
        "input_cost_per_token_batches": Field(_USD, "US dollars a token of input sent in a batch"),
        "output_cost_per_token_batches": Field(_USD, "US dollars a token of output of a batch"),
        "cache_creation_input_token_cost_above_1hr": Field(
            _USD, "US dollars a token put into the cache for more than an hour"
        ),
        "max_input_tokens": Field(Number(), "the context window"),
        "max_output_tokens": Field(Number(), "the longest answer"),
    }
)
CONFIG = Record(
    {
        "prompts": Field(GLOBS, "globs of governed prompts, relative to the repository root"),
        "decisions": Field(PATH, "the folder of decision records"),
        "instructions": Field(GLOBS, "globs of plain instruction files to govern in place"),
        "select": Field(ListOf(CODE, lone=True), "codes of the checks to run"),
        "ignore": Field(ListOf(CODE, lone=True), "codes of the checks to leave out"),
        "per_file_ignores": Field(
            MapOf(ListOf(CODE, lone=True)), "glob -> codes to leave out there"
        ),
        "require_decision_for": Field(
            ListOf(Choice(*DECISION_KINDS), lone=True),
            "rule, model, budget, output: changes that need a decision record, as data and modality do",
        ),
        "people": Field(
            Record(
                {"left": Field(ListOf(TEXT, lone=True), "names or e-mails of those who have left")}
            ),
            "who is here and who has left",
        ),
        "models": Field(MapOf(_MODEL), "aliases, prices and tokenizers of your own"),
        "baseline": Field(PATH, "the file with the findings that were there before"),
    }
)


def read_settings(tree: Tree) -> Settings:
    """The settings of a repository; ConfigError, naming every error at once, where they are wrong."""
    for path in FILES:
        if tree.exists(path):
            text = decode(tree.read(path), path)
            table = _table(text, path)
            if table is not None:
                return _settings(table, text, path)
    return DEFAULT


def _table(text: str, path: str) -> Any:
    """What is written for us, as plain data; None where pyproject.toml says nothing of us."""
    if path == "pyproject.toml" and "promptops" not in text:
        return None
    import tomllib

    endless = re.search(_LONG_KEY, text)
    if endless is not None:  # tomllib takes time in the square of the parts
        raise _config_error(
            "a key of too many parts", "mend this line", text, path, endless.start()
        )
    try:
        data: Any = tomllib.loads(text.removeprefix(BOM))
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        found = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)", str(error))
        line, column = (int(found[1]), int(found[2])) if found and found[1] else (1, 1)
        if found and not found[1]:
            line, column = Lines(text).position(len(text))
        reason = str(error)[: found.start() if found else None]
        raise ConfigError(
            f"not TOML: {reason}", "mend this line", path=path, line=line, column=column
        ) from None
    for name in PREFIXES[path]:
        data = data.get(name) if isinstance(data, dict) else None
    return data


def _settings(table: Any, text: str, path: str) -> Settings:
    log = Log()
    try:
        root = to_node(table, Mark(0, 0), Mark(0, 0))
    except (ValueError, OverflowError) as error:
        raise _config_error(str(error)[:80], "write a value one can read", text, path, 0) from None
    values = CONFIG.read(root, (), log)
    if log.problems:
        raise _all_problems(log.problems, table, text, path)
    people = values.pop("people", {})
    decide = values.pop("require_decision_for", None)
    return layered(
        DEFAULT,
        **values,
        path=path,
        people_left=frozenset(name.lower() for name in people.get("left", ())),
        require_decision_for=None if decide is None else DECIDED_ALWAYS | frozenset(decide),
    )


def _all_problems(problems: list[Problem], table: Any, text: str, path: str) -> ConfigError:
    """The first problem as the error, the others as its notes; all of them in the order of the file."""
    written = _written(text, PREFIXES[path])
    placed = [(_offset(problem.finding, written, table, text), problem) for problem in problems]
    (offset, first), *rest = sorted(placed, key=lambda pair: pair[0])
    error = _config_error(first.finding.message, first.finding.help, text, path, offset)
    lines = Lines(text)
    for other, problem in rest:
        line, column = lines.position(other)
        error.add_note(
            f"{path}:{line}:{column}: {problem.finding.message} — {problem.finding.help}"
        )
    return error


def _config_error(message: str, hint: str, text: str, path: str, offset: int) -> ConfigError:
    line, column = Lines(text).position(offset)
    return ConfigError(message, hint, path=path, line=line, column=column)


def _written(text: str, prefix: tuple[str, ...]) -> dict[tuple[str, ...], int]:
    """Where each key and table of ours is written; TOML readers keep no places."""
    found: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for match in re.finditer(_KEY, text):
        key = tuple(part.strip("\"'") for part in re.findall(_ONE, match["table"] or match["key"]))
        if match["table"]:
            table = key
        whole = key if match["table"] else (*table, *key)
        if whole[: len(prefix)] == prefix:
            for end in range(len(prefix), len(whole) + 1):
                found.setdefault(whole[len(prefix) : end], match.start())
    return found


def _offset(finding: Finding, written: Mapping[tuple[str, ...], int], table: Any, text: str) -> int:
    """Where a finding stands: its key, or the value itself where that is a text."""
    place = finding.path
    keys = tuple(str(part) for part in takewhile(lambda part: isinstance(part, str), place))
    known = next(keys[:n] for n in range(len(keys), -1, -1) if keys[:n] in written or not n)
    offset = written.get(known, 0)
    for part in place:
        try:
            table = table[part]
        except (KeyError, IndexError, TypeError):
            return offset
    is_text = isinstance(table, str) and not finding.key
    return max(offset, text.find(table, offset)) if is_text else offset
