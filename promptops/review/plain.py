"""Plain instruction files, of which every paragraph counts, whether or not it reads as a rule.

What a sidecar says of a rule goes with its paragraph: the id, the reason, decision and tests.
"""

from __future__ import annotations

from collections.abc import Mapping

from promptops.model import Prompt, Rule
from promptops.source.sidecar_path import sidecar_path
from promptops.source.text import decode
from promptops.source.tree import Tree
from promptops.values import dataclass, replace

_NUMBERED = "line-"  # what the id of a paragraph begins with that nobody has named


@dataclass(frozen=True, slots=True)
class Plain:
    """One state of an instruction file, and of its sidecar where it has one.

    prompt: every paragraph as a rule, whose `position` holds its kind and `section` the headings
    above; owners and cases of the sidecar. problem: what is wrong with the sidecar, "" for nothing.
    """

    text: str
    prompt: Prompt
    problem: str = ""

    @property
    def broken(self) -> bool:
        """True if there is a sidecar, and nothing of it could be read."""
        return bool(self.problem) and not any(map(named, self.prompt.rules))

    @property
    def bare(self) -> Plain:
        """The file without its sidecar."""
        return Plain(self.text, Prompt("", rules=_paragraphs(self.text, {}), governed=False))


def read_plain(tree: Tree, path: str, there: bool = False) -> Plain | None:
    """The file with its sidecar, None where it is not in the tree; InputError where it is no text.

    there: it is known to be there, so that a link which leads out is an error, no absence.
    """
    if not there and not tree.exists(path):
        return None
    text = decode(tree.read(path), path)
    if not tree.exists(sidecar_path(path)):
        return Plain(text, Prompt("", governed=False)).bare
    return _adopted(tree, path, text)


def named(rule: Rule) -> bool:
    """True for a paragraph that has an id of its own, given by an entry of the sidecar."""
    return not rule.id.startswith(_NUMBERED)


def _adopted(tree: Tree, path: str, text: str) -> Plain:
    from promptops.history.adopted import adopted  # with YAML and the whole format
    from promptops.source.reading import read_instructions_file

    reading = adopted(tree, read_instructions_file(tree, path))
    prompt = reading.prompt or Prompt("", governed=False)
    entries = {a.nearest: prompt.rules[a.rule] for a in reading.anchors if a.rule is not None}
    rules = _paragraphs(text, entries)
    problem = ""
    for found in reading.problems[:1]:
        problem = (
            f"{sidecar_path(path)}:{reading.span(found.finding).line}: {found.finding.message}"
        )
    return Plain(text, replace(prompt, id="", path="", rules=rules), problem)


def _paragraphs(text: str, entries: Mapping[int, Rule]) -> tuple[Rule, ...]:
    """Every unit of the text; `entries`: by line, what the sidecar says of the rule there."""
    from promptops.source.unit import BREAK
    from promptops.source.units import read_units  # a dozen patterns, for Markdown alone

    return tuple(
        replace(
            entries.get(unit.line) or Rule(f"{_NUMBERED}{unit.line}", ""),
            text=unit.text,
            section=" > ".join(unit.section),
            position=unit.kind,
        )
        for unit in read_units(text)
        if unit.kind != BREAK
    )
