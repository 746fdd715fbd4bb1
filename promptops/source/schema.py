"""The files people write, as shapes: what each key is, and which value it becomes.

Everything that reads a file and every JSON Schema that editors use comes from this one place.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from promptops.model import (
    ASSERTIONS,
    Assertion,
    Budget,
    Case,
    CaseSelection,
    Message,
    Origin,
    Prompt,
    Retired,
    Rule,
    Test,
    Variable,
)
from promptops.source.shape import (
    WRONG,
    Anything,
    Choice,
    Day,
    Field,
    Flag,
    ListOf,
    MapOf,
    Number,
    Record,
    Shape,
    Text,
    is_map,
    keys,
    nearest,
)

ID = Text("an id (lower-case letters, digits and `-`)", r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?")
NAME = r"[A-Za-z_][A-Za-z0-9_]*"
VERSION = Text(
    "a version such as 1.4.0",
    r"(?:0|[1-9]\d{0,8})\.(?:0|[1-9]\d{0,8})\.(?:0|[1-9]\d{0,8})(?:-[0-9A-Za-z.-]+)?",
)
TEXT = Text(empty=False)
TEXTS = ListOf(Text(), lone=True)
SLICES = MapOf(TEXTS)
MODALITY = Choice("text", "image", "audio", "video", "file")
DECISION = Text("the name of a decision record (its file name without .md)", r"[A-Za-z0-9][\w.-]*")


class PathText(Text):
    """A path inside the repository, with `/`; what means something else on another platform is refused."""

    def read(self, node: Any, place: Any, log: Any) -> Any:
        value = super().read(node, place, log)
        if value is WRONG or not value or safe_path(value):
            return value
        return log.add(
            "outside-path",
            place,
            "the path leads outside the repository (a symlink outside, `..` or an absolute path)",
            "name a file inside the repository, with `/` between folders",
        )


def safe_path(path: str) -> bool:
    """True if `path` is relative, stays inside, and means the same on every platform."""
    parts = path.split("/")
    if path.startswith(("/", "~")) or any(mark in path for mark in '\\:\0|<>"?'):
        return False
    return all(part not in ("", "..") and _plain(part) for part in parts)


def _plain(part: str) -> bool:
    stem = part.split(".")[0].upper()
    device = stem in ("CON", "PRN", "AUX", "NUL") or (
        stem[:-1] in ("COM", "LPT") and stem[-1:].isdigit()
    )
    git = part.rstrip(". ").lower() in (".git", "git~1")
    return not device and not git and part == part.rstrip(" ")


PATH = PathText(empty=False)


class AssertionShape(Shape):
    """`{regex: 'x', ignore_case: true}`: one known type, `not_` before it or not, then options."""

    noun = "an assertion such as `{contains: text}`"
    RANGE = Record(
        {
            "min": Field(Number(), "at least this many"),
            "max": Field(Number(), "at most this many"),
            "exactly": Field(Number(), "exactly this many"),
        },
        shorthand="exactly",
    )
    ARGUMENTS: Mapping[str, Shape] = {
        "text": Text(),
        "texts": ListOf(Text(), lone=True, least=1),
        "pattern": TEXT,
        "flag": Flag(),
        "count": Number(),
        "range": RANGE,
        "map": MapOf(Anything()),
        "any": Anything(),
    }
    OPTIONS: Mapping[str, Field] = {
        "ignore_case": Field(Flag(), "upper and lower case are the same"),
        "engine": Field(
            Choice("re2", "regex"), "which pattern engine; re2 always ends in linear time"
        ),
        "mode": Field(Choice("strict", "loose"), "how IFEval types are judged"),
    }

    def read(self, node: Any, place: Any, log: Any) -> Any:
        if not is_map(node):
            return self.wrong(node, place, log)
        found: list[tuple[str, Any]] = []
        options: dict[str, Any] = {}
        for name, child in keys(node, place, log):
            if name in self.OPTIONS:
                options[name] = self.OPTIONS[name].shape.read(child, (*place, name), log)
            elif name.removeprefix("not_") in ASSERTIONS:
                found.append((name, child))
            else:
                self._unknown(name, place, log)
                return WRONG
        return self._one(found, options, place, log)

    def _one(
        self, found: list[tuple[str, Any]], options: dict[str, Any], place: Any, log: Any
    ) -> Any:
        if len(found) != 1:
            message = "an assertion has one type, this has " + (
                " and ".join(f"`{name}`" for name, _ in found) or "none"
            )
            return log.add(
                "invalid-value", place, message, "write one assertion for each, as a list"
            )
        name, child = found[0]
        kind = name.removeprefix("not_")
        argument = self.ARGUMENTS[ASSERTIONS[kind]].read(child, (*place, name), log)
        if argument is WRONG or WRONG in options.values():
            return WRONG
        return Assertion(kind, argument, name != kind, options)

    def _unknown(self, name: str, place: Any, log: Any) -> None:
        guess = nearest(name, [*ASSERTIONS, *(f"not_{kind}" for kind in ASSERTIONS), *self.OPTIONS])
        help = f"did you mean `{guess}`?" if guess else "`promptops schema cases` lists them"
        log.add("unknown-key", (*place, name), f"unknown assertion `{name[:60]}`", help, key=True)

    def schema(self) -> dict[str, Any]:
        properties: dict[str, Any] = {n: f.shape.schema() for n, f in self.OPTIONS.items()}
        for kind, argument in ASSERTIONS.items():
            properties[kind] = properties[f"not_{kind}"] = self.ARGUMENTS[argument].schema()
        return {
            "type": "object",
            "additionalProperties": False,
            "properties": properties,
            "minProperties": 1,
        }


ASSERTS = ListOf(AssertionShape(), lone=True, least=1)


class SelectionShape(Shape):
    """`all`, a list of case ids, or `{slice: {language: de}}`."""

    noun = "case ids, `all`, or `{slice: {…}}`"
    SLICE = Record(
        {"slice": Field(SLICES, "the slice's name and values", True)}, lambda v: v["slice"]
    )
    IDS = ListOf(Text(), lone=True, least=1)

    def read(self, node: Any, place: Any, log: Any) -> Any:
        if is_map(node):
            value = self.SLICE.read(node, place, log)
            return value if value is WRONG else CaseSelection(slice=value)
        ids = self.IDS.read(node, place, log)
        if ids is WRONG:
            return WRONG
        return CaseSelection(all=True) if ids == ("all",) else CaseSelection(ids=ids)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [self.IDS.schema(), self.SLICE.schema()]}


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
        "output_tokens": Field(Number(1), "the longest answer"),
        "calls_per_month": Field(Number(), "how often it is called"),
        "usd_per_month": Field(Number(whole=False), "what it may cost, in US dollars"),
    },
    lambda v: Budget(**v),
)
MESSAGE = Record(
    {
        "role": Field(
            Choice("system", "developer", "user", "assistant", "tool"), "who speaks", True
        ),
        "content": Field(Text(), "what is said; a template in `messages`", True),
    },
    lambda v: Message(**v),
)
CASE = Record(
    {
        "id": Field(ID, "a name for the case", True),
        "variables": Field(MapOf(Text(), names=NAME), "what the caller fills in"),
        "slices": Field(MapOf(Text()), "what kind of case it is, such as {language: de}"),
        "history": Field(ListOf(MESSAGE), "earlier turns"),
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
        "rules": Field(ListOf(RULE), "one sentence or two each, with a reason"),
        "retired": Field(ListOf(RETIRED), "removed rules and why"),
        "cases": Field(ListOf(CASE), "cases of a small prompt; otherwise in cases.yaml"),
        "target": Field(PATH, "a file in the repository that is this prompt's rendering"),
    },
    _prompt,
)

RATE = Number(whole=False)
COUNTED = {
    "passed": Field(Number(), "answers that satisfied it", True),
    "n": Field(Number(), "answers that were judged", True),
    "rate": Field(RATE, "passed / n"),
    "interval": Field(ListOf(RATE), "where the rate lies, at the stated confidence"),
    "verdict": Field(Choice("yes", "no", "cannot_tell"), "whether the rule is kept"),
}
OUTCOMES = Record({**COUNTED, "over_triggered": Field(Record(COUNTED), "where it must not fire")})
EVIDENCE = Record(
    {
        "promptops": Field(Choice("1"), "the version of this format: 1", True),
        "prompt": Field(ID, "the prompt's id", True),
        "version": Field(VERSION, "the prompt's version when it was measured", True),
        "model": Field(TEXT, "the model that answered", True),
        "measured": Field(TEXT, "when, ISO 8601 UTC", True),
        "commit": Field(Text(), "the commit it was measured on"),
        "tool": Field(Text(), "the version of promptops"),
        "digests": Field(
            Record(
                {
                    "prompt": Field(TEXT, "of the rendered prompt", True),
                    "cases": Field(TEXT, "of the cases", True),
                    "assertions": Field(TEXT, "of the assertions", True),
                    "parameters": Field(TEXT, "of the model's parameters", True),
                }
            ),
            "what was measured; evidence whose digests no longer match is stale",
            True,
        ),
        "rules": Field(MapOf(OUTCOMES), "outcomes by rule", True),
        "slices": Field(MapOf(MapOf(OUTCOMES)), "outcomes by slice, then by rule"),
        "task": Field(OUTCOMES, "what the task needs, tied to no rule"),
        "complete": Field(Flag(), "false: some calls got no answer"),
    }
)
