"""Ending a record: its status says which record stands in its place, and nothing else changes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches

from promptops.decisions.records import Record
from promptops.diagnostic import Edit
from promptops.errors import InputError, UsageError
from promptops.source.decision import DecisionDocument
from promptops.source.write import spliced
from promptops.source.yaml_document import YamlDocument

_NUMBER = re.compile(r"(?:(?:adr|dr)-)?0*(\d+)$", re.IGNORECASE)
_BULLET = re.compile(r"^([*-][ \t]*status[ \t]*:[ \t]*)(.*?)[ \t]*$", re.IGNORECASE | re.MULTILINE)
_SECTION = re.compile(r"^(##[ \t]+status[ \t]*\n+)((?!#).*?)[ \t]*$", re.IGNORECASE | re.MULTILINE)


def named(records: Mapping[str, Record], name: str) -> Record:
    """The record a person means: its id, path, slug, or number (`7`, `0007`, `ADR-0007`)."""
    wanted = name.rpartition("/")[2].removesuffix(".md")
    number = _NUMBER.match(wanted)
    found = [
        record
        for own, record in records.items()
        if own == wanted
        or own.partition("-")[2] == wanted
        or (number is not None and own.partition("-")[0].lstrip("0") == number[1])
    ]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(record.decision.id for record in found)
        raise UsageError(f"`{name}` may mean {ids}", "write the whole id")
    near = get_close_matches(wanted, records, 1)
    hint = f"did you mean `{near[0]}`?" if near else "name a file of the decisions folder"
    raise UsageError(f"no decision record `{name}`", hint)


def superseded(document: DecisionDocument, old: Record, new: str) -> str:
    """The text of `old` with its status ended in favour of the record `new`."""
    decision = old.decision
    if decision.status == "superseded":
        by = f" by `{decision.superseded_by}`" if decision.superseded_by else ""
        raise UsageError(f"`{decision.id}` is superseded already{by}", "supersede that one instead")
    status = f"superseded by {new}"
    if document.front is not None and _has_status(document.front):
        return spliced(old.text, [Edit(*document.front.locate(("status",)), status)])
    for form in (_BULLET, _SECTION):
        found = form.search(old.text)
        if found:
            return spliced(old.text, [Edit(*found.span(2), status[0].upper() + status[1:])])
    raise InputError(
        "the record has no status", "add a line `status: accepted`", path=decision.path
    )


def _has_status(front: YamlDocument) -> bool:
    start, end = front.locate(("status",), key=True)
    return front.text[start:end].strip("'\"") == "status"
