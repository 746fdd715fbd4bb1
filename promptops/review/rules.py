"""What became of each rule of a prompt: pure functions on two lists of rules."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from promptops.decisions.slips import KnowsWord
from promptops.decisions.typography import same_meaning
from promptops.history.meaning import changed_meaning
from promptops.model import Rule
from promptops.review.fields import Field, compare_fields
from promptops.review.identity import Link, Piece, linked
from promptops.review.plain import named
from promptops.values import dataclass

ADDED, REMOVED, REWORDED = "added", "removed", "reworded"
MOVED, MERGED, SPLIT, METADATA = "moved", "merged", "split", "metadata"
TYPOGRAPHY = "typography only"
_SPACES = {ord(sign): None for sign in "\n\r\t"}
HIDDEN, LOOK_ALIKE = "hidden characters", "look-alike letters"


@dataclass(frozen=True, slots=True)
class RuleChange:
    """What became of one rule, or of the rules that were merged into one or split from one.

    id: after the change, before it where the rule is gone or was split. change: the heaviest word
    for it; also: the others that hold. before, after: the text, "" where there is none; the texts
    of several rules stand on lines of their own. was, becomes: ids before and after, where they
    are others than `id`. flags: stronger, weaker, reversed, number changed, typography only, hidden
    characters, look-alike letters.
    fields: what else differs. score: likeness of the texts, None where no likeness was needed;
    sure: False where nothing but a likeness that might mislead says that it is the same rule.
    came_from, went_to: `PROMPT/RULE` of a rule that moved between files.
    """

    id: str
    change: str
    before: str = ""
    after: str = ""
    also: tuple[str, ...] = ()
    was: tuple[str, ...] = ()
    becomes: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    score: float | None = None
    sure: bool = True
    came_from: str = ""
    went_to: str = ""


def compare_rules(
    before: Sequence[Rule], after: Sequence[Rule], known: KnowsWord, plain: bool = False
) -> tuple[RuleChange, ...]:
    """Every rule that differs, once, in the order after the change; rules that are gone come last.

    plain: the rules are paragraphs of an instruction file, whose ids say nothing but the line.
    """
    pieces = _pieces(before, after, plain)
    return tuple(_Comparison(before, after, linked(*pieces), known, plain).changes())


def _pieces(
    before: Sequence[Rule], after: Sequence[Rule], plain: bool
) -> tuple[list[Piece], list[Piece]]:
    """What is compared; a rule that says which one it replaces goes under that one's id."""
    if plain:  # `position` of a paragraph is its kind
        ids = [_once(r.id if named(r) else "" for r in side) for side in (before, after)]
        both = zip(ids, (before, after), strict=True)
        old, now = ([_paragraph(i, r) for i, r in zip(*side, strict=True)] for side in both)
        return old, now
    names, heirs = {rule.id for rule in before}, {rule.id for rule in after}
    gone = names - heirs
    new = []
    for rule in after:
        heir = rule.id not in names and rule.replaces in gone
        new.append(rule.replaces if heir else rule.id)
        gone.discard(new[-1])
    return _ruled(_once(rule.id for rule in before), before), _ruled(_once(new), after)


def _paragraph(name: str, rule: Rule) -> Piece:
    return Piece(name, rule.text, rule.position, rule.section)


def _ruled(ids: Iterable[str], rules: Sequence[Rule]) -> list[Piece]:
    return [Piece(i, r.text, section=r.section) for i, r in zip(ids, rules, strict=True)]


def _once(ids: Iterable[str]) -> Iterator[str]:
    """The ids, "" for one that was there before: an id can be one rule's only."""
    seen: set[str] = set()
    for name in ids:
        yield "" if name in seen else name
        seen.add(name)


class _Comparison:
    def __init__(
        self,
        before: Sequence[Rule],
        after: Sequence[Rule],
        links: Sequence[Link],
        known: KnowsWord,
        plain: bool,
    ) -> None:
        self.before, self.after, self.links = before, after, links
        self.known, self.plain = known, plain
        self.groups = _groups(links)
        single = sorted((g[0].new, g[0].old) for g in self.groups if len(g) == 1)
        kept = rising([old for _, old in single])
        self.displaced = {new for at, (new, _) in enumerate(single) if at not in kept}

    def changes(self) -> Iterator[RuleChange]:
        linked_old = {link.old for link in self.links}
        first = {min(link.new for link in group): group for group in self.groups}
        covered = {link.new for link in self.links}
        for j, rule in enumerate(self.after):
            if j in first:
                yield from self._group(first[j])
            elif j not in covered:
                yield RuleChange(rule.id, ADDED, after=rule.text, flags=_unseen("", rule.text))
        for i, rule in enumerate(self.before):
            if i not in linked_old:
                yield RuleChange(rule.id, REMOVED, before=rule.text)

    def _group(self, group: Sequence[Link]) -> Iterator[RuleChange]:
        if len(group) > 1:
            yield self._several(group)
            return
        link = group[0]
        found = self._one(self.before[link.old], self.after[link.new], link)
        if found is not None:
            yield found

    def _several(self, group: Sequence[Link]) -> RuleChange:
        old = [self.before[i] for i in sorted({link.old for link in group})]
        new = [self.after[j] for j in sorted({link.new for link in group})]
        merged = len(old) > 1
        name = (new if merged else old)[0].id
        return RuleChange(
            name,
            MERGED if merged else SPLIT,
            "\n".join(rule.text.strip() for rule in old),
            "\n".join(rule.text.strip() for rule in new),
            was=tuple(rule.id for rule in old) if merged else (),
            becomes=tuple(rule.id for rule in new) if not merged or len(new) > 1 else (),
            score=min(link.score for link in group),
            sure=all(link.sure for link in group),
        )

    def _one(self, old: Rule, new: Rule, link: Link) -> RuleChange | None:
        fields = tuple(self._fields(old, new))
        renamed = old.id != new.id and not (self.plain and not (named(old) and named(new)))
        displaced = link.new in self.displaced
        moved = displaced or any(field.name == "section" for field in fields)
        words = [
            word
            for word, holds in (
                (REWORDED, old.text != new.text),
                (MOVED, moved),
                (METADATA, renamed or any(field.name != "section" for field in fields)),
            )
            if holds
        ]
        if not words:
            return None
        return RuleChange(
            new.id,
            words[0],
            old.text,
            new.text,
            also=tuple(words[1:]),
            was=(old.id,) if renamed else (),
            flags=self._flags(old.text, new.text) if old.text != new.text else (),
            fields=(*self._place(link), *fields) if displaced else fields,
            score=None if link.same or self._by_id(old, new) else link.score,
            sure=link.sure,
        )

    def _by_id(self, old: Rule, new: Rule) -> bool:
        """True if they are one rule whatever they say."""
        return old.id == new.id and (not self.plain or named(new))

    def _fields(self, old: Rule, new: Rule) -> Iterator[Field]:
        """What differs beside the text; of a paragraph, what a sidecar says of it."""
        found = compare_fields(old, new)
        return (f for f in found if not self.plain or f.name not in ("section", "position"))

    def _place(self, link: Link) -> Iterator[Field]:
        was, now = _neighbour(self.before, link.old), _neighbour(self.after, link.new)
        if not self.plain and was != now:
            yield Field("place", was, now)

    def _flags(self, before: str, after: str) -> tuple[str, ...]:
        if same_meaning(before, after, self.known):
            return (TYPOGRAPHY, *_unseen(before, after))
        return (*changed_meaning(before, after), *_unseen(before, after))


def _unseen(before: str, after: str) -> tuple[str, ...]:
    """What came into a text that no reviewer sees: hidden characters, look-alike letters."""
    if after.isascii() and after.translate(_SPACES).isprintable():
        return ()
    from promptops.checks._unicode import hidden_runs
    from promptops.checks.scripts import mixed_words

    runs = [{text[start:end] for start, end in hidden_runs(text)} for text in (before, after)]
    words = [{text[start:end] for start, end, _ in mixed_words(text)} for text in (before, after)]
    pairs = ((HIDDEN, runs), (LOOK_ALIKE, words))
    return tuple(flag for flag, (was, now) in pairs if now - was)


def _neighbour(rules: Sequence[Rule], index: int) -> str:
    return f"after {rules[index - 1].id}" if index else "first"


def _groups(links: Sequence[Link]) -> list[list[Link]]:
    """Links that share a rule on either side, together."""
    groups: dict[tuple[str, int], list[Link]] = {}
    for link in links:
        ends = (("old", link.old), ("new", link.new))
        joined = [groups[end] for end in ends if end in groups]
        whole = joined[0] if joined else []
        if len(joined) == 2 and joined[1] is not whole:
            whole += joined[1]
        whole.append(link)
        for one in whole:
            groups["old", one.old] = groups["new", one.new] = whole
    return list({id(group): group for group in groups.values()}.values())


def rising(values: Sequence[int]) -> set[int]:
    """Positions of the longest run of values that rises: what kept its order."""
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for position, value in enumerate(values):
        at = bisect_left(tails, value)
        tails[at : at + 1] = [value]
        ends[at : at + 1] = [position]
        before.append(ends[at - 1] if at else -1)
    kept: set[int] = set()
    step = ends[-1] if ends else -1
    while step >= 0:
        kept.add(step)
        step = before[step]
    return kept
