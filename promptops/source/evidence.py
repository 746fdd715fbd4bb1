"""Evidence: the committed summary of a run, with digests of all that it measured and of itself.

A digest proves that a summary belongs together, not that it is true: evidence that a change brings
along is a claim until somebody measures again.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Mapping, Sequence

from promptops.digest import digest
from promptops.errors import InputError
from promptops.model import Assertion, Message, Prompt
from promptops.source.evidence_files import ALONE, CALIBRATION, evidence_folder, evidence_of
from promptops.source.evidence_schema import EVIDENCE
from promptops.source.plain_nodes import Mark, to_node
from promptops.source.shape import WRONG, Log
from promptops.source.text import decode
from promptops.source.tree import Tree
from promptops.values import dataclass

TYPE_CHECKING = False  # `typing` costs a check a tenth of its start
if TYPE_CHECKING:
    from typing import Any

SEAL = "seal"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One evidence file. data: as it stands there. sealed: nobody changed it by hand since."""

    path: str
    data: Mapping[str, Any]
    sealed: bool

    @property
    def digests(self) -> Mapping[str, str]:
        """Of what was measured, by part."""
        found: Mapping[str, str] = self.data["digests"]
        return found

    @property
    def contradiction(self) -> str:
        """The first figure that its own counts rule out, such as `the rate of rule x`; or ""."""
        named = [(f"rule {rule}", one) for rule, one in self.data.get("rules", {}).items()]
        for name, rules in self.data.get("slices", {}).items():
            named += [(f"rule {rule} in {name}", one) for rule, one in rules.items()]
        named += [("the task", self.data["task"])] if "task" in self.data else []
        return next(filter(None, (_contradiction(name, one) for name, one in named)), "")

    def stale(self, now: Mapping[str, str]) -> tuple[str, ...]:
        """The parts of `now` that were others when it was measured; empty where it still holds."""
        return tuple(part for part, value in now.items() if self.digests.get(part) != value)


def _contradiction(name: str, one: Mapping[str, Any], turned: bool = False) -> str:
    passed, n, rate = one["passed"], one["n"], one.get("rate")
    if passed > n:
        return f"the number that passed of {name}"
    if n and rate is not None:
        counted = (n - passed) / n if turned else passed / n
        low, high = one.get("interval") or (rate, rate)
        if abs(rate - counted) > 1e-4:
            return f"the rate of {name}"
        if not low - 1e-4 <= rate <= high + 1e-4:
            return f"the interval of {name}"
    over = one.get("over_triggered")
    return _contradiction(f"{name}, misfiring,", over, turned=True) if over else ""


def digests_of(prompt: Prompt) -> dict[str, str]:
    """Digests of what evidence measures: the rendered prompt, its cases, its tests.

    TemplateError or UsageError where a case does not render.
    """
    from promptops.render import render

    examples = {name: v.examples[0] for name, v in prompt.variables.items() if v.examples}
    rendered = {
        case.id: _pairs(render(prompt, {**examples, **case.variables}, slices=case.slices))
        for case in prompt.cases
    }
    cases = {c.id: [dict(c.variables), dict(c.slices), _pairs(c.history)] for c in prompt.cases}
    tests = {
        rule.id: [
            [test.cases.all, list(test.cases.ids), _lists(test.cases.slice), test.fires]
            + [_plain(one) for one in test.asserts]
            for test in rule.tests
        ]
        for rule in prompt.rules
    }
    asserts = [tests, {case.id: [_plain(one) for one in case.asserts] for case in prompt.cases}]
    parts: dict[str, Any] = {"prompt": rendered, "cases": cases, "assertions": asserts}
    return {name: _digest(data) for name, data in parts.items()}


def _pairs(messages: Sequence[Message]) -> list[list[str]]:
    return [[message.role, message.content] for message in messages]


def _lists(slices: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    return {name: list(values) for name, values in slices.items()}


def _plain(assertion: Assertion) -> list[Any]:
    return [assertion.kind, assertion.negated, assertion.argument, dict(assertion.options)]


def _digest(data: Any) -> str:
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False, default=str)
    return digest(text.encode())


def evidence_path(prompt: Prompt, model: str) -> str:
    """The evidence file of a prompt and a model; prompts that share a folder put their id first."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", model).strip("-.") or "model"
    alone = posixpath.basename(prompt.path) == ALONE
    folder = evidence_folder(prompt.path)
    return f"{folder}/{name}.json" if alone else f"{folder}/{prompt.id}.{name}.json"


def cliff_path(prompt: Prompt, model: str) -> str:
    """The file beside it that holds what `promptops cliff` measured."""
    return evidence_path(prompt, model).removesuffix(".json") + ".cliff.json"


def text_digest(text: str) -> str:
    """The digest by which a rule's text is known again, line ends at its end aside."""
    return digest(text.rstrip("\r\n").encode("utf-8", "replace"))


def evidence_text(data: Mapping[str, Any]) -> str:
    """The file's text, sealed."""
    rest = {name: value for name, value in data.items() if name != SEAL}
    whole = {**rest, SEAL: seal_of(rest)}
    return json.dumps(whole, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def seal_of(data: Mapping[str, Any]) -> str:
    """The digest of everything but the seal."""
    rest = {name: value for name, value in data.items() if name != SEAL}
    return _digest(rest)


def read_evidence(tree: Tree, path: str) -> Evidence:
    """The evidence file at `path`; InputError where it is none."""
    text = decode(tree.read(path), path)
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        line, column = getattr(error, "lineno", 1), getattr(error, "colno", 1)
        raise InputError("not JSON", _AGAIN, path=path, line=line, column=column) from None
    log = Log()
    node = to_node(data, Mark(0, 0), Mark(len(text), text.count("\n")))
    if EVIDENCE.read(node, (), log) is WRONG or log.problems:
        said = log.problems[0].finding.message if log.problems else "it is no evidence"
        raise InputError(f"not an evidence file: {said}", _AGAIN, path=path)
    return Evidence(path, data, data.get(SEAL) == seal_of(data))


def all_evidence(tree: Tree, prompt: Prompt) -> tuple[Evidence, ...]:
    """Every readable evidence file of a prompt, by path; others are left out."""
    return found_evidence(tree, prompt)[0]


def found_evidence(
    tree: Tree, prompt: Prompt
) -> tuple[tuple[Evidence, ...], tuple[tuple[str, str], ...]]:
    """(the evidence files of a prompt; those among its own that are none of it, and why).

    Prompts that share a folder share its evidence; a file is then theirs whose id it begins with.
    """
    found, strange = [], []
    listed = tree.listed(evidence_folder(prompt.path))
    named = frozenset(evidence_of(listed, prompt))
    for path in listed:
        if not path.endswith(".json") or posixpath.basename(path).startswith(CALIBRATION):
            continue
        own = path in named
        try:
            one = read_evidence(tree, path)
        except InputError as error:
            strange += [(path, f"cannot be read: {error.message}")] if own else []
            continue
        if one.data["prompt"] == prompt.id:
            found.append(one)
            if path not in (
                place(prompt, one.data["model"]) for place in (evidence_path, cliff_path)
            ):
                strange.append(
                    (path, f"is of the model {one.data['model']}, and named after another")
                )
        elif own:
            strange.append((path, f"was measured of another prompt, `{one.data['prompt']}`"))
    return tuple(found), tuple(strange)


_AGAIN = "measure again: `promptops eval PROMPT --evidence`"
