"""Rules of a plain instruction file together with what its sidecar says of them.

An entry finds its rule by the wording it was written for: the alignment that follows rules through
history (`align`), here from the entries to the file as it stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from promptops.history.align import Grade, Link, align
from promptops.history.likeness import likeness
from promptops.history.meaning import changed_meaning
from promptops.history.similarity import Weights
from promptops.history.units import PROSE, Unit, normalised
from promptops.model import Rule
from promptops.source.anchor import Anchor
from promptops.source.reading import Reading, read_instructions_file
from promptops.source.shape import Log
from promptops.source.sidecar import SidecarDocument, moved, read_sidecar
from promptops.source.sidecar_path import sidecar_path
from promptops.source.tree import Tree

_KEPT = frozenset({"same", "format", "reworded"})  # the others are guesses of what took its place


def adopted(tree: Tree, reading: Reading) -> Reading:
    """The reading with its sidecar, where there is one; as it is where there is none."""
    path = sidecar_path(reading.path)
    if path == reading.path or not tree.exists(path):
        return reading
    sidecar, document, log = read_sidecar(tree, path)
    prompt = reading.prompt
    anchors = anchored(sidecar.rules, prompt.rules, log) if prompt is not None else ()
    anchors = tuple(replace(anchor, about=reading.path) for anchor in anchors)
    entries = {a.rule: a for a in anchors if a.rule is not None}
    if prompt is not None:
        rules = tuple(_merged(rule, entries.get(i)) for i, rule in enumerate(prompt.rules))
        prompt = replace(
            prompt, rules=rules, owners=sidecar.owners, cases=sidecar.cases, cases_path=path
        )
    beside = SidecarDocument(document, {rule: a.index for rule, a in entries.items()})
    return replace(
        reading,
        prompt=prompt,
        documents={**reading.documents, path: beside},
        problems=(*reading.problems, *(moved(problem) for problem in log.all())),
        sidecar=beside,
        anchors=anchors,
    )


def entries_of(tree: Tree, path: str) -> list[tuple[int, Rule]]:
    """(line, rule) of each rule of a plain file that its sidecar has an entry of."""
    reading = adopted(tree, read_instructions_file(tree, path))
    rules = reading.prompt.rules if reading.prompt is not None else ()
    return [(a.nearest, rules[a.rule]) for a in reading.anchors if a.rule is not None]


def _merged(rule: Rule, anchor: Anchor | None) -> Rule:
    """The rule as the file has it, with all that its entry adds."""
    if anchor is None:
        return rule
    return replace(anchor.entry, text=rule.text, section=rule.section)


def anchored(entries: Sequence[Rule], rules: Sequence[Rule], log: Log) -> tuple[Anchor, ...]:
    """Where each entry's rule stands among `rules`; one entry a rule, the surest first."""
    old, new = [_unit(rule) for rule in entries], [_unit(rule) for rule in rules]
    indices = log.kept.get(("rules",), range(len(entries)))
    best: dict[int, Link] = {}
    taken: set[int] = set()
    for link in sorted(align(old, new), key=lambda k: (-k.grade, -k.score, k.old, k.new)):
        likely = link.grade >= Grade.PROBABLE and link.how in _KEPT
        if likely and link.old not in best and link.new not in taken:
            best[link.old] = link
            taken.add(link.new)
    found = []
    for position, entry in enumerate(entries):
        known = best.get(position)
        found.append(
            _kept(entry, indices[position], known, rules, new)
            if known is not None
            else _lost(entry, indices[position], new, taken)
        )
    return tuple(found)


def _kept(
    entry: Rule, index: int, link: Link, rules: Sequence[Rule], units: Sequence[Unit]
) -> Anchor:
    effect = changed_meaning(entry.text, rules[link.new].text)
    sure = link.grade == Grade.CERTAIN
    return Anchor(entry, index, link.new, units[link.new].line, link.score, sure, effect)


def _lost(entry: Rule, index: int, rules: Sequence[Unit], taken: set[int]) -> Anchor:
    """An entry whose rule is not there, with the free rule that is most like it."""
    unit = _unit(entry)
    weights = Weights(rule.norm for rule in (*rules, unit))
    free = (rule for i, rule in enumerate(rules) if i not in taken)
    scored = ((likeness(unit, rule, weights).score, -rule.line) for rule in free)
    score, line = max(scored, default=(0.0, 0))
    return Anchor(entry, index, None, -line if score >= 1 else 0, score, False)


def _unit(rule: Rule) -> Unit:
    text = " ".join(rule.text.split())
    name = rule.id.removeprefix("line-")
    line = int(name) if name.isdecimal() else 0
    section = normalised(rule.section.rpartition(" > ")[2])
    return Unit(PROSE, text, normalised(text), line, line, section)
