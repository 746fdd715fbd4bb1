"""What to do next, in words: drop, reword, move, merge or split a rule.

The measurement says that a rule harms another, never why. Each sentence is a thing to try, named
with what speaks for it; measuring again is what tells whether it helped.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from promptops.cliff.findings import Pair
from promptops.cliff.subject import THE_TASK
from promptops.edits import sorted_likeness
from promptops.model import Prompt, Rule

MANY = 3  # rules broken by one
ALIKE = 0.75  # how much of two texts is the same


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing to try. action: "drop", "reword", "move", "merge" or "split"."""

    rule: str
    action: str
    text: str


def advise(prompt: Prompt, confirmed: Sequence[Pair]) -> tuple[Advice, ...]:
    """One sentence for every rule that breaks others, the most harmful first."""
    rules = {rule.id: rule for rule in prompt.rules}
    broken: Mapping[str, list[Pair]] = defaultdict(list)
    for pair in confirmed:
        broken[pair.source].append(pair)
    order = sorted(broken, key=lambda rule: -sum(pair.harm or 0.0 for pair in broken[rule]))
    said: list[Advice] = []
    merged: set[frozenset[str]] = set()
    for source in order:
        targets = [pair.target for pair in broken[source]]
        for one in _of(rules[source], targets, rules, broken):
            key = frozenset((source, *targets)) if one.action == "merge" else frozenset({source})
            if key not in merged:
                merged.add(key)
                said.append(one)
    return tuple(said)


def _of(
    rule: Rule,
    targets: Sequence[str],
    rules: Mapping[str, Rule],
    broken: Mapping[str, list[Pair]],
) -> Iterator[Advice]:
    mutual = [t for t in targets if any(pair.target == rule.id for pair in broken.get(t, ()))]
    alike = [t for t in targets if t in rules and _alike(rule.text, rules[t].text)]
    named = _names(targets)
    if mutual:
        other = mutual[0]
        text = f"merge `{rule.id}` and `{other}` into one rule that says which goes first: each breaks the other"
        yield Advice(rule.id, "merge", text)
    elif alike:
        text = f"merge `{rule.id}` and `{alike[0]}`: they speak of the same thing, and one breaks the other"
        yield Advice(rule.id, "merge", text)
    elif len(_sentences(rule.text)) > 1:
        text = (
            f"split `{rule.id}` into its {len(_sentences(rule.text))} sentences and measure again: "
            f"perhaps only one of them breaks {named}"
        )
        yield Advice(rule.id, "split", text)
    elif not rule.tests:
        text = f"drop `{rule.id}` unless somebody knows what it is for: no test does, and it breaks {named}"
        yield Advice(rule.id, "drop", text)
    elif len(targets) >= MANY:
        text = f"drop `{rule.id}` or narrow it with `when`: it breaks {named}"
        yield Advice(rule.id, "drop", text)
    elif targets == [THE_TASK]:
        text = f"reword `{rule.id}`: it keeps the model from its task"
        yield Advice(rule.id, "reword", text)
    else:
        text = f"reword `{rule.id}` so that it leaves room for {named}, or say which of them wins"
        yield Advice(rule.id, "reword", text)


def _alike(one: str, other: str) -> bool:
    return sorted_likeness(one, other) >= ALIKE


def _sentences(text: str) -> list[str]:
    from promptops.source.sentences import sentence_ranges

    return [text[start:end] for start, end in sentence_ranges(text)]


def _names(targets: Sequence[str]) -> str:
    """`a`, `b` and `c`; the task in words."""
    said = ["the task" if target == THE_TASK else f"`{target}`" for target in targets]
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"
