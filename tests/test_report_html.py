"""Pages, read by a parser and by a real browser."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

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
from promptops.report._page import CSP, Markup, markup, tag
from promptops.report.safe import safe

CHROMIUM = shutil.which("chromium")
FLAGS = re.findall(
    r"\S+",
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --hide-scrollbars"
    " --disable-background-networking --disable-component-update --disable-sync",
)
VOID = {"meta", "br"}
KNOWN = set(
    re.findall(
        r"\w+",
        "html head meta title style body main h1 h2 h3 p ul li div table thead tbody tr th td"
        " pre code details summary span i del ins mark article br",
    )
)


def html(*blocks: Block) -> str:
    return render(Report("diff", {}, blocks), "html", Screen())


class Page(HTMLParser):
    """Elements, attributes and text of a page; fails where its tags do not match."""

    def __init__(self, drawn: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(drawn)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")


def inert(page: Page) -> None:
    assert set(page.tags) <= KNOWN
    names = {name for _, name, _ in page.attributes}
    assert names <= {
        *("class", "scope", "role", "aria-label", "aria-hidden", "tabindex", "style", "lang"),
        *("data-label", "open"),
        *("charset", "http-equiv", "content", "name"),
    }
    assert {v for _, name, v in page.attributes if name == "class"} <= {
        *("good", "bad", "warn", "quiet", "error", "warning", "info", "number", "long", "text"),
        *("short", "cards"),
        *("scroll", "bars", "bar", "bar over", "note", "words", "place", "line", "point"),
        *(
            f"{kind} {level}"
            for kind in ("diagnostic", "level")
            for level in ("error", "warning", "info")
        ),
    }


def test_every_block_becomes_what_it_is() -> None:
    page = Page(html(*EVERYTHING))
    inert(page)
    assert set(page.tags) == KNOWN - {"br"}
    assert page.tags.count("article") == 7
    assert "(--fix does it)" in page.text
    assert ("meta", "content", CSP) in page.attributes
    assert ("th", "scope", "col") in page.attributes


def test_the_title_is_the_first_heading() -> None:
    assert "<title>A &amp; B</title>" in html(Text("x"), Heading("A & B", 1))
    assert "<title>promptops diff</title>" in html(Text("x"))


@given(st.text(st.characters(codec=None, categories=None), max_size=30))
def test_any_text_is_inert(bad: str) -> None:
    page = Page(render(hostile_report(bad), "html", Screen()))
    inert(page)
    assert page.tags.count("table") == 2
    assert page.tags.count("article") == 4


def test_all_words_are_there() -> None:
    runs = (("=", "a\nb "), ("-", "<i>"), ("+", "&amp;"))
    page = Page(html(Words(runs), Text("one\ntwo"), Text("<pre>\n x", verbatim=True)))
    assert "a\nb <i>&amp;" in page.text
    assert "onetwo" in page.text
    assert page.tags.count("br") == 1
    assert "<pre>\n x" in page.text


def test_what_is_no_markup_is_escaped() -> None:
    assert tag("p", "<b>", Markup("<br>"), title='"\x1b') == (
        '<p title="&quot;\\x1b">&lt;b&gt;<br></p>'
    )
    assert markup("&", Markup("&amp;")) == "&amp;&amp;"
    assert tag("summary", open="") == "<summary open></summary>"


def test_bars_have_a_width_and_a_limit() -> None:
    page = Page(html(Bars((("a", 15, ""), ("b", 5, ""), ("c", float("nan"), "")), "tokens", 10)))
    styles = [value for _, name, value in page.attributes if name == "style"]
    assert styles == [
        *("width:100%", "left:calc(66.67% - 2px)"),
        *("width:33.33%", "left:calc(66.67% - 2px)"),
        *("width:0%", "left:calc(66.67% - 2px)"),
    ]
    assert "over the limit" in page.text
    assert "undefined" in page.text
    assert "limit" not in Page(html(Bars((("a", 1, ""),), "tokens"))).text


def test_columns_are_what_they_hold() -> None:
    block = Table(("n", "short", "long"), (("1", "x", "y" * 41), ("2",)), "r")
    kinds = [
        value for tag, name, value in Page(html(block)).attributes if (tag, name) == ("th", "class")
    ]
    assert kinds == ["number", "short", "long"]


def test_a_row_of_much_text_can_be_a_card_and_stays_a_table() -> None:
    wide = Table(("rule", "text", "tokens"), (("a", "y" * 41, "3"),), "llr")
    drawn = html(wide)
    assert '<table class="cards" role="table">' in drawn
    assert '<td class="number" role="cell" data-label="tokens">3</td>' in drawn
    assert drawn.count('role="row"') == 2
    assert "cards" not in html(Table(("a", "b", "c"), (("1", "2", "3"),))).partition("</style>")[2]


def test_a_page_begins_with_a_heading_of_level_one() -> None:
    inner = Fold("more", (Heading("Inner", 4),), open=True)
    drawn = html(Heading("Review", 2), inner)
    assert "<h1>Review</h1>" in drawn
    assert "<details open><summary>more</summary>\n<h3>Inner</h3>" in drawn


def test_what_stands_between_backticks_is_code() -> None:
    drawn = html(Text("run `promptops check` and <b>`"), Items(("`a` b",)))
    assert "<p>run <code>promptops check</code> and &lt;b&gt;`</p>" in drawn
    assert "<li><code>a</code> b</li>" in drawn


def test_a_long_line_of_source_is_trimmed() -> None:
    one = found("PO1", "error", Span(1, 5001, 1, 5004), "m")
    drawn = html(diagnostics(one, source="x" * 10_000))
    assert len(drawn) < 10_000
    assert "<mark>xxx</mark>" in drawn


class Ear(BaseHTTPRequestHandler):
    heard: list[str]

    def do_GET(self) -> None:
        self.heard.append(self.path)
        self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def ear() -> Iterator[tuple[str, list[str]]]:
    heard: list[str] = []
    server = HTTPServer(("127.0.0.1", 0), type("OneEar", (Ear,), {"heard": heard}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", heard
    server.shutdown()
    server.server_close()


def browse(page: str, folder: Path, *flags: str) -> bytes:
    assert CHROMIUM
    file = folder / "page.html"
    file.write_text(page, encoding="utf-8")
    command = [CHROMIUM, *FLAGS, f"--user-data-dir={folder / 'profile'}", *flags, file.as_uri()]
    return subprocess.run(command, capture_output=True, timeout=100, check=True).stdout


@pytest.mark.skipif(not CHROMIUM, reason="no chromium")
def test_a_browser_runs_and_loads_nothing(tmp_path: Path, ear: tuple[str, list[str]]) -> None:
    address, heard = ear
    bad = HOSTILE.replace("http://e", address) + (
        f"<script>fetch('{address}/ran')</script><link rel=stylesheet href={address}/css>"
        f'"><iframe src={address}/frame></iframe><svg onload=fetch("{address}/svg")>'
    )
    drawn = browse(render(hostile_report(bad), "html", Screen()), tmp_path, "--dump-dom").decode()
    page = Page(drawn.removeprefix("<!DOCTYPE html>"))
    inert(page)
    assert heard == []
    assert safe(bad) in page.text


@pytest.mark.skipif(not CHROMIUM, reason="no chromium")
def test_a_browser_lets_no_script_of_ours_in_either(
    tmp_path: Path, ear: tuple[str, list[str]]
) -> None:
    address, heard = ear
    hole = f"<script>document.title='ran'</script><img src={address}/x><h1>hole</h1>"
    drawn = html(Text("x")).replace("</main>", f"{hole}</main>")
    dumped = browse(drawn, tmp_path, "--dump-dom").decode()
    assert "<h1>hole</h1>" in dumped
    assert "<title>promptops diff</title>" in dumped
    assert heard == []
