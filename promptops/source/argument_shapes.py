"""Shapes of what assertions take: their arguments and their options, by kind."""

from __future__ import annotations

from collections.abc import Mapping

from promptops.diagnostic import Place
from promptops.source.containers import Field, ListOf, Record
from promptops.source.shape import WRONG, Log, Shape, is_scalar
from promptops.source.value_shapes import Anything, Choice, Flag, Number, Text

TYPE_CHECKING = False  # `typing` costs a check a tenth of its start
if TYPE_CHECKING:
    from typing import Any

TEXT = Text(empty=False)
LANGUAGE = Text("a language's code, such as de or zh-cn", r"[a-z]{2}(?:-[a-z]{2})?")
ANY_LANGUAGE = Text("a language's code, or any", r"any|[a-z]{2}(?:-[a-z]{2})?")


class Ratio(Number):
    """A number from 0 to 1."""

    def __init__(self) -> None:
        super().__init__(whole=False)
        self.noun = "a number from 0 to 1"

    def read(self, node: Any, place: Place, log: Log) -> Any:
        value = super().read(node, place, log)
        if value is WRONG or value <= 1:
            return value
        return log.add(
            "invalid-value", place, f"{value:g} is not {self.noun}", f"write {self.noun}"
        )

    def schema(self) -> dict[str, Any]:
        return {**super().schema(), "maximum": 1}


class FlagOr(Shape):
    """true or false, or something that says more."""

    def __init__(self, other: Shape) -> None:
        self.other = other
        self.noun = f"`true`, `false` or {other.noun}"

    def read(self, node: Any, place: Place, log: Log) -> Any:
        flag = is_scalar(node) and not node.style and node.value.lower() in ("true", "false")
        return (Flag() if flag else self.other).read(node, place, log)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [Flag().schema(), self.other.schema()]}


class Range(Record):
    """How many: {min, max}, {exactly}, or a bare number for exactly so many; `more`: further keys."""

    LIMITS: Mapping[str, Field] = {
        "min": Field(Number(), "at least this many"),
        "max": Field(Number(), "at most this many"),
        "exactly": Field(Number(), "exactly this many"),
    }

    def __init__(self, more: Mapping[str, Field] | None = None) -> None:
        needs_more = any(field.required for field in (more or {}).values())
        super().__init__({**self.LIMITS, **(more or {})}, shorthand="" if needs_more else "exactly")

    def read(self, node: Any, place: Place, log: Log) -> Any:
        value = super().read(node, place, log)
        given = self.LIMITS.keys() & value.keys() if isinstance(value, dict) else set()
        if "exactly" in given and len(given) > 1:
            help = "delete `exactly`, or the other limits"
            return log.add("invalid-value", place, "`exactly` stands beside another limit", help)
        return value


WHERE = Record(
    {
        "path": Field(TEXT, "where in the JSON, such as $.items[0].name", True),
        "exists": Field(Flag(), "false: nothing may stand there"),
        "equals": Field(Anything(), "the value itself"),
        "one_of": Field(ListOf(Anything(), least=1), "one of these values"),
        "contains": Field(Anything(), "a text in the text, an item in the list"),
        "matches": Field(TEXT, "a pattern that the text matches, in RE2"),
        "min": Field(Number(-(10**15), whole=False), "the number is at least this"),
        "max": Field(Number(-(10**15), whole=False), "the number is at most this"),
        "min_words": Field(Number(), "the text has at least so many words"),
        "max_words": Field(Number(), "the text has at most so many words"),
    }
)
FIRST_WORD = Record(
    {
        "paragraph": Field(Number(1), "which paragraph, from 1", True),
        "of": Field(Number(1), "how many paragraphs there are", True),
        "word": Field(TEXT, "its first word", True),
    }
)
PARAGRAPHS = {"by": Field(Choice("dividers", "blank_lines"), "what stands between paragraphs")}
SECTIONS = {"marker": Field(TEXT, "the word before the number; Section where it is missing")}
KEYWORD = {"keyword": Field(TEXT, "what is counted", True)}
LETTER = {"letter": Field(Text("one character", r"(?s:.)"), "what is counted", True)}
ONE_CASE = Record({"language": Field(ANY_LANGUAGE, "of the answer; en where it is missing", True)})
LIKENESS = Record(
    {
        "text": Field(TEXT, "what the answer is compared with", True),
        "at_least": Field(Ratio(), "how like it, from 0 to 1; 0.8 where it is missing"),
    },
    shorthand="text",
)
RUBRIC = Record(
    {"rubric": Field(TEXT, "one sentence that is true or false of an answer", True)},
    shorthand="rubric",
)

# IFEval's types: the ones that `mode` is for.
PUBLISHED = frozenset(
    [
        "all_lowercase",
        "all_uppercase",
        "bullet_count",
        "capital_word_count",
        "constrained",
        "ends_with",
        "highlights",
        "json",
        "keyword_frequency",
        "language",
        "letter_frequency",
        "no_comma",
        "paragraph_count",
        "paragraph_first_word",
        "placeholder_count",
        "postscript",
        "quoted",
        "repeat_prompt",
        "section_count",
        "sentence_count",
        "title",
        "two_responses",
        "word_count",
        "contains_all",
        "contains_any",
    ]
)
CONTAINING = frozenset({"contains", "contains_any", "contains_all"})
FOLDING = CONTAINING | {
    *("equals", "regex", "starts_with", "ends_with", "constrained"),
    *("keyword_frequency", "letter_frequency"),
}


ARGUMENTS: Mapping[str, Shape] = {  # by the words of `promptops.model.ASSERTIONS`
    "text": Text(),
    "texts": ListOf(Text(), lone=True, least=1),
    "pattern": TEXT,
    "flag": Flag(),
    "count": Number(),
    "range": Range(),
    "paragraphs": Range(PARAGRAPHS),
    "sections": Range(SECTIONS),
    "keyword": Range(KEYWORD),
    "letter": Range(LETTER),
    "first_word": FIRST_WORD,
    "where": WHERE,
    "language": LANGUAGE,
    "mark": FlagOr(TEXT),
    "letters": FlagOr(ONE_CASE),
    "likeness": LIKENESS,
    "rubric": RUBRIC,
    "any": Anything(),
}
OPTIONS: Mapping[str, Field] = {
    "ignore_case": Field(Flag(), "upper and lower case are the same"),
    "whole_words": Field(Flag(), "not within a longer word"),
    "engine": Field(Choice("re2", "regex"), "which pattern engine; re2 always ends in linear time"),
    "mode": Field(Choice("strict", "loose"), "how IFEval types are judged"),
}
OPTIONS_OF: Mapping[str, frozenset[str]] = {  # the kinds that an option means something to
    "ignore_case": FOLDING,
    "whole_words": CONTAINING,
    "engine": frozenset({"regex"}),
    "mode": PUBLISHED,
}
