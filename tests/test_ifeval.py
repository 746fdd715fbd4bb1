"""IFEval's 25 types with the published semantics, oddities included, and its scores.

The cases are our own. They were checked against the published checker (google-research,
instruction_following_eval, with NLTK 3.8.1 and langdetect's seed 0), which gave the same verdicts.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptops.errors import InputError
from promptops.evals.assertions._capitals import capital_words
from promptops.evals.assertions._punkt import sentences
from promptops.evals.ifeval import TYPES, as_case, assertions, followed, score_ifeval

SHARED = Path(os.environ.get("PROMPTOPS_SHARED", Path(__file__).parents[2] / "shared"))
DATA = SHARED / "data" / "ifeval" / "input_data.jsonl"

TWO = {"num_bullets": 2}
ENGLISH = "this is so because the payment came nine days after it was due"
PARAGRAPHS = {"num_paragraphs": 3, "nth_paragraph": 2, "first_word": "now"}

# instruction, arguments, answer, strict, loose
GOLDEN: list[tuple[str, dict[str, Any], str, bool, bool]] = [
    # words are tokens of NLTK's word_tokenize: clitics are words, I and A are, hyphens join
    *(
        (
            "change_case:capital_word_frequency",
            {"capital_relation": "at least", "capital_frequency": n},
            text,
            yes,
            yes,
        )
        for text, n, yes in (
            ("IT'S", 2, True),
            ("IT'S", 3, False),
            ("CANNOT DON'T", 4, True),
            ("I saw A cat", 2, True),
            ("WELL-KNOWN", 2, False),
            ("U.S.A. NASA", 2, True),
            ("U.S.A. NASA", 3, False),
            ("A,B C:D", 4, True),
            ("1,000 3D", 1, True),
            ("DON’T", 2, True),
            ("**NASA**", 1, True),
            ("iPhone É", 1, True),
        )
    ),
    (
        "change_case:capital_word_frequency",
        {"capital_relation": "less than", "capital_frequency": 2},
        "NASA, ESA",
        False,
        False,
    ),
    (
        "change_case:capital_word_frequency",
        {"capital_relation": "less than", "capital_frequency": 2},
        "NASA\nnone",
        True,
        True,
    ),
    ("change_case:english_capital", {}, ENGLISH.upper(), True, True),
    ("change_case:english_capital", {}, ENGLISH.upper() + "x", False, False),
    ("change_case:english_capital", {}, "Sure!\n" + ENGLISH.upper(), False, True),
    ("change_case:english_capital", {}, "12 + 30", False, False),
    ("change_case:english_lowercase", {}, ENGLISH, True, True),
    (
        "change_case:english_lowercase",
        {},
        "das ist so, weil die zahlung neun tage zu spät kam",
        False,
        False,
    ),
    ("change_case:english_lowercase", {}, ENGLISH + "\n\nBye", False, True),
    ("combination:repeat_prompt", {"prompt_to_repeat": " Say It. "}, "\nsay it. So.", True, True),
    ("combination:repeat_prompt", {"prompt_to_repeat": "Say it."}, "Yes. Say it.", False, False),
    (
        "combination:repeat_prompt",
        {"prompt_to_repeat": "Say it."},
        "Sure:\n**Say it.** So",
        False,
        True,
    ),
    ("combination:two_responses", {}, "a\n******\nb", True, True),
    ("combination:two_responses", {}, "******a******b******", True, True),
    ("combination:two_responses", {}, "a****** a ", False, False),
    ("combination:two_responses", {}, "a************b", False, False),
    ("combination:two_responses", {}, "a******b******c", False, False),
    ("combination:two_responses", {}, "a*******b", True, True),
    ("combination:two_responses", {}, "x\na******b******c\n******y", False, False),
    ("detectable_content:number_placeholders", {"num_placeholders": 2}, "[a] [] x", True, True),
    ("detectable_content:number_placeholders", {"num_placeholders": 2}, "[[a]]", False, False),
    ("detectable_content:number_placeholders", {"num_placeholders": 1}, "[a\nb]", False, False),
    (
        "detectable_content:number_placeholders",
        {"num_placeholders": 2},
        "[a](http://x) - [ ] y",
        True,
        True,
    ),
    ("detectable_content:postscript", {"postscript_marker": "P.S."}, "x p. s. y", True, True),
    ("detectable_content:postscript", {"postscript_marker": "P.S."}, "P.P.S. y", True, True),
    ("detectable_content:postscript", {"postscript_marker": "P.S."}, "PS: y", False, False),
    ("detectable_content:postscript", {"postscript_marker": "P.S."}, "P.S y", False, False),
    ("detectable_content:postscript", {"postscript_marker": "P.P.S"}, "P.P.S y", True, True),
    ("detectable_content:postscript", {"postscript_marker": "P.P.S"}, "P.S. y", False, False),
    ("detectable_content:postscript", {"postscript_marker": "P.P.S"}, "p. p. sunny", True, True),
    ("detectable_content:postscript", {"postscript_marker": "N.B."}, "see n.b. y", True, True),
    ("detectable_format:constrained_response", {}, "  My answer is maybe. Or not.", True, True),
    ("detectable_format:constrained_response", {}, "my answer is yes.", False, False),
    ("detectable_format:constrained_response", {}, "My answer is **no**.", False, True),
    ("detectable_format:json_format", {}, '```json\n{"a": 1}\n```', True, True),
    ("detectable_format:json_format", {}, '```JSON{"a": 1}```', True, True),
    (
        "detectable_format:json_format",
        {},
        '```jSON\n{"a": 1}\n```',
        False,
        True,
    ),  # a word, then cut
    ("detectable_format:json_format", {}, "42", True, True),
    ("detectable_format:json_format", {}, "NaN", True, True),
    ("detectable_format:json_format", {}, "{'a': 1}", False, False),
    ("detectable_format:json_format", {}, 'Here:\n{"a": 1}', False, True),
    ("detectable_format:json_format", {}, '{"a": 1,}', False, False),
    (
        "detectable_format:multiple_sections",
        {"section_spliter": "SECTION", "num_sections": 2},
        "SECTION 1\nx\nSECTION2",
        True,
        True,
    ),
    (
        "detectable_format:multiple_sections",
        {"section_spliter": "SECTION", "num_sections": 2},
        "Section 1\nSECTION 2",
        False,
        False,
    ),
    (
        "detectable_format:multiple_sections",
        {"section_spliter": "Day", "num_sections": 1},
        "Day one",
        False,
        False,
    ),
    (
        "detectable_format:multiple_sections",
        {"section_spliter": "Day", "num_sections": 1},
        "SomeDay\n\n1",
        False,
        False,
    ),
    ("detectable_format:number_bullet_lists", TWO, "* a\n* b", True, True),
    ("detectable_format:number_bullet_lists", TWO, "* a\n  - b", True, True),
    ("detectable_format:number_bullet_lists", TWO, "*a\n-b", True, True),
    ("detectable_format:number_bullet_lists", TWO, "**a**\n**b**", False, False),
    ("detectable_format:number_bullet_lists", TWO, "---\n* a", True, True),
    ("detectable_format:number_bullet_lists", TWO, "*\n* a", False, False),  # one takes two lines
    ("detectable_format:number_bullet_lists", TWO, "1. a\n2. b", False, False),
    ("detectable_format:number_bullet_lists", TWO, "• a\n• b", False, False),
    (
        "detectable_format:number_bullet_lists",
        TWO,
        "* a\n* b\n* c",
        False,
        True,
    ),  # without one line
    ("detectable_format:number_bullet_lists", TWO, "\n\n * a\n\n\n* b", True, True),
    ("detectable_format:number_bullet_lists", TWO, "* a\n*", False, False),
    (
        "detectable_format:number_highlighted_sections",
        {"num_highlights": 2},
        "*a* and *b*",
        True,
        True,
    ),
    (
        "detectable_format:number_highlighted_sections",
        {"num_highlights": 2},
        "**a** and **b**",
        True,
        True,
    ),
    ("detectable_format:number_highlighted_sections", {"num_highlights": 2}, "**a**", False, False),
    ("detectable_format:number_highlighted_sections", {"num_highlights": 2}, "***a***", True, True),
    (
        "detectable_format:number_highlighted_sections",
        {"num_highlights": 1},
        "* a\n* b",
        False,
        False,
    ),
    ("detectable_format:number_highlighted_sections", {"num_highlights": 1}, "* a * b", True, True),
    (
        "detectable_format:number_highlighted_sections",
        {"num_highlights": 1},
        "* * ****",
        False,
        False,
    ),
    ("detectable_format:title", {}, "x <<T>>", True, True),
    ("detectable_format:title", {}, "<< >>", False, False),
    ("detectable_format:title", {}, "<<a\nb>>", False, False),
    ("detectable_format:title", {}, "<<>>>", False, False),
    ("detectable_format:title", {}, "<< <<a>>", True, True),
    ("detectable_format:title", {}, "<<a> >>", True, True),
    ("keywords:existence", {"keywords": ["war", "Peace"]}, "Warfare, peaceful", True, True),
    ("keywords:existence", {"keywords": ["war", "peace"]}, "war", False, False),
    ("keywords:existence", {"keywords": ["war"]}, "w*a*r", False, True),
    ("keywords:forbidden_words", {"forbidden_words": ["rock"]}, "Rocks and shamrock", True, True),
    ("keywords:forbidden_words", {"forbidden_words": ["rock"]}, "a ROCK.", False, False),
    ("keywords:forbidden_words", {"forbidden_words": ["rock"]}, "Rock?\nNo.", False, True),
    ("keywords:forbidden_words", {"forbidden_words": ["rock"]}, "rocké rock_", True, True),
    (
        "keywords:frequency",
        {"relation": "at least", "keyword": "war", "frequency": 2},
        "War, warfare",
        True,
        True,
    ),
    (
        "keywords:frequency",
        {"relation": "less than", "keyword": "war", "frequency": 2},
        "War, warfare",
        False,
        False,
    ),
    (
        "keywords:frequency",
        {"relation": "at least", "keyword": " war ", "frequency": 1},
        "awar",
        True,
        True,
    ),
    (
        "keywords:letter_frequency",
        {"let_relation": "at least", "letter": "Q", "let_frequency": 2},
        "Qq",
        True,
        True,
    ),
    (
        "keywords:letter_frequency",
        {"let_relation": "less than", "letter": "q", "let_frequency": 2},
        "Qq",
        False,
        False,
    ),
    (
        "keywords:letter_frequency",
        {"let_relation": "at least", "letter": "#", "let_frequency": 2},
        "# #",
        True,
        True,
    ),
    (
        "keywords:letter_frequency",
        {"let_relation": "at least", "letter": "!", "let_frequency": 3},
        "!!",
        False,
        False,
    ),
    (
        "language:response_language",
        {"language": "de"},
        "Das ist so, weil die Zahlung neun Tage zu spät kam.",
        True,
        True,
    ),
    ("language:response_language", {"language": "de"}, ENGLISH, False, False),
    ("language:response_language", {"language": "hi"}, "123 ...", True, True),
    ("length_constraints:nth_paragraph_first_word", PARAGRAPHS, "a\n\nNow, b\n\nc", True, True),
    ("length_constraints:nth_paragraph_first_word", PARAGRAPHS, "a\n\n'\"now!b\n\nc", True, True),
    ("length_constraints:nth_paragraph_first_word", PARAGRAPHS, "a\n\n\"'now b\n\nc", False, False),
    ("length_constraints:nth_paragraph_first_word", PARAGRAPHS, "a\n\nnowhere\n\nc", False, False),
    ("length_constraints:nth_paragraph_first_word", PARAGRAPHS, "a\n\n**Now** b\n\nc", False, True),
    ("length_constraints:nth_paragraph_first_word", PARAGRAPHS, "a\n\nnow\n\nc\n\nd", False, True),
    ("length_constraints:nth_paragraph_first_word", PARAGRAPHS, "a\n\n\n\nnow\n\nc", False, False),
    ("length_constraints:nth_paragraph_first_word", PARAGRAPHS, "a\n\nnow-b\n\nc", False, False),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 2}, "a\n***\nb", True, True),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 2}, "***a***b***", True, True),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 2}, "a\n\nb", False, False),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 2}, "a\n***\n***\nb", False, False),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 2}, "***a*** and b", True, True),
    (
        "length_constraints:number_sentences",
        {"relation": "at least", "num_sentences": 2},
        "Dr. Smith came. He left.",
        True,
        True,
    ),
    (
        "length_constraints:number_sentences",
        {"relation": "at least", "num_sentences": 3},
        "Dr. Smith came. He left.",
        False,
        False,
    ),
    (
        "length_constraints:number_sentences",
        {"relation": "less than", "num_sentences": 2},
        "# Title\n\n- one\n- two",
        True,
        True,
    ),
    (
        "length_constraints:number_sentences",
        {"relation": "at least", "num_sentences": 4},
        "Wow!!!",
        False,
        False,
    ),
    (
        "length_constraints:number_sentences",
        {"relation": "at least", "num_sentences": 2},
        "Wow!!!",
        True,
        True,
    ),
    (
        "length_constraints:number_sentences",
        {"relation": "less than", "num_sentences": 2},
        "See e.g. this at 5 p.m. on Monday",
        False,
        False,
    ),
    (
        "length_constraints:number_words",
        {"relation": "at least", "num_words": 4},
        "don't stop-me",
        True,
        True,
    ),
    (
        "length_constraints:number_words",
        {"relation": "less than", "num_words": 4},
        "don't stop-me",
        False,
        False,
    ),
    (
        "length_constraints:number_words",
        {"relation": "at least", "num_words": 2},
        "x_y 日本",
        True,
        True,
    ),
    ("punctuation:no_comma", {}, "a; b، c，", True, True),
    ("punctuation:no_comma", {}, "a, b", False, False),
    ("punctuation:no_comma", {}, "1,000", False, False),
    ("startend:end_checker", {"end_phrase": "So it is."}, "Yes. so IT is.\n", True, True),
    ("startend:end_checker", {"end_phrase": "So it is."}, 'Yes. "So it is."', True, True),
    ("startend:end_checker", {"end_phrase": "So it is."}, "So it is. Bye", False, False),
    ("startend:end_checker", {"end_phrase": "So it is."}, "**So it is.**", False, True),
    ("startend:end_checker", {"end_phrase": "So it is."}, "So it is.\nBye", False, True),
    ("startend:quotation", {}, ' "a" "b"\n', True, True),
    ("startend:quotation", {}, "“a”", False, False),
    ("startend:quotation", {}, '"', False, False),
    ("startend:quotation", {}, 'Sure:\n"a"', False, True),
    ("punctuation:no_comma", {}, " \n", False, False),
    (
        "length_constraints:number_words",
        {"relation": "less than", "num_words": 4},
        "",
        False,
        False,
    ),
]


def row(name: str, kwargs: dict[str, Any], key: int = 1, prompt: str = "p") -> dict[str, Any]:
    return {"key": key, "prompt": prompt, "instruction_id_list": [name], "kwargs": [kwargs]}


@pytest.mark.parametrize(("name", "kwargs", "answer", "strict", "loose"), GOLDEN)
def test_the_published_verdict(
    name: str, kwargs: dict[str, Any], answer: str, strict: bool, loose: bool
) -> None:
    assert followed(answer, row(name, kwargs)) == ((strict,), (loose,))


def test_all_types_have_golden_cases_that_pass_and_that_fail() -> None:
    assert len(TYPES) == 25
    verdicts = {(name, strict) for name, _, _, strict, _ in GOLDEN}
    assert verdicts == {(name, yes) for name in TYPES for yes in (True, False)}


SENTENCES = [
    ("", []),
    ("One", ["One"]),
    ("It is so. Or not? Yes!", ["It is so.", "Or not?", "Yes!"]),
    (
        "Mr. and Mrs. Smith paid $5.50 on Jan. 3. Then they left.",
        ["Mr. and Mrs. Smith paid $5.50 on Jan. 3.", "Then they left."],
    ),
    ("J. K. Rowling wrote it.", ["J. K. Rowling wrote it."]),
    ('He said "Stop." Then he left.', ['He said "Stop."', "Then he left."]),
    ("(It is so.) And so.", ["(It is so.)", "And so."]),
    ("Wait... what?", ["Wait... what?"]),
    ("So it is... However, he left.", ["So it is...", "However, he left."]),
    ("Wow!!! Yes.", ["Wow!!!", "Yes."]),
    ("Wow!!!", ["Wow!!", "!"]),
    ("1. First thing\n2. Second thing", ["1.", "First thing\n2.", "Second thing"]),
    ("It ended.\n\nNext", ["It ended.", "Next"]),
    ("visit example.com now. ok", ["visit example.com now.", "ok"]),
    ("He lives in the U.S. He left.", ["He lives in the U.S.", "He left."]),
    ("He lives in the U.S. now.", ["He lives in the U.S. now."]),
]


@pytest.mark.parametrize(("text", "wanted"), SENTENCES)
def test_sentences(text: str, wanted: list[str]) -> None:
    assert [text[start:end] for start, end in sentences(text)] == wanted


WORDS = """. ... ! ? !!! " ' '' ( ) [ ] * ** - -- , : ; ’ “ ” ` @ $ % Mr. Dr. U.S. e.g. etc. No. p.m. J. 5. 3.14 1,000
    I A IT'S DON'T CAN'T CANNOT GONNA 'TIS MORE'N D'YE GIMME O'B X'Y I'LL The However he Smith john HELLO
    A.B.C A,B A:B A-B <<x>> [x] P.S. Ü é … .) !'S' ----- ...."""
TEXTS = st.lists(
    st.tuples(st.sampled_from(WORDS.split()), st.sampled_from(["", " ", " "])), max_size=25
).map(lambda parts: "".join(word + space for word, space in parts))


@pytest.fixture(scope="module")
def nltk() -> Any:
    """The published tokenizers, with the tables that ours has too."""
    punkt = pytest.importorskip("nltk.tokenize.punkt")
    version = pytest.importorskip("nltk").__version__
    if not version.startswith("3.9."):
        pytest.skip(f"nltk {version} cuts sentences in another way")
    from nltk.tokenize import NLTKWordTokenizer
    from punkt import load_model

    tables = load_model("english")
    params = punkt.PunktParameters()
    for name in ("abbrev_types", "collocations", "sent_starters"):
        setattr(params, name, getattr(tables, name))
    params.ortho_context.update(tables.ortho_context)
    return punkt.PunktSentenceTokenizer(params), NLTKWordTokenizer()


@given(text=TEXTS)
def test_sentences_and_words_are_those_of_nltk(nltk: Any, text: str) -> None:
    ours = list(sentences(text))
    assert ours == list(nltk[0].span_tokenize(text))
    words = [word for start, end in ours for word in nltk[1].tokenize(text[start:end])]
    assert capital_words(text) == sum(word.isupper() for word in words)


ROWS = [
    row("punctuation:no_comma", {}, 1, "a"),
    row("startend:quotation", {}, 2, "b"),
    {
        "key": 3,
        "prompt": "c",
        "instruction_id_list": ["punctuation:no_comma", "startend:quotation"],
        "kwargs": [{}, {}],
    },
    row("detectable_format:title", {}, 4, "d"),
    row("detectable_format:title", {}, 5, "e"),
]
RESPONSES = [
    {"prompt": "a", "response": "x, y"},
    {"prompt": "a", "response": "x"},
    {"prompt": "b", "response": "Sure:\n'x'"},
    {"prompt": "c", "response": 'Yes\n"x"'},
    {"prompt": "d", "response": " "},
    {"prompt": "elsewhere", "response": "x"},
]


def test_scores_count_prompts_and_instructions_and_name_what_does_not_match() -> None:
    scores = score_ifeval(ROWS, RESPONSES)
    assert (scores.prompts, scores.instructions) == (4, 5)
    assert (scores.strict.prompts, scores.strict.instructions) == (1, 2)
    assert (scores.loose.prompts, scores.loose.instructions) == (2, 3)
    assert scores.strict.types == {
        "detectable_format:title": (0, 1),
        "punctuation:no_comma": (2, 2),
        "startend:quotation": (0, 2),
    }
    assert scores.loose.types["startend:quotation"] == (1, 2)
    assert (scores.unknown, scores.unanswered, scores.empty, scores.repeated) == (
        1,
        (5,),
        (4,),
        (1,),
    )
    assert scores.followed[3] == ((True, False), (True, True))


def test_responses_may_be_a_mapping() -> None:
    scores = score_ifeval(ROWS, {"a": "x", "c": '"x"'})
    assert (scores.prompts, scores.strict.prompts, scores.unanswered) == (2, 2, (2, 4, 5))


@pytest.mark.parametrize(
    ("name", "kwargs", "message"),
    [
        ("keywords:rhyme", {}, "none of IFEval's 25 types"),
        (
            "length_constraints:number_words",
            {"relation": "at least"},
            "lacks its argument 'num_words'",
        ),
        (
            "length_constraints:number_words",
            {"relation": "at most", "num_words": 3},
            "not `at least`",
        ),
        (
            "length_constraints:number_words",
            {"relation": "less than", "num_words": "x"},
            "number_words",
        ),
    ],
)
def test_rows_that_are_not_ifevals_are_refused(
    name: str, kwargs: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        score_ifeval([row(name, kwargs)], {"p": "x"})


def test_rows_that_contradict_themselves_are_refused() -> None:
    with pytest.raises(InputError, match="differ in length"):
        followed("x", {**row("punctuation:no_comma", {}), "kwargs": []})
    with pytest.raises(InputError, match="same key"):
        score_ifeval([ROWS[0], {**ROWS[1], "key": 1}], {"a": "x", "b": "x"})


def test_arguments_that_a_copy_of_the_data_fills_in_with_null_are_none() -> None:
    given = {"num_words": 1, "relation": "at least", "keyword": None}
    assert followed("x", row("length_constraints:number_words", given)) == ((True,), (True,))


@pytest.mark.skipif(not DATA.exists(), reason="the IFEval data is not here")
def test_every_published_row_is_read() -> None:
    rows = [json.loads(line) for line in DATA.read_text().splitlines()]
    assert len(rows) == 541
    assert sum(len(list(assertions(it))) for it in rows) == 834
    case = as_case(rows[0])
    assert (case.id, case.variables["prompt"]) == ("ifeval-1000", rows[0]["prompt"])
    assert [one.kind for one in case.asserts] == ["no_comma", "highlights", "word_count"]
    scores = score_ifeval(rows, {it["prompt"]: "Yes." for it in rows})
    assert (scores.prompts, scores.instructions, scores.unanswered) == (541, 834, ())
