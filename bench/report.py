"""How long the reporters take for many diagnostics: CPU milliseconds, the best of five."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from promptops.diagnostic import Diagnostic, Severity, Span
from promptops.report import Diagnostics, Report, Screen, formats, render

SOURCE = "rules:\n  - text: be careful with the money of our customers\n" * 500


def main() -> None:
    """A line for each format: 1,000 and 10,000 diagnostics, and the ratio, linear at 10."""
    print(f"{'format':10} {'1,000':>8} {'10,000':>8} {'ratio':>6}")
    for format in formats():
        few, many = (_best(partial(_render, n, format)) for n in (1_000, 10_000))
        print(f"{format:10} {few:8.1f} {many:8.1f} {many / few:6.1f}")


def _render(count: int, format: str) -> str:
    return render(_report(count), format, Screen(80))


def _best(work: Callable[[], object]) -> float:
    times = []
    for _ in range(5):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return min(times) * 1000


def _report(n: int) -> Report:
    found = tuple(
        Diagnostic(
            f"PO{i % 30:03}",
            "vague-wording",
            Severity.WARNING,
            "a vague word",
            f"say it {i % 30} " * 9,
            "prompts/a/prompt.yaml",
            Span(i % 999 + 1, 11, i % 999 + 1, 21),
        )
        for i in range(n)
    )
    plain = [{"code": d.code, "line": d.span.line} for d in found]
    return Report("check", plain, (Diagnostics(found, {"prompts/a/prompt.yaml": SOURCE}, {}, 1),))
