"""Charts: drawn where the figures say, well-formed whatever their labels are, told in words too."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from promptops.report import Fold, Heading, Picture, Report, Screen, Table, render
from promptops.report._page import Markup
from promptops.report.charts import NARROW, Scale, number, path, standalone, ticks
from promptops.report.charts.forest import Estimate, forest, stacked
from promptops.report.charts.growth import Line, growth
from promptops.report.charts.timeline import Step, timeline

DAY = 86_400
RATES = (
    Estimate("cite-policy", 0.9, (0.8, 0.95), "90 of 100"),
    Estimate("a-rule-with-a-very-long-name-that-has-to-end", 0.2, (0.1, 0.4), "2 of 10", "bad"),
)
STEPS = (
    Step(DAY, 100.0, "1.0.0: 100 tokens", added=3),
    Step(3 * DAY, None, "not known"),
    Step(5 * DAY, 300.0, "1.1.0: 300 tokens", added=1, removed=2),
    Step(9 * DAY, 250.0, "1.2.0: 250 tokens"),
)


def tree(drawn: Markup) -> ElementTree.Element:
    return ElementTree.fromstring(standalone(drawn).encode())


def named(element: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return list(element.iter(f"{{http://www.w3.org/2000/svg}}{name}"))


def words(element: ElementTree.Element) -> list[str]:
    return [node.text or "" for node in named(element, "text")]


def test_rates_stand_where_they_belong() -> None:
    drawn = tree(forest("how often", RATES))
    grid = [float(n.attrib["x1"]) for n in named(drawn, "line") if n.attrib["class"] == "grid"]
    left, right = min(grid), max(grid)
    dots = [float(dot.attrib["cx"]) for dot in named(drawn, "circle")]
    assert dots == [left + share * (right - left) for share in (0.9, 0.2)]
    spans = [node for node in named(drawn, "line") if "span" in node.attrib["class"]]
    assert [(s.attrib["x1"], s.attrib["x2"]) for s in spans] == [
        (number(left + a * (right - left)), number(left + b * (right - left)))
        for a, b in ((0.8, 0.95), (0.1, 0.4))
    ]
    assert spans[1].attrib["class"] == "span bad"
    assert {"cite-policy", "90 of 100", "0 %", "100 %"} <= set(words(drawn))
    assert "a-rule-with-a-very-long-name-that…" in words(drawn)
    titles = [title.text for title in named(drawn, "title")]
    assert titles[:2] == ["how often", "cite-policy: 90%, 80% to 95%"]


def test_a_life_is_drawn_in_steps_and_broken_where_it_is_not_known() -> None:
    drawn = tree(timeline("tokens", STEPS, 200.0, "budget 200"))
    lines = [node.attrib["d"] for node in named(drawn, "path")]
    assert len(lines) == 2
    assert [len(re.findall("[ML]", d)) for d in lines] == [2, 3]
    assert len(named(drawn, "circle")) == 3
    said = words(drawn)
    assert {"+3", "+1", "−2", "budget 200", "1970-01-02", "1970-01-10"} <= set(said)
    heights = [float(dot.attrib["cy"]) for dot in named(drawn, "circle")]
    assert heights[0] > heights[2] > heights[1]


def test_where_numbers_of_rules_have_no_room_they_are_added_up() -> None:
    steps = [Step(day * DAY, 100.0, "", added=1, removed=day % 2) for day in range(100)]
    for width in (720.0, NARROW):
        drawn = tree(timeline("tokens", steps, None, "", width))
        shown = [(n.text or "", float(n.attrib["x"])) for n in named(drawn, "text")]
        came = [(int(said), x) for said, x in shown if said.startswith("+")]
        assert sum(number for number, _ in came) == 100
        assert sum(int(said[1:]) for said, _ in shown if said.startswith("−")) == 50
        places = [x for _, x in came]
        assert min(b - a for a, b in pairwise(places)) > 20
        assert max(float(dot.attrib["cx"]) for dot in named(drawn, "circle")) < width


def test_on_a_narrow_screen_labels_stand_above_their_lines() -> None:
    drawn = tree(stacked("how often", RATES, {"": "kept often enough", "bad": "too seldom"}))
    height = {n.text: float(n.attrib["y"]) for n in named(drawn, "text")}
    dots = [float(dot.attrib["cy"]) for dot in named(drawn, "circle")]
    assert height["cite-policy"] < dots[0] < height[RATES[1].label] < dots[1]
    assert abs(height["90 of 100"] - dots[0]) < 6
    assert "too seldom" in height


def test_one_step_alone_is_a_dot_with_one_date() -> None:
    drawn = tree(timeline("tokens", STEPS[:1], None, ""))
    assert named(drawn, "path") == []
    assert len(named(drawn, "circle")) == 1
    assert words(drawn).count("1970-01-02") == 1


@given(st.text(st.characters(codec=None, categories=None), max_size=40))
def test_any_label_is_inert(bad: str) -> None:
    shown = forest(bad, (Estimate(bad, 0.5, (0.0, 1.0), bad),))
    assert len(named(tree(shown), "script")) == 0
    tree(timeline(bad, (Step(0, 1.0, bad),), 3.0, bad))


@given(st.floats(-1e6, 1e6), st.floats(0.01, 1e9), st.integers(1, 9))
def test_marks_are_round_and_go_all_the_way(low: float, length: float, about: int) -> None:
    high = low + length
    marks = ticks(low, high, about)
    step = marks[1] - marks[0] if len(marks) > 1 else 0
    assert marks == sorted(set(marks))
    assert marks[0] <= low + step / 1000 + 1e-6 * abs(low)
    assert marks[-1] >= high - step / 1000 - 1e-6 * abs(high)
    assert len(marks) <= about + 3


def test_marks_of_nothing() -> None:
    assert ticks(2, 2) == [2]
    assert ticks(float("nan"), 1) == [0.0]
    assert ticks(0, 100, 4) == [0, 25, 50, 75, 100]


def test_a_scale_keeps_what_it_is_given_inside() -> None:
    scale = Scale(0, 10, 100, 200)
    assert [scale(v) for v in (-5, 0, 5, 10, 99, float("nan"))] == [100, 100, 150, 200, 200, 150]
    assert Scale(3, 3, 0, 10)(3) == 5


def test_an_area_is_closed() -> None:
    assert 'd="M0 0 L1 0 L1 1.5Z"' in path([(0, 0), (1, 0), (1, 1.5)], "band", closed=True)


def test_the_tones_that_are_drawn_are_named_below() -> None:
    legend = {"bad": "too seldom", "warn": "cannot tell", "": "often enough"}
    shown = (Estimate("a", 0.9, (0.8, 1.0)), Estimate("b", 0.5, (0.0, 1.0), tone="warn"))
    said = words(tree(forest("x", shown, legend)))
    assert said[-2:] == ["cannot tell", "often enough"]
    assert "too seldom" not in said


def test_a_long_label_has_room() -> None:
    label = "amounts-with-currency, silent"
    assert label in words(tree(forest("x", (Estimate(label, 0.5, (0.0, 1.0)),))))


def test_a_picture_is_told_in_every_format() -> None:
    figures = Table(("rule", "kept"), (("cite-policy", "90 %"),), "lr")
    picture = Picture("How often", "one rule is kept", forest("x", RATES[:1]), figures)
    report = Report("report", {}, (Heading("A", 1), picture))
    page = render(report, "html", Screen())
    assert "<figure><figcaption><strong>How often</strong> one rule is kept</figcaption>" in page
    assert '<svg style="min-width:576px" viewBox="0 0 720 62" role="img"' in page
    assert ".chart text" in page
    assert 'class="narrow"' not in page
    both = replace(picture, narrow=stacked("x", RATES[:1]))
    page = render(Report("report", {}, (both,)), "html", Screen())
    assert page.index('class="scroll wide"') < page.index('class="narrow"')
    assert "<td>cite-policy" in page.replace(' class="short"', "")
    for form in ("text", "markdown"):
        said = render(report, form, Screen())
        assert "How often" in said
        assert "one rule is kept" in said
        assert "90 %" in said
        assert "svg" not in said


def test_a_terminal_gets_the_drawn_lines_where_they_fit() -> None:
    figures = Table(("rule", "kept"), (("cite-policy", "90 %"),), "lr")
    picture = Picture("How often", "", forest("x", RATES), figures, ("▁▂▃ drawn",))
    report = Report("report", {}, (Fold("more", (picture,)),))
    wide = Report("report", {}, (picture,))
    assert "▁▂▃ drawn" in render(wide, "text", Screen(80))
    assert "▁▂▃ drawn" not in render(wide, "text", Screen(80, unicode=False))
    assert "▁▂▃ drawn" not in render(wide, "text", Screen(60))
    assert ".chart text" in render(report, "html", Screen())
    assert ".chart text" not in render(Report("report", {}, ()), "html", Screen())


def test_growth_is_drawn_against_growth_in_step() -> None:
    drawn = tree(growth("time", [Line("prompts", [(0.25, 0.2), (1, 1)]), Line("calls", [(1, 1)])]))
    assert {"prompts", "calls", "share of the work"} <= set(words(drawn))
    assert len(named(drawn, "circle")) == 3
    (step,) = [node for node in named(drawn, "line") if node.attrib["class"] == "limit"]
    assert float(step.attrib["x1"]) < float(step.attrib["x2"])
    assert float(step.attrib["y1"]) > float(step.attrib["y2"])
