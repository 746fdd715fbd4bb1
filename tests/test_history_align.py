"""Units of one version linked to those of the version before."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from promptops.history.align import Grade, Link, align
from promptops.history.cut import text_units
from promptops.history.elsewhere import may_link
from promptops.history.gaps import Gaps
from promptops.history.likeness import Likeness, at_most, closer, resembles
from promptops.history.similarity import Weights
from promptops.history.units import PROSE, Unit, normalised

KIND = "Be kind to every customer who writes."
CITE = "Cite the policy section that you rely on."
TESTS = "Run the whole test suite before you push a branch."
IMPORTS = "Keep imports at the top of the module, never inside functions."


def links(old: str, new: str, foreign: bool = False) -> dict[str, tuple[str, str, Grade]]:
    """New text -> (how, old text, grade) of its best link."""
    left, right = text_units(old), text_units(new)
    found: dict[str, tuple[str, str, Grade]] = {}
    for link in sorted(align(left, right, foreign), key=lambda k: (k.grade, k.score)):
        found[right[link.new].text] = (link.how, left[link.old].text, link.grade)
    return found


def md(*texts: str) -> str:
    return "".join(f"- {text}\n" for text in texts)


def test_what_stayed_stayed_wherever_it_stands() -> None:
    found = links(md(KIND, CITE, TESTS), md(TESTS, IMPORTS, KIND))
    assert found == {
        TESTS: ("same", TESTS, Grade.CERTAIN),
        KIND: ("same", KIND, Grade.CERTAIN),
    }


def test_formatting_is_no_rewording() -> None:
    assert links(md(KIND), f"1. **{KIND}**\n") == {f"**{KIND}**": ("format", KIND, Grade.CERTAIN)}


def test_small_changes_are_certain_and_larger_ones_probable() -> None:
    close = "Cite the policy section that you relied on."
    far = "Name it: the policy section that you rely on most, as [§n], so that people can check."
    assert links(md(KIND, CITE, TESTS), md(KIND, close, TESTS))[close][2] is Grade.CERTAIN
    how, old, grade = links(md(KIND, CITE, TESTS), md(KIND, far, TESTS))[far]
    assert (how, old) == ("reworded", CITE)
    assert grade is Grade.PROBABLE


def test_what_merely_stands_in_its_place_is_weak() -> None:
    other = "Say which of our rules an agent quotes to the user."
    found = links(md(KIND, CITE, TESTS), md(KIND, other, TESTS)).get(other)
    assert found is None or found[2] is Grade.WEAK


def test_unrelated_texts_are_not_linked() -> None:
    assert IMPORTS not in links(md(KIND, CITE), md(KIND, CITE, IMPORTS))
    assert links(md(KIND), md(IMPORTS)) == {}


def test_two_that_are_equally_alike_are_never_certain() -> None:
    old = md("Use tabs in makefiles and spaces elsewhere in module alpha.",
             "Use tabs in makefiles and spaces elsewhere in module beta.")  # fmt: skip
    new = md("Use tabs in makefiles and spaces elsewhere in module gamma.")
    assert all(grade < Grade.CERTAIN for _, _, grade in links(old, new).values())


def test_a_sentence_apart_is_split_and_two_in_one_are_merged() -> None:
    both = f"{KIND} {CITE}"
    apart = links(md(both, TESTS), md(KIND, CITE, TESTS))
    assert {apart[KIND][0], apart[CITE][0]} == {"split"}
    left, right = text_units(md(KIND, CITE, TESTS)), text_units(md(both, TESTS))
    assert {(k.old, k.how) for k in align(left, right) if k.new == 0} == {
        (0, "merged"),
        (1, "merged"),
    }


def test_ids_decide_where_there_are_some() -> None:
    def rule(name: str, text: str) -> Unit:
        return Unit(PROSE, text, normalised(text), 1, 1, "", name)

    found = align([rule("a", KIND), rule("b", CITE)], [rule("b", KIND), rule("c", IMPORTS)])
    assert [(k.old, k.new, k.how, k.grade) for k in found] == [(1, 0, "reworded", Grade.CERTAIN)]
    renamed = align([rule("a", KIND)], [rule("z", KIND)])
    assert [(k.old, k.new, k.how) for k in renamed] == [(0, 0, "same")]


def test_code_and_headings_are_never_prose() -> None:
    assert links(f"# {KIND}\n", md(KIND)) == {}
    assert links(f"```\n{KIND}\n```\n", md(KIND)) == {}


def test_files_that_exchange_neighbours_are_trusted_more() -> None:
    reworded = "Cite the section of the policy."
    alone = links(md(CITE), md(reworded, IMPORTS), foreign=True).get(reworded)
    along = links(md(KIND, CITE, TESTS), md(KIND, reworded, TESTS), foreign=True)[reworded]
    assert alone is None or alone[2] <= along[2]
    assert along[1] == CITE


def test_a_short_text_out_of_order_is_nobody() -> None:
    old, new = "# One\n\n- Examples:\n", "# Two\n\n- Run it\n\n# Three\n\n- Examples:\n"
    kept = align(text_units(old), text_units(new))
    assert all(k.how == "same" for k in kept)


@given(st.lists(st.sampled_from([KIND, CITE, TESTS, IMPORTS, "Be brief."]), max_size=6),
       st.lists(st.sampled_from([KIND, CITE, TESTS, IMPORTS, "Be brief."]), max_size=6))  # fmt: skip
def test_each_unit_has_one_twin_at_most(old: list[str], new: list[str]) -> None:
    found = [k for k in align(text_units(md(*old)), text_units(md(*new))) if k.how == "same"]
    assert len({k.old for k in found}) == len({k.new for k in found}) == len(found)


def test_gaps_lie_between_what_is_in_order() -> None:
    gaps = Gaps([(1, 1), (3, 4), (2, 9)], (5, 10))
    assert gaps.same(0, 0)
    assert gaps.same(2, 3)
    assert not gaps.same(2, 0)
    assert gaps.apart(0, 0) == 0
    assert 0 < gaps.apart(4, 9) < 1


def test_chance_grows_with_what_is_shared() -> None:
    little = Likeness(50, 0.1, 2.0, topic=False, lead=False)
    much = Likeness(50, 0.9, 20.0, topic=False, lead=False)
    assert little.chance() < 0.1 < 0.9 < much.chance()
    assert much.chance(foreign=True) < much.chance(foreign=True, together=2) < much.chance()


def test_a_lost_text_that_resembles_is_a_reason_to_doubt() -> None:
    wanted, *rest = text_units(md("Name the policy section in every answer.", KIND, TESTS))
    lost = text_units(md(CITE))
    assert resembles(wanted, lost, (*lost, wanted, *rest))
    assert not resembles(wanted, text_units(md(IMPORTS)), (*rest, wanted))
    assert not resembles(wanted, [], (wanted,))


def test_links_are_ordered() -> None:
    found = align(text_units(md(KIND, CITE)), text_units(md(CITE, KIND)))
    assert found == sorted(found, key=lambda k: (k.new, k.old))
    assert isinstance(found[0], Link)
    assert Grade.WEAK.word == "weak"


WORDS = st.sampled_from(
    [
        "never",
        "skip",
        "the",
        "hooks",
        "run",
        "tests",
        "before",
        "you",
        "push",
        "keep",
        "imports",
        "at",
        "top",
        "cite",
        "policy",
        "section",
    ]
)
SENTENCES = st.lists(WORDS, min_size=2, max_size=9).map(" ".join)
FILES = st.lists(SENTENCES, min_size=1, max_size=7)


@given(FILES, FILES)
def test_what_is_told_quickly_is_never_less_than_the_truth(old: list[str], new: list[str]) -> None:
    left, right = text_units(md(*old)), text_units(md(*new))
    weights = Weights(unit.norm for unit in (*left, *right))
    for one in left:
        for other in right:
            rough = at_most(one, other, weights)
            if rough.weight:
                near, whole = closer(rough, one, other), rough.whole(one, other)
                assert rough.chance() >= near.chance() >= whole.chance()


@given(FILES, FILES)
def test_nothing_is_passed_by_that_an_alignment_would_link(old: list[str], new: list[str]) -> None:
    left, right = text_units(md(*old)), text_units(md(*new))
    linked = {k.new for k in align(left, right, foreign=True) if k.how != "replaced"}
    for position, unit in enumerate(right):
        if position in linked and all(u.norm != unit.norm for u in left):
            assert may_link(left, right, unit)
