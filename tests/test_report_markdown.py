"""Comments on pull requests, read by the parser that GitHub uses."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import cmarkgfm
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reports import EVERYTHING, diagnostics, found
from test_report import HOSTILE, hostile_report

from promptops.diagnostic import Span
from promptops.report import (
    Bars,
    Block,
    Fold,
    Heading,
    Items,
    Report,
    Screen,
    Table,
    Text,
    Words,
    render,
)
from promptops.report.markdown import code, fence, prose
from promptops.report.safe import one_line, safe

NASTY = st.lists(
    st.one_of(
        st.sampled_from("`*_~[]()<>!#@|\\$&:-=+1. \n\tab/"),
        st.sampled_from(
            ["a@b.cc", "www.a.b", "http://a", "mailto:", "\\|", "```", "&lt;", "&#64;"]
        ),
        st.characters(codec=None, categories=None),
    ),
    max_size=30,
).map("".join)


def markdown(*blocks: Block) -> str:
    return render(Report("diff", {}, blocks), "markdown", Screen())


class Page(HTMLParser):
    """What a reader gets: the tags, the text in code and the text outside of it."""

    def __init__(self, drawn: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.coded: list[str] = []
        self.prose = ""
        self.open: list[str] = []
        extensions = ["table", "strikethrough", "autolink", "tasklist"]
        self.feed(cmarkgfm.markdown_to_html_with_extensions(drawn, 1 << 17, extensions))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not attrs or (tag, attrs[0][0]) in {
            ("td", "align"),
            ("th", "align"),
            ("code", "class"),
        }
        self.tags.append(tag)
        self.open.append(tag)
        if tag == "code":
            self.coded.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "code" in self.open:
            self.coded[-1] += data
        else:
            self.prose += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")


EXPECTED = {"h1", "h2", "h3", "p", "ul", "li", "table", "thead", "tbody", "tr", "th", "td"}
EXPECTED |= {"pre", "code", "details", "summary"}


def test_every_block_becomes_what_it_is() -> None:
    page = Page(markdown(*EVERYTHING))
    assert set(page.tags) == EXPECTED
    assert page.open == []
    assert page.tags.count("table") == 3
    assert any(
        "- Never promise a refund" in text and "+ Never offer a" in text for text in page.coded
    )
    assert "3 errors, 3 warnings, 1 info in 2 of 12 files" in page.prose


def inert(page: Page) -> None:
    assert set(page.tags) <= EXPECTED
    assert page.open == []
    assert not re.search(r"[@#<>\[\]`*|]|://|www\.|[gG][hH]-\d", page.prose)


def test_hostile_text_is_inert() -> None:
    page = Page(render(hostile_report(HOSTILE), "markdown", Screen()))
    inert(page)
    assert page.tags.count("details") == 1
    assert any("@octocat fixes #1" in text for text in page.coded)


@given(NASTY)
def test_any_text_is_inert(bad: str) -> None:
    drawn = render(hostile_report(bad), "markdown", Screen())
    page = Page(drawn)
    inert(page)
    assert page.tags.count("table") == 6
    assert page.tags.count("ul") == 2
    assert page.tags.count("details") == 1


@given(NASTY)
def test_fences_and_spans_hold_the_text_whole(text: str) -> None:
    page = Page(fence(text))
    assert page.coded == [safe(text).removesuffix("\n") + "\n"]
    line = " ".join(one_line(text).split())
    if line:
        assert Page(code(line)).coded == [line]


@given(NASTY)
def test_prose_loses_no_word(text: str) -> None:
    line = one_line(text)
    page = HTMLText(cmarkgfm.markdown_to_html_with_extensions(prose(line), 1 << 17, ["autolink"]))
    assert page.replace("`", "").split() == line.replace("`", "").split()


def HTMLText(html: str) -> str:
    texts: list[str] = []
    parser = HTMLParser()
    parser.handle_data = texts.append  # type: ignore[method-assign]
    parser.feed(html)
    return "".join(texts)


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("2 rules added, 1,200 tokens (+3.5 %)", "2 rules added, 1,200 tokens (+3.5 %)"),
        ("it costs $12.40 a month, not -$3", "it costs $12.40 a month, not -$3"),
        ("日本語 текст é → ok", "日本語 текст é → ok"),
        ("see @octocat fixes #1 now", "see `@octocat` fixes `#1` now"),
        ("order_id of `x`, and (`z`), `y|`.", "`order_id` of `x`, and `` (`z`), `y|` ``."),
        ("rule `x-1` of prompt (`a/b.c`)", "rule `x-1` of prompt (`a/b.c`)"),
        ("- not a list", "`-` not a list"),
        ("1. not a list", "`1.` not a list"),
        ("go to www.evil.com or http://e", "go to `www.evil.com` or `http://e`"),
        ("GH-12 and deadbeef1 :smile: $a$", "`GH-12` and `deadbeef1 :smile: $a$`"),
        ("===", "`===`"),
    ],
)
def test_only_what_could_be_more_than_words_is_code(text: str, drawn: str) -> None:
    assert prose(text) == drawn


def test_tables_take_any_cell() -> None:
    drawn = markdown(Table(("a", "b"), (("x | y", "\\|"), ("`|`", "line\nbreak"), ("short",)), "r"))
    page = Page(drawn)
    assert page.tags.count("tr") == 4
    assert page.tags.count("td") == 6
    assert page.coded == ["|", "\\¦", "`|`"]
    assert "| ---: | --- |" in drawn


def test_over_the_limit_is_said_in_words() -> None:
    drawn = markdown(Bars((("a", 12, "x"), ("b", 3, "")), "tokens", 10))
    assert "| a | 12 tokens | ████████████████████ | over the limit x |" in drawn
    assert "| b | 3 tokens | █████ |  |" in drawn
    assert "limit 10 tokens" in drawn


def test_words_without_a_difference_are_a_plain_fence() -> None:
    assert Page(markdown(Words((("=", "the same"),)))).coded == ["the same\n"]


@pytest.mark.parametrize(
    "blocks",
    [
        (Table(("a", "b"), (("x" * 50, "y"),) * 3000),),
        (Items(("x " * 50,) * 3000),),
        (diagnostics(*[found("PO1", "error", Span(1, 1, 1, 2), "m" * 60)] * 2000),),
        (
            Heading("h"),
            Fold("f", (Fold("g", (Text("word " * 20),) * 3000), Text("inner"))),
            Text("t"),
        ),
        (Text("before"), Text("x" * 70_000, verbatim=True), Text("after")),
        (Text("@" * 70_000),),
    ],
)
def test_what_is_too_long_is_cut_and_counted(blocks: tuple[Block, ...]) -> None:
    drawn = markdown(*blocks)
    assert len(drawn) <= 60_000
    assert re.search(r"\n?[\d,]+ more, see the artifact\n$", drawn)
    page = Page(drawn)
    assert page.open == []
    assert page.tags.count("details") == page.tags.count("summary")
    whole = sum(1 for block in blocks if isinstance(block, Table | Items))
    assert len(drawn) > 59_000 or not whole


def test_what_fits_is_not_cut() -> None:
    assert "more, see" not in markdown(*EVERYTHING)
