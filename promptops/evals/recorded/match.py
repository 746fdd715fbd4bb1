"""Which recorded answer belongs to which question of a plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from promptops.errors import InputError
from promptops.evals import Answer, State
from promptops.evals.keys import canonical
from promptops.evals.plan import Ask
from promptops.evals.recorded import Record, Recorded, last_of_user
from promptops.model import Message

NOT_RECORDED = Answer(State.NO_ANSWER, reason="not recorded")


@dataclass(frozen=True, slots=True)
class Matched:
    """Recorded answers beside the questions of a plan.

    answers: one for each of the plan's asks, in their order; NO_ANSWER "not recorded" where there
    is none. unknown: records that belong to no case, or to several. duplicates: case ids of which
    there are more answers than were asked for; the last count. unanswered, empty, failed: case ids
    without an answer, with one that has no word, and whose call had failed. other_text: case ids
    whose answer was given to another text than the plan would send. A case is named once in each.
    """

    answers: tuple[Answer, ...]
    unknown: tuple[Record, ...] = ()
    duplicates: tuple[str, ...] = ()
    unanswered: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    other_text: tuple[str, ...] = ()


def match(recorded: Recorded, asks: Sequence[Ask]) -> Matched:
    """Match by the messages, else the question, else the case's id, else the variables.

    (Tools that number their questions may use numbers that are ids of other cases here.) What is equal in two cases says nothing. InputError where several models or prompts have
    answered: choose with `Recorded.only` first.
    """
    _refuse_several("models", "--model", recorded.models)
    _refuse_several("prompts", "--variant", recorded.variants)
    index = _Index(asks)
    by_case: dict[str, list[Record]] = {}
    unknown = []
    for record in recorded.records:
        case = index.case_of(record)
        if case is None:
            unknown.append(record)
        else:
            by_case.setdefault(case, []).append(record)
    given: dict[tuple[str, int], Record] = {}
    duplicates = []
    for case, records in by_case.items():
        placed = dict(_in_places(records, len(index.repeats[case])))
        kept = {place: one for place, one in placed.items() if place in index.repeats[case]}
        given |= {(case, place): record for place, record in kept.items()}
        duplicates += [case] if len(kept) < len(records) else []
    pairs = [(ask.case.id, given.get((ask.case.id, ask.repeat))) for ask in asks]
    others = (case for case, one in pairs if one and not index.asks_for(case, one))
    return Matched(
        tuple(record.answer if record else NOT_RECORDED for _, record in pairs),
        tuple(unknown),
        tuple(duplicates),
        _once(case for case, record in pairs if record is None),
        _once(case for case, one in pairs if one and one.answer.state is State.NO_ANSWER),
        _once(case for case, one in pairs if one and one.answer.state is State.FAILED),
        _once(others),
    )


def to_these(recorded: Recorded, asks: Sequence[Ask]) -> Recorded:
    """The records whose messages are those of one of the asks, character for character."""
    texts = {_plain(ask.request.messages) for ask in asks}
    kept = (r for r in recorded.records if r.messages and _plain(r.messages) in texts)
    return replace(recorded, records=tuple(kept))


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _in_places(records: Sequence[Record], room: int) -> Iterator[tuple[int, Record]]:
    """Each record with its repeat: the one it names, else its place among the last `room`."""
    first = max(0, sum(record.repeat is None for record in records) - room)
    order = -first
    for record in records:
        if record.repeat is None:
            yield order, record
            order += 1
        else:
            yield record.repeat, record


def _refuse_several(what: str, option: str, names: tuple[str, ...]) -> None:
    if len(names) > 1:
        shown = ", ".join(name or "(unnamed)" for name in names[:8])
        raise InputError(f"answers of several {what}: {shown}", f"choose one with {option}")


class _Index:
    """Cases by everything that a record may know them by; None where two cases share it."""

    def __init__(self, asks: Sequence[Ask]) -> None:
        self.repeats: dict[str, set[int]] = {}
        self._texts: dict[str, set[str]] = {}
        self._known: dict[tuple[str, str], str | None] = {}
        self._names: set[frozenset[str]] = set()
        self._told: set[str] = set()  # cases that a system message comes with
        for ask in asks:
            new = ask.case.id not in self.repeats
            self.repeats.setdefault(ask.case.id, set()).add(ask.repeat)
            if new:
                self._add(ask)

    def _add(self, ask: Ask) -> None:
        messages, variables = ask.request.messages, ask.case.variables
        if any(message.role == "system" for message in messages):
            self._told.add(ask.case.id)
        if variables:
            self._names.add(frozenset(variables))
        texts = {last_of_user(messages).strip(), _joined(messages)}
        self._texts[ask.case.id] = texts | {str(value).strip() for value in variables.values()}
        for key in (
            ("messages", _plain(messages)),
            *(("prompt", text) for text in texts if text),
            ("variables", canonical(dict(variables))),
        ):
            self._known[key] = ask.case.id if key not in self._known else None
        self._texts[ask.case.id].add(_plain(messages))

    def case_of(self, record: Record) -> str | None:
        """The id of the case that the record belongs to, or None."""
        asked = (self._known.get(key) for key in self._asked(record))
        named = (name for name in record.ids if name in self.repeats)
        filled = (self._known.get(key) for key in self._filled(record))
        return next(filter(None, chain(asked, named, filled)), None)

    def asks_for(self, case: str, record: Record) -> bool:
        """False where the record says that something else was asked than the case asks."""
        texts = self._texts[case]
        if record.messages and (case in self._told or record.messages[0].role == "system"):
            return _plain(record.messages) in texts
        return not record.prompt.strip() or record.prompt.strip() in texts

    def _asked(self, record: Record) -> Iterator[tuple[str, str]]:
        if record.messages:
            yield "messages", _plain(record.messages)
        if record.prompt:
            yield "prompt", record.prompt.strip()

    def _filled(self, record: Record) -> Iterator[tuple[str, str]]:
        for names in self._names:
            if names <= record.variables.keys():
                yield "variables", canonical(_part(record.variables, names))


def _part(variables: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: variables[name] for name in names}


def _joined(messages: Sequence[Message]) -> str:
    return "\n\n".join(message.content.strip() for message in messages).strip()


def _plain(messages: Sequence[Message]) -> str:
    return canonical([[message.role, message.content] for message in messages])
