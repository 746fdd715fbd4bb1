"""A prompt as the YAML that people go on with: block text where YAML can hold it, quoted elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from promptops.model import Assertion, Case, Prompt, Rule, Test, Variable
from promptops.source.scalars import flow_list, scalar

# What YAML takes for a line end, or does not take at all, cannot stand in a block.
_NO_BLOCK = re.compile("[\r\x0c\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")
_WIDTH = 100


def prompt_yaml(prompt: Prompt, comment: str = "") -> str:
    """The prompt's file; cases stand in a file of their own."""
    out = [*(f"# {line}" for line in comment.splitlines()), "promptops: 1"]
    out += [f"id: {prompt.id}", f"version: {prompt.version}"]
    for key in ("summary", "target"):
        if value := getattr(prompt, key):
            out += text_lines(key, value, 0)
    for key in ("owners", "models"):
        if getattr(prompt, key):
            out.append(f"{key}: {flow_list(getattr(prompt, key))}")
    if prompt.output_schema:
        out.append(f"output: {{schema: {scalar(prompt.output_schema)}}}")
    if prompt.variables:
        out += ["", "variables:"]
        for variable in prompt.variables.values():
            out += _variable(variable)
    out += ["", "messages:"]
    for message in prompt.messages:
        out += [f"  - role: {message.role}", *text_lines("content", message.content, 4)]
    if prompt.rules:
        kept = prompt.messages[-1].content.endswith("\n\n")
        out += ["rules:"] if kept else ["", "rules:"]  # a blank line would belong to the text
        for rule in prompt.rules:
            out += rule_lines(rule)
    return "\n".join(out) + "\n"


def cases_yaml(cases: Sequence[Case]) -> str:
    """A cases file."""
    out = ["cases:"]
    for case in cases:
        out.append(f"  - id: {case.id}")
        if case.variables:
            out.append("    variables:")
            for name, value in case.variables.items():
                out += text_lines(name, value, 6)
        if case.slices:
            inner = ", ".join(f"{scalar(k)}: {scalar(v)}" for k, v in case.slices.items())
            out.append(f"    slices: {{{inner}}}")
        if case.history:
            out.append("    history:")
            for message in case.history:
                out += [f"      - role: {message.role}", *text_lines("content", message.content, 8)]
        if case.asserts:
            out += ["    assert:", *(f"      - {assertion_flow(a)}" for a in case.asserts)]
    return "\n".join(out) + "\n"


def text_lines(key: str, text: str, indent: int, *, first: str = "") -> list[str]:
    """`key: text` as the lines of a block mapping that begins in column `indent`."""
    lead = " " * indent + first + f"{key}: "
    inner = " " * (indent + len(first) + 2)
    if "\n" not in text and "\r" not in text:
        return [lead + scalar(text)]
    if _NO_BLOCK.search(text) or not text.strip():
        return _quoted(lead, text, inner)
    return _block(lead, text, inner)


def _block(lead: str, text: str, inner: str) -> list[str]:
    body = text.rstrip("\n")
    ends = len(text) - len(body)
    chomp = "-" if not ends else "" if ends == 1 else "+"
    hint = "2" if text[0] in " \t\n" else ""
    lines = [inner + line if line else "" for line in body.split("\n")]
    return [f"{lead}|{hint}{chomp}", *lines, *([""] * (ends - 1))]


def _quoted(lead: str, text: str, inner: str) -> list[str]:
    """A double-quoted text, broken at its own line ends: `\\` at the end of a line joins them."""
    parts = re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", text)
    escaped = [scalar_inner(part) for part in parts]
    rest = [inner + ("\\" + part if part[:1] in (" ", "\t") else part) for part in escaped[1:]]
    whole = [lead + '"' + escaped[0], *rest]
    return [*(line + "\\" for line in whole[:-1]), whole[-1] + '"']


def scalar_inner(text: str) -> str:
    """The inside of a double-quoted YAML scalar."""
    from json import dumps

    inner = dumps(text, ensure_ascii=False)[1:-1]
    return _NO_BLOCK.sub(lambda found: f"\\u{ord(found[0]):04x}", inner)


def _variable(variable: Variable) -> Iterator[str]:
    parts = []
    if variable.examples:
        parts.append(f"examples: {flow_list(variable.examples)}")
    if variable.summary:
        parts.append(f"summary: {scalar(variable.summary)}")
    if variable.untrusted:
        parts.append("untrusted: true")
    yield f"  {variable.name}: {{{', '.join(parts)}}}"


def rule_lines(rule: Rule) -> Iterator[str]:
    """One entry of `rules:`, two columns in."""
    yield f"  - id: {scalar(rule.id)}"
    yield from text_lines("text", rule.text, 4)
    if rule.rationale:
        yield from text_lines("rationale", rule.rationale, 4)
    if rule.draft:
        yield "    draft: true"
    for key in ("decision", "owner"):
        if value := getattr(rule, key):
            yield f"    {key}: {scalar(value)}"
    if rule.review_by is not None:
        yield f"    review_by: {rule.review_by.isoformat()}"
    if rule.section:
        yield from text_lines("section", rule.section, 4)
    if rule.tests:
        yield "    tests:"
        for test in rule.tests:
            yield from _test(test)
    if rule.imported_from is not None:
        origin = rule.imported_from
        commit = f", commit: {scalar(origin.commit)}" if origin.commit else ""
        yield f"    imported_from: {{path: {scalar(origin.path)}, line: {origin.line}{commit}}}"


def _test(test: Test) -> Iterator[str]:
    cases = flow({"slice": test.cases.slice}) if test.cases.slice else flow_list(test.cases.ids)
    yield f"      - cases: {'all' if test.cases.all else cases}"
    if not test.fires:
        yield "        fires: false"
    yield "        assert:"
    yield from (f"          - {assertion_flow(one)}" for one in test.asserts)


def assertion_flow(one: Assertion) -> str:
    """`{not_contains: "x", ignore_case: true}`."""
    kind = f"not_{one.kind}" if one.negated else one.kind
    return flow({kind: one.argument, **one.options})


def flow(value: Any) -> str:
    """Plain JSON data on one line of YAML."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return scalar(value)
        case Mapping():
            return "{" + ", ".join(f"{scalar(str(k))}: {flow(v)}" for k, v in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(flow, _items(value))) + "]"
        case None:
            return "null"
    return str(value)


def _items(value: Iterable[Any]) -> Iterable[Any]:
    return value
