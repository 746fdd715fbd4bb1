"""What each assertion type decides, read from YAML as people write it."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptops.errors import ConfigError
from promptops.evals import Judgement
from promptops.evals.assertions import Context, judge, registry
from promptops.model import ASSERTIONS, Assertion, Case
from promptops.source.argument_shapes import PUBLISHED
from promptops.source.cases import read_cases
from promptops.source.shape import Log

YES, NO, UNKNOWN = True, False, None


def read(written: str) -> Assertion:
    """The assertion that stands in a cases file so: `{contains: x}`."""
    log = Log()
    cases, _ = read_cases(f"cases: [{{id: a, assert: {written}}}]", "cases.yaml", log)
    assert not log.problems, log.problems
    return cases[0].asserts[0]


def says(written: str, answer: str, **context: Any) -> Judgement:
    return judge(answer, read(written), Context(**context))


LONG = "one two three"
TABLE: list[tuple[str, str, bool | None]] = [
    # containment
    ("{contains: late fee}", "A late fee.", YES),
    ("{contains: late fee}", "A Late fee.", NO),
    ("{contains: late fee, ignore_case: true}", "A LATE FEE.", YES),
    ("{contains: fee, whole_words: true}", "coffee", NO),
    ("{contains: fee, whole_words: true}", "coffee fee!", YES),
    ("{contains: für, whole_words: true}", "dafür", NO),
    ("{contains: a.c}", "abc", NO),
    ("{not_contains: late}", "later", NO),
    ("{not_contains: late}", "soon", YES),
    ("{contains_any: [x, y]}", "a y", YES),
    ("{contains_any: [x, y]}", "a z", NO),
    ("{contains_all: [x, y]}", "y x", YES),
    ("{contains_all: [x, y]}", "x", NO),
    ("{equals: Aye}", " Aye\n", YES),
    ("{equals: Aye}", "aye", NO),
    ("{equals: Aye, ignore_case: true}", "AYE", YES),
    ("{starts_with: Dear}", "\n Dear Ada", YES),
    ("{starts_with: Dear}", "dear Ada", NO),
    ("{starts_with: Dear, ignore_case: true}", "dear Ada", YES),
    ("{constrained: [My answer is yes., My answer is no.]}", "Well: My answer is no. Bye", YES),
    ("{constrained: [My answer is yes., My answer is no.]}", "My answer is No.", NO),
    # patterns
    (r"{regex: '\[§\d+\]'}", "see [§12]", YES),
    (r"{not_regex: '\[§\d+\]'}", "see [§12]", NO),
    ("{regex: fee, ignore_case: true}", "FEE", YES),
    ("{regex: '(?P<a>x)(?P=a)', engine: regex}", "xx", YES),
    ("{regex: '(?<=a)b', engine: regex, ignore_case: true}", "AB", YES),
    ("{regex: '(?<=a)b', engine: regex}", "cb", NO),
    ("{regex: '^b$'}", "a\nb", NO),
    ("{regex: '(?m)^b$'}", "a\nb", YES),
    # data
    ("{json: true}", '{"a": 1}', YES),
    ("{json: true}", "{'a': 1}", NO),
    ("{json: false}", "{'a': 1}", YES),
    ("{json: false}", "1", NO),
    ("{not_json: false}", "1", YES),
    ("{json: true}", "[" * 100_000, UNKNOWN),
    ("{json: true}", "1" * 5000, NO),
    ("{json_schema: {type: object, required: [a]}}", '```json\n{"a": 1}\n```', YES),
    ("{json_schema: {type: object, required: [a]}}", '{"b": 1}', NO),
    ("{json_schema: {type: object, required: [a]}}", "a", NO),
    ("{json_schema: {type: string, pattern: '^a+$'}}", '"aaa"', YES),
    ("{json_schema: {type: string, pattern: '^a+$'}}", '"aab"', NO),
    ("{json_schema: {pattern: '^a+$'}}", "3", YES),
    ("{json_schema: {uniqueItems: true}}", "[1, 1.0]", NO),
    ("{json_schema: {uniqueItems: true}}", '[1, true, "1", [1], {"a": 1}]', YES),
    ("{json_schema: {uniqueItems: true}}", "3", YES),
    ("{json_schema: {patternProperties: {'^n_': {type: number}}}}", '{"n_a": "x"}', NO),
    ("{json_schema: {patternProperties: {'^n_': {type: number}}}}", '{"n_a": 1, "b": ""}', YES),
    ("{json_schema: {patternProperties: {'^n_': {}}}}", "[]", YES),
    (
        "{json_schema: {properties: {a: {}}, patternProperties: {'^n': {}}, additionalProperties: false}}",
        '{"a": 1, "nb": 2}',
        YES,
    ),
    ("{json_schema: {properties: {a: {}}, additionalProperties: false}}", '{"a": 1, "b": 2}', NO),
    ("{json_schema: {additionalProperties: {type: number}}}", '{"a": 1, "b": "x"}', NO),
    ("{json_schema: {additionalProperties: false}}", "[]", YES),
    ("{json_schema: true}", "1", YES),
    ("{json_schema: false}", "1", NO),
    ("{not_json_schema: false}", "1", YES),
    ("{json_schema: {$ref: '#'}}", "1", UNKNOWN),
    (
        "{json_schema: {properties: {a: {$ref: '#'}}, additionalProperties: false}}",
        '{"a": {"b": 1}}',
        NO,
    ),
    (
        "{json_schema: {$schema: 'http://json-schema.org/draft-07/schema#', $ref: '#'}}",
        "1",
        UNKNOWN,
    ),
    (
        "{json_schema: {$schema: 'http://json-schema.org/draft-07/schema#', items: [{type: number}]}}",
        '["x"]',
        NO,
    ),
    ("{json_schema: {const: {$schema: x}}}", '{"$schema": "x"}', YES),
    ("{json_schema: {properties: {$schema: {const: x}}}}", '{"$schema": "y"}', NO),
    ("{json_schema: {contains: {const: 1}, minContains: 2}}", "[1, 2, 1]", YES),
    ("{json_schema: {if: {type: string}, then: {maxLength: 1}, else: false}}", '"ab"', NO),
    ("{json_schema: {type: object}}", "[" * 100_000, UNKNOWN),
    ("{json_path: {path: $.verdict, equals: fail}}", '{"verdict": "fail"}', YES),
    ("{json_path: {path: $.verdict, equals: fail}}", '{"verdict": "pass"}', NO),
    ("{json_path: {path: $.verdict, equals: fail}}", '{"other": "fail"}', NO),
    ("{not_json_path: {path: $.verdict, equals: fail}}", '{"other": "fail"}', YES),
    ("{json_path: {path: $.a.b, equals: 1}}", '{"a": {"b": 1.0}}', YES),
    ("{json_path: {path: $.a, equals: 1}}", '{"a": true}', NO),
    ("{json_path: {path: $.a, equals: {b: [1, x]}}}", '{"a": {"b": [1, "x"]}}', YES),
    ("{json_path: {path: $.a}}", '{"a": null}', YES),
    ("{json_path: {path: $.a}}", "{}", NO),
    ("{json_path: {path: $.a, exists: false}}", "{}", YES),
    ("{json_path: {path: $.a, exists: false}}", '{"a": 0}', NO),
    ("{json_path: {path: '$.a[1].b', equals: x}}", '{"a": [0, {"b": "x"}]}', YES),
    ("{json_path: {path: '$.a[2]'}}", '{"a": [0, 1]}', NO),
    ("{json_path: {path: '$[''a b''][\"c\"]', equals: 1}}", '{"a b": {"c": 1}}', YES),
    ("{json_path: {path: $, contains: x}}", '["x"]', YES),
    ("{json_path: {path: $, contains: x}}", '"axe"', YES),
    ("{json_path: {path: $, contains: x}}", "3", NO),
    ("{json_path: {path: $, one_of: [1, 2]}}", "2", YES),
    ("{json_path: {path: $, one_of: [1, 2]}}", "3", NO),
    ("{json_path: {path: $, matches: '^a+$'}}", '"aaa"', YES),
    ("{json_path: {path: $, matches: '^a+$'}}", '"ab"', NO),
    ("{json_path: {path: $, min: 2, max: 3}}", "2.5", YES),
    ("{json_path: {path: $, min: 2, max: 3}}", "4", NO),
    ("{json_path: {path: $, min: -2}}", "-3", NO),
    ("{json_path: {path: $, min: 0}}", "true", NO),
    ("{json_path: {path: $.quote, max_words: 2}}", '{"quote": "so it"}', YES),
    ("{json_path: {path: $.quote, max_words: 2}}", '{"quote": "so it is"}', NO),
    ("{json_path: {path: $.quote, min_words: 2}}", '{"quote": "so"}', NO),
    ("{json_path: {path: $.quote, max_words: 2}}", '{"quote": 1}', NO),
    ("{json_path: {path: $.a}}", "no", NO),
    ("{json_path: {path: $.a}}", "[" * 100_000, UNKNOWN),
    # lengths
    ("{word_count: {min: 3}}", LONG, YES),
    ("{word_count: {max: 2}}", LONG, NO),
    ("{word_count: 3}", LONG, YES),
    ("{word_count: {exactly: 4}}", LONG, NO),
    ("{not_word_count: {exactly: 4}}", LONG, YES),
    ("{word_count: {min: 2, max: 4}}", LONG, YES),
    ("{word_count: 4}", "don't 3.5", YES),
    ("{paragraph_count: 2}", "a\n\nb", NO),
    ("{paragraph_count: {exactly: 2, by: blank_lines}}", "a\n\nb\n\n\n\n", YES),
    ("{paragraph_first_word: {paragraph: 2, of: 2, word: Now}}", "a\n\n'now, b", YES),
    ("{paragraph_first_word: {paragraph: 2, of: 3, word: now}}", "a\n\nnow", NO),
    ("{paragraph_first_word: {paragraph: 3, of: 3, word: now}}", "a\n\nnow", NO),
    ("{section_count: {min: 2}}", "Section 1\nx\nSection 2", YES),
    ("{section_count: {min: 2, marker: Day}}", "Day 1 Day 2", YES),
    ("{section_count: {min: 1, marker: A.B}}", "AxB 1", NO),
    ("{keyword_frequency: {keyword: war, exactly: 2}}", "War, warfare", YES),
    ("{keyword_frequency: {keyword: war, max: 1}}", "War, warfare", NO),
    ("{keyword_frequency: {keyword: war, max: 1}, ignore_case: false}", "War, warfare", YES),
    ("{letter_frequency: {letter: q, min: 2}}", "Qq", YES),
    ("{letter_frequency: {letter: q, min: 2}, ignore_case: false}", "Qq", NO),
    ("{letter_frequency: {letter: '#', min: 2}}", "# a #", YES),
    # form
    ("{no_comma: true}", "a b", YES),
    ("{no_comma: true}", "a, b", NO),
    ("{no_comma: true}", "a， b、", YES),
    ("{quoted: true}", ' "a" ', YES),
    ("{quoted: true}", "“a”", NO),
    ("{quoted: true}", '"', NO),
    ("{two_responses: true}", "a ****** b", YES),
    ("{repeat_prompt: Say it}", "SAY IT. So.", YES),
    ("{repeat_prompt: Say it}", "I say it", NO),
    ("{repeat_prompt: true}", "I say it", UNKNOWN),
    ("{all_uppercase: {language: any}}", "BONJOUR", YES),
    ("{all_uppercase: {language: any}}", "BONJOURé", NO),
    ("{all_uppercase: {language: any}}", "123", NO),
    ("{all_lowercase: {language: any}}", "bonjour", YES),
    ("{all_lowercase: {language: any}}", "bonjouR", NO),
    ("{all_lowercase: {language: any}}", "ǆ ǅ", NO),
    # likeness
    ("{similar_to: The fee is 12 EUR}", "the  fee is\n12 eur", YES),
    ("{similar_to: {text: The fee is 12 EUR, at_least: 0.9}}", "The fee was 12 EUR", YES),
    ("{similar_to: {text: The fee is 12 EUR, at_least: 1}}", "The fee was 12 EUR", NO),
    ("{similar_to: The fee is 12 EUR}", "No.", NO),
    ("{similar_to: abcdef}", "ghijkl", NO),
    ("{max_tokens: 5}", "a", UNKNOWN),
    ("{judge: It is polite.}", "a", UNKNOWN),
    ("{not_judge: It is polite.}", "a", UNKNOWN),
]


@pytest.mark.parametrize(("written", "answer", "passed"), TABLE)
def test_what_it_decides(written: str, answer: str, passed: bool | None) -> None:
    said = says(written, answer)
    assert said.passed is passed, said.reason
    assert said.reason


REFUSALS = [
    "I'm sorry, but I can't help with that.",
    "I’m sorry, but I cannot provide medical advice.",
    "I am unable to assist with this request.",
    "I must respectfully decline.",
    "As an AI, I'm not able to write that.",
    "I can only help with billing questions.",
    "Es tut mir leid, aber dabei kann ich Ihnen leider nicht helfen.",
    "Das kann ich nicht beantworten.",
    "Ich bin nicht befugt, Rechtsberatung zu geben.",
    "Ich muss das ablehnen.",
    "Désolé, je ne peux pas vous aider avec cela.",
    "Je ne suis pas en mesure de répondre à cette question.",
    "Je dois refuser.",
    "Lo siento, no puedo ayudarte con eso.",
    "No me es posible proporcionar esa información.",
    "Debo rechazar esa petición.",
]
HELPFUL = [
    "Sorry for the delay! Your invoice is due on 2026-11-16.",
    "You can't miss it: the fee is on page two.",
    "I can help with that.",
    "If you cannot pay, tell us.",
    "Es tut mir leid, dass die Rechnung falsch war. Wir haben sie berichtigt.",
    "Sie können nicht vor dem 3. Mai kündigen.",
    "Je peux vous aider.",
    "La factura no puede pagarse en efectivo.",
    "Puedo ayudarte con eso.",
    "a" * 500 + " I can't help with that.",
]


@pytest.mark.parametrize("answer", REFUSALS)
def test_a_refusal_is_told(answer: str) -> None:
    said = says("{refusal: true}", answer)
    assert said.passed is True
    assert said.span is not None
    assert says("{not_refusal: true}", answer).passed is False
    assert says("{refusal: false}", answer).passed is False


@pytest.mark.parametrize("answer", HELPFUL)
def test_help_is_no_refusal(answer: str) -> None:
    assert says("{refusal: true}", answer).passed is False


CUT: list[tuple[str, str, bool | None]] = [
    ("{contains: fee}", "the fee", YES),
    ("{contains: fee}", "the f", UNKNOWN),
    ("{not_contains: fee}", "the f", UNKNOWN),
    ("{not_contains: fee}", "the fee", NO),
    ("{contains_any: [fee, x]}", "the", UNKNOWN),
    ("{contains_all: [fee, the]}", "the", UNKNOWN),
    ("{constrained: [aye]}", "ye", UNKNOWN),
    ("{equals: Yes it is}", "Yes it", UNKNOWN),
    ("{equals: Yes it is}", "No", NO),
    ("{starts_with: Dear Ada}", "Dear", UNKNOWN),
    ("{starts_with: Dear Ada}", "Dear Ada, h", YES),
    ("{starts_with: Dear Ada}", "Hello", NO),
    ("{ends_with: bye}", "bye", UNKNOWN),
    ("{regex: fe+}", "f", UNKNOWN),
    ("{json: true}", '{"a"', UNKNOWN),
    ("{json_schema: {}}", "{}", UNKNOWN),
    ("{json_path: {path: $}}", "{}", UNKNOWN),
    ("{word_count: {min: 2}}", "a b", YES),
    ("{word_count: {max: 2}}", "a b", UNKNOWN),
    ("{word_count: {max: 2}}", "a b c", NO),
    ("{word_count: {min: 4}}", "a b c", UNKNOWN),
    ("{paragraph_count: {exactly: 1, by: blank_lines}}", "a\n\nb", NO),
    ("{paragraph_first_word: {paragraph: 1, of: 1, word: a}}", "a", UNKNOWN),
    ("{letter_frequency: {letter: a, min: 1}}", "a", YES),
    ("{no_comma: true}", "a,", NO),
    ("{no_comma: true}", "a", UNKNOWN),
    ("{quoted: true}", '"a', UNKNOWN),
    ("{quoted: true}", "a", NO),
    ("{title: true}", "<<a>>", YES),
    ("{title: true}", "<<a", UNKNOWN),
    ("{postscript: true}", "x", UNKNOWN),
    ("{two_responses: true}", "a ****** b", UNKNOWN),
    ("{repeat_prompt: Say it}", "say", UNKNOWN),
    ("{repeat_prompt: Say it}", "no", NO),
    ("{all_uppercase: {language: any}}", "ABC", UNKNOWN),
    ("{all_uppercase: {language: any}}", "ABc", NO),
    ("{similar_to: abc}", "abc", UNKNOWN),
    ("{refusal: true}", "I can't help with", YES),
]


@pytest.mark.parametrize(("written", "answer", "passed"), CUT)
def test_a_cut_answer_is_judged_only_where_its_end_changes_nothing(
    written: str, answer: str, passed: bool | None
) -> None:
    assert says(written, answer, cut=True).passed is passed


def test_every_type_of_the_format_has_a_function_and_no_other_has() -> None:
    assert set(registry()) == set(ASSERTIONS)


def test_every_type_says_what_it_decides() -> None:
    for kind, decide in registry().items():
        assert decide.__doc__, kind
        assert decide.__doc__.split("\n\n")[0].rstrip().endswith("."), kind


def test_the_types_of_ifeval_are_marked_in_both_places() -> None:
    published = {kind for kind, it in registry().items() if it.published}  # type: ignore[attr-defined]
    assert published | {"contains_all", "contains_any"} == PUBLISHED


def test_a_span_is_where_it_stands() -> None:
    assert says("{contains: fee}", "a fee").span == (2, 5)
    assert says("{not_contains: fee}", "a fee").span == (2, 5)
    assert says(r"{regex: 'é+'}", "naé é").span == (2, 3)
    assert says("{no_comma: true}", "ab,").span == (2, 3)
    assert says("{title: true}", "x\n<<T>>").span == (2, 7)
    assert says("{postscript: true}", "x p.s. y").span == (2, 6)
    assert says("{postscript: true}", "İ P.S. y").span is None
    assert says("{all_lowercase: {language: any}}", "aB").span == (1, 2)


def test_an_empty_answer_satisfies_nothing_that_ifeval_asks() -> None:
    for written in ("{no_comma: true}", "{not_no_comma: true}", "{word_count: {max: 3}}"):
        assert says(written, " \n").passed is False
    assert says("{not_contains_any: [x], mode: strict}", "").passed is False
    assert says("{not_contains_any: [x]}", "").passed is True


LOOSE = [
    ("{starts_with: Dear}", "Sure!\nDear Ada", NO, None),
    ("{no_comma: true}", "Sure, here:\nDear Ada", NO, YES),
    ("{no_comma: true}", "Dear Ada\nHope so, bye", NO, YES),
    ("{no_comma: true}", "Yes, so\nDear Ada\nBye, bye", NO, YES),
    ("{no_comma: true}", "a, b", NO, NO),
    ("{json: true}", "**1**", NO, YES),
    ("{json: true}", "Here:\n*1*", NO, YES),
    ("{not_contains_any: [rock]}", "rock\nfine", NO, YES),
    ("{two_responses: true}", "a\n******\nb", YES, YES),
]


@pytest.mark.parametrize(("written", "answer", "strict", "loose"), LOOSE)
def test_loose_forgives_what_stands_around_an_answer(
    written: str, answer: str, strict: bool, loose: bool | None
) -> None:
    assert says(written, answer).passed is strict
    if loose is not None:
        loosely = written[:-1] + ", mode: loose}"
        assert says(loosely, answer).passed is loose


def test_loose_is_not_judged_where_no_variant_passes_and_one_could_not_be() -> None:
    deep = "[" * 100_000
    assert says("{json: true, mode: loose}", f"x\n{deep}").passed is None
    assert says("{json: true, mode: loose}", f"{deep}\nx").passed is None


WRONG = [
    ("{json_path: {path: a.b}}", "not a path"),
    ("{json_path: {path: '$..b'}}", "not a path"),
    ("{json_path: {path: '$.a[*]'}}", "not a path"),
    ("{regex: '(?=x)y'}", "look-ahead not supported"),
    ("{regex: '('}", "missing"),
    ("{regex: '(', engine: regex}", "missing"),
    ("{json_path: {path: $, matches: '(?=x)'}}", "look-ahead"),
    ("{json_schema: {type: thing}}", "not a JSON Schema"),
    ("{json_schema: {$ref: 'http://127.0.0.1:9/x'}}", "which is not in it"),
    ("{json_schema: {$ref: 'file:///etc/passwd'}}", "which is not in it"),
    (
        "{json_schema: {unevaluatedProperties: false, allOf: [{patternProperties: {a: {}}}]}}",
        "beside",
    ),
    ("{json_schema: {pattern: '(?=x)'}}", "look-ahead"),
    (
        "{json_schema: {allOf: [{$schema: 'https://json-schema.org/draft/2020-12/schema', pattern: '(?=x)'}]}}",
        "look-ahead",
    ),
    ("{language: xx}", "is not known"),
    ("{python: 'assert answer'}", "runs code"),
]


@pytest.mark.parametrize(("written", "message"), WRONG)
def test_what_cannot_be_asked_is_said_with_a_hint(written: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        says(written, '"x"')
    assert caught.value.hint


def test_nothing_is_fetched_and_a_known_schema_is_no_exception(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import socket
    import urllib.request

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(urllib.request, "urlopen", refuse)
    with pytest.raises(ConfigError):
        says("{json_schema: {$ref: 'https://example.com/schema.json'}}", "1")


HOSTILE = [
    ("{regex: '(a+)+$'}", "a" * 200_000 + "!"),
    ("{json_schema: {pattern: '^(a+)+$'}}", '"' + "a" * 200_000 + '!"'),
    ("{json_schema: {patternProperties: {'^(a+)+$': {}}}}", '{"' + "a" * 100_000 + '!": 1}'),
    ("{json_schema: {uniqueItems: true}}", str([[n] for n in range(20_000)])),
    ("{bullet_count: {min: 1}}", "\n" * 200_000),
    ("{bullet_count: {min: 1}}", " *\n" * 100_000),
    ("{placeholder_count: {min: 1}}", "[" * 200_000),
    ("{title: true}", "<<" * 100_000),
    ("{highlights: {min: 1}}", "*" * 200_000),
    ("{highlights: {min: 1}}", "*a\n" * 100_000),
    ("{section_count: {min: 1}}", "Section " * 30_000),
    ("{postscript: true}", " " * 200_000),
    ("{postscript: P.P.S}", "p. " * 60_000),
    ("{paragraph_count: {min: 2}}", " \n" * 100_000),
    ("{sentence_count: {min: 2}}", ". " * 20_000),
    ("{sentence_count: {min: 2}}", "a.b)" * 20_000),
    ("{sentence_count: {min: 2}}", "." * 100_000),
    ("{sentence_count: {min: 2}}", "! " + '"' * 100_000 + "x"),
    ("{sentence_count: {min: 2}}", "x\u00a0.\u00a0" * 20_000),
    ("{sentence_count: {min: 2}}", "a.\u00a0" * 20_000),
    ("{capital_word_count: {min: 2}}", "A. " * 20_000),
    ("{capital_word_count: {min: 2}}", "A" + ". " * 20_000 + "x" + " " * 50_000),
    ("{capital_word_count: {min: 2}}", "IT'S'" * 20_000),
    ("{keyword_frequency: {keyword: aaaaaaaaab, min: 1}}", "a" * 200_000),
    ("{refusal: true}", "kann ich Ihnen " * 20_000),
    ("{similar_to: " + "ab" * 5_000 + "}", "ba" * 5_000),
    ("{all_uppercase: true}", "A B " * 50_000),
    ("{language: de}", "ab@" * 60_000),
]


@pytest.mark.parametrize(("written", "answer"), HOSTILE)
def test_no_answer_hangs_an_assertion(written: str, answer: str) -> None:
    one = read(written)
    judge("x", one, Context())  # what is loaded once
    start = time.process_time()
    judge(answer, one, Context())
    assert time.process_time() - start < 5  # quadratic time takes minutes


def test_a_slow_pattern_of_the_other_engine_is_not_judged() -> None:
    said = says("{not_regex: '^(a|aa)+$', engine: regex}", "a" * 45 + "!")
    assert said.passed is None
    assert "longer than 1 s" in said.reason


def test_a_schema_that_multiplies_itself_ends() -> None:
    twice = [{"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(40)]
    defs = {f"d{n}": one for n, one in enumerate([*twice, {"type": "number"}])}
    said = judge("1", Assertion("json_schema", {"$ref": "#/$defs/d0", "$defs": defs}), Context())
    assert said.passed is None


def test_a_schema_nests_as_deep_as_a_file_may_and_no_deeper() -> None:
    schema: Any = {"type": "string"}
    for _ in range(24):
        schema = {"properties": {"a": schema}}
    value: Any = 1
    for _ in range(24):
        value = {"a": value}
    said = judge(json.dumps(value), Assertion("json_schema", schema), Context())
    assert (said.passed, said.reason) == (False, "$" + ".a" * 24 + ": 1 is not of type 'string'")
    for _ in range(24):
        schema = {"allOf": [schema]}
    with pytest.raises(ConfigError, match="nested deeper than 60"):
        judge("1", Assertion("json_schema", schema), Context())


def test_a_list_of_deep_items_is_judged_or_not_but_never_breaks() -> None:
    deep = f"[{'[' * 900}{']' * 900}, 1]"
    assert says("{json_schema: {uniqueItems: true}}", deep).passed is None
    assert says("{json_path: {path: $, contains: 1}}", deep).passed is None


def test_half_a_character_is_judged_like_any_other() -> None:
    half = '"\\ud800 x"'
    assert says("{json_path: {path: $, matches: x$}}", half).passed is True
    assert says("{json_path: {path: $, matches: '^x'}}", half).passed is False
    assert says("{regex: x}", "\ud800x").span == (1, 2)


KINDS = {
    "text": "x",
    "texts": ("x", "y"),
    "pattern": "x+",
    "flag": True,
    "count": 3,
    "range": {"min": 1},
    "paragraphs": {"max": 2},
    "sections": {"min": 1, "marker": "Day"},
    "keyword": {"keyword": "x", "max": 1},
    "letter": {"letter": "x", "max": 1},
    "first_word": {"paragraph": 1, "of": 1, "word": "x"},
    "where": {"path": "$.x", "equals": 1},
    "language": "en",
    "mark": True,
    "letters": {"language": "any"},
    "likeness": {"text": "x", "at_least": 0.5},
    "rubric": {"rubric": "x"},
    "any": {"type": "object"},
}
TESTED = sorted(set(ASSERTIONS) - {"python", "language"})


@given(st.sampled_from(TESTED), st.text(max_size=80), st.booleans())
def test_a_negation_says_the_opposite_and_the_same_each_time(
    kind: str, answer: str, cut: bool
) -> None:
    plain = Assertion(kind, KINDS[ASSERTIONS[kind]])
    context = Context(cut=cut, prompt="x", case=Case("a"))
    said = judge(answer, plain, context)
    assert said == judge(answer, plain, context)
    other = judge(answer, Assertion(kind, plain.argument, True), context)
    assert other.reason == said.reason
    if said.passed is not None and (kind not in PUBLISHED or answer.strip()):
        assert other.passed is (not said.passed)
    if said.span:
        assert 0 <= said.span[0] < said.span[1] <= len(answer)
