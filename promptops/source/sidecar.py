"""`AGENTS.rules.yaml`: what stands beside the rules of a plain instruction file, and never in it.

An entry is tied to its rule by the wording it was written for, kept in `text`. Which rule of the
file that is today is a question of likeness, answered by `promptops.history.adopted`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from promptops.diagnostic import Edit, Place
from promptops.errors import InputError
from promptops.model import Case, Rule
from promptops.source.anchor import HERE
from promptops.source.containers import Field, ListOf, Record
from promptops.source.document import Document, Lines
from promptops.source.plain_document import PlainDocument, problem_of
from promptops.source.schema import CASE, RULE, TEXT
from promptops.source.shape import WRONG, Log, Problem
from promptops.source.text import BOM, decode
from promptops.source.tree import Tree
from promptops.source.value_shapes import Choice
from promptops.source.yaml import compose
from promptops.source.yaml_document import YamlDocument
from promptops.values import NamedTuple

_KEPT = ("id", "text", "section", "rationale", "decision", "owner", "review_by", "tests", "draft")
_ENTRY = Record(
    {
        **{name: RULE.fields[name] for name in _KEPT},
        "text": Field(TEXT, "the rule's wording that this was written for", True),
        "imported_from": RULE.fields["imported_from"],
    },
    lambda v: Rule(**v),
)
SIDECAR = Record(
    {
        "promptops": Field(Choice("1"), "the version of this format: 1", True),
        "owners": Field(ListOf(TEXT, lone=True), "who answers for the file"),
        "rules": Field(ListOf(_ENTRY), "one entry for each rule that has a reason", True),
        "cases": Field(ListOf(CASE), "the cases of the tests"),
    },
    lambda v: Sidecar(v.get("owners", ()), v["rules"], v.get("cases", ())),
)


class Sidecar(NamedTuple):
    """What a sidecar file holds."""

    owners: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    cases: tuple[Case, ...] = ()


def read_sidecar(tree: Tree, path: str) -> tuple[Sidecar, Document, Log]:
    """The sidecar at `path`; what is wrong with it is in the log, never raised."""
    log = Log()
    document: Document = PlainDocument(path, "")
    kind = "unreadable-file"
    try:
        text = decode(tree.read(path), path)
        document, kind = PlainDocument(path, text), "invalid-yaml"
        root = compose(text, path)
    except InputError as error:
        log.problems.append(problem_of(kind, error, document))
        return Sidecar(), document, log
    if root is None:
        log.add("missing-key", (), "the file is empty", "`promptops adopt FILE` writes one")
        return Sidecar(), document, log
    found = SIDECAR.read(root, (), log)
    document = YamlDocument(path, text, root, int(text.startswith(BOM)))
    _same_ids(found, log)
    return Sidecar() if found is WRONG else found, document, log


def _same_ids(found: object, log: Log) -> None:
    seen: set[str] = set()
    for position, rule in enumerate(found.rules if isinstance(found, Sidecar) else ()):
        if rule.id in seen:
            kept = log.kept.get(("rules",), range(position + 1))
            message = f"two entries are called `{rule.id}`"
            log.add("duplicate-id", ("rules", kept[position], "id"), message, "rename one of them")
        seen.add(rule.id)


class SidecarDocument:
    """The sidecar's text; places of the instruction file's rules lead to their entries."""

    def __init__(self, document: Document, entries: Mapping[int, int]) -> None:
        self._document = document
        self._entries = entries
        self.path = document.path
        self.text = document.text

    @property
    def lines(self) -> Lines:
        """Line starts."""
        return self._document.lines

    def holds(self, place: Place) -> bool:
        """True if what stands at a place of the merged prompt stands in the sidecar."""
        match place:
            case ("sidecar" | "owners" | "cases", *_):
                return True
            case ("rules", int(index), str(key), *_):
                return key not in ("text", "section") and index in self._entries
        return False

    def locate(
        self, place: Place, within: tuple[int, int] | None = None, *, key: bool = False
    ) -> tuple[int, int]:
        """Where it stands in the sidecar's text."""
        return self._document.locate(self._inner(place), within, key=key)

    def edit(
        self, place: Place, within: tuple[int, int] | None, replacement: str
    ) -> Sequence[Edit]:
        """The splice that changes it."""
        return self._document.edit(self._inner(place), within, replacement)

    def _inner(self, place: Place) -> Place:
        if place[:1] == (HERE,):
            return place[1:]
        match place:
            case ("rules", int(index), *rest) if index in self._entries:
                return ("rules", self._entries[index], *rest)
        return place


def moved(problem: Problem) -> Problem:
    """A problem of the sidecar, as one of the instruction file's reading."""
    finding = problem.finding
    return Problem(problem.kind, replace(finding, path=(HERE, *finding.path)))
