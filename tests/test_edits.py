"""Likeness by letters: the very numbers of rapidfuzz, which is only here to be compared with."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rapidfuzz import fuzz
from rapidfuzz.distance import Indel

from promptops.edits import best_window, likeness, most_alike, sorted_likeness

TEXTS = st.text(st.sampled_from("abcde é\U0001f600"), max_size=90)


@given(TEXTS, TEXTS)
@example("", "")
@example("", "a")
@example("kitten", "sitting")
def test_it_is_the_likeness_that_rapidfuzz_finds(one: str, other: str) -> None:
    assert likeness(one, other) == pytest.approx(Indel.normalized_similarity(one, other))
    assert sorted_likeness(one, other) == pytest.approx(fuzz.token_sort_ratio(one, other) / 100)


@given(TEXTS, TEXTS, st.floats(0, 1))
def test_below_the_least_it_is_nothing(one: str, other: str, least: float) -> None:
    found = likeness(one, other)
    assert likeness(one, other, least) == (found if found >= least else 0.0)


@given(TEXTS, TEXTS)
@example("", "")
@example("tea", "eat")
def test_letters_counted_say_how_alike_two_texts_are_at_most(one: str, other: str) -> None:
    one, other = (" ".join(text.split()) for text in (one, other))
    assert most_alike(one, other) >= max(likeness(one, other), sorted_likeness(one, other))
    assert most_alike(one, one) == 1.0


@given(TEXTS, TEXTS, st.floats(0, 1))
@example("abcd", "cdxxxxxxab", 0.0)
@example("aaa", "baa", 0.0)
@example("aaa", "baa", 0.8)
@example("", "abc", 0.0)
def test_no_stretch_is_more_like_it(one: str, other: str, least: float) -> None:
    part, whole = sorted((one, other), key=len)
    known = fuzz.partial_ratio(part, whole) / 100 if part else 0.0
    if len(part) == len(whole):  # rapidfuzz then looks for either in the other
        known = max((likeness(part, whole[a:b]) for a, b in stretches(whole)), default=0.0)
    score, start, end = best_window(part, whole)
    assert score == pytest.approx(known)
    assert score == pytest.approx(likeness(part, whole[start:end]) if end else 0.0)
    assert best_window(part, whole, least)[0] == pytest.approx(score if score >= least else 0.0)


def stretches(whole: str) -> list[tuple[int, int]]:
    size = len(whole)
    return [(0, end) for end in range(1, size + 1)] + [(at, size) for at in range(size)]


def test_of_equals_the_first_counts() -> None:
    assert best_window("abc", "xabc abc") == (1.0, 1, 4)
    assert best_window("abcd", "abxx xabx abxx", 0.5)[1:] == (0, 2)


def test_a_long_text_takes_no_quadratic_number_of_stretches() -> None:
    """Some 40 stretches out of 40,000 are looked at: with all of them this would take hours."""
    part = "Cite the paragraph of the policy. " * 300
    whole = "Say in a sentence what the customer owes us now, and why. " * 800
    assert best_window(part, whole, 0.85) == (0.0, 0, 0)
