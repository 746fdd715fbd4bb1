"""A fleet for people: what needs somebody first, then every repository."""

from __future__ import annotations

import os
from collections import Counter as Tally
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from promptops.fleet.survey import Row, Surveyed
from promptops.report import Bars, Block, Fold, Heading, Table, Text

SHOWN = 20
NAMED = 6  # repositories of one person
DASH = "–"
Placed = tuple[Surveyed, Row]


def fleet_json(seen: Sequence[Surveyed]) -> dict[str, Any]:
    """Every repository with its prompts and instruction files."""
    return {"repositories": [asdict(one) | {"problem": one.problem or None} for one in seen]}


def fleet_blocks(seen: Sequence[Surveyed], today: date, days: int, folder: str) -> Iterator[Block]:
    """The page of a platform team."""
    names = _names([one.folder for one in seen], folder)
    placed = [(one, row) for one in seen for row in one.rows]
    yield Heading("Prompts of the fleet", 1)
    yield Text(_totals(seen, placed))
    for one in seen:
        if one.problem:
            yield Text(f"{names[one.folder]} could not be read: {one.problem}", "bad")
    yield from _retiring(placed, names, today, days)
    yield from _leaving(placed, seen, names)
    yield from _unreasoned(placed, names)
    yield from _money(placed, names)
    yield Heading("Repositories", 2)
    yield _repositories(seen, names)
    files = tuple(_file(one, row, names) for one, row in placed)
    columns = (
        "repository",
        "prompt or file",
        "rules",
        "no reason",
        "tokens",
        "$ a month",
        "findings",
    )
    yield Fold("every prompt and instruction file", (Table(columns, files, "llrrrrr"),))


def _names(folders: Sequence[str], base: str) -> dict[str, str]:
    """Short names: the last part of the path, or all of it where two share one."""
    last = Tally(os.path.basename(folder) for folder in folders)
    return {
        folder: os.path.basename(folder)
        if last[os.path.basename(folder)] == 1
        else os.path.relpath(folder, base)
        for folder in folders
    }


def _totals(seen: Sequence[Surveyed], placed: Sequence[Placed]) -> str:
    rows = [row for _, row in placed]
    prompts = sum(row.governed for row in rows)
    known = [row.usd_per_month for row in rows if row.usd_per_month is not None]
    money = f"; ${sum(known):,.2f} a month where volume and price are known" if known else ""
    rules, unreasoned = sum(row.rules for row in rows), sum(row.unreasoned for row in rows)
    return (
        f"{len(seen)} repositories, {prompts} prompts, {len(rows) - prompts} instruction files, "
        f"{rules:,} rules, {unreasoned:,} of them without a reason{money}"
    )


def _retiring(
    placed: Sequence[Placed], names: dict[str, str], today: date, days: int
) -> Iterator[Block]:
    near = (today + timedelta(days=days)).isoformat()
    rows = sorted(
        (last, model, names[one.folder], row.id)
        for one, row in placed
        for model, last in row.retiring.items()
        if last <= near
    )
    yield Heading("Models that retire", 2)
    if not rows:
        yield Text(
            f"none that is named here, within {days} days, as far as price tables say", "good"
        )
        return
    yield Table(
        ("last day", "model", "repository", "prompt", ""),
        tuple((*row, "over" if row[0] < today.isoformat() else "") for row in rows),
    )


def _leaving(
    placed: Sequence[Placed], seen: Sequence[Surveyed], names: dict[str, str]
) -> Iterator[Block]:
    yield Heading("Whose knowledge may leave", 2)
    gone = sum(row.rests_on.get("left", 0) for _, row in placed)
    nobody = sum(row.rests_on.get("nobody", 0) for _, row in placed)
    if gone or nobody:
        yield Text(f"{gone:,} rules rest on people who left, {nobody:,} on nobody on record", "bad")
    alone: Tally[str] = Tally()
    where: dict[str, set[str]] = {}
    for one in seen:
        alone.update(one.people)
        for email in one.people:
            where.setdefault(email, set()).add(names[one.folder])
    rows = [
        (email, f"{n:,}", _listed(sorted(where[email]))) for email, n in alone.most_common(SHOWN)
    ]
    if rows:
        yield Table(("person", "rules on them alone", "repositories"), tuple(rows), "lrl")
        yield Text(
            "`promptops people --leaving E-MAIL` in a repository is the hand-over list", "quiet"
        )
    elif not (gone or nobody):
        yield Text("every rule was shaped by two people who are still here", "good")


def _listed(names: Sequence[str]) -> str:
    """Some names, and how many more."""
    if len(names) <= NAMED:
        return ", ".join(names)
    return f"{', '.join(names[:NAMED])} and {len(names) - NAMED} more"


def _unreasoned(placed: Sequence[Placed], names: dict[str, str]) -> Iterator[Block]:
    rows = sorted(
        ((one, row) for one, row in placed if row.governed and row.unreasoned),
        key=lambda pair: -pair[1].unreasoned,
    )
    yield Heading("Prompts without reasons", 2)
    if not rows:
        yield Text("every rule of every governed prompt has one", "good")
        return
    shown = tuple(
        (names[one.folder], row.id, f"{row.unreasoned} of {row.rules}") for one, row in rows[:SHOWN]
    )
    yield Table(("repository", "prompt", "rules without one"), shown, "llr")
    if len(rows) > SHOWN:
        yield Text(f"and {len(rows) - SHOWN} more prompts", "quiet")


def _money(placed: Sequence[Placed], names: dict[str, str]) -> Iterator[Block]:
    known = sorted(
        ((row.usd_per_month, f"{names[one.folder]}/{row.id}") for one, row in placed
         if row.usd_per_month is not None),
        reverse=True,
    )  # fmt: skip
    if known:
        yield Heading("What costs most", 2)
        yield Bars(tuple((name, usd, "a month") for usd, name in known[:SHOWN]), "$")
        return
    sizes = sorted(
        ((size, f"{names[one.folder]}/{row.id}") for one, row in placed
         if row.governed and (size := next(iter(row.tokens.values()), None))),
        key=lambda pair: (-pair[0], pair[1]),
    )  # fmt: skip
    if sizes:
        yield Heading("What is longest", 2)
        said = "no prompt says how often it is called (`budget: {calls_per_month: …}`): no dollars"
        yield Text(said, "quiet")
        shown = ((name, f"{size:,}") for size, name in sizes[:SHOWN])
        yield Table(("prompt", "tokens"), tuple(shown), "lr")


def _repositories(seen: Sequence[Surveyed], names: dict[str, str]) -> Table:
    rows = []
    for one in seen:
        found: Tally[str] = Tally()
        for row in one.rows:
            found.update(row.findings)
        rows.append(
            (
                names[one.folder],
                one.head[:10] or DASH,
                str(sum(row.governed for row in one.rows)),
                str(sum(not row.governed for row in one.rows)),
                str(sum(row.rules for row in one.rows)),
                str(found.get("error", 0)),
                str(found.get("warning", 0)),
            )
        )
    columns = ("repository", "commit", "prompts", "files", "rules", "errors", "warnings")
    return Table(columns, tuple(rows), "llrrrrr")


def _file(one: Surveyed, row: Row, names: dict[str, str]) -> tuple[str, ...]:
    first = next(iter(row.tokens.values()), None)
    return (
        names[one.folder],
        row.id,
        str(row.rules),
        str(row.unreasoned) if row.governed else DASH,
        DASH if first is None else f"{first:,}",
        DASH if row.usd_per_month is None else f"{row.usd_per_month:,.2f}",
        str(sum(row.findings.values())),
    )
