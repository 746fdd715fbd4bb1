"""What became of each rule: properties of the comparison, on any two lists of rules."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from promptops.decisions.slips import no_word
from promptops.model import Rule
from promptops.review.moves import Listed, moved_between
from promptops.review.rules import RuleChange, compare_rules, rising

WORDS = [
    "cite",
    "policy",
    "refund",
    "never",
    "always",
    "must",
    "window",
    "customer",
    "phone",
    "invoice",
    "amount",
    "greet",
    "page",
]
TEXTS = st.lists(st.sampled_from(WORDS), min_size=2, max_size=9).map(" ".join)
IDS = st.sampled_from([f"rule-{n}" for n in range(9)])
RULES = st.lists(
    st.builds(Rule, id=IDS, text=TEXTS, owner=st.sampled_from(["", "legal"]), section=st.sampled_from(["", "tone"])),
    max_size=8, unique_by=lambda rule: rule.id,
)  # fmt: skip
PLAIN = st.lists(TEXTS, max_size=8).map(
    lambda texts: [Rule(f"line-{n}", text, position="item") for n, text in enumerate(texts, 1)]
)


@given(RULES)
def test_a_state_does_not_differ_from_itself(rules: list[Rule]) -> None:
    assert compare_rules(rules, rules, no_word) == ()


@given(PLAIN)
def test_a_plain_file_does_not_differ_from_itself(rules: list[Rule]) -> None:
    assert compare_rules(rules, rules, no_word, plain=True) == ()


def sides(changes: tuple[RuleChange, ...]) -> tuple[Counter[str], Counter[str]]:
    """Ids before and after that the changes speak of."""
    old: Counter[str] = Counter()
    new: Counter[str] = Counter()
    for one in changes:
        if one.before:
            old.update(one.was or (one.id,))
        if one.after:
            new.update(one.becomes or (one.id,))
    return old, new


@given(RULES, RULES)
def test_every_rule_that_differs_is_named_exactly_once(
    before: list[Rule], after: list[Rule]
) -> None:
    old, new = sides(compare_rules(before, after, no_word))
    assert max([*old.values(), *new.values()], default=1) == 1
    was = {rule.id: rule for rule in before}
    now = {rule.id: rule for rule in after}
    for rule in before:
        assert rule.id in old or now.get(rule.id) == rule, rule
    for rule in after:
        assert rule.id in new or was.get(rule.id) == rule, rule
    assert old.keys() <= was.keys()
    assert new.keys() <= now.keys()


@given(PLAIN, PLAIN)
def test_so_is_every_paragraph(before: list[Rule], after: list[Rule]) -> None:
    old, new = sides_of_plain(compare_rules(before, after, no_word, plain=True))
    left = Counter(rule.text for rule in before) - old
    assert left == Counter(rule.text for rule in after) - new


def sides_of_plain(changes: tuple[RuleChange, ...]) -> tuple[Counter[str], Counter[str]]:
    old = Counter(text for one in changes for text in one.before.split("\n") if text)
    new = Counter(text for one in changes for text in one.after.split("\n") if text)
    return old, new


@given(RULES, st.data())
def test_added_and_removed_swap_when_the_states_do(rules: list[Rule], data: st.DataObject) -> None:
    kept = [rule for rule in rules if data.draw(st.booleans())]
    gone = {rule.id for rule in rules} - {rule.id for rule in kept}
    there = {one.id: one.change for one in compare_rules(rules, kept, no_word)}
    back = {one.id: one.change for one in compare_rules(kept, rules, no_word)}
    assert there == dict.fromkeys(gone, "removed")
    assert back == dict.fromkeys(gone, "added")


@given(RULES, st.randoms(use_true_random=False))
def test_another_order_is_only_moves_and_as_few_as_can_be(
    rules: list[Rule], random: object
) -> None:
    shuffled = list(rules)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    changes = compare_rules(rules, shuffled, no_word)
    assert {one.change for one in changes} <= {"moved"}
    places = {rule.id: at for at, rule in enumerate(rules)}
    assert len(changes) == len(rules) - len(rising([places[rule.id] for rule in shuffled]))


@given(st.lists(st.integers(0, 30), unique=True, max_size=12))
def test_what_kept_its_order_rises(values: list[int]) -> None:
    kept = [values[at] for at in sorted(rising(values))]
    assert kept == sorted(kept)
    longest: list[int] = []
    for at, value in enumerate(values):
        longest.append(1 + max((longest[b] for b in range(at) if values[b] < value), default=0))
    assert len(kept) == max(longest, default=0)


def test_several_things_at_once_are_told_in_one_entry() -> None:
    rules = [Rule(f"rule-{n}", f"Say {word}.") for n, word in enumerate(WORDS)]
    other = replace(rules[0], text="Never say cite 3 times.", owner="legal", section="tone")
    (one,) = compare_rules(rules, [other, *rules[1:]], no_word)
    assert (one.change, one.also) == ("reworded", ("moved", "metadata"))
    assert one.flags == ("reversed", "number changed")
    assert [field.name for field in one.fields] == ["section", "owner"]


def test_a_move_between_prompts_is_told_on_both_sides() -> None:
    text = "Never push to the main branch of a repository of another team."
    here = (RuleChange("push", "removed", before=text), RuleChange("x", "added", after="Be kind."))
    there = (RuleChange("no-push", "added", after=text.replace("main", "default")),)
    moved = moved_between([Listed("a", here), Listed("b", there)])
    assert (moved[0][0].went_to, moved[1][0].came_from) == ("b/no-push", "a/push")
    assert moved[0][1] == here[1]
    assert (moved[1][0].change, moved[1][0].before) == ("moved", text)
