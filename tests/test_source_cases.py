"""Cases in YAML, JSON lines and CSV: the same cases, the same errors, each at its line."""

from __future__ import annotations

import csv
import io
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trees import MemoryTree

from promptops.model import Case
from promptops.source.reading import Reading, read_prompt

HEAD = "promptops: 1\nid: a\nversion: 1.0.0\nmessages:\n  - {role: user, content: hi}\n"


def read(name: str, text: str | bytes, head: str = HEAD) -> Reading:
    files: dict[str, bytes | str] = {"p/prompt.yaml": head, f"p/{name}": text}
    return read_prompt(MemoryTree(files), "p/prompt.yaml")


def cases(reading: Reading) -> tuple[Case, ...]:
    assert not reading.problems, reading.problems
    assert reading.prompt is not None
    return reading.prompt.cases


def problems(reading: Reading) -> list[tuple[str, str, int, str]]:
    """(file, kind, line, message), in the order of the file."""
    found = []
    for problem in reading.problems:
        path = reading.document_of(problem.finding).path
        line = reading.span(problem.finding).line
        found.append((path[2:], problem.kind, line, problem.finding.message))
    return sorted(found, key=lambda row: row[2])


LATE = Case("late-fee", {"question": "Why?"}, {"language": "en"})
HELLO = Case("hello", {"question": 'He said "hi",\nthen left'}, {})


@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("mark", ["\n", "\r\n", "\r"])
def test_the_three_formats_say_the_same(mark: str, bom: str) -> None:
    yaml = (
        "cases:\n  - id: late-fee\n    variables: {question: Why?}\n    slices: {language: en}\n"
        '  - {id: hello, variables: {question: "He said \\"hi\\",\\nthen left"}}\n'
    )
    jsonl = (
        '{"id": "late-fee", "variables": {"question": "Why?"}, "slices": {"language": "en"}}\n\n'
        '  {"id": "hello", "variables": {"question": "He said \\"hi\\",\\nthen left"}}'
    )
    rows = 'id,question,slice:language\nlate-fee,Why?,en\n\nhello,"He said ""hi"",\nthen left",\n'
    for name, text in (("cases.yaml", yaml), ("cases.jsonl", jsonl), ("cases.csv", rows)):
        reading = read(name, bom + text.replace("\n", mark))
        found = [
            Case(c.id, {k: v.replace("\r\n", "\n").replace("\r", "\n") for k, v in c.variables.items()}, c.slices)
            for c in cases(reading)
        ]  # fmt: skip
        assert found == [LATE, HELLO], name
        assert reading.prompt is not None
        assert reading.prompt.cases_path == f"p/{name}"


BROKEN = """\
{"id": "a"}
{"id": "b", "id": "c"}
{"id": NaN}
[1, 2
{"id": "d", "slcies": {}}
{"id": 5}
5
{"id": "e", "variables": {"q": 1.10}}
{"id": "a"}
"""


def test_every_broken_json_line_is_named() -> None:
    reading = read("cases.jsonl", BROKEN)
    assert problems(reading) == [
        ("cases.jsonl", "duplicate-key", 2, "the key `id` is written twice"),
        ("cases.jsonl", "invalid-yaml", 3, "not JSON: NaN is no JSON value"),
        ("cases.jsonl", "invalid-yaml", 4, "not JSON: Expecting ',' delimiter"),
        ("cases.jsonl", "unknown-key", 5, "unknown key `slcies`"),
        ("cases.jsonl", "wrong-type", 6, "expected text, found `5`"),
        ("cases.jsonl", "wrong-type", 7, "expected a mapping, found `5`"),
        ("cases.jsonl", "wrong-type", 8, "expected text, found `1.1`"),
        ("cases.jsonl", "duplicate-id", 9, "the id `a` is taken by entry 1 of `cases`"),
    ]  # fmt: skip
    columns = {reading.span(p.finding).line: reading.span(p.finding).column for p in reading.problems}  # fmt: skip
    assert columns[4] == 5


@pytest.mark.parametrize(
    "line",
    ['{"id": ' + "[" * 900 + "]" * 900 + "}", "[" * 200_000, '{"a":' * 60 + "1" + "}" * 60, "1" * 9000],
)  # fmt: skip
def test_json_nests_and_counts_no_further_than_one_can_read(line: str) -> None:
    ((path, kind, number, _),) = problems(read("cases.jsonl", f'{{"id": "a"}}\n{line}\n'))
    assert (path, number) == ("cases.jsonl", 2)
    assert kind in ("invalid-yaml", "refused-value")


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("id,question\na,1,2\nb\nc,d\n", [
            ("cases.csv", "invalid-yaml", 2, "the row has 3 values, the header 2"),
            ("cases.csv", "invalid-yaml", 3, "the row has 1 values, the header 2"),
        ]),
        ("question\na\n", [("cases.csv", "invalid-yaml", 1, "the first row must name the columns, each once, `id` among them")]),
        ("id,id\na,b\n", [("cases.csv", "invalid-yaml", 1, "the first row must name the columns, each once, `id` among them")]),
        ("id,slice:\na,b\n", [("cases.csv", "invalid-yaml", 1, "the first row must name the columns, each once, `id` among them")]),
        ('id,q\na,"x" y\n', [("cases.csv", "invalid-yaml", 2, "not CSV: ',' expected after '\"'")]),
        ('id,q\nb,c\na,"x\n\n', [("cases.csv", "invalid-yaml", 3, "not CSV: unexpected end of data")]),
        ("id,a b\nx,y\n", [("cases.csv", "invalid-value", 2, "`a b` is not a name")]),
        ("id,q\nNot An Id,y\n", [("cases.csv", "invalid-value", 2, "`Not An Id` is not an id (lower-case letters, digits and `-`)")]),
        ('id,q\na,"1\n2"\nb!,3\n', [("cases.csv", "invalid-value", 4, "`b!` is not an id (lower-case letters, digits and `-`)")]),
    ],
)  # fmt: skip
def test_every_broken_csv_row_is_named(text: str, rows: list[tuple[str, str, int, str]]) -> None:
    assert problems(read("cases.csv", text)) == rows


@pytest.mark.parametrize("name", ["cases.csv", "cases.jsonl", "cases.yaml"])
def test_an_empty_file_holds_no_cases(name: str) -> None:
    assert cases(read(name, "")) == ()


def test_a_field_of_a_megabyte_and_odd_line_marks() -> None:
    assert cases(read("cases.csv", "id,q\na,x\u2028y\x85z\x1c\n".replace("\x1c", "")))[0] == Case(
        "a", {"q": "x\u2028y\x85z"}
    )
    reading = read("cases.csv", "id,q\na," + "x" * (1 << 20))
    assert not reading.problems or problems(reading)[0][1] == "unreadable-file"


FIELD = st.text(st.characters(blacklist_categories=["Cs", "Cc"]) | st.sampled_from("\n\t,\""), max_size=12)  # fmt: skip


@given(st.lists(st.tuples(FIELD, FIELD), min_size=1, max_size=5))
def test_what_csv_and_json_writers_write_is_read_back(rows: list[tuple[str, str]]) -> None:
    wanted = [Case(f"c{i}", {"q": q, "r": r}, {"s": "x"}) for i, (q, r) in enumerate(rows)]
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["id", "q", "r", "slice:s"])
    writer.writerows([case.id, case.variables["q"], case.variables["r"], "x"] for case in wanted)
    assert list(cases(read("cases.csv", out.getvalue()))) == wanted
    lines = "".join(
        json.dumps({"id": c.id, "variables": c.variables, "slices": c.slices}, ensure_ascii=i % 2 == 0) + "\n"
        for i, c in enumerate(wanted)
    )  # fmt: skip
    assert list(cases(read("cases.jsonl", lines))) == wanted


def test_cases_in_two_places_are_refused() -> None:
    files = {"p/prompt.yaml": HEAD, "p/cases.yaml": "cases: []", "p/cases.csv": "id\n"}
    reading = read_prompt(MemoryTree(files), "p/prompt.yaml")
    assert problems(reading) == [
        ("prompt.yaml", "scattered-cases", 1, "cases stand in more than one place: `cases.yaml`, `cases.csv`"),
    ]  # fmt: skip
    reading = read("cases.yaml", "cases: []", HEAD + "cases: [{id: a}]\n")
    assert problems(reading) == [
        ("prompt.yaml", "scattered-cases", 6, "cases stand in more than one place: `cases.yaml` and here"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "kind", "line"),
    [
        ("cases.yaml", "cases:\n  - &x {id: a}\n", "invalid-yaml", 2),
        ("cases.yaml", "cases: 5\n", "wrong-type", 1),
        ("cases.yaml", "{}", "missing-key", 1),
        ("cases.csv", b"id\n\xff\n", "unreadable-file", 2),
        ("cases.jsonl", "\x00", "unreadable-file", 1),
        ("cases.jsonl", b"x" * (1 << 20) + b"x", "invalid-yaml", 1),
    ],
)
def test_a_cases_file_that_cannot_be_used(
    name: str, text: str | bytes, kind: str, line: int
) -> None:
    rows = problems(read(name, text))
    assert (name, kind, line) in [row[:3] for row in rows]


def test_errors_of_the_cases_show_even_where_the_prompt_is_wrong() -> None:
    reading = read("cases.yaml", "cases: [{id: a, slcies: 1}]\n", HEAD.replace("id: a", "id: A b"))
    assert [row[:2] for row in problems(reading)] == [
        ("cases.yaml", "unknown-key"),
        ("prompt.yaml", "invalid-value"),
    ]


def test_a_range_of_a_value_without_places_of_its_own_is_its_line() -> None:
    reading = read("cases.jsonl", '{"id": "a"}\n{"id": "b", "variables": {"q": "hidden"}}\n')
    document = reading.documents["p/cases.jsonl"]
    start, end = document.locate(("cases", 1, "variables", "q"), (0, 3))
    assert document.text[start:end] == '{"id": "b", "variables": {"q": "hidden"}}'
    assert document.edit(("cases", 1, "variables", "q"), (0, 3), "x") == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("cases.jsonl", '{"id": "a"}\n' * 40_000),
        ("cases.jsonl", "x\n" * 40_000),
        ("cases.csv", "id\n" + "a\n" * 40_000),
        ("cases.csv", "id\n" + "a,b\n" * 40_000),
        ("cases.yaml", "cases:\n" + "- {id: a}\n" * 40_000),
        ("cases.yaml", "cases:\n" + "- {id: []}\n" * 40_000),
    ],
)
def test_a_thousand_errors_are_enough(name: str, text: str) -> None:
    began = time.process_time()
    rows = problems(read(name, text))
    assert time.process_time() - began < 20  # the square of the lines would be hours
    assert len(rows) == 1001
    left = 40_000 - 1000 - (rows[-1][1] == "duplicate-id")
    assert ("unreadable-file", 1, f"{left:,} more errors") in [row[1:] for row in rows]
