"""Units of one version linked to the units they came from in the version before. Pure.

In the order of `docs/history.md`: explicit ids, equal texts in order, equal texts out of order,
likeness inside the gaps that these leave, then parts of what was split or merged. Each step only
sees what the steps before it left over. A link carries its score and a grade: how sure it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher

from promptops.history.gaps import Gaps
from promptops.history.likeness import Likeness
from promptops.history.links import SURE, Grade, Link
from promptops.history.pairs import Pairs
from promptops.history.similarity import may_be_part, part_ratio, ratio
from promptops.history.units import PROSE, Unit

__all__ = ["Grade", "Link", "align"]

CLEAR = 0.9  # chances that two texts are one rule
LIKELY = 0.5
REWRITTEN = 35.0  # 0-100; a few words in a text that is otherwise another one make it no successor

Verdict = tuple[str, Grade]
Accept = Callable[[Likeness, float], Verdict | None]
Candidate = tuple[float, int, int, Verdict, float]  # chance, old, new, verdict, score


def align(old: Sequence[Unit], new: Sequence[Unit], foreign: bool = False) -> list[Link]:
    """Every link from `old` to `new`, in the order of the new units.

    A new unit that grew out of several old ones has several links (merged); several new units may
    share one old one (split). A new unit without a link came from nowhere in `old`.
    foreign: the two are not versions of one file.
    """
    work = _Alignment(old, new, foreign)
    work.by_id()
    work.anchored()
    work.displaced()
    work.alike(_clear, CLEAR)
    work.alike(_likely, LIKELY)
    if foreign:
        work.alike(_likely, LIKELY)  # what went along with it has become evidence
    work.parted()
    return sorted(work.links, key=lambda link: (link.new, link.old))


class _Alignment:
    def __init__(self, old: Sequence[Unit], new: Sequence[Unit], foreign: bool) -> None:
        self.old, self.new, self.foreign = old, new, foreign
        self.links: list[Link] = []
        self.free_old = dict.fromkeys(i for i, u in enumerate(old) if u.norm)
        self.free_new = dict.fromkeys(i for i, u in enumerate(new) if u.norm)
        self.pairs = Pairs(old, new, foreign)

    def link(self, old: int, new: int, how: str, score: float, grade: Grade) -> None:
        self.links.append(Link(old, new, how, score, grade))
        self.free_old.pop(old, None)
        self.free_new.pop(new, None)

    def same(self, old: int, new: int) -> None:
        plain = self.old[old].text.split() == self.new[new].text.split()
        self.link(old, new, "same" if plain else "format", 100.0, Grade.CERTAIN)

    def by_id(self) -> None:
        places = {u.id: i for i, u in enumerate(self.old) if u.id}
        for position, unit in enumerate(self.new):
            found = places.get(unit.id) if unit.id else None
            if found is None:
                continue
            if self.old[found].norm == unit.norm:
                self.same(found, position)
            else:
                score = ratio(self.old[found].norm, unit.norm)
                self.link(found, position, "reworded", score, Grade.CERTAIN)

    def anchored(self) -> None:
        left, right = list(self.free_old), list(self.free_new)
        keys = [[(u.kind, u.norm) for u in map(self.old.__getitem__, left)],
                [(u.kind, u.norm) for u in map(self.new.__getitem__, right)]]  # fmt: skip
        matcher = SequenceMatcher(None, keys[0], keys[1], autojunk=False)
        for start, other, size in matcher.get_matching_blocks():
            for step in range(size):
                self.same(left[start + step], right[other + step])

    def displaced(self) -> None:
        """Equal texts out of order: first those in the same section, then by occurrence."""
        for strict in (True, False):
            places = defaultdict(list)
            for i in self.free_old:
                unit = self.old[i]
                places[(unit.kind, unit.norm, unit.section if strict else "")].append(i)
            for j in list(self.free_new):
                unit = self.new[j]
                waiting = places.get((unit.kind, unit.norm, unit.section if strict else ""))
                if waiting and (strict or len(unit.norm) >= 16):
                    self.same(waiting.pop(0), j)

    # -- likeness ----------------------------------------------------------------------------

    def alike(self, accept: Accept, least: float) -> None:
        """Link what is left by likeness, the best pair first, each unit once.

        least: the smallest chance that `accept` takes from a pair that is not alone.
        """
        scored = sorted(self._candidates(accept, least), key=lambda c: -c[0])
        rivals = _Rivals(scored)
        for chance, i, j, (how, grade), score in scored:
            if i in self.free_old and j in self.free_new:
                doubt = Grade.PROBABLE if chance >= 0.9 else Grade.WEAK
                self.link(
                    i, j, how, score, min(grade, doubt) if rivals.near(chance, i, j) else grade
                )

    def _candidates(self, accept: Accept, least: float) -> Iterator[Candidate]:
        gaps = Gaps(((k.old, k.new) for k in self.links), (len(self.old), len(self.new)))
        together = sum(self.old[k.old].kind == PROSE for k in self.links)
        olds = [i for i in self.free_old if self.old[i].kind == PROSE]
        news = [j for j in self.free_new if self.new[j].kind == PROSE]
        for i, j, like in self.pairs.placed(olds, news, gaps, together, least):
            chance = like.chance(self.foreign, together)
            verdict = accept(like, chance)
            if verdict is not None:
                place = 0.1 - 0.06 * gaps.apart(i, j) if gaps.same(i, j) else 0.0
                yield chance + place, i, j, verdict, like.score

    # -- parts -------------------------------------------------------------------------------

    def parted(self) -> None:
        """Units that lie inside a vanished one, or swallowed one."""
        best = {link.new: link.score for link in self.links}
        gone = [i for i in self.free_old if self.old[i].kind == PROSE]
        whole = {link.new for link in self.links if link.how in ("same", "format")}
        shared = sorted({link.old for link in self.links if link.how in ("reworded", "rewritten")})
        sharing = self.pairs.sharing((*gone, *shared))
        for j, unit in enumerate(self.new):
            if j not in whole and unit.kind == PROSE and (best.get(j, 0.0) < 80 or len(gone) > 0):
                near = sharing.with_(unit)
                for i in (i for i in (*gone, *shared) if i in near):
                    part = self._part(i, j, i in shared)
                    if part is not None and not any((k.old, k.new) == (i, j) for k in self.links):
                        self.link(i, j, *part)
        self._renamed_parts()

    def _renamed_parts(self) -> None:
        """The piece that looks most like the whole was linked as a rewording: it is a piece, too."""
        split = {link.old for link in self.links if link.how == "split"}
        merged = {link.new for link in self.links if link.how == "merged"}
        for n, link in enumerate(self.links):
            if link.how in ("reworded", "rewritten") and (link.old in split or link.new in merged):
                part = self._part(link.old, link.new, taken=link.new not in merged)
                if part is not None:
                    self.links[n] = Link(link.old, link.new, *part)

    def _part(self, i: int, j: int, taken: bool) -> tuple[str, float, Grade] | None:
        old, new = self.old[i].norm, self.new[j].norm
        shorter, longer = sorted((old, new), key=len)
        split = len(new) < len(old)
        if len(longer) < 1.3 * len(shorter) or len(shorter) < (20 if split else 25):
            return None
        if taken and not split:
            return None
        weight = self.pairs.weights.contained(old, new)[1]
        if not may_be_part(self.pairs.weights, old, new):  # far quicker than the likeness of parts
            return None
        least = 95 if self.foreign else 85 if split else 90
        score = part_ratio(shorter, longer, least)
        if score < least or weight < (2 if score >= 95 else 6):
            return None
        grade = Grade.CERTAIN if score >= 99 and len(shorter) >= 40 else Grade.PROBABLE
        return "split" if split else "merged", score, grade


class _Rivals:
    """Pairs that compete for the units of another one."""

    def __init__(self, scored: Sequence[Candidate]) -> None:
        self._of_old: defaultdict[int, list[tuple[float, int]]] = defaultdict(list)
        self._of_new: defaultdict[int, list[tuple[float, int]]] = defaultdict(list)
        for chance, i, j, *_ in scored:
            self._of_old[i].append((chance, j))
            self._of_new[j].append((chance, i))

    def near(self, chance: float, i: int, j: int) -> bool:
        """True if another pair with one of the two has as much of a chance, or nearly."""
        least = chance - 0.03
        return any(o > least and b != j for o, b in self._of_old[i]) or any(
            o > least and a != i for o, a in self._of_new[j]
        )


def _clear(like: Likeness, chance: float) -> Verdict | None:
    """The same rule beyond reasonable doubt."""
    if chance < CLEAR:
        return None
    sure = like.s >= SURE or (like.c >= 0.9 and like.weight >= 12 and like.gap)
    return "reworded", Grade.CERTAIN if sure else Grade.PROBABLE


def _likely(like: Likeness, chance: float) -> Verdict | None:
    """The same rule more likely than not, or at least what stands in its place."""
    if chance >= 0.7:
        return "reworded", Grade.PROBABLE
    if chance >= LIKELY and like.score >= REWRITTEN:
        return "rewritten", Grade.WEAK
    if like.alone and (like.s >= 45 or like.c >= 0.12):
        return "replaced", Grade.WEAK
    return None
