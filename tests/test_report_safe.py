"""Foreign text comes out only escaped."""

from __future__ import annotations

import sys
import timeit
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptops.report._width import width
from promptops.report.safe import one_line, percent, safe

ANY = st.text(st.characters(codec=None, categories=None))


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\x1b]8;;http://e\x07x\x1b]8;;\x07", "\\x1b]8;;http://e\\x07x\\x1b]8;;\\x07"),
        ("\x9d52;c;AAAA\x9c", "\\x9d52;c;AAAA\\x9c"),
        ("50 %\rdone", "50 %\\rdone"),
        ("\x00\x7f\x85", "\\x00\\x7f\\x85"),
        ("a\u202eb\u2066c", "a<U+202E>b<U+2066>c"),
        ("so\u00adft\u200b\ufeff", "so<U+00AD>ft<U+200B><U+FEFF>"),
        ("line\u2028paragraph\u2029", "line<U+2028>paragraph<U+2029>"),
        ("\U000e0041", "<U+E0041>"),
        ("\udcff\ud800", "<U+DCFF><U+D800>"),
        ("日本語 текст é 👋", "日本語 текст é 👋"),
    ],
)
def test_what_acts_or_hides_is_shown(given: str, shown: str) -> None:
    assert safe(given) == shown


@given(ANY)
def test_nothing_acts_and_all_encodes(text: str) -> None:
    shown = safe(text)
    shown.encode("utf-8")
    assert not [
        c for c in shown if c not in "\n\t" and unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")
    ]
    assert safe(shown) == shown


def test_every_control_and_format_character_but_visible_ones_is_shown() -> None:
    # Cf characters with a picture: Arabic and Kaithi number signs, Egyptian layout, SignWriting
    visible = {0x0600, 0x0601, 0x0602, 0x0603, 0x0604, 0x0605, 0x06DD, 0x070F, 0x0890, 0x0891}
    visible |= {0x08E2, 0x110BD, 0x110CD, *range(0x13430, 0x13440)}
    raw = [
        code
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code)) in ("Cc", "Cf", "Cs", "Zl", "Zp")
        and safe(chr(code)) == chr(code)
    ]
    assert set(raw) - visible == {0x09, 0x0A}


@given(ANY, st.integers(0, 30))
def test_columns_are_kept(text: str, columns: int) -> None:
    cut = safe(text, columns=columns)
    assert cut.count("\n") == safe(text).count("\n")
    assert all(width(line) <= columns for line in cut.split("\n"))
    if all(width(line) <= columns for line in safe(text).split("\n")):
        assert cut == safe(text).replace("\t", " ")


def test_a_cut_shows() -> None:
    assert safe("a long line\nb", columns=6) == "a lon…\nb"
    assert safe("日本語のテキスト", columns=6) == "日本…"
    assert safe("short", columns=6) == "short"


@given(ANY)
def test_one_line_is_one_line(text: str) -> None:
    shown = one_line(text)
    assert "\n" not in shown
    assert "\t" not in shown
    assert safe(shown) == shown


@given(ANY)
def test_a_path_becomes_a_plain_uri_path(path: str) -> None:
    assert percent(path).isascii()
    assert percent(path).isprintable()
    assert not set(percent(path)) & set(' ":<>?#[]\\^`{|}')


def test_the_bytes_of_a_file_name_survive() -> None:
    assert percent("dir/ü b.yaml") == "dir/%C3%BC%20b.yaml"
    assert percent(b"caf\xe9".decode("utf-8", "surrogateescape")) == "caf%E9"
    assert percent("\ud800") == "%ED%A0%80"


def test_plain_text_costs_nearly_nothing() -> None:
    text = "an ordinary line of a prompt, as most of them are" * 4
    best = min(timeit.repeat(lambda: safe(text), number=1000, repeat=5))
    assert safe(text) is text
    assert best < 0.005  # seconds for 1,000 lines; 0.0003 on an idle machine
