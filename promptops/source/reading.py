"""A file read whole: what it says, where it says it, and everything wrong with its form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from promptops.diagnostic import Edit, Finding, Place, Span
from promptops.errors import InputError
from promptops.excerpt import typed
from promptops.model import Case, Decision, Prompt, Rule
from promptops.source.cases import NAMES, read_cases
from promptops.source.document import Document, Lines
from promptops.source.plain_document import PlainDocument, problem_of
from promptops.source.schema import PROMPT
from promptops.source.shape import WRONG, Log, Problem
from promptops.source.text import BOM, decode
from promptops.source.tree import Tree
from promptops.source.yaml import compose
from promptops.source.yaml_document import YamlDocument
from promptops.values import dataclass, field, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from promptops.source.anchor import Anchor
    from promptops.source.sidecar import SidecarDocument


@dataclass(frozen=True, slots=True)
class Reading:
    """One file of the repository, read.

    prompt, decision: what it holds; None where it holds something else or could not be read.
    documents: by path, the file itself first and then the cases file beside it.
    problems: errors of form, as findings that point into the documents.
    kept: for each list of which some entries could not be read, the indices of the others.
    sidecar, anchors: of an instruction file, the document beside it and where its entries' rules
        stand; `promptops.history.adopted` fills them in.
    """

    path: str
    documents: Mapping[str, Document]
    problems: tuple[Problem, ...]
    prompt: Prompt | None = None
    decision: Decision | None = None
    kept: Mapping[Place, tuple[int, ...]] = field(default_factory=dict)
    sidecar: SidecarDocument | None = None
    anchors: tuple[Anchor, ...] = ()

    @property
    def document(self) -> Document:
        """The file's own document."""
        return self.documents[self.path]

    def document_of(self, finding: Finding) -> Document:
        """The document a finding points into: findings on cases go to the cases file."""
        if self.sidecar is not None:
            return self.sidecar if self.sidecar.holds(finding.path) else self.document
        if finding.path and finding.path[0] == "cases" and len(self.documents) > 1:
            return next(document for path, document in self.documents.items() if path != self.path)
        return self.document

    def written(self, place: Place) -> Place:
        """A place in the prompt as the place in the file: entries that could not be read count there."""
        if not self.kept:
            return place
        there: list[str | int] = []
        for part in place:
            kept = self.kept.get(tuple(there))
            known = kept is not None and isinstance(part, int) and part < len(kept)
            there.append(kept[part] if known else part)  # type: ignore[index]
        return tuple(there)

    def rule_at(self, place: Place) -> Rule | None:
        """The rule that a place in the file belongs to, None where it is none."""
        if self.prompt is None or len(place) < 2 or place[0] != "rules":
            return None
        rules = self.prompt.rules
        kept = self.kept.get(("rules",), range(len(rules)))
        return rules[kept.index(place[1])] if place[1] in kept else None  # type: ignore[arg-type]

    def span(self, finding: Finding) -> Span:
        """Lines and columns of a finding."""
        document = self.document_of(finding)
        start, end = document.locate(finding.path, finding.within, key=finding.key)
        return document.lines.span(start, end)

    def refusal(self, finding: Finding, hint: str = "") -> InputError:
        """A finding as the error of who cannot go on with it; `hint` instead of its own help."""
        at, path = self.span(finding), self.document_of(finding).path
        help = hint or finding.help
        return InputError(finding.message, help, path=path, line=at.line, column=at.column)


def read_prompt(tree: Tree, path: str) -> Reading:
    """The governed prompt at `path` with its cases; never raises for what the files hold."""
    text, problems = _text(tree, path)
    document: Document = PlainDocument(path, text)
    prompt = None
    inline = False
    log = Log()
    if not problems:
        try:
            root = compose(text, path)
        except InputError as error:
            problems = [problem_of("invalid-yaml", error, document)]
        else:
            document = YamlDocument(path, text, root, int(text.startswith(BOM)))
            prompt = _prompt(root, path, log)
            inline = document.has("cases")
    beside = _cases_beside(tree, path, inline, log)
    documents: dict[str, Document] = {path: document}
    if beside is not None:
        documents[beside[0].path] = beside[0]
        if prompt is not None:
            prompt = replace(prompt, cases=beside[1], cases_path=beside[0].path)
    reading = Reading(path, documents, (), prompt=prompt, kept=log.kept)
    _find_duplicates(reading, log)
    return replace(reading, problems=(*problems, *log.all()))


def read_decision_file(tree: Tree, path: str) -> Reading:
    """The decision record at `path`; never raises for what the file holds."""
    from promptops.source.decision import read_decision

    text, problems = _text(tree, path)
    document: Document = PlainDocument(path, text)
    decision = None
    log = Log()
    if not problems:
        try:
            decision, document = read_decision(text, path, log)
        except InputError as error:
            problems = [problem_of("invalid-yaml", error, document)]
    return Reading(path, {path: document}, (*problems, *log.all()), decision=decision)


def read_instructions_file(tree: Tree, path: str) -> Reading:
    """The plain instruction file at `path` as an ungoverned prompt; never raises for what it holds."""
    from promptops.source.markdown import read_instructions

    text, problems = _text(tree, path)
    if problems:
        return Reading(path, {path: PlainDocument(path, text)}, tuple(problems))
    prompt, document = read_instructions(text, path)
    return Reading(path, {path: document}, (), prompt=prompt)


def _text(tree: Tree, path: str) -> tuple[str, list[Problem]]:
    try:
        return decode(tree.read(path), path), []
    except InputError as error:
        text = _lossy(tree, path) if error.line else ""
        return text, [problem_of("unreadable-file", error, PlainDocument(path, text))]


def _lossy(tree: Tree, path: str) -> str:
    return tree.read(path).decode("utf-8", "replace")


def _prompt(root: Any, path: str, log: Log) -> Prompt | None:
    if root is None:
        log.add("missing-key", (), "the file is empty", "`promptops init` writes an example")
        return None
    if _foreign(root):
        log.add(
            "missing-key",
            (),
            "this is no governed prompt: it has neither `promptops` nor `id` nor `rules`",
            f"another tool's prompt is made one by `promptops import {typed(path)}`, which leaves it as it is",
        )
        return None
    prompt = PROMPT.read(root, (), log)
    return None if prompt is WRONG else replace(prompt, path=path)


def _foreign(root: Any) -> bool:
    """True for a mapping with nothing of ours in it: one finding says more than one a key."""
    pairs = root.value if root.id == "mapping" else []
    names = {key.value for key, _ in pairs if isinstance(key.value, str)}
    return len(pairs) > 1 and names.isdisjoint(("promptops", "id", "rules"))


def _cases_beside(
    tree: Tree, path: str, inline: bool, log: Log
) -> tuple[Document, tuple[Case, ...]] | None:
    """The cases file beside a prompt, None where there is none or where cases are scattered."""
    folder, slash, name = path.rpartition("/")
    if name != "prompt.yaml":
        return None
    names = [name for name in NAMES if tree.exists(folder + slash + name)]
    if len(names) + inline > 1:
        log.add(
            "scattered-cases",
            ("cases",),
            f"cases stand in more than one place: {', '.join(f'`{name}`' for name in names)}"
            + (" and here" if inline else ""),
            "keep them in one file",
        )
        return None
    return _cases_file(tree, folder + slash + names[0], log) if names else None


def _cases_file(tree: Tree, path: str, log: Log) -> tuple[Document, tuple[Case, ...]]:
    text, problems = _text(tree, path)
    document: Document = PlainDocument(path, text)
    own = Log()
    cases: tuple[Case, ...] = ()
    if not problems:
        try:
            cases, document = read_cases(text, path, own)
        except InputError as error:
            problems = [problem_of("invalid-yaml", error, document)]
    for problem in (*problems, *own.all()):
        finding = problem.finding
        place = finding.path if finding.path[:1] == ("cases",) else ("cases", *finding.path)
        log.problems.append(Problem(problem.kind, replace(finding, path=place)))
    log.kept.update(own.kept)
    return _Beside(document), cases


class _Beside:
    """A cases file's document, whose places all begin with "cases"."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self.path = document.path
        self.text = document.text

    @property
    def lines(self) -> Lines:
        return self._document.lines

    def locate(
        self, place: Place, within: tuple[int, int] | None = None, *, key: bool = False
    ) -> tuple[int, int]:
        inner = place if len(place) > 1 and isinstance(place[1], int) else place[1:]
        return self._document.locate(inner, within, key=key)

    def edit(
        self, place: Place, within: tuple[int, int] | None, replacement: str
    ) -> Sequence[Edit]:
        inner = place if len(place) > 1 and isinstance(place[1], int) else place[1:]
        return self._document.edit(inner, within, replacement)


def _find_duplicates(reading: Reading, log: Log) -> None:
    prompt = reading.prompt
    if prompt is None:
        return
    lists = {
        ("rules", "id"): [rule.id for rule in prompt.rules],
        ("retired", "id"): [rule.id for rule in prompt.retired],
        ("cases", "id"): [case.id for case in prompt.cases],
        ("tools", "name"): [tool.name for tool in prompt.tools],
    }
    for (name, key), ids in lists.items():
        first: dict[str, int] = {}
        for i, own in enumerate(ids):
            if first.setdefault(own, i) < i:
                taken = reading.written((name, first[own]))[1]
                log.add(
                    "duplicate-id",
                    reading.written((name, i, key)),
                    f"the {key} `{own}` is taken by entry {int(taken) + 1} of `{name}`",
                    "give each its own id: history, tests and decisions follow it",
                )
