"""The files people write, as shapes: what each key is, and which value it becomes.

Everything that reads a file and every JSON Schema that editors use comes from this one place.
"""

from __future__ import annotations

from promptops.model import (
    Budget,
    Case,
    Message,
    Origin,
    Prompt,
    Retired,
    Rule,
    Test,
    Variable,
)
from promptops.source.argument_shapes import FlagOr
from promptops.source.assertion_shapes import ASSERTS, SLICES, SelectionShape
from promptops.source.beside_shapes import IMAGE, TOOL
from promptops.source.containers import Field, ListOf, MapOf, Record
from promptops.source.path_text import PATH
from promptops.source.value_shapes import Choice, Day, Flag, Number, Text

TYPE_CHECKING = False  # `typing` costs a check a tenth of its start
if TYPE_CHECKING:
    from typing import Any

ID = Text("an id (lower-case letters, digits and `-`)", r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?")
NAME = r"[A-Za-z_][A-Za-z0-9_]*"
VERSION = Text(
    "a version such as 1.4.0",
    r"(?:0|[1-9][0-9]{0,8})(?:\.(?:0|[1-9][0-9]{0,8})){2}(?:-[0-9A-Za-z.-]+)?",
)
TEXT = Text(empty=False)
TEXTS = ListOf(Text(), lone=True)
MODALITY = Choice("text", "image", "audio", "video", "file")
DECISION = Text("the name of a decision record (its file name without .md)", r"[^\s/\\.][^\s/\\]*")


TEST = Record(
    {
        "cases": Field(SelectionShape(), "ids of cases, `all`, or {slice: {…}}", True),
        "assert": Field(ASSERTS, "what the answer must satisfy", True),
        "fires": Field(Flag(), "false: the rule must not fire on these cases"),
    },
    lambda v: Test(v["cases"], v["assert"], v.get("fires", True)),
)
ORIGIN = Record(
    {
        "path": Field(PATH, "the file it was imported from", True),
        "line": Field(Number(1), "the line there", True),
        "commit": Field(Text(), "the commit that was read"),
    },
    lambda v: Origin(**v),
)
RULE = Record(
    {
        "id": Field(ID, "a name for the rule that never changes", True),
        "text": Field(TEXT, "what the model is told, and nothing else", True),
        "rationale": Field(Text(), "why the rule exists; never shown to the model"),
        "decision": Field(DECISION, "the decision record that made it so"),
        "owner": Field(TEXT, "who answers for it"),
        "review_by": Field(Day(), "the day by which somebody looks at it again"),
        "tests": Field(ListOf(TEST), "how one can see that the rule is kept"),
        "section": Field(TEXT, "the part of the prompt it belongs to"),
        "position": Field(Choice("fixed", "free"), "fixed: never moved, never left out"),
        "when": Field(SLICES, "the slices it applies to"),
        "priority": Field(Number(), "which rule wins where two conflict; higher wins"),
        "replaces": Field(ID, "the id of the rule it grew out of"),
        "draft": Field(Flag(), "true: an import wrote the rationale and nobody has finished it"),
        "imported_from": Field(ORIGIN, "where an import found it"),
    },
    lambda v: Rule(**v),
)
RETIRED = Record(
    {
        "id": Field(ID, "the id the rule had", True),
        "text": Field(TEXT, "what it said", True),
        "reason": Field(Text(), "why it was removed"),
        "decision": Field(DECISION, "the decision record that removed it"),
        "version": Field(VERSION, "the last version that had it"),
    },
    lambda v: Retired(**v),
)
VARIABLE = Record(
    {
        "examples": Field(ListOf(Text(), lone=True), "values one may expect"),
        "max_tokens": Field(Number(1), "the longest value, in tokens"),
        "untrusted": Field(Flag(), "true: the value comes from outside the team"),
        "summary": Field(Text(), "what it holds"),
    }
)
BUDGET = Record(
    {
        "prompt_tokens": Field(Number(1), "the largest rendering, on every model named"),
        "rule_tokens": Field(Number(1), "any one rule"),
        "tool_tokens": Field(Number(1), "all tool definitions together, as the model gets them"),
        "output_tokens": Field(Number(1), "the longest answer"),
        "calls_per_month": Field(Number(), "how often it is called"),
        "usd_per_month": Field(Number(whole=False), "what it may cost, in US dollars"),
    },
    lambda v: Budget(**v),
)
TURN = {
    "role": Field(Choice("system", "developer", "user", "assistant", "tool"), "who speaks", True),
    "content": Field(Text(), "what is said; a template in `messages`", True),
}
EARLIER = Record(TURN, lambda v: Message(**v))
MESSAGE = Record(
    {
        **TURN,
        "cache": Field(
            FlagOr(Choice("5m", "1h")),
            "true: a cache breakpoint stands after it; 5m or 1h: for how long it is kept",
        ),
    },
    lambda v: Message(v["role"], v["content"], _kept(v.get("cache", False))),
)


def _kept(cache: bool | str) -> str:
    """How long a breakpoint keeps what is before it: `true` is the providers' five minutes."""
    return cache if isinstance(cache, str) else "5m" if cache else ""


CASE = Record(
    {
        "id": Field(ID, "a name for the case", True),
        "variables": Field(MapOf(Text(), names=NAME), "what the caller fills in"),
        "slices": Field(MapOf(Text()), "what kind of case it is, such as {language: de}"),
        "history": Field(ListOf(EARLIER), "earlier turns"),
        "assert": Field(ASSERTS, "what the task needs, tied to no rule"),
    },
    lambda v: Case(asserts=v.pop("assert", ()), **v),
)
CASES_FILE = Record(
    {
        "promptops": Field(Choice("1"), "the version of this format"),
        "cases": Field(ListOf(CASE), "the cases", True),
    },
    lambda v: v["cases"],
)
MODALITIES = Record(
    {
        "input": Field(ListOf(MODALITY, lone=True), "what the model is given"),
        "output": Field(ListOf(MODALITY, lone=True), "what the model gives back"),
    }
)
OUTPUT = Record(
    {"schema": Field(PATH, "a JSON Schema beside the prompt", True)}, lambda v: v["schema"]
)


def _prompt(values: dict[str, Any]) -> Prompt:
    values.pop("promptops")
    modalities = values.pop("modalities", {})
    return Prompt(
        modalities_in=modalities.get("input", ("text",)),
        modalities_out=modalities.get("output", ("text",)),
        output_schema=values.pop("output", ""),
        **values,
    )


PROMPT = Record(
    {
        "promptops": Field(Choice("1"), "the version of this format: 1", True),
        "id": Field(ID, "a name for the prompt", True),
        "version": Field(VERSION, "the prompt's own version, such as 1.0.0", True),
        "summary": Field(Text(), "what the prompt is for"),
        "owners": Field(ListOf(TEXT, lone=True), "who answers for it"),
        "models": Field(ListOf(TEXT, lone=True), "litellm names; the first is the default"),
        "modalities": Field(
            MODALITIES, "what goes in and comes out; adding one is a privacy event"
        ),
        "data": Field(
            ListOf(TEXT, lone=True), "classes of personal or confidential data it may see"
        ),
        "languages": Field(ListOf(TEXT, lone=True), "languages it serves; the first is the source"),
        "variables": Field(
            MapOf(VARIABLE, lambda name, v: Variable(name, **v), NAME), "what a caller fills in"
        ),
        "budget": Field(BUDGET, "limits the prompt has set itself"),
        "output": Field(OUTPUT, "what the model must return"),
        "messages": Field(ListOf(MESSAGE, least=1), "Jinja2 templates, one a message", True),
        "tools": Field(
            ListOf(TOOL), "functions that the model may call, in the order they are sent"
        ),
        "images": Field(ListOf(IMAGE), "images that go with every call, for what they cost"),
        "rules": Field(ListOf(RULE), "one sentence or two each, with a reason"),
        "retired": Field(ListOf(RETIRED), "removed rules and why"),
        "cases": Field(ListOf(CASE), "cases of a small prompt; otherwise in cases.yaml"),
        "target": Field(PATH, "a file in the repository that is this prompt's rendering"),
    },
    _prompt,
)
