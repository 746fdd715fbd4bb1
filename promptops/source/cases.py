"""Cases from `cases.yaml`, `cases.jsonl` and `cases.csv`: the same cases, the same errors.

CSV: the column `id`, columns `slice:NAME` for slices, every other column is a variable.
"""

from __future__ import annotations

from typing import Any

from promptops.errors import InputError
from promptops.model import Case
from promptops.source.plain_nodes import Mark, PlainNode, to_node
from promptops.source.schema import CASES_FILE
from promptops.source.shape import WRONG, Log
from promptops.source.yaml import compose
from promptops.source.yaml_document import YamlDocument

NAMES = ("cases.yaml", "cases.jsonl", "cases.csv")
MAX_FIELD = 1 << 20


def read_cases(text: str, path: str, log: Log) -> tuple[tuple[Case, ...], YamlDocument]:
    """The cases of a file and where they stand; problems go to `log`, a broken file raises InputError."""
    if path.endswith(".jsonl"):
        document = _list_document(path, text, _json_lines(text, path))
    elif path.endswith(".csv"):
        document = _list_document(path, text, _csv_rows(text, path))
    else:
        document = YamlDocument(path, text, compose(text, path), int(text.startswith("\ufeff")))
    if document.root is None:
        return (), document
    cases = CASES_FILE.read(document.root, (), log)
    return (() if cases is WRONG else cases), document


def _list_document(path: str, text: str, nodes: list[PlainNode]) -> YamlDocument:
    start, end = Mark(0, 0), Mark(len(text), text.count("\n"))
    cases = PlainNode("sequence", nodes, None, start, end)
    key = PlainNode("scalar", "cases", None, start, start)
    return YamlDocument(path, text, PlainNode("mapping", [(key, cases)], None, start, end))


def _json_lines(text: str, path: str) -> list[PlainNode]:
    import json

    nodes = []
    offset = 0
    for number, line in enumerate(text.split("\n")):
        body = line.strip("\r\ufeff ")
        if body:
            try:
                data = json.loads(body, object_pairs_hook=_no_duplicates)
            except (ValueError, RecursionError) as error:
                column = getattr(error, "colno", 1)
                reason = getattr(error, "msg", str(error)) or "nested too deep"
                raise InputError(
                    f"not JSON: {reason[:80]}",
                    "write one JSON object a line",
                    path=path,
                    line=number + 1,
                    column=column,
                ) from None
            nodes.append(to_node(data, Mark(offset, number), Mark(offset + len(line), number)))
        offset += len(line) + 1
    return nodes


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key `{twice[:40]}` is written twice")
    return data


def _csv_rows(text: str, path: str) -> list[PlainNode]:
    import csv

    csv.field_size_limit(MAX_FIELD)
    reader = csv.reader(text.removeprefix("\ufeff").splitlines(keepends=True), strict=True)
    nodes: list[PlainNode] = []
    header: list[str] = []
    starts = _line_starts(text)
    line = 0
    try:
        for row in reader:
            if not header:
                header = _header(row, path)
            elif row:
                mark, end = Mark(starts[line], line), Mark(starts[reader.line_num] - 1, line)
                nodes.append(to_node(_csv_case(header, row, path, line + 1), mark, end))
            line = reader.line_num
    except csv.Error as error:
        raise InputError(
            f"not CSV: {error}",
            "quote a value that holds a quote or a comma",
            path=path,
            line=line + 1,
            column=1,
        ) from None
    return nodes


def _line_starts(text: str) -> list[int]:
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return [*starts, len(text) + 1]


def _header(row: list[str], path: str) -> list[str]:
    names = [name.strip() for name in row]
    if "id" not in names or len(set(names)) != len(names) or "" in names:
        raise InputError(
            "the first row must name the columns, each once, `id` among them",
            "write: id,question,slice:language",
            path=path,
            line=1,
            column=1,
        )
    return names


def _csv_case(header: list[str], row: list[str], path: str, line: int) -> dict[str, Any]:
    if len(row) != len(header):
        raise InputError(
            f"the row has {len(row)} values, the header {len(header)}",
            "quote a value that holds a comma",
            path=path,
            line=line,
            column=1,
        )
    case: dict[str, Any] = {"variables": {}, "slices": {}}
    for name, value in zip(header, row, strict=True):
        kind, _, rest = name.partition(":")
        if name == "id":
            case["id"] = value
        elif kind == "slice":
            case["slices"][rest] = value
        else:
            case["variables"][name] = value
    return case
