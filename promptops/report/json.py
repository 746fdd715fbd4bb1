"""JSON for programs: a contract with a version, the same bytes for the same result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from promptops.report import Report, Screen
from promptops.report.safe import hidden, powerless


class _Escapes(dict[int, int | str]):
    def __missing__(self, code: int) -> int | str:
        escape: int | str = code
        if hidden(code):
            escape = f"\\u{code:04x}"
            if code > 0xFFFF:
                high, low = divmod(code - 0x10000, 0x400)
                escape = f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
        self[code] = escape
        return escape


_ESCAPES = _Escapes({0x0A: 0x0A})


def render(report: Report, _screen: Screen) -> str:
    """`{"schema": "promptops/<command>/<version>", "result": …}`, indented, keys sorted.

    What `safe` would show is written as a JSON escape, so a terminal is safe and nothing is lost;
    other characters stay readable. ValueError where the result holds NaN or an infinity.
    """
    schema = f"promptops/{report.command}/{report.version}"
    return dumped({"result": report.result, "schema": schema})


def listed(command: str, name: str, rows: Iterable[object]) -> Iterator[str]:
    """The lines of `render` for the result `{name: [row, …]}`, a row in memory at a time."""
    yield "{"
    yield '  "result": {'
    held = ""
    for row in rows:
        yield f"{held}," if held else f'    "{name}": ['
        held = "\n".join(f"      {line}" for line in dumped(row).rstrip("\n").split("\n"))
    yield from (held, "    ]") if held else (f'    "{name}": []',)
    yield "  },"
    yield f'  "schema": "promptops/{command}/1"'
    yield "}"


def dumped(data: object, indent: int | None = 2) -> str:
    """Any JSON data in that form; without an indent on one line, and some times faster."""
    import json

    text = json.dumps(data, ensure_ascii=False, indent=indent, sort_keys=True, allow_nan=False)
    shown = text if text.isascii() else text.translate(_ESCAPES)
    return powerless(shown, bracket=r"\u005b").replace("\x7f", "\\u007f") + "\n"
