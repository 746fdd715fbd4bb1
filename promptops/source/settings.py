"""`[tool.promptops]` in pyproject.toml, or promptops.toml: read strictly, with line and column."""

from __future__ import annotations

import re
from typing import Any

from promptops.config import DECIDED_ALWAYS, DECISION_KINDS, DEFAULT, Settings, layered
from promptops.errors import ConfigError
from promptops.source.plain_nodes import Mark, to_node
from promptops.source.schema import PATH, TEXT, safe_path
from promptops.source.shape import (
    Anything,
    Choice,
    Field,
    ListOf,
    Log,
    MapOf,
    Problem,
    Record,
    Text,
)
from promptops.source.text import decode
from promptops.source.tree import Tree

FILES = ("promptops.toml", "pyproject.toml")
CODE = Text("a code or the beginning of one, such as PO104 or PO1", r"PO\d{0,3}")
GLOBS = ListOf(TEXT, lone=True)

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
            "kinds of change that need a decision record",
        ),
        "people": Field(
            Record(
                {"left": Field(ListOf(TEXT, lone=True), "names or e-mails of those who have left")}
            ),
            "who is here and who has left",
        ),
        "models": Field(MapOf(Anything()), "aliases, prices and tokenizers of your own"),
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
    if path == "pyproject.toml" and "promptops" not in text:
        return None
    import tomllib

    try:
        data = tomllib.loads(text.removeprefix("\ufeff"))
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        found = re.search(r"line (\d+), column (\d+)", str(error))
        line, column = (int(found[1]), int(found[2])) if found else (1, 1)
        reason = re.sub(r" \(at .*\)", "", str(error))
        raise ConfigError(
            f"not TOML: {reason}", "mend this line", path=path, line=line, column=column
        ) from None
    return data if path == "promptops.toml" else data.get("tool", {}).get("promptops")


def _settings(table: Any, text: str, path: str) -> Settings:
    log = Log()
    values = CONFIG.read(to_node(table, Mark(0, 0), Mark(0, 0)), (), log)
    for name in ("prompts", "instructions"):
        for i, glob in enumerate(values.get(name, ()) if isinstance(values, dict) else ()):
            if not safe_path(glob.replace("*", "x").replace("?", "x").replace("[", "x")):
                log.add(
                    "outside-path",
                    (name, i),
                    f"`{glob}` leads outside the repository",
                    "write a glob relative to the root",
                )
    if log.problems:
        raise _config_error(log.problems, text, path)
    people = values.pop("people", {})
    decide = values.pop("require_decision_for", None)
    return layered(
        DEFAULT,
        **values,
        path=path,
        people_left=frozenset(name.lower() for name in people.get("left", ())),
        require_decision_for=None if decide is None else DECIDED_ALWAYS | frozenset(decide),
    )


def _config_error(problems: list[Problem], text: str, path: str) -> ConfigError:
    first, *rest = (problem.finding for problem in problems)
    line, column = _find_key(text, str(first.path[0]) if first.path else "")
    more = "".join(
        f"\n  {path}:{_find_key(text, str(f.path[0]) if f.path else '')[0]}: {f.message} — {f.help}"
        for f in rest
    )
    return ConfigError(first.message + more, first.help, path=path, line=line, column=column)


def _find_key(text: str, key: str) -> tuple[int, int]:
    """Where `key` is written in the TOML text: 1-based line and column; TOML readers keep no places."""
    begin = max(text.find("[tool.promptops"), 0)
    found = re.compile(
        rf"^[ \t]*(?:\[tool\.promptops\.)?(?P<key>\"?{re.escape(key)}\b)", re.MULTILINE
    ).search(text, begin)
    offset = found.start("key") if found and key else begin
    return text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1
