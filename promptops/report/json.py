"""JSON for programs: a contract with a version, the same bytes for the same result."""

from __future__ import annotations

from promptops.report import Report, Screen
from promptops.report.safe import hidden


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


def dumped(data: object, indent: int | None = 2) -> str:
    """Any JSON data in that form; without an indent on one line, and some times faster."""
    import json

    text = json.dumps(data, ensure_ascii=False, indent=indent, sort_keys=True, allow_nan=False)
    return (text if text.isascii() else text.translate(_ESCAPES)).replace("\x7f", "\\u007f") + "\n"
