"""Plain instruction files (AGENTS.md, CLAUDE.md, .cursorrules, .mdc, prompts in text) as prompts."""

from __future__ import annotations

from collections.abc import Sequence

from promptops.diagnostic import Edit, Place
from promptops.model import Prompt, Rule
from promptops.source.document import Lines
from promptops.source.labels import RULE, label_units
from promptops.source.unit import Unit
from promptops.source.units import read_units

EXTENSIONS = (".instructions.md", ".prompt.md", ".md", ".mdc", ".markdown", ".txt")


def read_instructions(text: str, path: str) -> tuple[Prompt, MarkdownDocument]:
    """The rules of an instruction file, as a prompt that nobody governs yet, and where they stand.

    A rule is an item or paragraph that reads as an instruction; its id is `line-<number>`, its text
    exactly what stands in the file, its section the headings above (lines in bold and the like
    included), joined by ` > `.
    """
    units = read_units(text)
    labels = label_units(units)
    found = [pair for pair in zip(units, labels, strict=True) if pair[1].label == RULE]
    rules = tuple(
        Rule(
            id=f"line-{unit.line}",
            text=unit.text,
            section=" > ".join(filter(None, (*unit.section, label.under))),
        )
        for unit, label in found
    )
    prompt = Prompt(id=_id(path), path=path, rules=rules, governed=False)
    return prompt, MarkdownDocument(path, text, [unit for unit, _ in found])


def _id(path: str) -> str:
    for extension in EXTENSIONS:
        if path.endswith(extension) and not path.endswith("/" + extension):
            return path.removesuffix(extension)
    return path


class MarkdownDocument:
    """The text of an instruction file; its places are `("rules", i)` and what is under them."""

    def __init__(self, path: str, text: str, rules: Sequence[Unit]) -> None:
        self.path = path
        self.text = text
        self.rules = rules
        self._lines: Lines | None = None

    @property
    def lines(self) -> Lines:
        """Line starts, made when first asked for."""
        if self._lines is None:
            self._lines = Lines(self.text)
        return self._lines

    def locate(
        self,
        place: Place,
        within: tuple[int, int] | None = None,
        *,
        key: bool = False,
    ) -> tuple[int, int]:
        """The rule's text, or `within` it; of what a plain file cannot hold, the rule's first line."""
        if not place:
            return within or (0, 0)
        unit = self._rule(place)
        if unit is None:
            return 0, 0
        if key or place[2:] not in ((), ("text",)):
            return unit.start, unit.start + len(unit.text.partition("\n")[0].rstrip())
        start, end = within or (0, len(unit.text))
        return unit.start + min(start, len(unit.text)), unit.start + min(end, len(unit.text))

    def edit(
        self, place: Place, within: tuple[int, int] | None, replacement: str
    ) -> Sequence[Edit]:
        """A splice in the whole file, or in a rule's text as long as it adds no line."""
        in_text = self._rule(place) is not None and place[2:] in ((), ("text",))
        if (place and not in_text) or "\n" in replacement or "\r" in replacement:
            return []
        return [Edit(*self.locate(place, within), replacement)]

    def _rule(self, place: Place) -> Unit | None:
        match place:
            case ("rules", int(index), *_) if 0 <= index < len(self.rules):
                return self.rules[index]
        return None
