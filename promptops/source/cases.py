"""Cases from `cases.yaml`, `cases.jsonl` and `cases.csv`: the same cases, the same errors.

CSV: the column `id`, columns `slice:NAME` for slices (an empty cell is no slice), every other
column is a variable.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promptops.diagnostic import Edit, Place
from promptops.model import Case
from promptops.source.plain_nodes import Mark, PlainNode, to_node
from promptops.source.schema import CASES_FILE
from promptops.source.shape import WRONG, Log
from promptops.source.text import BOM
from promptops.source.yaml import compose
from promptops.source.yaml_document import YamlDocument

TYPE_CHECKING = False  # `typing` costs a check a tenth of its start
if TYPE_CHECKING:
    from typing import Any

NAMES = ("cases.yaml", "cases.jsonl", "cases.csv")
MAX_FIELD = 1 << 20
_BROKEN = "invalid-yaml"


def read_cases(text: str, path: str, log: Log) -> tuple[tuple[Case, ...], YamlDocument]:
    """The cases of a file and where they stand; problems go to `log`, broken YAML raises InputError."""
    if path.endswith(".jsonl"):
        document = _list_document(path, text, _json_lines(text, log))
    elif path.endswith(".csv"):
        document = _list_document(path, text, _csv_cases(text, log))
    else:
        document = YamlDocument(path, text, compose(text, path), int(text.startswith(BOM)))
    if document.root is None:
        return (), document
    cases = CASES_FILE.read(document.root, (), log)
    return (() if cases is WRONG else cases), document


class RowsDocument(YamlDocument):
    """JSON lines or CSV: what stands in a row is placed at the row, and nothing in it is mended."""

    def edit(
        self, place: Place, within: tuple[int, int] | None, replacement: str
    ) -> Sequence[Edit]:
        return [] if place else super().edit(place, within, replacement)


def _list_document(path: str, text: str, nodes: Iterator[PlainNode]) -> YamlDocument:
    start, end = Mark(0, 0), Mark(len(text), text.count("\n"))
    cases = PlainNode("sequence", list(nodes), None, start, end)
    key = PlainNode("scalar", "cases", None, start, start)
    return RowsDocument(path, text, PlainNode("mapping", [(key, cases)], None, start, end))


def _lines(text: str) -> tuple[list[str], list[int]]:
    """Lines with their ends (`\\n`, `\\r\\n`, `\\r`), and where each starts; one start more."""
    from io import StringIO
    from itertools import accumulate

    lines = list(StringIO(text, newline=""))
    return lines, [0, *accumulate(map(len, lines))]


# -- JSON lines --------------------------------------------------------------------------------


class _Twice(ValueError):
    """A key written twice."""


def _json_lines(text: str, log: Log) -> Iterator[PlainNode]:
    lines, starts = _lines(text)
    for number, line in enumerate(lines):
        start = starts[number] + (number == 0 and line.startswith(BOM))
        end = starts[number] + len(line.rstrip())
        body = text[start:end]
        if body.strip():
            node = _json_case(body, start, number, log)
            if node is not None:
                yield node


def _json_case(body: str, start: int, number: int, log: Log) -> PlainNode | None:
    import json

    end = start + len(body)
    try:
        data = json.loads(body, object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
        return to_node(data, Mark(start, number), Mark(end, number))
    except _Twice as error:
        log.add("duplicate-key", (), str(error), "delete one of them", within=(start, end))
    except json.JSONDecodeError as error:
        at = min(start + error.pos, end - 1)
        log.add(_BROKEN, (), f"not JSON: {error.msg}", _ONE_LINE, within=(at, at + 1))
    except (ValueError, RecursionError) as error:
        log.add(_BROKEN, (), f"not JSON: {str(error)[:80]}", _ONE_LINE, within=(start, end))
    return None


_ONE_LINE = "write one JSON object a line"


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for name, value in pairs:
        if name in data:
            raise _Twice(f"the key `{name[:40]}` is written twice")
        data[name] = value
    return data


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is no JSON value")


# -- CSV ---------------------------------------------------------------------------------------


def _csv_cases(text: str, log: Log) -> Iterator[PlainNode]:
    lines, starts = _lines(text)
    header: list[str] = []
    for row, first, after in _csv_rows(lines, starts, log):
        start, end = starts[first], starts[after]
        if not header:
            header = [name.strip() for name in row]
            if not _names_columns(header, (start, end), log):
                return
        elif len(row) != len(header):
            message = f"the row has {len(row)} values, the header {len(header)}"
            log.add(_BROKEN, (), message, "quote a value that holds a comma", within=(start, end))
        else:
            yield to_node(_csv_case(header, row), Mark(start, first), Mark(end, first))


def _csv_rows(
    lines: Sequence[str], starts: Sequence[int], log: Log
) -> Iterator[tuple[list[str], int, int]]:
    """(values, its first line, the line after it) of each row that is not empty, header first."""
    import csv

    csv.field_size_limit(MAX_FIELD)
    reader = csv.reader((line.removeprefix(BOM) for line in lines), strict=True)
    line = 0
    try:
        for row in reader:
            if row:
                yield row, line, reader.line_num
            line = reader.line_num
    except csv.Error as error:
        place = (starts[line], starts[min(reader.line_num, len(lines))])
        log.add(_BROKEN, (), f"not CSV: {error}", "double the quotes in a value", within=place)


def _names_columns(names: Sequence[str], within: tuple[int, int], log: Log) -> bool:
    if "id" in names and len(set(names)) == len(names) and not {"", "slice:"} & set(names):
        return True
    message = "the first row must name the columns, each once, `id` among them"
    log.add(_BROKEN, (), message, "write: id,question,slice:language", within=within)
    return False


def _csv_case(header: Sequence[str], row: Sequence[str]) -> dict[str, Any]:
    case: dict[str, Any] = {"variables": {}, "slices": {}}
    for name, value in zip(header, row, strict=True):
        kind, _, rest = name.partition(":")
        if name == "id":
            case["id"] = value
        elif kind != "slice":
            case["variables"][name] = value
        elif value:
            case["slices"][rest] = value
    return case
