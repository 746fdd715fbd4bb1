"""IFEval: its 25 types of instruction as assertions of ours, and its scores.

Zhou et al. 2023, "Instruction-Following Evaluation for Large Language Models" (arXiv:2311.07911),
as published in google-research/google-research, instruction_following_eval. *Strict*: an answer
that is not empty satisfies the instruction. *Loose*: the answer or one of seven variants does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from promptops.errors import InputError
from promptops.evals.assertions import Context, judge
from promptops.model import Assertion, Case

Given = Mapping[str, Any]
CONSTRAINED = ("My answer is yes.", "My answer is no.", "My answer is maybe.")
STRICT, LOOSE = (Context(options={"mode": mode}) for mode in ("strict", "loose"))
_FOLD = {"ignore_case": True}
_WORDS = {"ignore_case": True, "whole_words": True}


def _related(kind: str, number: str, relation: str, **more: str) -> Callable[[Given], Assertion]:
    """A number with `at least` or `less than`; more: our keys and the names of theirs."""

    def build(given: Given) -> Assertion:
        match given[relation]:
            case "at least":
                wanted = {"min": given[number]}
            case "less than":
                wanted = {"max": given[number] - 1}
            case other:
                raise ValueError(f"`{relation}` is `{other}`, not `at least` or `less than`")
        return Assertion(kind, {**wanted, **{ours: given[name] for ours, name in more.items()}})

    return build


def _ranged(kind: str, number: str, limit: str) -> Callable[[Given], Assertion]:
    return lambda given: Assertion(kind, {limit: given[number]})


def _flag(kind: str) -> Callable[[Given], Assertion]:
    return lambda _: Assertion(kind, True)


TYPES: Mapping[str, Callable[[Given], Assertion]] = {
    "change_case:capital_word_frequency": _related(
        "capital_word_count", "capital_frequency", "capital_relation"
    ),
    "change_case:english_capital": _flag("all_uppercase"),
    "change_case:english_lowercase": _flag("all_lowercase"),
    "combination:repeat_prompt": lambda g: Assertion("repeat_prompt", g["prompt_to_repeat"]),
    "combination:two_responses": _flag("two_responses"),
    "detectable_content:number_placeholders": _ranged(
        "placeholder_count", "num_placeholders", "min"
    ),
    "detectable_content:postscript": lambda g: Assertion("postscript", g["postscript_marker"]),
    "detectable_format:constrained_response": lambda _: Assertion("constrained", CONSTRAINED),
    "detectable_format:json_format": _flag("json"),
    "detectable_format:multiple_sections": lambda g: Assertion(
        "section_count", {"min": g["num_sections"], "marker": g["section_spliter"]}
    ),
    "detectable_format:number_bullet_lists": _ranged("bullet_count", "num_bullets", "exactly"),
    "detectable_format:number_highlighted_sections": _ranged("highlights", "num_highlights", "min"),
    "detectable_format:title": _flag("title"),
    "keywords:existence": lambda g: Assertion("contains_all", tuple(g["keywords"]), options=_FOLD),
    "keywords:forbidden_words": lambda g: Assertion(
        "contains_any", tuple(g["forbidden_words"]), True, _WORDS
    ),
    "keywords:frequency": _related("keyword_frequency", "frequency", "relation", keyword="keyword"),
    "keywords:letter_frequency": _related(
        "letter_frequency", "let_frequency", "let_relation", letter="letter"
    ),
    "language:response_language": lambda g: Assertion("language", g["language"]),
    "length_constraints:nth_paragraph_first_word": lambda g: Assertion(
        "paragraph_first_word",
        {"paragraph": g["nth_paragraph"], "of": g["num_paragraphs"], "word": g["first_word"]},
    ),
    "length_constraints:number_paragraphs": _ranged("paragraph_count", "num_paragraphs", "exactly"),
    "length_constraints:number_sentences": _related("sentence_count", "num_sentences", "relation"),
    "length_constraints:number_words": _related("word_count", "num_words", "relation"),
    "punctuation:no_comma": _flag("no_comma"),
    "startend:end_checker": lambda g: Assertion("ends_with", g["end_phrase"]),
    "startend:quotation": _flag("quoted"),
}


def assertions(row: Mapping[str, Any]) -> Iterator[tuple[str, Assertion]]:
    """(instruction id, our assertion) for each instruction of a row of IFEval's data.

    Arguments that are null, which some copies of the data fill in, don't count. InputError for a
    type or an argument that is none of IFEval's: where one is missing, IFEval draws it by lot.
    """
    ids, given = row["instruction_id_list"], row["kwargs"]
    if len(ids) != len(given):
        raise _wrong(row, "its lists of instructions and of arguments differ in length")
    for name, kwargs in zip(ids, given, strict=True):
        build = TYPES.get(name)
        if build is None:
            raise _wrong(row, f"`{str(name)[:60]}` is none of IFEval's 25 types")
        try:
            yield name, build({key: v for key, v in (kwargs or {}).items() if v is not None})
        except KeyError as missing:
            raise _wrong(row, f"`{name}` lacks its argument {missing}") from None
        except (ValueError, TypeError) as error:
            raise _wrong(row, f"`{name}`: {error}") from None


def as_case(row: Mapping[str, Any]) -> Case:
    """A row of IFEval's data as a case, whose one variable `prompt` is what the model is asked."""
    asserts = tuple(one for _, one in assertions(row))
    return Case(f"ifeval-{row['key']}", {"prompt": row["prompt"]}, asserts=asserts)


def _wrong(row: Mapping[str, Any], what: str) -> InputError:
    key = str(row.get("key", "?"))[:20]
    return InputError(f"row {key}: {what}", "use IFEval's own data, unchanged")


@dataclass(frozen=True, slots=True)
class Level:
    """Strict or loose: prompts of which every instruction was followed, and instructions.

    types: (followed, all) by instruction id.
    """

    prompts: int
    instructions: int
    types: Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Scores:
    """What IFEval reports, as counts: divide by `prompts` or `instructions`.

    prompts, instructions: those with a response, the empty ones included, which follow nothing.
    unknown: responses to prompts that are none of the data's. unanswered, empty: keys of prompts
    without a response and with one that has no word. repeated: keys of prompts with several
    responses, of which the last counts, as published. followed: (strict, loose) by key, in the
    order of the row's instructions.
    """

    prompts: int
    instructions: int
    strict: Level
    loose: Level
    unknown: int = 0
    unanswered: tuple[Any, ...] = ()
    empty: tuple[Any, ...] = ()
    repeated: tuple[Any, ...] = ()
    followed: Mapping[Any, tuple[tuple[bool, ...], tuple[bool, ...]]] = field(default_factory=dict)


def followed(answer: str, row: Mapping[str, Any]) -> tuple[tuple[bool, ...], tuple[bool, ...]]:
    """(strict, loose): for each instruction of the row whether the answer follows it."""
    asked = [one for _, one in assertions(row)]
    strict = tuple(judge(answer, one, STRICT).passed is True for one in asked)
    loose = tuple(
        kept or judge(answer, one, LOOSE).passed is True
        for one, kept in zip(asked, strict, strict=True)
    )
    return strict, loose


def score_ifeval(
    rows: Iterable[Mapping[str, Any]], responses: Iterable[Mapping[str, str]] | Mapping[str, str]
) -> Scores:
    """Scores of `responses` ({prompt, response} each, or response by prompt) on IFEval's `rows`.

    InputError for rows that are none of IFEval's.
    """
    rows = list(rows)
    pairs = _pairs(responses)
    times = Counter(prompt for prompt, _ in pairs)
    given = dict(pairs)
    answered = [row for row in rows if row["prompt"] in given]
    results = {row["key"]: followed(given[row["prompt"]], row) for row in answered}
    if len(results) < len(answered):
        raise InputError("two rows have the same key", "use IFEval's own data, unchanged")
    known = {row["prompt"] for row in rows}
    return Scores(
        len(answered),
        sum(len(row["instruction_id_list"]) for row in answered),
        _level(answered, {key: both[0] for key, both in results.items()}),
        _level(answered, {key: both[1] for key, both in results.items()}),
        sum(n for prompt, n in times.items() if prompt not in known),
        tuple(row["key"] for row in rows if row["prompt"] not in given),
        tuple(row["key"] for row in answered if not given[row["prompt"]].strip()),
        tuple(row["key"] for row in answered if times[row["prompt"]] > 1),
        results,
    )


def _pairs(
    responses: Iterable[Mapping[str, str]] | Mapping[str, str],
) -> list[tuple[str, str]]:
    if isinstance(responses, Mapping):
        return list(responses.items())
    return [(it["prompt"], it["response"]) for it in responses]


def _level(rows: Iterable[Mapping[str, Any]], results: Mapping[Any, tuple[bool, ...]]) -> Level:
    types: dict[str, tuple[int, int]] = {}
    for row in rows:
        for name, kept in zip(row["instruction_id_list"], results[row["key"]], strict=True):
            right, n = types.get(name, (0, 0))
            types[name] = right + kept, n + 1
    return Level(
        sum(all(kept) for kept in results.values()),
        sum(sum(kept) for kept in results.values()),
        dict(sorted(types.items())),
    )
