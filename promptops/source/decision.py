"""Decision records: MADR 4 as we write it; older MADR, adr-tools and log4brains read leniently.

Formats: https://adr.github.io/madr/ (front matter `status`, `date`, `decision-makers`),
https://github.com/npryce/adr-tools (`# N. Title`, `## Status`), log4brains (`- Status:` bullets).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from promptops.diagnostic import Edit, Place
from promptops.model import Decision
from promptops.source.containers import Field, Record
from promptops.source.document import Lines
from promptops.source.schema import TEXTS
from promptops.source.shape import WRONG, Log
from promptops.source.value_shapes import Choice, Day, Text
from promptops.source.yaml import compose
from promptops.source.yaml_document import YamlDocument

TYPE_CHECKING = False  # `typing` costs a check a tenth of its start
if TYPE_CHECKING:
    from typing import Any

STATUSES = ("proposed", "accepted", "rejected", "deprecated", "superseded")
KINDS = ("rule", "model", "modality", "data", "budget", "output")
_STATUS = re.compile(
    r"(proposed|accepted|rejected|deprecated|super[sc]eded)(?:\s+by\s+(.+))?\s*$",  # adr-tools: c
    re.IGNORECASE,
)
_HEADING = re.compile(r"^(#{1,6})[ \t]+([^ \t\r\n].*)$", re.MULTILINE)
_BULLET = re.compile(
    r"^(?:[*-][ \t]*)?(status|date|deciders|decision-makers)[ \t]*:[ \t]*(\S.*)$",
    re.IGNORECASE | re.MULTILINE,
)
_LINK = re.compile(r"\]\((?:[^()\s]*/)?([^()/\s]+)\.md\)")
_NAME = re.compile(r"(?:\[)?(?:(?:ADR|DR)-)?([A-Za-z0-9][\w.-]*)")


def _any_case(word: str) -> str:
    return "".join(f"[{letter.upper()}{letter}]" for letter in word)


FRONT = Record(
    {
        "status": Field(
            Text(
                "one of proposed, accepted, rejected, deprecated, superseded by …",
                "(?:"
                + "|".join(f"[{word[0].upper()}{word[0]}]{word[1:]}" for word in STATUSES)
                + ")(?: by .+)?",
            ),
            "proposed, accepted, superseded by …",
        ),
        "date": Field(Day(), "the day it was decided"),
        "decision-makers": Field(TEXTS, "who decided"),
        "deciders": Field(TEXTS, "who decided (the older name)"),
        "consulted": Field(TEXTS, "who was asked"),
        "informed": Field(TEXTS, "who was told"),
        "prompts": Field(TEXTS, "ids of the prompts it is about"),
        "rules": Field(TEXTS, "ids of the rules it is about"),
        "kind": Field(Choice(*KINDS), "what kind of change it decides"),
        "consent": Field(Text(), "modality and data: on what ground people's data may be used"),
        "retention": Field(Text(), "modality and data: how long it is kept"),
        "residency": Field(Text(), "modality and data: where it is kept"),
        "reviewer": Field(Text(), "modality and data: who reviewed it"),
        "tags": Field(TEXTS, "free words"),
        "title": Field(Text(), "the title, where no heading gives it"),
    }
)


class DecisionDocument:
    """A decision record's text; places are front-matter keys and ("sections", heading)."""

    def __init__(
        self, path: str, text: str, front: YamlDocument | None, sections: dict[str, tuple[int, int]]
    ) -> None:
        self.path = path
        self.text = text
        self.lines = Lines(text)
        self.front = front
        self.sections = sections

    def locate(
        self, place: Place, within: tuple[int, int] | None = None, *, key: bool = False
    ) -> tuple[int, int]:
        if not place:
            return within or (0, 0)
        if place[0] == "sections":
            name = str(place[1]) if len(place) > 1 else ""
            return self.sections.get(name, self._title())
        if self.front is not None:
            return self.front.locate(place, within, key=key)
        return self._title()

    def _title(self) -> tuple[int, int]:
        found = _HEADING.search(self.text)
        return found.span() if found else (0, 0)

    def edit(
        self, place: Place, within: tuple[int, int] | None, replacement: str
    ) -> Sequence[Edit]:
        if not place:
            return [] if within is None else [Edit(*within, replacement)]
        return self.front.edit(place, within, replacement) if self.front else []


def read_decision(text: str, path: str, log: Log) -> tuple[Decision, DecisionDocument]:
    """The record in `text`; problems of its front matter go to `log`, broken YAML raises InputError."""
    values: dict[str, Any] = {}
    front, body = front_matter(text, path)
    if front is not None and front.root is not None:
        read = FRONT.read(front.root, (), log)
        values = {} if read is WRONG else read
    title, sections, ranges = _sections(text, body)
    values = {**_bullets(text[body:]), **values}
    status, by = _status(values.get("status") or sections.get("Status", "proposed"))
    return (
        Decision(
            id=path.rpartition("/")[2].removesuffix(".md"),
            path=path,
            title=values.get("title") or title,
            status=status,
            superseded_by=by,
            date=values.get("date"),
            makers=values.get("decision-makers") or values.get("deciders") or (),
            prompts=values.get("prompts", ()),
            rules=values.get("rules", ()),
            kind=values.get("kind", ""),
            sections={**sections, **_answers(values)},
        ),
        DecisionDocument(path, text, front, ranges),
    )


def front_matter(text: str, path: str) -> tuple[YamlDocument | None, int]:
    """The front matter, and where the Markdown begins."""
    begin = 1 if text.startswith("\ufeff") else 0
    found = re.compile(r"---[ \t]*\r?\n(.*?)^---[ \t]*\r?$\n?", re.DOTALL | re.MULTILINE).match(
        text, begin
    )
    if found is None:
        return None, begin
    shift = found.start(1)
    root = compose("\n" * text.count("\n", 0, shift) + found[1], path)
    return YamlDocument(path, text, root, shift - text.count("\n", 0, shift)), found.end()


def _sections(text: str, body: int) -> tuple[str, dict[str, str], dict[str, tuple[int, int]]]:
    """(title, heading -> text under it, heading -> its range); the first level-1 heading is the title."""
    title = ""
    sections: dict[str, str] = {}
    ranges: dict[str, tuple[int, int]] = {}
    headings = list(_HEADING.finditer(text, body))
    for i, found in enumerate(headings):
        end = headings[i + 1].start() if i + 1 < len(headings) else len(text)
        name = found[2].rstrip(" \t\r#") or found[2]
        if len(found[1]) == 1 and not title:
            title = re.sub(r"^\d+\.\s+", "", name)
        else:
            sections.setdefault(name, text[found.end() : end].strip())
            ranges.setdefault(name, found.span())
    return title, sections, ranges


def _bullets(body: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for found in _BULLET.finditer(body):
        name, value = found[1].lower(), found[2].strip()
        if name == "date":
            try:
                values.setdefault(name, date.fromisoformat(value[:10]))
            except ValueError:
                continue
        elif name == "status":
            values.setdefault(name, value)
        else:
            values.setdefault(name, tuple(part.strip() for part in value.split(",")))
    return values


def _status(written: str) -> tuple[str, str]:
    """(status, id of the record that supersedes it or "")."""
    for line in written.splitlines():
        found = _STATUS.match(line.strip().strip("*_"))
        if found:
            by = _LINK.search(found[2]) or _NAME.match(found[2].strip()) if found[2] else None
            return found[1].lower().replace("superc", "supers"), by[1] if by else ""
    return "proposed", ""


def _answers(values: dict[str, Any]) -> dict[str, str]:
    """The privacy questions answered in front matter, as sections."""
    names = ("consent", "retention", "residency", "reviewer")
    return {name.capitalize(): values[name] for name in names if values.get(name)}
