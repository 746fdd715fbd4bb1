"""`promptops explain`."""

from __future__ import annotations

from typing import Any

import click

from promptops.checks import Check, registry
from promptops.checks.explain import explain
from promptops.cli._call import Call, define
from promptops.errors import UsageError
from promptops.report import Block, Heading, Report, Table, Text


@define(examples=("promptops explain PO101", "promptops explain missing-rationale"))
@click.argument("codes", nargs=-1, metavar="[CODE]...")
def command(call: Call, codes: tuple[str, ...]) -> Report:  # noqa: ARG001
    """Say what a check guards against, with a bad and a good example.

    Without CODE: all checks, one line each. CODE is a code or a name.
    """
    if not codes:
        return _all()
    checks = [_find(code) for code in codes]
    blocks = [block for check in checks for block in _blocks(check)]
    return Report("explain", [_json(check) for check in checks], tuple(blocks))


def _find(wanted: str) -> Check:
    checks = registry()
    by_name = {check.name: check for check in checks.values()}
    found = checks.get(wanted.upper()) or by_name.get(wanted.lower())
    if found is None:
        from promptops.source.shape import nearest

        guess = nearest(wanted, [*by_name, *checks])
        hint = f"did you mean `{guess}`?" if guess else "`promptops explain` lists them"
        raise UsageError(f"no check `{wanted}`", hint)
    return found


def _blocks(check: Check) -> list[Block]:
    explained = explain(check)
    return [
        Heading(f"{check.code} {check.name} ({check.severity})", 1),
        Text(explained.harm),
        *((Heading("bad"), Text(explained.bad, verbatim=True)) if explained.bad else ()),
        *((Heading("good"), Text(explained.good, verbatim=True)) if explained.good else ()),
    ]


def _json(check: Check) -> dict[str, Any]:
    explained = explain(check)
    return {
        "code": check.code,
        "name": check.name,
        "severity": str(check.severity),
        "on": list(check.on),
        "harm": explained.harm,
        "bad": explained.bad,
        "good": explained.good,
    }


def _all() -> Report:
    checks = registry().values()
    rows = tuple((check.code, check.name, str(check.severity)) for check in checks)
    return Report(
        "explain",
        [_json(check) for check in checks],
        (
            Table(("code", "name", "severity"), rows),
            Text(f"{len(rows)} checks; `promptops explain CODE` says what one guards against"),
        ),
    )
