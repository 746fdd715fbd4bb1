"""YAML with positions: what is refused, and where each character of a value stands."""

from __future__ import annotations

import re

import pytest
import yaml
from hypothesis import assume, example, given
from hypothesis import strategies as st

from promptops.errors import InputError
from promptops.source.yaml import compose
from promptops.source.yaml_document import YamlDocument


def refused(text: str) -> tuple[str, int, int]:
    """(message, line, column) of the refusal."""
    with pytest.raises(InputError) as caught:
        compose(text, "prompt.yaml")
    assert caught.value.path == "prompt.yaml"
    return caught.value.message, caught.value.line, caught.value.column


# -- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ("a: &x 1", "anchors and aliases are not allowed", 1, 4),
        ("a: 1\nb: [1, *x]", "anchors and aliases are not allowed", 2, 8),
        ("a: b\n&x c: d", "anchors and aliases are not allowed", 2, 1),
        ("- {a: &x 1}", "anchors and aliases are not allowed", 1, 7),
        ('{"a":*x}', "anchors and aliases are not allowed", 1, 6),
        ("a:\n  !!python/object/apply:os.system ['touch PWN']", "tags are not allowed", 2, 3),
        ("a: !env HOME", "tags are not allowed", 1, 4),
        ("[!*x y]", "tags are not allowed", 1, 2),
        ("%YAML 1.1\n---\na: 1", "directives are not allowed", 1, 1),
        ("%TAG ! tag:x,2000:\n---\na: 1", "directives are not allowed", 1, 1),
        ("<<: {a: 1}", "merge keys are not allowed", 1, 1),
        ("a: {<<: {b: 1}}", "merge keys are not allowed", 1, 5),
        ("a: 1\n---\nb: 2", "not YAML: but found another document", 2, 1),
        ("a: " + "[" * 20_000, "nested deeper than 50", 1, 53),
        ("[" * 20_000, "nested deeper than 50", 1, 51),
        ("{a: " * 20_000, "nested deeper than 50", 1, 201),
        ("a: **bold**", "anchors and aliases are not allowed", 1, 4),
        ("a: b: c", "not YAML: mapping values are not allowed here", 1, 5),
        ("a: [1, 2", "not YAML: expected ',' or ']', but got '<stream end>'", 1, 9),
        ("a:\n\t- b", "not YAML: found character '\\t' that cannot start any token", 2, 1),
        ('a: "\\q"', "not YAML: found unknown escape character 'q'", 1, 6),
        ("a: x\x80y", "not YAML: the character U+0080 is not allowed", 1, 5),
        ("é: ü\nb: \ufffe", "not YAML: the character U+FFFE is not allowed", 2, 4),
        ("\ufeffa: &x 1", "anchors and aliases are not allowed", 1, 5),
        ("a: 1\r\nb: &x 1", "anchors and aliases are not allowed", 2, 4),
        ("a: 1\rb: &x 1", "anchors and aliases are not allowed", 2, 4),
        ("a: 'x\u2028  y'\nb: &x 1", "anchors and aliases are not allowed", 2, 4),
        ('a: 1\nb: ["x\nc: [d]\n', "not YAML: a quote is never closed", 2, 5),
        ("a: 'x\n", "not YAML: a quote is never closed", 1, 4),
    ],
)
def test_it_is_refused_where_it_stands(text: str, message: str, line: int, column: int) -> None:
    assert refused(text) == (message, line, column)


@pytest.mark.parametrize(
    "text",
    [
        "a: x & y * z ! w << v",
        "a: so **bold** and *starred*, R&D, wow!",
        "a: '&x *y !z'",
        "a: |\n  &x\n  *y\n  !z\n  - *x\n  <<: b\n",
        "a: |\n  %YAML\n# &x *y !z",
        "a: '%' # %x",
    ],
)
def test_text_that_only_looks_like_it_is_read(text: str) -> None:
    assert compose(text, "prompt.yaml") is not None


DEEP = {
    "dashes": "- " * 100_000 + "x",
    "dashes and question marks": "- ? " * 100_000 + "x",
    "two blanks": "-  " * 100_000 + "x",
    "question marks": "? " * 100_000 + "x",
    "values": "? a\n: " + "- " * 100_000 + "x",
    "lines": "".join(" " * n + "a:\n" for n in range(1200)),
    "lines and dashes": "".join(" " * 6 * n + "- - -\n" for n in range(300)),
    "carriage returns": "".join(" " * n + "a:\r" for n in range(1200)),
    "next lines": "".join(" " * n + "a:\x85" for n in range(1200)),
    "line separators": "".join(" " * n + "a:\u2028" for n in range(1200)),
    "byte order marks": "".join("\ufeff" + " " * n + "a:\n" for n in range(1200)),
    "brackets in lists": ("- " * 10 + "[" * 30 + "\n") * 30_000,
}


@pytest.mark.parametrize("text", DEEP.values(), ids=list(DEEP))
def test_no_nesting_overflows_the_stack(text: str) -> None:
    message, _, _ = refused(text)
    assert message.startswith(("nested deeper than 50", "not YAML"))


def test_nesting_of_fifty_is_read() -> None:
    assert compose("[" * 50 + "]" * 50, "x") is not None
    message, _, _ = refused("- " * 51 + "x")
    assert message == "nested deeper than 50"


@given(st.text(st.sampled_from("ab:-?[]{}&*!|>'\"%#,\n\r\t \x85\u2028é\ufeff<"), max_size=60))
@example("\x85\ufeff&-")
def test_the_quick_look_misses_nothing(text: str) -> None:
    """Whatever holds an anchor, alias, tag or directive by libyaml's own events is refused."""
    try:
        events = list(yaml.parse(text.removeprefix("\ufeff"), Loader=yaml.CLoader))
    except (yaml.YAMLError, ValueError):
        with pytest.raises(InputError):
            compose(text, "x")
        return
    marked = any(
        getattr(e, "anchor", None) or getattr(e, "tag", None) not in (None, "!") for e in events
    )
    starts = [e for e in events if isinstance(e, yaml.DocumentStartEvent)]
    directed = any(e.version or e.tags for e in starts)
    if marked or directed or len(starts) > 1:
        with pytest.raises(InputError):
            compose(text, "x")


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    error = None
    try:
        compose(text, "x")
    except InputError as refusal:
        error = refusal
    if error is not None:
        lines = re.split(r"\r\n|\r|\n", text)
        assert error.message
        assert 1 <= error.line <= len(lines)
        assert 1 <= error.column <= len(lines[error.line - 1]) + 2


# -- where characters stand --------------------------------------------------------------------

WORDS = st.text(st.sampled_from("ab '\"\\:#\t\u202eéя😀\n\u2028"), min_size=1, max_size=25)
BREAKS = st.sampled_from(["\n", "\r\n", "\r"])


def double_quoted(value: str, wrap: bool) -> str:
    escapes = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\u2028": "\\L"}
    out = "".join(escapes.get(c, c if ord(c) < 0x2000 else f"\\U{ord(c):08x}") for c in value)
    return f'"\\\n  {out}\\\n\n  "' if wrap else f'"{out}"'


def written(value: str) -> list[str]:
    """Several ways to write `value` as a scalar; some may mean something else."""
    lines = value.split("\n")
    return [
        value,
        "'" + value.replace("'", "''").replace("\n", "\n\n    ") + "'",
        double_quoted(value, False),
        double_quoted(value, True),
        '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace(" ", " \n   ") + '"',
        "|\n" + "".join(f"    {line}\n" for line in lines),
        "|-\n" + "".join(f"    {line}\n" for line in lines) + "\n",
        "|2+ # comment\n" + "".join(f"    {line}\n" for line in lines) + "\n\n",
        ">\n" + "".join(f"    {line}\n" for line in lines),
        ">-\n" + "".join(f"    {line}\n\n" for line in lines),
        ">1\n" + "\n\n\n".join(f"   {line}" for line in lines) + "\n",
        "|\n\n\n" + "".join(f"   {line}\n" for line in lines),
    ]


def decoded(source: str, style: str | None) -> str:
    """What a stretch of a scalar's source stands for, up to white space."""
    if style == '"':
        source = re.sub(r"\\\r?\n[ \t]*", "", source)
        source = yaml.safe_load('"' + source.replace("\r", "\n") + '"') if source else ""
    if style == "'":
        source = source.replace("''", "'")
    return "".join(source.split())


@given(WORDS, st.integers(0, 11), BREAKS, st.booleans(), st.data())
def test_a_range_of_a_value_is_located_in_its_source(
    words: str, way: int, mark: str, bom: bool, data: st.DataObject
) -> None:
    text = "\ufeff" * bom + f"x: y\nk:\n  t: {written(words)[way]}\nz: 1\n".replace("\n", mark)
    try:
        root = compose(text, "x")
    except InputError:
        assume(False)
    document = YamlDocument("x", text, root, int(bom))
    node = next((v for k, v in root.value if k.value == "k"), None)
    assume(node is not None and node.id == "mapping" and node.value[0][0].value == "t")
    scalar = node.value[0][1]
    assume(scalar.id == "scalar" and scalar.value and "\r" not in words)
    start = data.draw(st.integers(0, len(scalar.value)))
    end = data.draw(st.integers(start, len(scalar.value)))
    at, until = document.locate(("k", "t"), (start, end))
    wanted = scalar.value[start:end]
    source = text[at:until]
    assert decoded(source, scalar.style) == "".join(wanted.split()), (source, wanted)
    whole = text[slice(*document.locate(("k", "t"), (0, len(scalar.value))))]
    assert document._offsets(scalar).known, (whole, scalar.value)


@pytest.mark.parametrize(
    ("source", "wanted", "found"),
    [
        ("a: some text here", "text", "text"),
        ("a: 'it''s late'", "'", "''"),
        ("a: 'it''s late'", "s late", "s late"),
        ('a: "x\\u202ey"', "\u202e", "\\u202e"),
        ('a: "x\\u202ey"', "y", "y"),
        ('a: "one \\\n   two"', "two", "two"),
        ("a: one\n  two", "e t", "e\n  t"),
        ("a: |\n    one\n      two\n", "  two", "  two"),
        ("a: >\n  one\n  two\n\n  three\n", "two\nth", "two\n\n  th"),
        ("a: >\n  one\n\n    two\n  three\n", "  two\nthree", "  two\n  three"),
        ("a: |2\n     one\n", "   one", "   one"),
        ("a: {b: c, d: 'e f'}", "f", "f"),
    ],
)
def test_located(source: str, wanted: str, found: str) -> None:
    document = YamlDocument("x", source, compose(source, "x"))
    place: tuple[str, ...] = ("a",)
    if document.root.value[0][1].id == "mapping":
        place = ("a", "d")
    value = document._find(place)[1].value
    at = value.index(wanted)
    start, end = document.locate(place, (at, at + len(wanted)))
    assert source[start:end] == found


def test_what_is_missing_stands_at_its_nearest_ancestor() -> None:
    text = "a: 1\nb:\n  - c: 2\n    d: 3\n"
    document = YamlDocument("x", text, compose(text, "x"))
    assert text[slice(*document.locate(("b", 0, "missing")))].startswith("c: 2")
    assert text[slice(*document.locate(("b", 7)))] == "b"
    assert text[slice(*document.locate(("b", 0, "d"), key=True))] == "d"
    assert text[slice(*document.locate(("a", "deeper", 1)))] == "a"
    assert document.locate(("nothing",)) == (0, 4)
    assert document.locate(()) == (0, len(text.rstrip()))
    assert document.locate((), (2, 3)) == (2, 3)
    assert YamlDocument("x", "", None).locate(("a",)) == (0, 0)


def test_a_range_past_the_end_is_the_whole_value() -> None:
    text = "a: xyz\n"
    document = YamlDocument("x", text, compose(text, "x"))
    assert text[slice(*document.locate(("a",), (1, 9)))] == "xyz"
    assert text[slice(*document.locate(("a",), (3, 3)))] == ""


@pytest.mark.parametrize(
    "text",
    [
        "a: '" + " " * 500_000 + "x'",
        "a: |\n  x\n" + "\n" * 500_000 + "  y\n",
        "a: >\n  x\n" + "\n" * 500_000 + "  y\n",
        "a: >\n" + "  x\n\n    y\n" * 50_000,
        'a: "' + "\\\n" * 200_000 + 'x"',
        "a: " + "x " * 300_000,
    ],
    ids=["blanks", "literal", "folded", "both", "joined", "plain"],
)
@pytest.mark.timeout(60)  # quadratic, it would take an hour
def test_a_thousand_findings_in_a_huge_value_come_to_an_end(text: str) -> None:
    document = YamlDocument("x", text, compose(text, "x"))
    size = len(document.root.value[0][1].value)
    for i in range(1000):
        document.locate(("a",), (i * size // 1000, min(size, i * size // 1000 + 1)))
