"""Two versions of a prompt on the same cases: whole, by rule, and by rule within each slice.

All of these comparisons are one family. The whole, the rules and the slices have even shares of the
error, shared evenly within each; Holm's procedure hands on what is not needed. So of all verdicts of
"better" and "worse" in one report not one is false, at the stated confidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from promptops.evals.plan import TASK
from promptops.evals.score import FEWEST_CASES, Outcome, Score
from promptops.stats.paired import Comparison, Pair, compare_all

Key = tuple[str | None, str]  # a rule, None for all of them; a slice, "" for all cases
WHOLE: Key = (None, "")
NOTHING = Comparison(0, None, None, None, "cannot_tell")


@dataclass(frozen=True, slots=True)
class SliceAgainst:
    """One slice, over all rules and by rule. enough: it has the cases to be judged at all."""

    whole: Comparison
    rules: Mapping[str, Comparison]

    @property
    def enough(self) -> bool:
        """True if it has enough cases to be judged."""
        return self.whole.cases >= FEWEST_CASES


@dataclass(frozen=True, slots=True)
class Against:
    """The same cases, judged the same way, under two versions of the prompt.

    verdict: of the whole; "worse" where any rule is, or any rule within a slice. family: how many
    comparisons share the error.
    """

    whole: Comparison
    rules: Mapping[str, Comparison]
    slices: Mapping[str, SliceAgainst]
    verdict: str
    family: int
    confidence: float

    @property
    def worst_slice(self) -> str | None:
        """The slice that lost most, of those with enough cases; None where none lost anything."""
        lost = {
            name: one.whole.difference
            for name, one in self.slices.items()
            if one.enough and one.whole.difference is not None and one.whole.difference < 0
        }
        return min(lost, key=lambda name: lost[name], default=None)


def against(
    before: Score, after: Score, *, margin: float = 0.05, confidence: float = 0.95, seed: int = 0
) -> Against:
    """Compare two scores of the same cases and expectations; differences are after - before."""
    rules = sorted({o.expectation.rule for s in (before, after) for o in s.outcomes} - {TASK})
    slices = [one.name for one in after.slices]
    pairs, names = _pairs(before, after, ["", *slices])
    family, same_as = _family(pairs, names)
    found = compare_all(family, margin=margin, confidence=confidence, seed=seed)
    complete = before.complete and after.complete

    def said(key: Key) -> Comparison:
        one = found.get(same_as.get(key, key))
        if one is None:
            return _too_small(pairs.get(key)) if key[1] else NOTHING
        judged = complete and _judged(before, key) and _judged(after, key)
        return one if judged else _untold(one)

    by_rule = {rule: said((rule, "")) for rule in rules}
    by_slice = {
        name: SliceAgainst(
            said((None, name)), {r: said((r, name)) for r in rules if (r, name) in pairs}
        )
        for name in slices
    }
    every = [*by_rule.values()]
    every += [one for part in by_slice.values() for one in (part.whole, *part.rules.values())]
    whole = said(WHOLE)
    worse = any(one.verdict == "worse" for one in every)
    verdict = "worse" if worse else whole.verdict
    return Against(whole, by_rule, by_slice, verdict, len(family), confidence)


def _untold(one: Comparison) -> Comparison:
    return replace(one, verdict="cannot_tell", cases_needed=None, unpaired_needed=None)


def _too_small(pair: Pair | None) -> Comparison:
    """Too few cases to be looked at: neither a rate nor a verdict, and how many are missing."""
    cases = len(pair.before.keys() & pair.after.keys()) if pair else 0
    return replace(NOTHING, cases=cases, cases_needed=max(1, FEWEST_CASES - cases))


def _pairs(
    before: Score, after: Score, slices: list[str]
) -> tuple[dict[Key, Pair], dict[str, frozenset[str]]]:
    """(what there is to compare: each rule and all of them, on all cases and within each slice; by
    slice which rules, the task among them, are judged there)."""
    sides = [_rates(before, set(slices)), _rates(after, set(slices))]
    keys = sides[0].keys() | sides[1].keys()
    names = {
        part: frozenset(rule for rule, at in keys if at == part and rule is not None)
        for part in slices
    }
    pairs = {
        key: Pair(sides[0].get(key, {}), sides[1].get(key, {})) for key in keys if key[0] != TASK
    }
    return pairs, names


def _family(
    pairs: Mapping[Key, Pair], names: Mapping[str, frozenset[str]]
) -> tuple[dict[Key, Pair], dict[Key, Key]]:
    """(the comparisons that are made, with their shares; those that are the same as one of these).

    Which ones are made depends on the cases alone, never on what was answered.
    """
    levels: dict[str, list[Key]] = {}
    first: dict[tuple[frozenset[str], frozenset[str]], Key] = {}
    same_as: dict[Key, Key] = {}
    for key in sorted(pairs, key=_order):
        rule, part = key
        cases = frozenset(pairs[key].before.keys() & pairs[key].after.keys())
        if len(cases) < (FEWEST_CASES if part else 1):
            continue
        about = names[part] if rule is None else frozenset((rule,))
        level = "slices" if part else "rules" if rule else "whole"
        seen = first.setdefault((cases, about), key)
        if seen is key:
            levels.setdefault(level, []).append(key)
        else:
            same_as[key] = seen
    shares = {key: 1 / len(level) for level in levels.values() for key in level}
    return {key: replace(pairs[key], share=share) for key, share in shares.items()}, same_as


def _order(key: Key) -> tuple[bool, str, bool, str]:
    rule, part = key
    return part != "", part, rule is None, rule or ""


def _judged(score: Score, key: Key) -> bool:
    """True if few enough answers are missing or not judged for a claim about the rule there."""
    rule, part = key
    if rule is None:
        return True
    found = next((one for one in score.slices if one.name == part), None) if part else score
    sides = (found.rules, found.over) if found else ()
    return all(side[rule].judged for side in sides if rule in side)


def _rates(score: Score, slices: set[str]) -> dict[Key, dict[str, float]]:
    """By rule and slice: case -> share of what was judged that held."""
    counts: dict[Key, dict[str, tuple[int, int]]] = {}
    for one in score.outcomes:
        passed = one.judgement.passed
        if passed is not None:
            for key in _keys(one, slices):
                by_case = counts.setdefault(key, {})
                held, n = by_case.get(one.ask.case.id, (0, 0))
                by_case[one.ask.case.id] = (held + passed, n + 1)
    return {
        key: {case: held / n for case, (held, n) in by_case.items()}
        for key, by_case in counts.items()
    }


def _keys(one: Outcome, slices: set[str]) -> Iterator[Key]:
    rule = one.expectation.rule
    named = (f"{name}={value}" for name, value in one.ask.case.slices.items())
    for part in ("", *(name for name in named if name in slices)):
        yield None, part
        yield rule, part
