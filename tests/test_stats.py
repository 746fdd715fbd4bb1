"""Statistics agree with scipy and statsmodels, with published figures, and with simulation."""

from __future__ import annotations

import math

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import betainc, betaincinv, stdtrit
from scipy.stats import binomtest, false_discovery_control, norm
from statsmodels.stats.inter_rater import cohens_kappa as reference_kappa
from statsmodels.stats.multitest import multipletests

from promptops.stats.agreement import cohens_kappa, kappa_of
from promptops.stats.beta import beta_cdf, beta_quantile, student_quantile
from promptops.stats.multiple import benjamini_hochberg, holm, holm_levels
from promptops.stats.paired import Pair, compare, compare_all, difference_interval
from promptops.stats.power import detectable, pairs_needed, rate_told_at, unpaired_needed
from promptops.stats.rates import clopper_pearson, clustered_rate, effective_size, wilson
from promptops.stats.signs import sign_flip

COUNTS = [(0, 5), (1, 10), (15, 148), (81, 263), (82, 100), (100, 100), (999, 1000)]


@pytest.mark.parametrize(("passed", "n"), COUNTS)
@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
def test_intervals_agree_with_scipy(passed: int, n: int, confidence: float) -> None:
    test = binomtest(passed, n)
    for ours, method in ((wilson, "wilson"), (clopper_pearson, "exact")):
        theirs = test.proportion_ci(confidence, method)
        interval = ours(passed, n, confidence)
        assert interval is not None
        assert (interval.low, interval.high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_the_published_example_of_newcombe() -> None:
    # Newcombe 1998 (Stat. Med. 17:857), table I: 81 of 263 and 15 of 148 by Wilson's method
    first, second = wilson(81, 263), wilson(15, 148)
    assert first is not None
    assert second is not None
    assert (round(first.low, 4), round(first.high, 4)) == (0.2553, 0.3662)
    assert (round(second.low, 4), round(second.high, 4)) == (0.0624, 0.1605)


def test_nothing_judged_has_no_rate() -> None:
    assert wilson(0, 0) is None
    assert clopper_pearson(0, 0) is None
    rate = clustered_rate([(0, 0), (0, 0)])
    assert (rate.rate, rate.interval, rate.cases) == (None, None, 0)


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=30))
def test_a_clustered_interval_holds_its_rate(pairs: list[tuple[int, int]]) -> None:
    cases = [(min(a, b), max(a, b)) for a, b in pairs]
    rate = clustered_rate(cases)
    if rate.rate is not None:
        assert rate.interval is not None
        assert 0 <= rate.interval.low <= rate.rate <= rate.interval.high <= 1


def test_one_answer_a_case_is_exact() -> None:
    found = clustered_rate([(1, 1)] * 82 + [(0, 1)] * 18).interval
    assert found == clopper_pearson(82, 100)
    # Clopper & Pearson 1934, as tabulated: 10 of 10 at 95 %
    assert clustered_rate([(1, 1)] * 10).interval == clopper_pearson(10, 10)
    whole = clopper_pearson(10, 10)
    assert whole is not None
    assert (round(whole.low, 4), whole.high) == (0.6915, 1)


def test_repeats_of_a_case_are_worth_less_than_cases() -> None:
    stubborn = [(10, 10)] * 12 + [(0, 10)] * 3
    assert effective_size(stubborn) < 15
    fair = [(8, 10)] * 15
    assert effective_size(fair) <= 150
    assert effective_size([(7, 10)]) == 1


@pytest.mark.parametrize(
    ("cases", "repeats", "rate", "spread"),
    [(20, 1, 0.9, 0.0), (15, 10, 0.85, 1.0), (15, 10, 0.85, 2.0), (40, 5, 0.95, 1.5)],
)
def test_clustered_intervals_hold_their_coverage(
    cases: int, repeats: int, rate: float, spread: float
) -> None:
    rng = numpy.random.default_rng(1)
    base = math.log(rate / (1 - rate))
    truth = (1 / (1 + numpy.exp(-(base + rng.normal(size=200_000) * spread)))).mean()
    hits, runs = 0, 500
    for _ in range(runs):
        chances = 1 / (1 + numpy.exp(-(base + rng.normal(size=cases) * spread)))
        passed = rng.binomial(repeats, chances)
        interval = clustered_rate([(int(p), repeats) for p in passed]).interval
        assert interval is not None
        hits += interval.low <= truth <= interval.high
    assert hits / runs >= 0.92  # counting repeats as cases covers 0.80 in the third setting


def test_82_to_85_percent_on_100_cases_cannot_be_told() -> None:
    before = {str(i): float(i < 82) for i in range(100)}
    after = {str(i): float(4 <= i < 89) for i in range(100)}
    seen = compare(before, after)
    assert seen.difference == pytest.approx(0.03)
    assert seen.rates == pytest.approx((0.82, 0.85))
    assert seen.p == pytest.approx(binomtest(4, 11).pvalue)
    assert seen.verdict == "cannot_tell"
    # 11 of 100 cases differ. Connor 1987 (Biometrics 43:207) has 957 pairs for that, with a variance
    # that is a little larger under the null; ours takes it as it was seen
    assert seen.cases_needed == 952 - 100
    # Fleiss, Levin & Paik, chapter 4, without continuity correction
    assert seen.unpaired_needed == 2402


def test_the_number_of_cases_named_is_enough() -> None:
    rng = numpy.random.default_rng(9)
    told, total = 0, 952
    for gained, lost, _ in rng.multinomial(total, [0.07, 0.04, 0.89], 100):
        flips = [1.0] * gained + [-1.0] * lost + [0.0] * (total - gained - lost)
        before = {str(i): float(flip < 0) for i, flip in enumerate(flips)}
        after = {str(i): float(flip > 0) for i, flip in enumerate(flips)}
        told += compare(before, after).verdict == "better"
    assert 0.7 <= told / 100 <= 0.9


def test_a_large_change_is_told_and_named() -> None:
    before = {str(i): float(i % 2) for i in range(100)}
    after = {str(i): 1.0 for i in range(100)}
    assert compare(before, after).verdict == "better"
    assert compare(after, before).verdict == "worse"


def test_an_interval_beside_zero_is_not_enough_without_the_exact_test() -> None:
    five, six = ([str(i) for i in range(n)] for n in (5, 6))
    found = compare(dict.fromkeys(five, 0.0), dict.fromkeys(five, 1.0))
    assert found.interval is not None
    assert found.interval.low > 0
    assert found.p == pytest.approx(0.0625)
    assert found.verdict == "cannot_tell"
    assert compare(dict.fromkeys(six, 0.0), dict.fromkeys(six, 1.0)).verdict == "better"


def test_same_is_only_said_within_the_margin() -> None:
    still = {str(i): float(i % 10 > 0) for i in range(400)}
    assert compare(still, still).verdict == "same"
    few = {str(i): 1.0 for i in range(10)}
    assert compare(few, few).verdict == "cannot_tell"
    assert compare({}, still).verdict == "cannot_tell"


def test_many_comparisons_cost_confidence() -> None:
    before = {str(i): float(i >= 8) for i in range(40)}
    after = {str(i): 1.0 for i in range(40)}
    assert compare(before, after).verdict == "better"
    many = compare_all({i: Pair(before if i == 0 else after, after) for i in range(30)})
    assert many[0].verdict == "cannot_tell"
    assert many[0].p == pytest.approx(30 * 2 / 2**8)


@pytest.mark.parametrize(
    ("n", "rate", "agree"), [(20, 0.9, 0.5), (100, 0.82, 0.5), (60, 0.97, 0.3)]
)
def test_no_change_is_rarely_called_one(n: int, rate: float, agree: float) -> None:
    rng = numpy.random.default_rng(2)
    runs, claims, covered = 400, 0, 0
    for _ in range(runs):
        shared = rng.normal(size=n)
        answers = [
            math.sqrt(agree) * shared + math.sqrt(1 - agree) * rng.normal(size=n) < norm.ppf(rate)
            for _ in range(2)
        ]
        before, after = ({str(i): float(v) for i, v in enumerate(a)} for a in answers)
        seen = compare(before, after)
        claims += seen.verdict in ("better", "worse")
        covered += seen.interval is not None and seen.interval.low <= 0 <= seen.interval.high
    assert claims / runs <= 0.06
    assert covered / runs >= 0.93


def test_sign_flips_are_mcnemar_for_single_answers() -> None:
    # McNemar's exact test: 3 of 15 discordant pairs one way
    assert sign_flip([1.0] * 3 + [-1.0] * 12) == pytest.approx(binomtest(3, 15).pvalue)
    assert sign_flip([]) == 1.0
    assert sign_flip([0.0, 0.0]) == 1.0


def test_sampled_flips_come_near_the_exact_ones() -> None:
    differences = [0.1 * i for i in range(1, 13)] + [-0.35, -0.2]
    exact = sign_flip(differences)
    sampled = sign_flip([*differences, *([1e-13] * 10)], seed=3)
    assert sampled == pytest.approx(exact, abs=0.01)


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=40))
@settings(max_examples=50)
def test_a_difference_interval_stays_in_range(differences: list[float]) -> None:
    interval = difference_interval(differences)
    assert -1 <= interval.low <= interval.high <= 1


def test_cases_needed_for_three_points_at_80_percent_power() -> None:
    # Miller 2024 (arXiv 2411.00640), section 5: about 1,000 questions for 3 points
    variance = 1 / 9  # of the difference of a case, as assumed there
    needed = pairs_needed(0.03, variance)
    assert needed is not None
    assert 900 < needed < 1_050
    assert pairs_needed(0, 1) is None


def test_separate_runs_need_the_textbook_number() -> None:
    # Fleiss, Levin & Paik, table A.4 without continuity correction: 0.5 against 0.6 at 80 %
    assert unpaired_needed(0.5, 0.6) == 388
    assert unpaired_needed(0.5, 0.5) is None


def test_the_detectable_difference_shrinks_with_cases() -> None:
    few, many = detectable(25), detectable(2_500)
    assert few is not None
    assert many is not None
    assert few == pytest.approx(10 * many, rel=0.01)
    assert detectable(0) is None


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_adjusted_p_values_agree_with_the_libraries(ps: list[float]) -> None:
    assert holm(ps) == pytest.approx(list(multipletests(ps, method="holm")[1]))
    assert benjamini_hochberg(ps) == pytest.approx(list(false_discovery_control(ps)))


def test_kappa_agrees_with_statsmodels() -> None:
    table = [[20, 5], [10, 15]]
    pairs = [(i, j) for i in range(2) for j in range(2) for _ in range(table[i][j])]
    ours, theirs = cohens_kappa(pairs), reference_kappa(numpy.array(table))
    found = kappa_of({(i, j): table[i][j] for i in range(2) for j in range(2)})
    assert ours is not None
    assert found is not None
    assert ours.kappa == found[0] == pytest.approx(theirs.kappa)
    assert found[1] == pytest.approx(theirs.std_kappa)
    # the interval is that of the table with one more label in each cell
    more = reference_kappa(numpy.array(table) + 1)
    assert ours.interval is not None
    assert ours.interval.low == pytest.approx(more.kappa_low)
    assert ours.interval.high == pytest.approx(more.kappa_upp)


def test_kappa_is_undefined_where_nobody_disagrees_or_agrees_by_chance() -> None:
    assert cohens_kappa([]) is None
    always = cohens_kappa([("yes", "yes")] * 10)
    assert always is not None
    assert always.kappa is None
    assert always.observed == 1


@pytest.mark.parametrize(
    ("rate", "least", "told"), [(1.0, 0.8, 17), (0.9, 0.8, 65), (0.5, 0.8, 12), (0.0, 0.8, 3)]
)
def test_cases_that_tell_a_rate_are_those_of_the_exact_interval(
    rate: float, least: float, told: int
) -> None:
    def tells(n: int) -> bool:
        found = clopper_pearson(rate * n, n)
        assert found is not None
        return not found.low < least < found.high

    assert rate_told_at(rate, least) == told
    assert tells(told)
    assert not tells(told - 1)
    assert rate_told_at(0.8, 0.8) is None
    assert rate_told_at(0.8001, 0.8, most=1000) is None


@given(st.floats(0.3, 3e4), st.floats(0.3, 3e4), st.floats(1e-6, 1 - 1e-6))
@settings(max_examples=100)
def test_the_beta_distribution_agrees_with_scipy(a: float, b: float, q: float) -> None:
    x = float(betaincinv(a, b, q))
    assert beta_quantile(q, a, b) == pytest.approx(x, rel=1e-7, abs=1e-15)
    assert beta_cdf(x, a, b) == pytest.approx(float(betainc(a, b, x)), abs=1e-9)


@pytest.mark.parametrize("freedom", [0.5, 1, 1.7, 5, 60, 1e5])
def test_students_distribution_agrees_with_scipy(freedom: float) -> None:
    for q in (0.6, 0.975, 0.9999):
        assert student_quantile(q, freedom) == pytest.approx(stdtrit(freedom, q), rel=1e-6)


@pytest.mark.parametrize("sizes", [[1] * 20, [12, 2, 2, 2] * 5, [6] * 20, [40] + [1] * 20])
@pytest.mark.parametrize(("rate", "alike"), [(0.8, 0.95), (0.95, 0.5), (0.99, 0.2)])
def test_intervals_cover_whatever_the_sizes(sizes: list[int], rate: float, alike: float) -> None:
    # of a case with two thirds of all answers, a common clustered interval covers a quarter
    rng = numpy.random.default_rng(5)
    a, b = rate * (1 - alike) / alike, (1 - rate) * (1 - alike) / alike
    low = high = 0
    runs = 300
    for _ in range(runs):
        passed = rng.binomial(sizes, rng.beta(a, b, len(sizes)))
        interval = clustered_rate(list(zip(passed.tolist(), sizes, strict=True))).interval
        assert interval is not None
        low += rate < interval.low
        high += rate > interval.high
    assert (low + high) / runs <= 0.08
    assert max(low, high) / runs <= 0.055


@pytest.mark.parametrize(("n", "kappa"), [(10, 0.8), (20, 0.95), (50, 0.4)])
def test_kappas_interval_covers_where_the_textbooks_does_not(n: int, kappa: float) -> None:
    rng = numpy.random.default_rng(6)
    agree = 0.5 + kappa / 2
    chances = [agree / 2, (1 - agree) / 2, (1 - agree) / 2, agree / 2]
    missed = textbook = runs = 0
    for counts in rng.multinomial(n, chances, 400):
        cells = zip([(1, 1), (1, 0), (0, 1), (0, 0)], counts.tolist(), strict=True)
        table = dict(cells)
        found = cohens_kappa([pair for pair, count in table.items() for _ in range(count)])
        if found is None or found.kappa is None or found.interval is None:
            continue
        middle, error = kappa_of(table) or (0.0, 0.0)
        runs += 1
        missed += not found.interval.low <= kappa <= found.interval.high
        textbook += abs(middle - kappa) > 1.96 * error
    assert missed / runs <= 0.09
    assert missed <= textbook


def test_few_labels_that_all_agree_are_not_certain() -> None:
    found = cohens_kappa([(1, 1), (0, 0)] * 4)
    assert found is not None
    assert found.kappa == 1
    assert found.interval is not None
    assert found.interval.low < 0.4
    assert found.interval.high == 1


def test_holms_levels_are_where_it_stops() -> None:
    assert holm_levels([0.001, 0.2, 0.02], [1, 1, 1], 0.05) == pytest.approx(
        [0.05 / 3, 0.05, 0.05 / 2]
    )
    assert holm_levels([0.2, 0.3], [1, 1], 0.05) == pytest.approx([0.025, 0.025])
    assert holm([0.01, 0.04], [3, 1]) == pytest.approx([0.04 / 3, 0.04])
    assert holm([], []) == holm_levels([], [], 0.05) == []


@pytest.mark.parametrize("repeats", [1, 3])
def test_no_claim_of_a_whole_family_is_false(repeats: int) -> None:
    rng = numpy.random.default_rng(8)
    runs, false, same = 60, 0, 0
    for _ in range(runs):
        chances = rng.beta(4, 1, 40)
        rules = [rng.binomial(repeats, chances, (2, 40)) / repeats for _ in range(4)]
        family = {}
        for rule, (before, after) in enumerate(rules):
            for part in range(4):
                within = [i for i in range(40) if part in (0, 1 + i % 3)]
                family[rule, part] = Pair(
                    {str(i): float(before[i]) for i in within},
                    {str(i): float(after[i]) for i in within},
                    1 if part == 0 else 1 / 3,
                )
        found = compare_all(family)
        false += any(one.verdict in ("better", "worse") for one in found.values())
        moved = {
            key: Pair(pair.before, {k: v - 0.05 for k, v in pair.before.items()})
            for key, pair in family.items()
        }
        same += any(one.verdict == "same" for one in compare_all(moved).values())
    assert false / runs <= 0.05
    assert same == 0


def test_what_is_certain_leaves_its_share_to_the_rest() -> None:
    still = {str(i): 0.0 for i in range(40)}
    sure = Pair(still, {str(i): 1.0 for i in range(40)})
    near = Pair(still, {str(i): float(i < 6) for i in range(40)})  # p = 0.031
    assert compare_all({"near": near})["near"].verdict == "better"
    assert compare_all({"near": near, "sure": sure})["near"].p == pytest.approx(0.03125)
    assert compare_all({"near": near, "other": near})["near"].verdict == "cannot_tell"
    assert compare_all({"none": Pair({}, still)})["none"].p is None
