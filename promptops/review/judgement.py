"""Changes to what judges the change: settings, the baseline, ignore comments. Shown before all else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from promptops.config import BASELINE, Settings
from promptops.errors import InputError
from promptops.source.document import Document
from promptops.source.ignores import Ignores
from promptops.source.tree import Tree
from promptops.values import dataclass


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting that differs. looser: the change could pass because of it."""

    name: str
    path: str
    before: str
    after: str
    looser: bool


def compare_settings(before: Settings, after: Settings) -> Iterator[Setting]:
    """Every setting that differs; a glob that is no longer there leaves files without judgement."""
    path = after.path or before.path
    for name, was, now, looser in _pairs(before, after):
        if set(was) != set(now):
            yield Setting(name, path, ", ".join(sorted(was)), ", ".join(sorted(now)), looser)
    plain = (
        ("decisions", before.decisions, after.decisions),
        ("baseline", before.baseline, after.baseline),
    )
    for name, old, new in plain:
        if old != new:
            yield Setting(name, path, old, new, bool(new))
    if before.models != after.models:
        said = (_models(before), _models(after))
        yield Setting("models", path, *said, looser=True)


def _pairs(
    before: Settings, after: Settings
) -> Iterator[tuple[str, Iterable[str], Iterable[str], bool]]:
    """(setting, values before, values after, whether it got looser)."""
    less = (
        ("select", before.select, after.select),
        ("require_decision_for", before.require_decision_for, after.require_decision_for),
        ("prompts", before.prompts, after.prompts),
        ("instructions", before.instructions, after.instructions),
    )
    more = (
        ("ignore", before.ignore, after.ignore),
        ("per_file_ignores", _per_file(before), _per_file(after)),
        ("people.left", before.people_left, after.people_left),
    )
    yield from ((name, was, now, bool(set(was) - set(now))) for name, was, now in less)
    for name, was, now in more:
        gained = bool(set(now) - set(was))
        yield name, was, now, gained if name != "people.left" else bool(set(was) - set(now))


def _per_file(settings: Settings) -> list[str]:
    return [
        f"{glob}: {code}" for glob, codes in settings.per_file_ignores.items() for code in codes
    ]


def _models(settings: Settings) -> str:
    return ", ".join(f"{name} {row}" for name, row in sorted(settings.models.items()))


@dataclass(frozen=True, slots=True)
class Waved:
    """A finding that the change itself waves through: by an ignore comment or the baseline.

    line: 1-based. what: the comment's codes, or the baseline's line.
    """

    path: str
    line: int
    what: str
    reason: str


def new_ignores(before: Document | None, after: Document | None) -> Iterator[Waved]:
    """Ignore comments that were not there before, wherever in the file they stood."""
    if after is None:
        return
    known = Counter(text for _, text, _ in _comments(before)) if before else Counter()
    for line, text, codes in _comments(after):
        if known[text] > 0:
            known[text] -= 1
            continue
        reason = text.partition("because")[2].removesuffix("-->").strip()
        yield Waved(after.path, line, ", ".join(codes) or "everything", reason)


def _comments(document: Document) -> Iterator[tuple[int, str, Sequence[str]]]:
    for found in Ignores(document, frozenset()).found:
        text = " ".join(document.text[found.start : found.end].split())
        yield document.lines.position(found.start)[0], text, found.codes


def new_in_baseline(trees: tuple[Tree, Tree], settings: tuple[Settings, Settings]) -> list[Waved]:
    """Lines that the baseline file has gained."""
    was, now = (
        _lines(tree, one.baseline or BASELINE) for tree, one in zip(trees, settings, strict=True)
    )
    known = Counter(was)
    found = []
    for number, line in enumerate(now, 1):
        if not line or line.startswith("#"):
            continue
        if known[line] > 0:
            known[line] -= 1
        else:
            what = line.partition(" ")[2] or line
            found.append(Waved(settings[1].baseline or BASELINE, number, what, "baseline"))
    return found


def _lines(tree: Tree, path: str) -> list[str]:
    try:
        text = tree.read(path).decode("utf-8", "replace") if tree.exists(path) else ""
    except InputError:
        return []
    return [" ".join(line.split()) for line in text.splitlines()]
