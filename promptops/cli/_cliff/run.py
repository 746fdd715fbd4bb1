"""From the command line to the measurement that was asked for."""

from __future__ import annotations

from contextlib import ExitStack

from promptops.cli._call import Call
from promptops.cli._cliff.options import Measured
from promptops.cli._cliff.work import Work
from promptops.cli._eval.options import Wanted
from promptops.cli._prompts import find_prompt, sound
from promptops.report import Report


def report(call: Call, name: str | None, wanted: Wanted, measured: Measured) -> Report:
    """The report of one measurement."""
    if measured.kind == "records":
        from promptops.cli._cliff.records import records_report

        return records_report(call, measured)
    with ExitStack() as stack:
        work = _work(stack, call, name, wanted, measured)
        if measured.kind == "add":
            from promptops.cli._cliff.add import addition_report

            return addition_report(work)
        if measured.plan:
            from promptops.cli._cliff.plan import planned_report

            return planned_report(work)
        if measured.kind == "capacity":
            from promptops.cli._cliff.capacity import capacity_report

            return capacity_report(work)
        from promptops.cli._cliff.interference import interference_report

        return interference_report(work)


def _work(
    stack: ExitStack, call: Call, name: str | None, wanted: Wanted, measured: Measured
) -> Work:
    if measured.demo:
        from promptops.cli._cliff.demo import demo

        return demo(stack, call, wanted, measured)
    reading = find_prompt(call, call.tree(), call.settings(), name or "")
    prompt = sound(reading)
    return Work(call, wanted, measured, reading, prompt, wanted.target(prompt))
