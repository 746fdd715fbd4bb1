"""Committed measurements beside a prompt, and what a change leaves of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promptops.errors import InputError
from promptops.model import Prompt
from promptops.source.evidence_files import (
    calibrations_of,
    evidence_folder,
    evidence_of,
    is_calibration,
)
from promptops.source.tree import Tree
from promptops.values import dataclass

TYPE_CHECKING = False  # `typing` takes as long to load as all that stands here
if TYPE_CHECKING:
    from typing import Any

STALE, CLAIMED, REMOVED, KEPT = "stale", "claimed", "removed", "kept"
_MOST = 200  # files of evidence that are looked at for one prompt


@dataclass(frozen=True, slots=True)
class Measured:
    """One file of evidence. state: stale (what it measured is no longer so), claimed (it came with
    this change, and nobody has reproduced it), removed, or kept.

    because: which of prompt, cases and assertions are others now, and of what is claimed also
    unreadable, edited (it does not match its seal) or foreign (measured of another prompt); model,
    measured: as the file says.
    cliff: (rule, verdict) on rules that the change adds or rewords, as `promptops cliff` left it.
    """

    path: str
    state: str
    model: str = ""
    measured: str = ""
    because: tuple[str, ...] = ()
    cliff: tuple[tuple[str, str], ...] = ()


def affected_evidence(
    trees: tuple[Tree, Tree],
    prompts: tuple[Prompt | None, Prompt | None],
    changed: Sequence[str],
) -> tuple[Measured, ...]:
    """The evidence of a prompt that the change touches or makes stale; `changed`: paths that differ."""
    because = tuple(_because(*prompts))
    found: dict[str, Measured] = {}
    before, after = (_files(tree, p) for tree, p in zip(trees, prompts, strict=True))
    for path in after:
        model, when = _head(trees[1], path)
        said = tuple(_verdicts(trees[1], path, *prompts))
        if path in changed:
            wrong = tuple(_wrong(trees[1], path, prompts[1]))
            found[path] = Measured(path, CLAIMED, model, when, wrong, said)
        else:
            others = because if not is_calibration(path) else tuple({*because} & {"prompt"})
            state = STALE if others else KEPT
            found[path] = Measured(path, state, model, when, others, said)
    for path in before:
        if path not in found and path in changed:
            found[path] = Measured(path, REMOVED, *_head(trees[0], path))
    return tuple(found[path] for path in sorted(found))


def _files(tree: Tree, prompt: Prompt | None) -> Sequence[str]:
    if prompt is None:
        return ()
    listed = tree.listed(evidence_folder(prompt.path))
    return [*evidence_of(listed, prompt), *calibrations_of(listed, prompt)][:_MOST]


def _wrong(tree: Tree, path: str, prompt: Prompt | None) -> Iterator[str]:
    """What speaks against a claim before anybody measures again."""
    if is_calibration(path):
        from promptops.source.calibration import EDITED, read_calibration

        data, why = read_calibration(tree, path, "")
        yield from () if data else (EDITED if why == EDITED else "unreadable",)
        return
    from promptops.errors import PromptopsError
    from promptops.source.evidence import digests_of, read_evidence

    if prompt is None:
        return
    try:
        one = read_evidence(tree, path)
    except InputError:
        yield "unreadable"
        return
    if not one.sealed:
        yield "edited"
    if one.data["prompt"] != prompt.id:
        yield "foreign"
        return
    try:
        yield from one.stale(digests_of(prompt))
    except PromptopsError:
        return  # it does not render, and `check` says why


def others(names: Sequence[str]) -> str:
    """What evidence was measured on: `another prompt and other cases`."""
    return " and ".join(f"other {n}" if n.endswith("s") else f"another {n}" for n in names)


def _because(before: Prompt | None, after: Prompt | None) -> Iterator[str]:
    if before is None or after is None:
        return
    if _rendered(before) != _rendered(after):
        yield "prompt"
    if before.cases != after.cases:
        yield "cases"
    if [(r.id, r.tests) for r in before.rules] != [(r.id, r.tests) for r in after.rules]:
        yield "assertions"


def _rendered(prompt: Prompt) -> object:
    """All that the rendered text is made of."""
    rules = [(r.id, r.text, r.section, r.when, r.priority) for r in prompt.rules]
    return prompt.messages, rules, dict(prompt.variables)


def _verdicts(
    tree: Tree, path: str, before: Prompt | None, after: Prompt | None
) -> Iterator[tuple[str, str]]:
    """What `promptops cliff` said of the rules that are new or reworded, on the text they have now."""
    cliff = _data(tree, path).get("cliff")
    tested = cliff.get("tested") if isinstance(cliff, dict) else None
    if after is None or not isinstance(tested, dict):
        return
    from promptops.source.evidence import text_digest

    known = {rule.id: rule.text for rule in before.rules} if before else {}
    for rule in after.rules:
        row = tested.get(rule.id)
        if known.get(rule.id) == rule.text or not isinstance(row, dict):
            continue
        if row.get("text") == text_digest(rule.text) and isinstance(row.get("verdict"), str):
            yield rule.id, row["verdict"]


def _data(tree: Tree, path: str) -> dict[str, Any]:
    """What the file holds; {} where it cannot be read."""
    from json import loads

    try:
        data = loads(tree.read(path))
    except (InputError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _head(tree: Tree, path: str) -> tuple[str, str]:
    """(model, when it was measured) as the file says; "" where it cannot be read."""
    data = _data(tree, path)
    model, when = data.get("model"), data.get("measured")
    return (model if isinstance(model, str) else "", when if isinstance(when, str) else "")
