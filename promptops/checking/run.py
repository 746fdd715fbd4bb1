"""Checks over a whole tree: each file once, on both cores where it pays, and never twice.

Results are kept by the digest of everything they depend on. The keeper is handed in: this module
knows no disk but the tree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from promptops.checking.engine import examine, selected
from promptops.checks import Around
from promptops.config import Settings
from promptops.diagnostic import Diagnostic, Edit, Severity, Span
from promptops.digest import digest
from promptops.errors import InputError
from promptops.source.cases import NAMES
from promptops.source.globs import matching
from promptops.source.reading import Reading
from promptops.source.tree import Tree
from promptops.source.workspace import PROMPT, Files, read_decisions, read_file

PARALLEL_FROM = 64  # files; below that a second process costs more than it saves
Row = list[Any]


@dataclass(frozen=True, slots=True)
class Checked:
    """What a run of the checks gave.

    diagnostics: sorted by path and line. sources: the text of each file that has any.
    """

    diagnostics: tuple[Diagnostic, ...]
    files: int
    sources: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _File:
    """One file's outcome: its prompt's id (with the place of it) and its diagnostics."""

    prompt_id: str
    id_span: Span | None
    diagnostics: tuple[Diagnostic, ...]


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
    keys = {path: _key(tree, path, kind, common) for path, kind in files.items()}
    fresh = [(path, kind) for path, kind in files.items() if keys[path] not in kept]
    work = _Work(tree, around, selected(settings.select, settings.ignore), settings)
    done = dict(zip((path for path, _ in fresh), _all(work, fresh, processes), strict=True))
    used = {key: kept[key] for key in keys.values() if key in kept}
    used.update((keys[path], _row(outcome)) for path, outcome in done.items())
    kept.clear()
    kept.update(used)
    outcomes = {p: done[p] if p in done else _from_row(used[key]) for p, key in keys.items()}
    found = [d for outcome in outcomes.values() for d in outcome.diagnostics]
    found += _same_ids(outcomes, work)
    found.sort(key=lambda d: (d.path, d.span.line, d.span.column, d.code, d.message))
    return Checked(tuple(found), len(files), _sources(tree, found))


@dataclass(frozen=True, slots=True)
class _Work:
    """What every file's examination needs."""

    tree: Tree
    around: Around
    checks: Mapping[str, Any]
    settings: Settings

    def __call__(self, item: tuple[str, str]) -> _File:
        reading = read_file(self.tree, *item)
        diagnostics = examine(reading, self.around, self.checks)
        return _File(
            reading.prompt.id if reading.prompt is not None and reading.prompt.governed else "",
            _id_span(reading),
            tuple(d for d in diagnostics if not self._excused(d)),
        )

    def _excused(self, diagnostic: Diagnostic) -> bool:
        return any(
            diagnostic.code.startswith(codes) and matching([glob], [diagnostic.path])
            for glob, codes in self.settings.per_file_ignores.items()
        )


def _id_span(reading: Reading) -> Span | None:
    if reading.prompt is None:
        return None
    return reading.document.lines.span(*reading.document.locate(("id",)))


def _all(
    work: Callable[[tuple[str, str]], _File], items: Sequence[tuple[str, str]], processes: int
) -> list[_File]:
    if processes < 2 or len(items) < PARALLEL_FROM:
        return [work(item) for item in items]
    from multiprocessing import get_context

    with get_context("fork").Pool(processes, _undisturbed) as pool:
        return pool.map(work, items, chunksize=len(items) // (processes * 4) + 1)


def _undisturbed() -> None:
    """A worker is ended by the pool: the command's own answers to signals are not for it."""
    import signal

    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _around(tree: Tree, settings: Settings, around: Around) -> Around:
    return replace(
        around,
        decisions=read_decisions(settings, tree, _records(tree, settings)),
        people_left=settings.people_left,
        require_decision_for=settings.require_decision_for,
    )


def _records(tree: Tree, settings: Settings) -> Sequence[str]:
    return tree.listed(settings.decisions)


def _same_ids(outcomes: Mapping[str, _File], work: _Work) -> Iterable[Diagnostic]:
    """Prompts whose id another prompt has taken (PO017): the one check that needs them all."""
    if not any(check.code == "PO017" for group in work.checks.values() for check in group):
        return
    first: dict[str, str] = {}
    for path, outcome in outcomes.items():
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


def _content(tree: Tree, path: str) -> str:
    try:
        return digest(tree.read(path))
    except InputError as error:
        return error.message


def _decisions_digest(tree: Tree, settings: Settings) -> list[tuple[str, str]]:
    return [(path, _content(tree, path)) for path in _records(tree, settings)]


def _key(tree: Tree, path: str, kind: str, common: str) -> str:
    parts: list[Any] = [common, kind, path, _content(tree, path)]
    folder, slash, name = path.rpartition("/")
    if kind == PROMPT and name == "prompt.yaml":
        beside = (f"{folder}{slash}{cases}" for cases in NAMES)
        parts += [(other, _content(tree, other)) for other in beside if tree.exists(other)]
    return _digest(parts)


def _row(outcome: _File) -> Row:
    return [
        outcome.prompt_id,
        _numbers(outcome.id_span),
        [
            [
                *(d.code, d.name, str(d.severity), d.message, d.help, d.path),
                *(_numbers(d.span), d.prompt, d.rule),
                [[e.start, e.end, e.text] for e in d.edits],
            ]
            for d in outcome.diagnostics
        ],
    ]


def _numbers(span: Span | None) -> list[int] | None:
    return None if span is None else [span.line, span.column, span.end_line, span.end_column]


def _from_row(row: Row) -> _File:
    prompt_id, span, diagnostics = row
    return _File(
        prompt_id,
        None if span is None else Span(*span),
        tuple(
            Diagnostic(
                code,
                name,
                Severity(severity),
                message,
                help,
                path,
                Span(*where),
                prompt,
                rule,
                tuple(Edit(*edit) for edit in edits),
            )
            for code, name, severity, message, help, path, where, prompt, rule, edits in diagnostics
        ),
    )
