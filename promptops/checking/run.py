"""Checks over a whole tree: each file once, on both cores where it pays, and never twice.

Results are kept by the digest of everything they depend on. The keeper is handed in: this module
knows no disk but the tree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping, Sequence

from promptops.checking.engine import examine, selected
from promptops.checking.fork import outcomes_of
from promptops.checking.rows import FileOutcome, Row, from_row, to_row
from promptops.checks import Around
from promptops.checks.form import REFUSED
from promptops.checks.limits import judged
from promptops.config import Settings
from promptops.diagnostic import Diagnostic, Severity, Span
from promptops.digest import digest
from promptops.errors import InputError, TemplateError
from promptops.model import Prompt
from promptops.render import TARGETS
from promptops.source.cases import NAMES
from promptops.source.globs import matching
from promptops.source.reading import Reading
from promptops.source.sidecar_path import sidecar_path
from promptops.source.tree import Tree
from promptops.source.workspace import (
    INSTRUCTIONS,
    PROMPT,
    Files,
    read_decisions,
    read_file,
)
from promptops.values import dataclass, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from promptops.agents.faults import Fault

WORDING = "PO4"  # told of the prompt, and not once more of the file that is rendered from it


@dataclass(frozen=True, slots=True)
class Checked:
    """What a run of the checks gave.

    diagnostics: sorted by path and line. sources: the text of each file that has any.
    """

    diagnostics: tuple[Diagnostic, ...]
    files: int
    sources: Mapping[str, str]


def check_files(
    tree: Tree,
    files: Files,
    settings: Settings,
    around: Around,
    stamp: str,
    kept: MutableMapping[str, Row],
    processes: int = 1,
) -> Checked:
    """Run the selected checks over the files.

    around: what the caller knows; decisions and settings are added to it. stamp: changes when the
    tool does. kept: results of earlier runs by digest, as plain JSON rows; it is read, and left
    holding the rows that this run used. processes: how many may work at once.
    """
    common = _digest([stamp, settings, around, _decisions_digest(tree, settings)])
    around = _around(tree, settings, around)
    around = replace(around, faults=_faults(tree, files.instructions))
    keys = {path: _key(tree, path, kind, common, around) for path, kind in files.items()}
    outcomes = _known(tree, kept, keys)
    fresh = [(path, kind) for path, kind in files.items() if path not in outcomes]
    work = _Work(tree, around, selected(settings.select, settings.ignore), settings)
    done = outcomes_of(work, fresh, processes)
    outcomes.update(zip((path for path, _ in fresh), done, strict=True))
    if fresh or len(kept) != len(keys):
        kept.clear()
        kept.update((keys[p], [_target(tree, p, o), to_row(o)]) for p, o in outcomes.items())
    found = [d for outcome in outcomes.values() for d in outcome.diagnostics]
    targets = {outcome.target for outcome in outcomes.values()}
    found = [d for d in found if not (d.code.startswith(WORDING) and d.path in targets)]
    found += [d for d in _same_ids(outcomes, work) if not work.excused(d)]
    found.sort(key=lambda d: (d.path, d.span.line, d.span.column, d.code, d.message))
    beside = sum(tree.exists(sidecar_path(path)) for path in files.instructions)
    return Checked(tuple(found), len(files) + beside, _sources(tree, found))


def _known(tree: Tree, kept: Mapping[str, Row], keys: Mapping[str, str]) -> dict[str, FileOutcome]:
    """The outcomes that still hold: nothing they depend on has changed, the target included."""
    known = {}
    for path, key in keys.items():
        if key in kept:
            state, row = kept[key]
            outcome = from_row(row)
            if _target(tree, path, outcome) == state:
                known[path] = outcome
    return known


def _target(tree: Tree, path: str, outcome: FileOutcome) -> str:
    """What the file's target holds, and the kept copy of one that is no text."""
    if not outcome.target:
        return ""
    content = _content(tree, outcome.target)
    if not outcome.target.lower().endswith(TARGETS):
        from promptops.importing.restore import origin_path

        content += _content(tree, origin_path(path, outcome.target))
    return content


def _read(tree: Tree, path: str, kind: str) -> Reading:
    reading = read_file(tree, path, kind)
    if kind != INSTRUCTIONS or reading.prompt is None or not tree.exists(sidecar_path(path)):
        return reading
    from promptops.history.adopted import adopted  # with YAML and the comparing of texts

    return adopted(tree, reading)


@dataclass(frozen=True, slots=True)
class _Work:
    """What every file's examination needs."""

    tree: Tree
    around: Around
    checks: Mapping[str, Any]
    settings: Settings

    def __call__(self, item: tuple[str, str]) -> FileOutcome:
        reading = _read(self.tree, *item)
        target = reading.prompt.target if reading.prompt is not None else ""
        around = self.around
        if target:
            around = replace(around, targets={target: self._bytes(target)})
            if not target.lower().endswith(TARGETS):
                around = replace(around, restored=_restored(self.tree, reading))
        if reading.prompt is not None and reading.prompt.governed and _evidence(self.tree, item[0]):
            from promptops.source.evidence import found_evidence

            path = reading.prompt.path
            found, strange = found_evidence(self.tree, reading.prompt)
            around = replace(around, evidence={path: found}, strange={path: strange})
        if reading.prompt is not None and reading.path in around.before:
            around = replace(around, written=reading.prompt.budget)
            reading = _judged(reading, reading.prompt, around.before[reading.path])
        diagnostics = examine(reading, around, self.checks)
        return FileOutcome(
            reading.prompt.id if reading.prompt is not None and reading.prompt.governed else "",
            _id_span(reading),
            tuple(d for d in diagnostics if not self.excused(d)),
            target,
        )

    def _bytes(self, path: str) -> bytes | None:
        try:
            return self.tree.read(path)
        except InputError:
            return None

    def excused(self, diagnostic: Diagnostic) -> bool:
        """True where the settings leave a check out of a file; never where it could not be used."""
        return not diagnostic.code.startswith(REFUSED) and any(
            diagnostic.code.startswith(codes) and matching([glob], [diagnostic.path])
            for glob, codes in self.settings.per_file_ignores.items()
        )


def _judged(reading: Reading, prompt: Prompt, before: Prompt) -> Reading:
    """The reading with the budget that judges it: a change cannot raise its own limit."""
    return replace(reading, prompt=replace(prompt, budget=judged(prompt.budget, before.budget)))


def _id_span(reading: Reading) -> Span | None:
    if reading.prompt is None:
        return None
    return reading.document.lines.span(*reading.document.locate(("id",)))


def _around(tree: Tree, settings: Settings, around: Around) -> Around:
    return replace(
        around,
        decisions=read_decisions(settings, tree, _records(tree, settings)),
        people_left=settings.people_left,
        require_decision_for=settings.require_decision_for,
    )


def _records(tree: Tree, settings: Settings) -> Sequence[str]:
    return tree.listed(settings.decisions)


def _same_ids(outcomes: Mapping[str, FileOutcome], work: _Work) -> Iterable[Diagnostic]:
    """Prompts whose id another prompt has taken (PO017): the one check that needs them all."""
    if not any(check.code == "PO017" for group in work.checks.values() for check in group):
        return
    first: dict[str, str] = {}
    for path, outcome in sorted(outcomes.items()):
        taken = first.setdefault(outcome.prompt_id, path) if outcome.prompt_id else path
        if taken != path and outcome.id_span is not None:
            yield Diagnostic(
                "PO017",
                "duplicate-prompt-id",
                Severity.ERROR,
                f"the id `{outcome.prompt_id}` is taken by {taken}",
                "give each prompt its own id",
                path,
                outcome.id_span,
                outcome.prompt_id,
            )


def _sources(tree: Tree, found: Iterable[Diagnostic]) -> dict[str, str]:
    sources = {}
    for path in {diagnostic.path for diagnostic in found}:
        try:
            sources[path] = tree.read(path).decode("utf-8", "replace")
        except InputError:
            sources[path] = ""
    return sources


def _digest(parts: Sequence[Any]) -> str:
    return digest(repr(parts).encode("utf-8", "replace"))


def _restored(tree: Tree, reading: Reading) -> dict[str, str | TemplateError]:
    """What a target that is no text should hold, where a copy of it is kept beside the prompt."""
    from promptops.importing.restore import origin_path, target_text

    prompt = reading.prompt
    if prompt is None or not tree.exists(origin_path(prompt.path, prompt.target)):
        return {}
    try:
        return {prompt.target: target_text(prompt, tree)}
    except TemplateError as error:
        return {prompt.target: error}


def _content(tree: Tree, path: str) -> str:
    try:
        return digest(tree.read(path))
    except InputError as error:
        return error.message


def _decisions_digest(tree: Tree, settings: Settings) -> list[tuple[str, str]]:
    return [(path, _content(tree, path)) for path in _records(tree, settings)]


def _evidence(tree: Tree, path: str) -> Sequence[str]:
    """The files of `evidence/` beside a prompt."""
    folder, slash, _ = path.rpartition("/")
    return [p for p in tree.listed(f"{folder}{slash}evidence") if p.endswith(".json")]


def _faults(tree: Tree, paths: Sequence[str]) -> dict[str, tuple[Fault, ...]]:
    """By path, what of an instruction file never reaches an agent; it depends on other files too."""
    if not paths:
        return {}
    from promptops.agents.faults import faults
    from promptops.agents.load import Loader

    loader = Loader(tree)
    found = ((path, faults(loader, path)) for path in paths)
    return {path: some for path, some in found if some}


def _key(tree: Tree, path: str, kind: str, common: str, around: Around) -> str:
    parts: list[Any] = [common, kind, path, _content(tree, path)]
    if kind == INSTRUCTIONS:
        parts += [_content(tree, sidecar_path(path)), around.faults.get(path)]
    folder, slash, name = path.rpartition("/")
    if kind == PROMPT and name == "prompt.yaml":
        beside = (f"{folder}{slash}{cases}" for cases in NAMES)
        parts += [(other, _content(tree, other)) for other in beside if tree.exists(other)]
    if kind == PROMPT:
        parts += [(other, _content(tree, other)) for other in _evidence(tree, path)]
    return _digest(parts)
