"""Markdown and plain text cut into units."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptops.source.unit import Unit
from promptops.source.units import read_units


def brief(text: str) -> list[tuple[str, str]]:
    return [(unit.kind, unit.text) for unit in read_units(text)]


def marks(text: str) -> list[tuple[str, int, str]]:
    return [(unit.marker, unit.depth, unit.text) for unit in read_units(text)]


def assert_covers(text: str, units: tuple[Unit, ...]) -> None:
    """Units stand in order, their ranges are exact, and only white space is between them."""
    position = 0
    for unit in units:
        gap = text[position : unit.outer_start]
        assert not (gap if position else gap.removeprefix("\ufeff")).strip()
        assert position <= unit.outer_start <= unit.start <= unit.end <= unit.outer_end
        assert unit.outer_start < unit.outer_end
        assert text[unit.start : unit.end] == unit.text
        assert unit.line <= unit.end_line
        position = unit.outer_end
    assert not text[position:].strip() or not text.removeprefix("\ufeff").strip()


FRAGMENTS = st.sampled_from(
    "# |## |- |  - |    - |1. |3) |* |+ |• |> |```|```py|~~~|    |\t|---|===|***|<rules>|</rules>|<!--|-->"
    "|{% if x %}|{{ x }}|{{!|}}|text|Never do that.|a b|\xa0|\ufeff|\\|a\\|b\\||\\|---\\|---\\||[ ] |**b**|`c`|1、|规则。"
    "|<rule>x</rule>|<td>|[!NOTE]|...|key: value|\u2028|\x0c|#| ".replace("\\|", "\x00").split("|")
).map(lambda piece: piece.replace("\x00", "|"))
ENDS = st.sampled_from(["\n", "\n", "\n", "\n\n", "\r\n", "\r", ""])
MARKDOWN = st.lists(st.tuples(st.lists(FRAGMENTS, max_size=4), ENDS), max_size=30).map(
    lambda lines: "".join("".join(pieces) + end for pieces, end in lines)
)


@given(MARKDOWN)
def test_units_cover_any_markdown_in_order_and_exactly(text: str) -> None:
    assert_covers(text, read_units(text))


@given(st.text())
def test_units_cover_any_text_in_order_and_exactly(text: str) -> None:
    assert_covers(text, read_units(text))


@given(MARKDOWN.map(lambda text: text.replace("\r", "")))
def test_line_ends_change_no_unit(text: str) -> None:
    """CRLF and CR give the same units as LF."""
    plain = read_units(text)
    for end in ("\r\n", "\r"):
        other = read_units(text.replace("\n", end))
        assert [(u.kind, u.text.replace(end, "\n"), u.line, u.depth, u.marker) for u in other] == [
            (u.kind, u.text, u.line, u.depth, u.marker) for u in plain
        ]


@given(MARKDOWN)
def test_lines_are_those_of_the_offsets(text: str) -> None:
    for unit in read_units(text):
        before = text[: unit.outer_start].replace("\r\n", "\n").replace("\r", "\n")
        inside = text[unit.outer_start : unit.outer_end].replace("\r\n", "\n").replace("\r", "\n")
        assert before.count("\n") + 1 == unit.line
        assert inside.removesuffix("\n").count("\n") == unit.end_line - unit.line


def test_bullets_of_every_kind_and_their_continuation_lines() -> None:
    text = "- one\n  more\n* two\n+ three\n• four\n1. five\n2) six\n- [ ] seven\n- [x] eight\n"
    assert marks(text) == [
        ("-", 1, "one\n  more"),
        ("*", 1, "two"),
        ("+", 1, "three"),
        ("•", 1, "four"),
        ("1.", 1, "five"),
        ("2)", 1, "six"),
        ("- [ ]", 1, "seven"),
        ("- [x]", 1, "eight"),
    ]


def test_outer_range_is_the_whole_bullet() -> None:
    text = "Intro\n\n  - one\n    more  \r\n\nEnd"
    unit = read_units(text)[1]
    assert text[unit.outer_start : unit.outer_end] == "  - one\n    more  \r\n"
    assert (unit.line, unit.end_line, unit.text) == (3, 4, "one\n    more")


def test_nesting_counts_columns_not_characters() -> None:
    text = "1. a\n  - b\n\t- c\n    - d\n- e\n - f\n"
    assert [(u.text, u.depth) for u in read_units(text)] == [
        ("a", 1),
        ("b", 2),
        ("c", 3),
        ("d", 3),
        ("e", 1),
        ("f", 1),
    ]


def test_lazy_continuation_and_paragraphs_of_an_item() -> None:
    text = "- one\nlazy\n\n  second paragraph\n  of one\n\nafter the list\n"
    assert [(u.kind, u.text, u.depth) for u in read_units(text)] == [
        ("item", "one\nlazy", 1),
        ("prose", "second paragraph\n  of one", 1),
        ("prose", "after the list", 0),
    ]


def test_items_on_one_line_and_empty_items() -> None:
    assert marks("- - a\n") == [("-", 2, "a")]
    assert marks("-\n  b\n") == [("-", 1, "b")]
    assert marks("-\n") == [("-", 1, "")]
    assert marks("-\n- b\n") == [("-", 1, ""), ("-", 1, "b")]


def test_what_is_no_item() -> None:
    for text in ("-a", "1.5 is it", "**bold** text", "1234567890. long", "-5 degrees", "1.a"):
        assert brief(text) == [("prose", text)]


def test_a_number_interrupts_a_paragraph_only_where_a_list_begins() -> None:
    assert len(read_units("There were about\n14. Then more.\n")) == 1
    assert len(read_units("Steps:\n1. one\n2. two\n")) == 3


def test_chinese_ordinals() -> None:
    assert marks("规则：\n1、不要提交\n2、先测试\n") == [
        ("", 0, "规则："),
        ("1、", 1, "不要提交"),
        ("2、", 1, "先测试"),
    ]


def test_headings_and_sections() -> None:
    text = "# A\n\nx\n\n### B ##\ny\nC\n---\nz\n\nD\n===\nw\n#no heading\n"
    units = read_units(text)
    assert [(u.kind, u.text, u.section) for u in units] == [
        ("heading", "A", ()),
        ("prose", "x", ("A",)),
        ("heading", "B", ("A",)),
        ("prose", "y\nC", ("A", "B")),
        ("break", "---", ("A", "B")),
        ("prose", "z", ("A", "B")),
        ("heading", "D", ()),
        ("prose", "w\n#no heading", ("D",)),
    ]


def test_setext_heading_of_one_line_that_ends_no_sentence() -> None:
    assert brief("Title\n---\n") == [("heading", "Title")]
    assert brief("Never do that.\n---\n") == [("prose", "Never do that."), ("break", "---")]
    assert brief("- a\n---\n") == [("item", "a"), ("break", "---")]


def test_heading_marks() -> None:
    assert brief("#\n##  \n####### x\n# a #b\n# a ##\n") == [
        ("heading", ""),
        ("heading", ""),
        ("prose", "####### x"),
        ("heading", "a #b"),
        ("heading", "a"),
    ]
    assert read_units("## **Bold** \n\nx")[1].section == ("Bold",)


def test_fenced_code() -> None:
    text = "```py\n# no heading\n- no item\n```\n\n~~~\n```\n~~~\n\n````\n```\n````\n"
    assert [(u.kind, u.text, u.marker) for u in read_units(text)] == [
        ("code", "# no heading\n- no item", "```py"),
        ("code", "```", "~~~"),
        ("code", "```", "````"),
    ]
    assert brief("```\n```\nx") == [("code", ""), ("prose", "x")]
    assert brief("```inline``` code\n") == [("prose", "```inline``` code")]


def test_unclosed_fence_runs_to_the_end() -> None:
    assert brief("x\n```\na\n\n- b\n\n") == [("prose", "x"), ("code", "a\n\n- b")]
    assert brief("```") == [("code", "")]


def test_fence_in_an_item() -> None:
    text = "1. Run:\n   ```sh\n   make\n   ```\n2. Then\n- ```js\n  x\n  ```\nend\n"
    assert [(u.kind, u.text, u.depth) for u in read_units(text)] == [
        ("item", "Run:", 1),
        ("code", "   make", 1),
        ("item", "Then", 1),
        ("code", "  x", 1),
        ("prose", "end", 0),
    ]


def test_code_left_of_its_item_still_ends_at_its_fence() -> None:
    assert brief("- a\n  ```\nmake\n  ```\n- b\n") == [
        ("item", "a"),
        ("code", "make"),
        ("item", "b"),
    ]


def test_unclosed_fence_in_an_item_ends_with_the_item() -> None:
    text = "- a\n  ```\n  x\n\n# H\n\n```py\ny\n```\n"
    assert brief(text) == [("item", "a"), ("code", "  x"), ("heading", "H"), ("code", "y")]
    assert brief("- ```\n  x\n- b\n- ```\n  y\nz") == [
        ("code", "  x"),
        ("item", "b"),
        ("code", "  y"),
        ("prose", "z"),
    ]


def test_indented_code() -> None:
    text = "x\n\n    # code\n\n    more\n\ny\n    lazy\n"
    assert brief(text) == [
        ("prose", "x"),
        ("code", "    # code\n\n    more"),
        ("prose", "y\n    lazy"),
    ]
    assert brief("- a\n\n      code\n\n    text\n") == [
        ("item", "a"),
        ("code", "      code"),
        ("prose", "text"),
    ]


def test_indentation_inside_tags_and_before_bullets_is_layout() -> None:
    text = "<rules>\n\n    Never do that.\n\n</rules>\n\n    - a\n\n    ```\n    b\n    ```\n"
    assert brief(text) == [
        ("html", "<rules>"),
        ("prose", "Never do that."),
        ("html", "</rules>"),
        ("item", "a"),
        ("code", "    b"),
    ]


def test_tables_are_rows() -> None:
    text = "| a | b |\n|---|:-:|\n| 1 | 2 |\n\nc | d\n--|--\n3 | 4\nx\n"
    assert brief(text) == [
        ("table", "| a | b |\n|---|:-:|"),
        ("table", "| 1 | 2 |"),
        ("table", "c | d\n--|--"),
        ("table", "3 | 4"),
        ("prose", "x"),
    ]
    assert brief("- x\n a | b\n|---|---|\n") == [("item", "x"), ("table", "a | b\n|---|---|")]
    assert brief("x\n| a |\n|---|\n- b | c\n") == [
        ("prose", "x"),
        ("table", "| a |\n|---|"),
        ("item", "b | c"),
    ]


def test_block_quotes_are_paragraphs_and_items() -> None:
    text = "> a\n> b\nlazy\n>\n> - c\n>   d\n> - e\n>\nx\n"
    assert marks(text) == [
        (">", 0, "a\n> b\nlazy"),
        ("> -", 0, "c\n>   d"),
        ("> -", 0, "e"),
        ("", 0, "x"),
    ]
    assert {unit.kind for unit in read_units(text)[:-1]} == {"quote"}


def test_alerts_and_code_in_quotes() -> None:
    text = "> [!WARNING]\n> Never.\n\n> ```sh\n> # x\n> make\n> ```\n> y\n\n>\n\n> ```\n> z\n"
    assert [(u.kind, u.marker, u.text) for u in read_units(text)] == [
        ("quote", "> [!WARNING]", "Never."),
        ("code", "```", "> # x\n> make"),
        ("quote", ">", "y"),
        ("quote", ">", ""),
        ("code", "```", "> z"),
    ]
    assert brief("- > a\n  > b\n") == [("quote", "a\n  > b")]


def test_tags_and_template_lines_stand_alone() -> None:
    text = (
        "<rules>\n- a\n</rules>\n{% if x %}\nb\n{% endif %}\n{{#each y}}\n{{ z }} text\n{{/each}}\n"
    )
    assert brief(text) == [
        ("html", "<rules>"),
        ("item", "a"),
        ("html", "</rules>"),
        ("html", "{% if x %}"),
        ("prose", "b"),
        ("html", "{% endif %}"),
        ("html", "{{#each y}}"),
        ("prose", "{{ z }} text"),
        ("html", "{{/each}}"),
    ]
    assert brief("<td>x</td>\n<br>\n<b>bold</b> text\n</a>\n<https://x.y>\n")[2:] == [
        ("prose", "<b>bold</b> text"),
        ("html", "</a>"),
        ("prose", "<https://x.y>"),
    ]


def test_text_in_a_tag_on_one_line() -> None:
    assert marks('<rule id="1"> Never do that. </rule>\n') == [("<rule>", 0, "Never do that.")]


def test_comments() -> None:
    text = "<!-- a\n\n- b -->\nc\n{# d\n#}\n{{! e\nf }}\n<!-- g --> h\n"
    assert brief(text) == [
        ("html", "<!-- a\n\n- b -->"),
        ("prose", "c"),
        ("html", "{# d\n#}"),
        ("html", "{{! e\nf }}"),
        ("prose", "<!-- g --> h"),
    ]


def test_an_unclosed_comment_hides_no_rules() -> None:
    assert brief("<!-- a\nb\n\n- c\n<!-- d\n") == [
        ("html", "<!-- a\nb"),
        ("item", "c"),
        ("html", "<!-- d"),
    ]


def test_lines_under_a_sign_stand_for_themselves() -> None:
    text = "✅ Do this\n❌ Don't\n  do that\n- a\n✔ b\n"
    assert brief(text) == [
        ("prose", "✅ Do this"),
        ("prose", "❌ Don't\n  do that"),
        ("item", "a"),
        ("prose", "✔ b"),
    ]


def test_sentences_one_a_line_are_a_list_without_bullets() -> None:
    text = "Use tabs.\nNever push.\n  Ask first\n"
    assert brief(text) == [("prose", "Use tabs."), ("prose", "Never push."), ("prose", "Ask first")]
    assert [(u.line, u.outer_start) for u in read_units(text)] == [(1, 0), (2, 10), (3, 22)]
    assert len(read_units("Code Style\nNaming Conventions\nTypeScript Usage\n")) == 3
    for wrapped in (
        "Use tabs.\nNever push.",
        "Use tabs.\nNever push to the\nMain branch.",
        "Use tabs.\nnever push.\nAsk first.",
    ):
        assert brief(wrapped) == [("prose", wrapped)]


def test_a_markdown_fence_around_everything_is_no_code() -> None:
    text = "---\na: b\n---\n# T\n````markdown\n- a\n```py\nb\n```\n````\n\n"
    assert brief(text) == [
        ("front-matter", "a: b"),
        ("heading", "T"),
        ("html", "````markdown"),
        ("item", "a"),
        ("code", "b"),
        ("html", "````"),
    ]
    assert brief("```md\n- a\n```\nb") == [("code", "- a"), ("prose", "b")]
    assert brief("a\n```md\n- a\n```\n") == [("prose", "a"), ("code", "- a")]
    assert brief("```py\n- a\n```\n") == [("code", "- a")]
    assert brief("```md\n- a\n") == [("code", "- a")]


def test_json_without_a_fence_is_code() -> None:
    text = 'x\n\n{\n  "rules": [\n\n  ]\n}\ny\n'
    assert brief(text) == [("prose", "x"), ("code", '{\n  "rules": [\n\n  ]\n}'), ("prose", "y")]
    assert brief("[\n- a\n]\n") == [("code", "[\n- a\n]")]
    assert brief("{\n- a\n") == [("prose", "{"), ("item", "a")]
    assert brief("{\na\n\n{\nb\n") == [("prose", "{\na"), ("prose", "{\nb")]


def test_front_matter_valid_or_not() -> None:
    text = "---\nglobs: **/*\n: [\n---\nx\n"
    assert brief(text) == [("front-matter", "globs: **/*\n: ["), ("prose", "x")]
    assert brief("\ufeff---\r\na: b\r\n...\r\nx") == [("front-matter", "a: b"), ("prose", "x")]
    assert brief("---\n---\nx") == [("front-matter", ""), ("prose", "x")]
    assert brief("# L\n#\n\n---\na: b\n---\nx") == [("front-matter", "a: b"), ("prose", "x")]


def test_what_is_no_front_matter() -> None:
    assert brief("---\na: b\n")[0] == ("break", "---")
    assert brief("---\nNever do that.\n\n---\n")[0] == ("break", "---")
    assert brief("# T\n\n---\na: b\n---\n")[0] == ("heading", "T")
    assert brief("# T\n## S\n\n---\nNote: a\n\nb\n---\n")[0] == ("heading", "T")


def test_bom_no_break_spaces_tabs_and_no_final_newline() -> None:
    units = read_units("\ufeff-\xa0one\n\xa0\n-\ttwo")
    assert [(u.kind, u.text) for u in units] == [("item", "one"), ("item", "two")]
    assert units[0].outer_start == 1
    assert read_units("") == read_units("\ufeff") == read_units(" \n\xa0\n") == ()


HOSTILE = {
    "one long line": lambda n: "a" * n,
    "spaces in a heading": lambda n: "# a" + " " * n + "b",
    "nested on one line": lambda n: "- " * (n // 2) + "x",
    "nested over lines": lambda n: "\n".join("  " * i + "- x" for i in range(int(n**0.5))),
    "unclosed fences in items": lambda n: "- ```a\nx\n" * (n // 9),
    "fences of every length": lambda n: "".join(
        f"- {'`' * i}a\nx\n" for i in range(int(n**0.5), 3, -1)
    ),
    "unclosed comments": lambda n: "<!-- a\n\n" * (n // 8),
    "unclosed template comments": lambda n: "{{! a\n\n" * (n // 7),
    "open braces": lambda n: "{\n\n" * (n // 3),
    "open tags": lambda n: "<a>\n" * (n // 8) + "</b>\n" * (n // 10),
    "half tags": lambda n: "<a " * (n // 3),
    "half template": lambda n: "{{ " * (n // 3),
    "template and more": lambda n: "{{ x }} " * (n // 8) + "y",
    "leaf": lambda n: "<a>" + "</ a>" * (n // 5),
    "pipes": lambda n: "|" * (n // 2) + "\n" + "|-" * (n // 4),
    "rows": lambda n: "a|b\n" * (n // 4),
    "quotes": lambda n: ">" * n,
    "empty quote lines": lambda n: ">\n" * (n // 2),
    "dashes": lambda n: "- " * (n // 2),
    "one fence after many items": lambda n: "- ```a\nx\n" * (n // 9) + "```\n",
    "front matter without end": lambda n: "---\n" + "a: b\n" * (n // 5),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_time_is_linear_in_hostile_text(name: str) -> None:
    """Ten times the text takes about ten times as long; a quadratic reader takes a hundred."""

    def seconds(size: int) -> float:
        text = HOSTILE[name](size)
        before = time.process_time()
        units = read_units(text)
        spent = time.process_time() - before
        assert_covers(text, units)
        return spent

    small = max(min(seconds(12_000) for _ in range(3)), 0.002)
    assert any(seconds(120_000) < 35 * small for _ in range(3))
