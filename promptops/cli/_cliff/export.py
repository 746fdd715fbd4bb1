"""Pictures as files: SVG by our own templates, PNG of the same by resvg."""

from __future__ import annotations

import os
from typing import Any

from promptops.cli._call import Call
from promptops.cli._cliff.options import Measured
from promptops.distribution import install
from promptops.errors import UsageError
from promptops.report import Report
from promptops.report.charts import flattened, standalone
from promptops.report.charts.addition import addition_chart
from promptops.report.charts.capacity import capacity_curve
from promptops.report.charts.interference import interference_map
from promptops.source.write import replace_file, write_bytes

SCALE = 2  # pixels for each of the picture's, so that it is sharp on a slide
DRAWN = {
    "interference": interference_map,
    "capacity": capacity_curve,
    "add": addition_chart,
    "records": capacity_curve,
}


def refuse_no_png(measured: Measured) -> None:
    """UsageError, before anything is paid for, where PNG is asked for and cannot be drawn."""
    if measured.png:
        _resvg()


def export(call: Call, measured: Measured, made: Report) -> None:
    """Write the picture of what was measured; UsageError where there is none or no place for it."""
    if measured.plan or (measured.kind == "add" and made.result["add"] is None):
        raise UsageError("there is nothing to draw", "leave --svg and --png out")
    if made.result["capacity"] is None and measured.kind == "records":
        raise UsageError("there are several models to draw", "give a file with one model")
    drawn = standalone(DRAWN[measured.kind](made.result))
    if measured.svg:
        _write(call, measured.svg, drawn)
    if measured.png:
        _write_bytes(call, measured.png, _png(drawn))


def _write(call: Call, name: str, text: str) -> None:
    folder, file = os.path.split(call.place(name))
    before = None
    if os.path.exists(os.path.join(folder, file)):
        with open(os.path.join(folder, file), "rb") as old:
            before = old.read()
    replace_file(folder, file, text, before)


def _write_bytes(call: Call, name: str, data: bytes) -> None:
    write_bytes(call.place(name), (data,))


def _png(drawn: str) -> bytes:
    width = float(drawn.partition('viewBox="0 0 ')[2].partition(" ")[0])
    flat = flattened(drawn)
    made = _resvg().svg_to_bytes(svg_string=flat, width=round(SCALE * width), background="#ffffff")
    return bytes(made)


def _resvg() -> Any:
    try:
        import resvg_py
    except ImportError:
        hint = f"{install('png')}; or use --svg"
        raise UsageError("PNG needs resvg_py, which is not installed", hint) from None
    return resvg_py
