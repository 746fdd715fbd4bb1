"""`promptops people`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import click

from promptops.cli._call import Call, define
from promptops.cli._keep import paths_keeper
from promptops.cli._waiting import WAITING, Waiting
from promptops.cli._why_told import person_json
from promptops.errors import UsageError
from promptops.excerpt import excerpt
from promptops.history.activity import Person
from promptops.history.knowledge import LEFT, MANY, NOBODY, ONE, Knowledge, Known, knowledge
from promptops.history.past import Past, open_past
from promptops.history.recent import identity
from promptops.report import Block, Fold, Heading, Report, Table, Text

SHOWN = 10  # rules of each kind, unless more are asked for
_TITLES = {
    LEFT: "nobody who shaped them is still here",
    NOBODY: "nobody is on record: not committed yet, or written by programs alone",
    ONE: "known to one person alone",
}


@define(
    formats=("text", "json", "markdown"),
    examples=("promptops people", "promptops people --leaving ada@acme.example AGENTS.md"),
)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--leaving", metavar="PERSON", help="The hand-over list of a name or an e-mail.")
def command(call: Call, paths: tuple[str, ...], leaving: str | None) -> Report:
    """Say who knows which rules, and which rules nobody still here has shaped.

    Still here is who committed anything in the last 180 days of this history and is not named
    under `people.left` in the settings. Without PATH: all that the repository governs.
    """

    with open_past(call.folder, call.environ, paths_keeper(call.environ)) as past:
        files = [_file(call, past, path) for path in paths]
        with Waiting(call, WAITING) as waiting:
            found = knowledge(past, files, waiting.at)
    mine = _of(found.rules, leaving) if leaving else None
    blocks = (
        _handover(mine, leaving or "") if mine is not None else _blocks(found, call.verbosity > 0)
    )
    notes = [Text(note, "warn") for note in found.notes]
    shown = tuple({rule.path: None for rule in found.rules})
    return Report("people", _json(found, mine), (*blocks, *notes), paths=shown)


def _file(call: Call, past: Past, name: str) -> str:
    """A file that a person named; InputError where there is none."""
    path = call.inside(name)
    if not past.tree.exists(path):
        past.tree.read(path)  # says why
    return path


def _of(rules: Sequence[Known], leaving: str) -> list[Known]:
    """The rules that a person shaped, those that rest on nobody else first."""
    wanted = {leaving.casefold(), identity(leaving)}
    mine = [rule for rule in rules if any(_is(person, wanted) for person in rule.people)]
    if not mine:
        names = sorted({f"{p.name} <{p.email}>" for rule in rules for p in rule.people})
        shown = "; ".join(names[:5]) + (" …" if len(names) > 5 else "")
        raise UsageError(f"nobody called {leaving!r} shaped a rule here", f"on record: {shown}")
    return sorted(mine, key=lambda rule: (_others(rule, wanted) > 0, rule.path, rule.line))


def _is(person: Person, wanted: set[str]) -> bool:
    return bool({person.name.casefold(), person.email.casefold(), identity(person.email)} & wanted)


def _others(rule: Known, wanted: set[str]) -> int:
    return sum(person.active and not _is(person, wanted) for person in rule.people)


def _handover(mine: Sequence[Known], leaving: str) -> Iterator[Block]:
    wanted = {leaving.casefold(), identity(leaving)}
    alone = [rule for rule in mine if _others(rule, wanted) == 0]
    shared = [rule for rule in mine if _others(rule, wanted) > 0]
    yield Heading(f"To hand over before {leaving} leaves", 1)
    if alone:
        yield Text(f"{_rules(len(alone))} that nobody else here has shaped:", "bad")
        yield _table(alone)
    if shared:
        yield Text(f"{_rules(len(shared))} that others here know too:", "quiet")
        yield _table(shared)
    yield Text(
        "ask about each: what went wrong without it, who wanted it, how one can see it is kept"
    )


def _blocks(found: Knowledge, all_of_them: bool) -> Iterator[Block]:
    if not found.rules:
        yield Text("no rules here: no prompts, no instruction files")
        return
    count = Counter(rule.rests_on for rule in found.rules)
    safe = count[MANY]
    yield Text(f"{_rules(len(found.rules))}, {safe} known to two or more people who are still here")
    for kind in (LEFT, NOBODY, ONE):
        rules = [rule for rule in found.rules if rule.rests_on == kind]
        if rules:
            tone = "warn" if kind == ONE else "bad"
            yield Text(f"{_rules(len(rules))}: {_TITLES[kind]}", tone)
            shown = rules if all_of_them else rules[:SHOWN]
            yield Fold("which rules", (_table(shown),))
            if len(shown) < len(rules):
                yield Text(f"and {len(rules) - len(shown)} more: `promptops people -v`", "quiet")
    yield Heading("People", 2)
    yield _people(found.rules)


def _rules(n: int) -> str:
    return f"{n} rule{'' if n == 1 else 's'}"


def _table(rules: Sequence[Known]) -> Table:
    owned = any(rule.owner for rule in rules)
    rows = (
        (_where(rule), excerpt(rule.text), _last(rule), *((rule.owner,) * owned)) for rule in rules
    )
    return Table(("rule", "text", "last shaped by", *(("owner",) * owned)), tuple(rows))


def _where(rule: Known) -> str:
    return f"{rule.prompt}/{rule.rule}" if rule.rule else f"{rule.path}:{rule.line}"


def _last(rule: Known) -> str:
    if not rule.people:
        return "–"
    latest = max(rule.people, key=lambda person: person.last_commit or 0)
    return latest.name if latest.active else f"{latest.name} (left)"


def _people(rules: Sequence[Known]) -> Table:
    rows = (
        (p.name, p.email, p.seen, p.standing, str(n), str(alone)) for p, n, alone in _counted(rules)
    )
    return Table(("name", "e-mail", "last commit", "", "rules", "alone"), tuple(rows), "llllrr")


def _counted(rules: Sequence[Known]) -> list[tuple[Person, int, int]]:
    """(person, rules they shaped, rules that rest on them alone), most rules first."""
    persons: dict[str, Person] = {}
    shaped, alone = Counter[str](), Counter[str]()
    for rule in rules:
        for person in rule.people:
            key = identity(person.email)
            known = persons.setdefault(key, person)
            persons[key] = max(known, person, key=lambda p: p.last_commit or 0)
            shaped[key] += 1
            alone[key] += rule.rests_on == ONE and person.active
    return [(persons[key], n, alone[key]) for key, n in shaped.most_common()]


def _json(found: Knowledge, mine: Sequence[Known] | None) -> dict[str, Any]:
    rules = found.rules if mine is None else mine
    return {
        "rules": [
            {
                "path": rule.path,
                "line": rule.line,
                "prompt": rule.prompt or None,
                "id": rule.rule or None,
                "text": rule.text,
                "owner": rule.owner or None,
                "rests_on": rule.rests_on,
                "people": [person_json(person) for person in rule.people],
            }
            for rule in rules
        ],
        "people": [
            {**person_json(person), "rules": n, "alone": alone}
            for person, n, alone in _counted(rules)
        ],
        "complete": found.complete,
        "notes": list(found.notes),
    }
