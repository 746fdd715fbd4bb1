"""What a person sees of a report, on any screen."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reports import EVERYTHING, MIXED, diagnostics, found

from promptops.diagnostic import Span
from promptops.report import (
    Bars,
    Block,
    Diagnostics,
    Fold,
    Heading,
    Items,
    Report,
    Screen,
    Table,
    Text,
    render,
)
from promptops.report._collect import source_lines
from promptops.report._snippet import fit
from promptops.report._width import head, tail, width, wrap
from promptops.report.safe import safe
from promptops.source.document import Lines
from promptops.values import replace

SCREENS = {
    "wide": Screen(100),
    "narrow": Screen(40),
    "plain": Screen(80, unicode=False),
    "colour": Screen(80, colour=True, links=True, root="/repo"),
}


def text_of(*blocks: Block, screen: Screen | None = None) -> str:
    return render(Report("check", {}, blocks), "text", screen or Screen(80))


@pytest.mark.parametrize("name", SCREENS)
def test_every_block_on_every_screen(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"report/everything/{name}.txt", text_of(*EVERYTHING, screen=SCREENS[name]))


def test_a_step_is_indented_under_its_words() -> None:
    said = text_of(
        Text("next:\n  1. name the reason in the record\n10. 3 of them"), screen=Screen(20)
    )
    assert said == "next:\n  1. name the reason\n     in the record\n10. 3 of them\n"
    assert text_of(Text("of 2. All else"), screen=Screen(8)) == "of 2.\nAll else\n"


def test_colour_adds_nothing_but_colour() -> None:
    coloured = text_of(*EVERYTHING, screen=Screen(80, colour=True))
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == text_of(*EVERYTHING)


def test_links_lead_to_the_file() -> None:
    linked = text_of(MIXED, screen=SCREENS["colour"])
    assert "\x1b]8;;file:///repo/AGENTS.md\x1b\\AGENTS.md:5:5\x1b]8;;\x1b\\" in linked
    assert "\x1b]8" not in text_of(MIXED, screen=Screen(links=True))


def test_the_summary_counts() -> None:
    assert text_of(MIXED).endswith(
        "\n3 errors, 3 warnings, 1 info in 2 of 12 files · 1 fixable with --fix\n"
        "why it matters: promptops explain PO102\n"
    )
    one = found("PO1", "warning", Span(1, 1, 1, 2), "m")
    assert text_of(diagnostics(one)).endswith(
        "\n1 warning in 1 file\nwhy it matters: promptops explain PO1\n"
    )
    assert text_of(diagnostics(files=3)) == "3 files checked · nothing found\n"
    assert text_of(diagnostics()) == ""


KEYS = ("sk-ant-api03-Zm9yZ2V0LW1lLW5vdC0xMjM0", "ghp_" + "aB3dE5fG7hI9kL1mN3oP5qR7sT9uV1wX3yZ5")


@pytest.mark.parametrize("format", ["text", "html"])
def test_a_key_is_shown_to_nobody(format: str) -> None:
    source = f"no key\r\ntwo: {KEYS[0]} and {KEYS[1]}, be careful\r\n"
    at = source.splitlines()[1].index
    block = diagnostics(
        found("PO605", "error", Span(2, 6, 2, 6 + len(KEYS[0])), "a key"),
        found("PO404", "warning", Span(2, at("be c") + 1, 2, at("be c") + 11), "vague"),
        source=source,
    )
    drawn = render(Report("check", {}, (block,)), format, Screen(200))
    assert "sk-a" + "*" * (len(KEYS[0]) - 4) in drawn
    assert "ghp_" + "*" * (len(KEYS[1]) - 4) in drawn
    assert not [key for key in KEYS if key[4:12] in drawn]
    if format == "text":
        assert f"\n  | {' ' * 5}{'^' * len(KEYS[0])}\n" in drawn
        assert f"\n  | {' ' * at('be c')}{'^' * 10}\n" in drawn


def test_in_order_of_file_and_line() -> None:
    places = re.findall(r"--> (.*)", text_of(MIXED))
    assert places == sorted(places, key=lambda p: (p.split(":")[0], int(p.split(":")[1])))
    assert len(places) == 7


def test_without_the_source_there_is_no_frame() -> None:
    lost = Diagnostics((found("PO1", "error", Span(7, 2, 7, 3), "gone", "find it"),), {})
    assert text_of(lost).split("\n\n")[0] == (
        "error[PO1]: gone\n  --> prompts/support.yaml:7:2\n  = help: find it"
    )


def frame(line: str, start: int, end: int, screen: Screen) -> tuple[str, str]:
    shown = text_of(
        diagnostics(found("PO1", "error", Span(1, start + 1, 1, end + 1), "m"), source=line),
        screen=screen,
    ).split("\n")
    return shown[3].removeprefix("1 | ").removeprefix("1 |"), shown[4].removeprefix("  | ")


LINE = st.text(
    st.one_of(
        st.characters(codec="utf-8", exclude_characters="\n\r"),
        st.sampled_from("a b\t日é\u0301\u202e\U0001f44b"),
    ),
    min_size=1,
    max_size=120,
)


@given(LINE, st.integers(0, 130), st.integers(0, 130), st.integers(10, 90), st.booleans())
def test_the_carets_stand_under_the_span(
    line: str, start: int, length: int, columns: int, unicode: bool
) -> None:
    start = min(start, len(line))
    end = min(start + length, len(line))
    shown, underline = frame(line, start, end, Screen(columns, unicode=unicode))
    room = max(columns - 4, 20)
    assert width(shown) <= room
    assert width(underline) <= room + 1
    assert underline.strip(" ").strip("^") == ""
    before = width(underline) - width(underline.lstrip(" "))
    under = tail(head(shown, before + underline.count("^")), underline.count("^"))
    marked = safe(line[start:end]).replace("\t", "    ")
    more = "…" if unicode else "..."
    if marked and width(marked) <= room - 2 * len(more):
        assert under.rstrip(" ") == marked.rstrip(" ")
    elif marked:
        assert marked.startswith(under.strip(" ").removesuffix(more)) or not width(under)


def test_a_huge_line_costs_nothing() -> None:
    line = "x" * 1_000_000
    shown, underline = frame(line, 500_000, 500_003, Screen(60))
    assert shown.startswith("…xxx")
    assert shown.endswith("xxx…")
    assert underline.count("^") == 3


@given(st.text(st.sampled_from("a\n\r\x0b\x85\u2028")))
def test_lines_are_those_that_spans_count(text: str) -> None:
    lines = source_lines(text)
    spans = Lines(text)
    assert lines == [spans.line(number) for number in range(1, len(lines) + 1)]


@given(st.lists(st.text(max_size=40), min_size=3, max_size=3), st.integers(12, 60), st.booleans())
def test_fit_keeps_to_its_room(parts: list[str], room: int, unicode: bool) -> None:
    parts = [safe(part).replace("\n", " ").replace("\t", " ") for part in parts]
    assert sum(map(width, fit(parts, room, "…" if unicode else "..."))) <= room


@given(st.text(), st.integers(2, 60))
def test_wrapped_lines_fit_and_lose_nothing(text: str, columns: int) -> None:
    text = safe(text).replace("\t", " ")
    lines = wrap(text, columns)
    assert all(width(line) <= columns for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace("\n", "").replace(" ", "")


CELLS = st.lists(st.lists(st.text(max_size=60), min_size=3, max_size=3), max_size=4)


@given(CELLS, st.integers(30, 120), st.sampled_from(["", "lrl", "rrr"]))
def test_tables_fit_or_are_stacked(rows: list[list[str]], columns: int, align: str) -> None:
    block = Table(("a", "number", "text"), tuple(map(tuple, rows)), align)
    lines = text_of(block, screen=Screen(columns)).split("\n")
    assert all(width(line) <= columns for line in lines)


@pytest.mark.parametrize("columns", [40, 60, 80, 200])
@pytest.mark.parametrize(
    "line", ["  - " + "long " * 60, "  - id: a-rule", "x" * 79, "  - " + "必ず" * 60]
)
def test_a_place_of_several_lines_keeps_to_the_screen(line: str, columns: int) -> None:
    one = found("PO403", "warning", Span(1, 5, 2, 2), "says two things", "split it")
    block = diagnostics(one, source=f"{line}\nmore\n")
    shown = render(Report("check", {}, (block,)), "text", Screen(columns))
    assert max(map(width, shown.splitlines())) <= columns
    assert "^…" in shown


def test_what_was_done_and_lists_under_their_lead_stand_together() -> None:
    drawn = text_of(
        Text("a.md", "good"),
        Text("b.md", "good"),
        Items(("one rule",)),
        Text("add:"),
        Text("  a line", verbatim=True),
        Text("no lead"),
        Items(("an item",)),
    )
    assert drawn == "✓ a.md\n✓ b.md\n• one rule\n\nadd:\n  a line\n\nno lead\n\n• an item\n"


def test_a_narrow_table_keeps_names_whole_and_wraps_sentences() -> None:
    row = ("docs/AGENTS.md", "anthropic/claude-sonnet-4-5", "counted by its own tokenizer, here")
    drawn = text_of(Table(("file", "model", "how"), (row,)), screen=Screen(64)).splitlines()
    assert all(len(line) <= 64 for line in drawn)
    assert drawn[2].startswith("docs/AGENTS.md  anthropic/claude-sonnet-4-5  counted")
    assert len(drawn) > 3


def test_what_is_too_long_for_its_column_ends_a_line_after_a_slash_or_before_a_host() -> None:
    row = (".cursor/rules/development-workflow.mdc:12", "64162682+ab@users.noreply.github.com")
    drawn = text_of(Table(("rule", "e-mail"), (row,)), screen=Screen(60)).splitlines()
    assert [line.split() for line in drawn[2:]] == [
        [".cursor/rules/", "64162682+ab"],
        ["development-workflow.mdc:12", "@users.noreply.github.com"],
    ]


def test_paths_are_shown_from_where_the_reader_stands() -> None:
    quoted = "see docs/AGENTS.md"
    blocks = [
        Text("1. docs/AGENTS.md:3: too long\n   `promptops check docs/AGENTS.md`"),
        Items((f"AGENTS.md:7 {quoted}",)),
        Fold("which", (Table(("rule", "text"), (("docs/AGENTS.md:3", quoted),)),)),
        Heading("docs/AGENTS.md"),
    ]
    report = Report("doctor", None, blocks, paths=("AGENTS.md", "docs/AGENTS.md"))
    drawn = render(report, "text", Screen(below="docs"))
    for shown in (
        "1. AGENTS.md:3",
        "check AGENTS.md`",
        "• ../AGENTS.md:7 see docs/",
        "  AGENTS.md:3",
    ):
        assert shown in drawn
    assert drawn.count("docs/AGENTS.md") == 3, "what is quoted stays as it is"
    for same in (replace(report, paths=("",)), report):
        plain = render(same, "text", Screen(below="" if same is report else "docs"))
        assert plain.count("docs/AGENTS.md") == 6


def test_the_place_of_a_finding_is_shown_from_where_the_reader_stands() -> None:
    block = diagnostics(found("PO1", "error", Span(1, 1, 1, 2), "m"), source="x")
    assert "--> ../prompts/support.yaml:1:1\n" in text_of(block, screen=Screen(below="docs"))
    assert "--> support.yaml:1:1\n" in text_of(block, screen=Screen(below="prompts"))


def test_a_table_too_wide_for_the_screen_is_stacked() -> None:
    block = Table(("first", "second"), (("1" * 9, "2" * 9), ("3", "")), "rr")
    assert text_of(block, screen=Screen(15)) == (
        "first: 11111111\n       1\nsecond: 2222222\n        22\n\nfirst: 3\nsecond:\n"
    )


def test_short_rows_and_no_rows_are_tables_too() -> None:
    assert text_of(Table(("a", "b"), (("1",),))) == "a  b\n─  ─\n1\n"
    assert text_of(Table(("a", "b"), ())) == "a  b\n─  ─\n"


def test_bars_say_what_cannot_be_drawn() -> None:
    block = Bars((("a", float("nan"), ""), ("b", -2.5, ""), ("c", float("inf"), "")), "$")
    numbers = [line.split()[-1] for line in text_of(block).splitlines()]
    assert numbers == ["undefined", "-$2.5", "undefined"]
    assert text_of(Bars((), "tokens", 5)) == ""
    assert "12.34%" in text_of(Bars((("a", 12.34, ""),), "%"))


def test_plain_screens_draw_in_ascii() -> None:
    ascii_blocks = (
        Heading("h", 1),
        Heading("h"),
        Table(("a",), (("b",),)),
        Bars((("a", 3, ""),), "x", 2),
        Items(("i",)),
        Text("t", "good"),
        Text("t", "bad"),
        diagnostics(found("PO1", "error", Span(1, 1, 3, 1), "m"), source="x" * 300),
    )
    assert text_of(*ascii_blocks, screen=Screen(60, unicode=False)).isascii()


CLEAN = """
import sys
before = set(sys.modules)
from promptops.report import Diagnostics, Report, Screen, Text, render
out = render(Report("check", {}, (Diagnostics((), {}, files=2),)), "text", Screen())
assert out, out
print(*sorted(set(sys.modules) - before))
"""


def test_a_clean_prompt_imports_next_to_nothing() -> None:
    done = subprocess.run([sys.executable, "-c", CLEAN], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    ours = {name for name in loaded if name.startswith("promptops.report")}
    wanted = ("", "._blocks", "._lines", ".safe", ".text")
    assert ours == {f"promptops.report{name}" for name in wanted}
    assert not {"unicodedata", "textwrap", "shutil", "json", "html", "xml"} & set(loaded)
