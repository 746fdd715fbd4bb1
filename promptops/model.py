"""The governed artefact and its parts: frozen values, no behaviour beyond properties.

Everything here is plain data, as `docs/format.md` describes the files it is read from. Text is
`str`, counts are `int`, money is US dollars, rates are fractions in [0, 1].
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from promptops.values import dataclass, field

TYPE_CHECKING = False  # `typing` costs a check a tenth of its start
if TYPE_CHECKING:
    from typing import Any

NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Assertion:
    """One expectation on an answer: `{not_regex: 'x', ignore_case: true}`.

    kind: a name of `ASSERTIONS` without its `not_`; negated: whether `not_` stood before it.
    argument: plain JSON data; options: the other keys beside the kind.
    """

    kind: str
    argument: Any
    negated: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CaseSelection:
    """Which cases a test uses: exactly one of `all`, `ids` and `slice` says so."""

    ids: tuple[str, ...] = ()
    all: bool = False
    slice: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Test:
    """The link rule x cases x assertions. `fires=False`: the rule must not fire on these cases."""

    __test__ = False  # pytest would collect a class of this name

    cases: CaseSelection
    asserts: tuple[Assertion, ...]
    fires: bool = True


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an imported rule came from; `commit` is a full id or ""."""

    path: str
    line: int
    commit: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a prompt. Only `text` ever reaches a model."""

    id: str
    text: str
    rationale: str = ""
    decision: str = ""
    owner: str = ""
    review_by: date | None = None
    tests: tuple[Test, ...] = ()
    section: str = ""
    position: str = ""  # "fixed": never moved, never left out
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # slices it applies to
    priority: int | None = None
    replaces: str = ""
    draft: bool = False  # the rationale is an import's guess that nobody has finished
    imported_from: Origin | None = None

    @property
    def fixed(self) -> bool:
        """True if the rule is never moved and never left out."""
        return self.position == "fixed"


@dataclass(frozen=True, slots=True)
class Retired:
    """A removed rule that left its reason behind."""

    id: str
    text: str
    reason: str = ""
    decision: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Variable:
    """What a caller fills in. `untrusted`: its value comes from outside the team."""

    name: str
    examples: tuple[str, ...] = ()
    max_tokens: int | None = None
    untrusted: bool = False
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits a prompt has set itself; None where it has not. Tokens, calls, US dollars."""

    prompt_tokens: int | None = None
    rule_tokens: int | None = None
    tool_tokens: int | None = None
    output_tokens: int | None = None
    calls_per_month: int | None = None
    usd_per_month: float | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One message: `role` is system, user, assistant, developer or tool; `content` is text.

    cache: a cache breakpoint stands after it, kept for "5m" or "1h"; "" for none.
    """

    role: str
    content: str
    cache: str = ""


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the model may call, as it is told of it. `parameters` is a JSON Schema."""

    name: str
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Image:
    """`count` images of `width` x `height` pixels that go with every call; `detail`: low or high."""

    width: int
    height: int
    detail: str = "high"
    count: int = 1


@dataclass(frozen=True, slots=True)
class Case:
    """One eval input. It carries no opinion on any rule."""

    id: str
    variables: Mapping[str, str] = field(default_factory=dict)
    slices: Mapping[str, str] = field(default_factory=dict)
    history: tuple[Message, ...] = ()
    asserts: tuple[Assertion, ...] = ()


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt as it stands in a file.

    path: of its file, relative to the repository root, with `/`.
    governed: False for a plain instruction file (AGENTS.md), whose rules are read from its text
        and have ids such as `line-12`.
    cases: inline ones, or those of the cases file beside it.
    """

    id: str
    path: str = ""
    version: str = "0.1.0"
    summary: str = ""
    owners: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    modalities_in: tuple[str, ...] = ("text",)
    modalities_out: tuple[str, ...] = ("text",)
    data: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()  # the first is the source language
    variables: Mapping[str, Variable] = field(default_factory=dict)
    budget: Budget = Budget()
    output_schema: str = ""  # path of a JSON Schema, relative to the prompt's folder
    messages: tuple[Message, ...] = ()
    tools: tuple[Tool, ...] = ()
    images: tuple[Image, ...] = ()
    rules: tuple[Rule, ...] = ()
    retired: tuple[Retired, ...] = ()
    cases: tuple[Case, ...] = ()
    cases_path: str = ""  # of the cases file, "" where they are inline or missing
    target: str = ""
    governed: bool = True

    def rule(self, rule_id: str) -> Rule:
        """The rule of that id; KeyError if there is none."""
        for rule in self.rules:
            if rule.id == rule_id:
                return rule
        raise KeyError(rule_id)


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision record. `sections` maps each heading's text to what stands under it."""

    id: str  # the file name without .md
    path: str
    title: str
    status: str  # proposed | accepted | rejected | deprecated | superseded
    superseded_by: str = ""
    date: date | None = None
    makers: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    kind: str = ""
    sections: Mapping[str, str] = field(default_factory=dict)


# What an assertion's argument is: the format reader and the JSON Schemas both read this table;
# `promptops.evals.assertions` has one function for each name.
ASSERTIONS: Mapping[str, str] = {
    "contains": "text",
    "contains_any": "texts",
    "contains_all": "texts",
    "equals": "text",
    "regex": "pattern",
    "starts_with": "text",
    "ends_with": "text",
    "json": "flag",
    "json_schema": "any",
    "json_path": "where",
    "word_count": "range",
    "sentence_count": "range",
    "paragraph_count": "paragraphs",
    "paragraph_first_word": "first_word",
    "bullet_count": "range",
    "section_count": "sections",
    "placeholder_count": "range",
    "keyword_frequency": "keyword",
    "letter_frequency": "letter",
    "language": "language",
    "all_uppercase": "letters",
    "all_lowercase": "letters",
    "capital_word_count": "range",
    "no_comma": "flag",
    "quoted": "flag",
    "title": "flag",
    "postscript": "mark",
    "highlights": "range",
    "two_responses": "flag",
    "repeat_prompt": "mark",
    "constrained": "texts",
    "refusal": "flag",
    "similar_to": "likeness",
    "max_tokens": "count",
    "judge": "rubric",
    "python": "pattern",
}
