"""The shapes of prompts and cases: every error at once, each with its place and what to do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker
from trees import MemoryTree

from promptops.model import ASSERTIONS, Assertion, CaseSelection, Message, Prompt, Test
from promptops.source.assertion_shapes import AssertionShape, SelectionShape
from promptops.source.containers import Field, ListOf, MapOf, Record
from promptops.source.json_schema import KINDS, json_schema
from promptops.source.path_text import safe_path
from promptops.source.plain_nodes import Mark, to_node
from promptops.source.reading import Reading, read_prompt
from promptops.source.schema import CASES_FILE, PROMPT
from promptops.source.settings import CONFIG
from promptops.source.shape import WRONG, Log, Shape, nearest
from promptops.source.value_shapes import Anything, Choice, Day, Flag, Number, Text
from promptops.source.yaml import compose

PATH = "prompts/a/prompt.yaml"
HEAD = "promptops: 1\nid: a\nversion: 1.0.0\nmessages:\n  - {role: user, content: hi}\n"


def read(text: str, **beside: str) -> Reading:
    """A prompt and the files beside it."""
    files = {PATH: text} | {f"prompts/a/{n.replace('_', '.')}": t for n, t in beside.items()}
    return read_prompt(MemoryTree(files), PATH)


def problems(reading: Reading) -> list[tuple[str, int, int, str, str]]:
    """(kind, line, column, message, help), in the order of the file."""
    found = []
    for problem in reading.problems:
        span = reading.span(problem.finding)
        place = (span.line, span.column)
        found.append((problem.kind, *place, problem.finding.message, problem.finding.help))
    return sorted(found, key=lambda row: row[1:3])


def scalar(text: str, shape: Shape) -> tuple[Any, list[str]]:
    """What a shape makes of YAML, and the messages."""
    log = Log()
    value = shape.read(compose(f"k: {text}\n", "x").value[0][1], ("k",), log)
    return value, [p.finding.message for p in log.problems]


EVERY_ERROR = """\
promptops: 2
id: Not An Id
version: 1.10
sumary: x
owners: {a: b}
budget: {prompt_tokens: about 900, calls_per_month: 99999999999999999999}
modalities: {input: [text, vidio]}
target: ../AGENTS.md
output: {schema: /etc/passwd}
messages: []
rules:
  - {text: no id}
  - id: r
    text: ""
    review_by: tomorrow
    draft: maybe
    tests: [{cases: [], assert: {contians: x}}]
  - just text
variables: {"a b": {}, c: {max_tokens: 0}}
languages: [1.10, en]
summary: first
summary: second
"""


def test_every_error_comes_at_once_with_its_place_and_a_fix() -> None:
    reading = read(EVERY_ERROR)
    assert reading.prompt is None
    found = problems(reading)
    assert [row[:4] for row in found] == [
        ("invalid-value", 1, 12, "`2` is not one of `1`"),
        ("invalid-value", 2, 5, "`Not An Id` is not an id (lower-case letters, digits and `-`)"),
        ("unquoted-text", 3, 10, "`1.10` is text here, but other YAML readers take it for something else"),
        ("invalid-value", 3, 10, "`1.10` is not a version such as 1.4.0"),
        ("unknown-key", 4, 1, "unknown key `sumary`"),
        ("wrong-type", 5, 9, "expected text, found a mapping"),
        ("wrong-type", 6, 25, "expected a whole number, 1 or more, found `about 900`"),
        ("refused-value", 6, 53, "number too large"),
        ("invalid-value", 7, 28, "`vidio` is not one of `text`, `image`, `audio`, `video`, `file`"),
        ("outside-path", 8, 9, "the path leads outside the repository (a symlink outside, `..` or an absolute path)"),
        ("outside-path", 9, 18, "the path leads outside the repository (a symlink outside, `..` or an absolute path)"),
        ("invalid-value", 10, 11, "`messages` is empty"),
        ("missing-key", 12, 5, "`id` is missing"),
        ("invalid-value", 14, 11, "`text` is empty"),
        ("invalid-value", 15, 16, "`tomorrow` is not a date (YYYY-MM-DD)"),
        ("wrong-type", 16, 12, "expected `true` or `false`, found `maybe`"),
        ("invalid-value", 17, 21, "`cases` is empty"),
        ("unknown-key", 17, 34, "unknown assertion `contians`"),
        ("wrong-type", 18, 5, "expected a mapping, found `just text`"),
        ("invalid-value", 19, 13, "`a b` is not a name"),
        ("invalid-value", 19, 40, "`0` is not a whole number, 1 or more"),
        ("unquoted-text", 20, 13, "`1.10` is text here, but other YAML readers take it for something else"),
        ("duplicate-key", 22, 1, "`summary` is written twice, on lines 21 and 22"),
    ]  # fmt: skip
    assert all(help for *_, help in found)
    helps = {message: help for *_, message, help in found}
    assert helps["unknown key `sumary`"] == "did you mean `summary`?"
    assert helps["unknown assertion `contians`"] == "did you mean `contains`?"
    assert "did you mean `video`?" in helps.values()
    assert helps["`id` is missing"] == "add `id:` — a name for the rule that never changes"


def test_a_good_prompt_is_read_whole() -> None:
    text = HEAD + (
        "variables: {q: {examples: one, untrusted: true}}\n"
        "budget: {calls_per_month: 250_000, usd_per_month: 1.5}\n"
        "modalities: {input: [text, image], output: text}\n"
        "output: {schema: reply.schema.json}\n"
        "target: AGENTS.md\n"
        "rules:\n"
        "  - id: r\n"
        "    text: Cite.\n"
        "    review_by: 2027-04-12\n"
        "    when: {language: de}\n"
        "    imported_from: {path: AGENTS.md, line: 3}\n"
        "    tests:\n"
        "      - {cases: all, assert: {word_count: 3}}\n"
        "      - {cases: {slice: {language: [de, fr]}}, assert: [{not_regex: x}], fires: false}\n"
        "cases: [{id: c, variables: {q: hi}, history: [{role: user, content: yo}]}]\n"
    )
    reading = read(text)
    assert not reading.problems
    prompt = reading.prompt
    assert isinstance(prompt, Prompt)
    assert prompt.path == PATH
    assert prompt.messages == (Message("user", "hi"),)
    assert prompt.variables["q"].examples == ("one",)
    assert prompt.variables["q"].untrusted
    assert (prompt.budget.calls_per_month, prompt.budget.usd_per_month) == (250_000, 1.5)
    assert (prompt.modalities_in, prompt.modalities_out) == (("text", "image"), ("text",))
    assert (prompt.output_schema, prompt.target) == ("reply.schema.json", "AGENTS.md")
    (rule,) = prompt.rules
    assert rule.review_by == date(2027, 4, 12)
    assert rule.when == {"language": ("de",)}
    assert rule.tests == (
        Test(CaseSelection(all=True), (Assertion("word_count", {"exactly": 3}),)),
        Test(
            CaseSelection(slice={"language": ("de", "fr")}),
            (Assertion("regex", "x", negated=True),),
            fires=False,
        ),
    )
    assert prompt.cases[0].history == (Message("user", "yo"),)


def test_an_empty_file_says_so() -> None:
    assert [row[:4] for row in problems(read("# nothing\n"))] == [
        ("missing-key", 1, 1, "the file is empty")
    ]


def test_a_list_instead_of_a_prompt() -> None:
    assert [row[:4] for row in problems(read("- a\n"))] == [
        ("wrong-type", 1, 1, "expected a mapping, found a list")
    ]


def test_entries_that_cannot_be_read_do_not_move_the_others() -> None:
    text = HEAD + "rules:\n  - {text: no id}\n  - {id: r, text: a}\n  - {id: r, text: b}\n"
    reading = read(text)
    rows = [row[:4] for row in problems(reading)]
    assert rows == [
        ("missing-key", 7, 5, "`id` is missing"),
        ("duplicate-id", 9, 10, "the id `r` is taken by entry 2 of `rules`"),
    ]
    assert reading.prompt is not None
    assert [rule.text for rule in reading.prompt.rules] == ["a", "b"]
    assert reading.written(("rules", 1, "text")) == ("rules", 2, "text")
    assert reading.written(("rules", 7)) == ("rules", 7)
    assert reading.rule_at(("rules", 0)) is None
    assert reading.rule_at(("rules", 2, "text")) == reading.prompt.rules[1]
    assert reading.rule_at(("id",)) is None


def test_nothing_after_a_key_is_as_good_as_no_key() -> None:
    reading = read(
        HEAD + "summary:\nowners: ~\nbudget: null\nrules:\n  - {id: r, text: x, owner: }\n"
    )
    assert not reading.problems
    reading = read(HEAD.replace("id: a", "id:") + "owners: [~]\nvariables: {a: ~}\n")
    assert [row[:4] for row in problems(reading)] == [
        ("missing-key", 2, 4, "`id` is missing"),
        ("wrong-type", 6, 10, "expected text, found nothing"),
        ("wrong-type", 7, 16, "expected a mapping, found nothing"),
    ]
    assert problems(reading)[1][4] == "write text, or delete the key"


@pytest.mark.parametrize(
    ("text", "kind", "line", "column"),
    [
        ("? [a, b]\n: c\n", "refused-value", 1, 1),
        ("~: b\n", "refused-value", 1, 1),
        ("id: a\nid: b\nid: c\n", "duplicate-key", 3, 1),
    ],
)
def test_odd_keys_are_refused(text: str, kind: str, line: int, column: int) -> None:
    assert (kind, line, column) in [row[:3] for row in problems(read(text))]


@pytest.mark.parametrize(
    "word",
    [
        *("1.10", "007", "1e3", "0x1F", "0o17", "0b11", ".5", "-.inf", ".NaN", "1_000", "+1"),
        *("yes", "No", "ON", "off", "true", "FALSE", "12:30", "-1:20:30"),
    ],
)
def test_text_that_others_read_as_something_else_wants_quotes(word: str) -> None:
    value, messages = scalar(word, Text())
    assert value == word
    assert messages == [f"`{word}` is text here, but other YAML readers take it for something else"]
    for quoted in (f'"{word}"', f"'{word}'"):
        assert scalar(quoted, Text()) == (word, [])
    reading = read(HEAD + f"summary: {word}\n")
    (problem,) = reading.problems
    (edit,) = reading.document.edit(problem.finding.path, None, problem.finding.replacement or "")
    assert edit.text == f'"{word}"'
    assert reading.document.text[edit.start : edit.end] == word


@pytest.mark.parametrize(
    "word", ["1.4.0", "v1", "nope", "1,5", "1:70", "on-call", "e3", "+", "nan"]
)
def test_text_that_nobody_misreads_needs_none(word: str) -> None:
    assert scalar(word, Text()) == (word, [])


def test_numbers_are_bounded_in_any_notation() -> None:
    for word in ("9" * 5000, "-" + "9" * 5000, "1" + "_0" * 50):
        assert scalar(word, Number()) == (WRONG, ["number too large"])
    assert scalar("9" * 5000, Text())[1] == ["number too large"]
    assert scalar("9" * 5000, Anything()) == (WRONG, ["number too large"])
    assert scalar("1e999", Anything()) == (WRONG, ["number too large"])
    wrong = "`1e99` is not a number, 0 or more"
    assert scalar("1e99", Number(whole=False)) == (WRONG, [wrong])
    assert scalar("-1", Number()) == (WRONG, ["`-1` is not a whole number, 0 or more"])
    assert scalar("010", Number())[1] == ["expected a whole number, 0 or more, found `010`"]
    assert scalar("1.5", Number())[1] == ["expected a whole number, 0 or more, found `1.5`"]
    assert scalar("'5'", Number())[1] == ["expected a whole number, 0 or more, found `5`"]
    assert scalar("[5]", Number())[1] == ["expected a whole number, 0 or more, found a list"]
    assert scalar("1_000", Number()) == (1000, [])
    assert scalar("1.5e2", Number(whole=False)) == (150.0, [])


def test_long_values_are_cut_in_messages() -> None:
    _, (message,) = scalar("a" * 5000, Choice("x"))
    assert message == f"`{'a' * 57}…` is not one of `x`"
    assert len(problems(read(HEAD + "k" * 500 + ": 1\n"))[0][3]) < 90


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-04-12", date(2026, 4, 12)),
        ("'2026-04-12'", date(2026, 4, 12)),
        ("2026-02-30", WRONG),
        ("20260412", WRONG),
        ("2026-W15-7", WRONG),
        ("2026-4-12", WRONG),
        ("[2026]", WRONG),
        ("", WRONG),
    ],
)
def test_days(text: str, value: object) -> None:
    read_value, messages = scalar(text, Day())
    assert read_value == value
    assert bool(messages) == (value is WRONG)


def test_plain_data_follows_the_core_schema() -> None:
    text = "{a: [1, 1.5, true, null, ~, x, '1', \"\"], b: {c: }, d: 1_0, e: -2e1}"
    value, messages = scalar(text, Anything())
    assert value == {
        "a": [1, 1.5, True, None, None, "x", "1", ""],
        "b": {"c": None},
        "d": 10,
        "e": -20.0,
    }
    assert not messages
    deep = to_node([[]], Mark(0, 0), Mark(0, 0))
    for _ in range(60):
        deep = type(deep)("sequence", [deep], None, deep.start_mark, deep.end_mark)
    log = Log()
    assert Anything().read(deep, (), log) is not WRONG
    assert [p.finding.message for p in log.problems] == ["nested deeper than 50"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{contains: a, regex: b}", "an assertion has one type, this has `contains` and `regex`"),
        ("{ignore_case: true}", "an assertion has one type, this has none"),
        ("{regex: ''}", "`regex` is empty"),
        ("{contains_any: []}", "`contains_any` is empty"),
        ("{contains: a, ignore_case: perhaps}", "expected `true` or `false`, found `perhaps`"),
        ("{word_count: {min: 1, mix: 2}}", "unknown key `mix`"),
        ("{word_count: many}", "expected a whole number, 0 or more, found `many`"),
        ("{json: 1}", "expected `true` or `false`, found `1`"),
        ("nothing", "expected an assertion such as `{contains: text}`, found `nothing`"),
        ("{zzzzzzzz: 1}", "unknown assertion `zzzzzzzz`"),
    ],
)
def test_assertions_that_mean_nothing(text: str, message: str) -> None:
    _, messages = scalar(text, AssertionShape())
    assert messages == [message]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{slcie: {a: b}}", "unknown key `slcie`"),
        ("{slice: x}", "expected a mapping, found `x`"),
        ("[]", "`k` is empty"),
    ],
)
def test_selections_that_mean_nothing(text: str, message: str) -> None:
    value, messages = scalar(text, SelectionShape())
    assert value is WRONG
    assert messages[0] == message


@pytest.mark.parametrize(
    "path",
    [
        *("/etc/passwd", "../x", "a/../../x", "a/..", "~/x", "~root", "a\\b", "C:/x", "C:x", "a//b"),
        *("a/", "", "nul", "a/CON.md", "com1.txt", "lpt9", "COM¹", ".git/config", ".GIT/x", "git~1/x"),
        *("a/.git", ".git./x", ".git /x", "a./b", "a /b", "a\nb", "a\x00b", ".g\u200cit/x", "a\u202eb"),
        *("a|b", "a<b", "a>b", 'a"b', "a?b", "a*b", "aux", "conin$"),
    ],
)  # fmt: skip
def test_paths_that_mean_something_else_are_refused_alike(path: str) -> None:
    assert not safe_path(path)


@pytest.mark.parametrize(
    "path",
    ["AGENTS.md", "./a.json", "a/b/c.md", ".github/x.md", ".gitignore", "a..b", "größe.md", "com.md"],
)  # fmt: skip
def test_plain_paths_are_not(path: str) -> None:
    assert safe_path(path)


def test_the_nearest_word() -> None:
    assert nearest("sumary", ["summary", "owners"]) == "summary"
    assert nearest("xyz", ["summary", "owners"]) == ""


# -- the JSON Schemas say what the readers do ----------------------------------------------------


@pytest.mark.parametrize("kind", list(KINDS))
def test_the_schemas_are_schemas(kind: str) -> None:
    Draft202012Validator.check_schema(json_schema(kind))
    text = json.dumps(json_schema(kind))
    assert "(?i" not in text  # JavaScript does not read it
    assert "\\\\d" not in text
    assert "\\\\w" not in text


WORDS = st.sampled_from(
    ["a", "b-1", "X", "", " ", "1.0.0", "1.0", "2026-01-02", "2026-13-01", "user", "text", "AGENTS.md",
     "../x", "all", "re2", "fixed", "accepted", "superseded by x", "rule", "PO1", "docs/x"]
)  # fmt: skip
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(-2, 10**16), st.floats(0, 9), WORDS)
JUNK = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner, max_size=2),
    max_leaves=4,
)


def documents(shape: Shape) -> st.SearchStrategy[Any]:
    """Data that mostly fits a shape."""
    fitting = _fitting(shape)
    return st.one_of(fitting, fitting, fitting, fitting, fitting, fitting, JUNK)


def _fitting(shape: Shape) -> st.SearchStrategy[Any]:
    match shape:
        case Record():
            return _record(shape)
        case ListOf():
            many = st.lists(documents(shape.item), max_size=3)
            return many | documents(shape.item) if shape.lone else many
        case MapOf():
            return st.dictionaries(st.sampled_from(["a", "b_1", "a b"]), documents(shape.item), max_size=2)  # fmt: skip
        case Choice():
            return st.sampled_from(shape.words)
        case Flag():
            return st.booleans()
        case Number():
            return st.integers(shape.least, 999)
        case Day():
            return st.just("2026-01-02")
        case AssertionShape():
            kinds = st.sampled_from([*ASSERTIONS, "not_regex", "ignore_case", "oops"])
            return st.dictionaries(kinds, documents(Text()), min_size=1, max_size=2) | st.just({"json": True})  # fmt: skip
        case SelectionShape():
            return documents(SelectionShape.IDS) | documents(SelectionShape.SLICE)
        case _:
            return WORDS


def _record(shape: Record) -> st.SearchStrategy[Any]:
    must = {name: field for name, field in shape.fields.items() if field.required}
    may = {name: field for name, field in shape.fields.items() if not field.required}

    def filled(fields: Mapping[str, Field]) -> dict[str, st.SearchStrategy[Any]]:
        return {name: documents(field.shape) for name, field in fields.items()}

    fixed = st.fixed_dictionaries(filled(must), optional=filled(may))
    odd = st.dictionaries(st.sampled_from(["typo", "ID"]), LEAVES, max_size=1)
    return st.one_of(fixed, fixed, fixed, st.builds(lambda a, b: {**a, **b}, fixed, odd))


def _agree(shape: Shape, kind: str, data: Any) -> None:
    log = Log()
    value = shape.read(compose(json.dumps(data), "x"), (), log)
    errors = list(
        Draft202012Validator(json_schema(kind), format_checker=FormatChecker()).iter_errors(data)
    )
    said = [p.finding.message for p in log.problems]
    assert bool(said) == bool(errors), (data, said, [e.message for e in errors])
    assert value is not WRONG or said
    again = Log()
    shape.read(to_node(data, Mark(0, 0), Mark(0, 0)), (), again)
    places = {p.finding.path for p in log.problems}
    assert {p.finding.path for p in again.problems} <= places
    assert bool(again.problems) == bool(places)


@given(documents(PROMPT))
def test_the_prompt_schema_agrees_with_the_reader(data: Any) -> None:
    _agree(PROMPT, "prompt", data)


@given(documents(CASES_FILE))
def test_the_cases_schema_agrees_with_the_reader(data: Any) -> None:
    _agree(CASES_FILE, "cases", data)


@given(documents(CONFIG))
def test_the_settings_schema_agrees_with_the_reader(data: Any) -> None:
    _agree(CONFIG, "config", data)


@pytest.mark.parametrize("kind", ["evidence", "decision"])
@given(st.data())
def test_the_other_schemas_agree_with_their_readers(kind: str, data: st.DataObject) -> None:
    shape, _ = KINDS[kind]
    _agree(shape, kind, data.draw(documents(shape)))
