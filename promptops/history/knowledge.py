"""Who knows which rules: the people in each rule's life, and whether they are still here.

A rule rests on those who wrote or reworded it and have committed anything in the last 180 days of
this history. A bot knows nothing; whom its commit names as co-author does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from promptops.errors import InputError
from promptops.history.activity import Activity, Person, activity, people
from promptops.history.adopted import entries_of
from promptops.history.messages import Message
from promptops.history.past import Past
from promptops.history.provenance import Event, Trace
from promptops.history.recent import identity
from promptops.history.targets import Target, spot_in_head, units_now
from promptops.history.units import Unit
from promptops.history.walk import follow
from promptops.model import Rule
from promptops.source.sidecar_path import sidecar_path
from promptops.values import dataclass

MANY, ONE, LEFT, NOBODY = "many", "one", "left", "nobody"
_CARRYING = frozenset({"introduced", "reworded", "replaced", "merged", "split", "imported"})


@dataclass(frozen=True, slots=True)
class Known:
    """One rule and who knows it.

    rests_on: "many" or "one" of those still here, "left" if nobody who shaped it is, "nobody" if
    only bots did or nothing of it is committed. shaping: the events that gave it its words, newest
    first.
    """

    path: str
    line: int
    prompt: str
    rule: str
    text: str
    owner: str
    people: tuple[Person, ...]
    rests_on: str
    shaping: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Knowledge:
    """All of a repository. complete: False where this clone does not hold the whole history."""

    rules: tuple[Known, ...]
    complete: bool
    notes: tuple[str, ...]


def knowledge(
    past: Past, paths: Iterable[str] = (), begin: Callable[[str], None] = lambda _: None
) -> Knowledge:
    """Who knows the rules in `paths`, or in all that the repository governs.

    begin: told where each rule stands, before its history is read.
    """
    known = activity(past)
    rules: list[Known] = []
    notes: dict[str, None] = {}
    complete = True
    messages: dict[str, Message] = {}
    for path in paths or past.governed_paths():
        for target, owner in _rules(past, path):
            begin(target.named)
            trace = _life(past, target)
            complete = complete and trace.complete
            notes.update(dict.fromkeys(note for note in trace.notes if not trace.complete))
            rules.append(_known(past, target, owner, trace, known, messages))
    return Knowledge(tuple(rules), complete, tuple(notes))


def _rules(past: Past, path: str) -> Iterator[tuple[Target, str]]:
    """The rules of a file with their owners: by id in a governed prompt, by line elsewhere."""
    from promptops.source.workspace import read_file

    kind = "prompt" if past.is_prompt.fullmatch(path) else "instructions"
    reading = read_file(past.tree, path, kind)
    if reading.prompt is None:
        return
    try:
        units = units_now(past, path)
    except InputError:
        return
    governed = reading.prompt.governed
    owners = {} if governed else _owners(past, path)
    by_id = {unit.id: unit for unit in units if unit.id}
    for rule in reading.prompt.rules:
        unit = by_id.get(rule.id) if governed else _at(units, rule)
        if unit is not None:
            prompt = reading.prompt.id if governed else ""
            owner = rule.owner or owners.get(rule.id) or ", ".join(reading.prompt.owners)
            yield (
                Target(f"{path}:{unit.line}", path, unit, prompt, rule.id if governed else ""),
                owner,
            )


def _owners(past: Past, path: str) -> dict[str, str]:
    """By `line-<number>`, who answers for a plain file's rules, as its sidecar says."""
    if not past.tree.exists(sidecar_path(path)):
        return {}
    return {f"line-{line}": rule.owner for line, rule in entries_of(past.tree, path)}


def _at(units: list[Unit], rule: Rule) -> Unit | None:
    line = int(rule.id.rpartition("-")[2])
    return next((unit for unit in units if unit.line <= line <= unit.end_line), None)


def _life(past: Past, target: Target) -> Trace:
    there = spot_in_head(past, target)
    if there is None or past.head is None:
        return Trace(())
    return follow(past.versions, past.head, there[0])


def _known(
    past: Past,
    target: Target,
    owner: str,
    trace: Trace,
    known: Activity,
    messages: dict[str, Message],
) -> Known:
    shaped = [event for event in trace.events if event.kind in _CARRYING]
    for event in shaped:
        if event.commit.id not in messages:
            messages[event.commit.id] = past.message(event.commit.id)
    who = people(known, ((event.commit, messages[event.commit.id]) for event in shaped[::-1]))
    humans = tuple(person for person in who if not person.program)
    unit = target.unit
    assert unit is not None
    return Known(
        target.path,
        unit.line,
        target.prompt,
        target.rule,
        unit.text,
        owner,
        humans,
        _rests_on(humans),
        tuple(shaped),
    )


def _rests_on(humans: tuple[Person, ...]) -> str:
    here = {identity(person.email) for person in humans if person.active}
    if not humans:
        return NOBODY
    return MANY if len(here) > 1 else ONE if here else LEFT
