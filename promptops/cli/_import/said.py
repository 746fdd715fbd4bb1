"""What an import says at its end: what came in, what did not and why, and what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from promptops.importing import Imported, Left
from promptops.report import Block, Items, Text

_MANY = {"rule": "rules", "fact": "facts", "example": "examples", "command": "commands"}
_MANY |= {"heading": "headings", "code": "code blocks", "table": "table rows", "markup": "markup"}
_ONE = {"rule": "rule", "fact": "fact", "example": "example", "command": "command"}
_ONE |= {"heading": "heading", "code": "code block", "table": "table row", "markup": "markup"}
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Brought:
    """One prompt of one file. files: path -> text of what is written for it."""

    path: str
    found: Imported
    folder: str
    files: Mapping[str, str]


def result(brought: Sequence[Brought], dry: bool) -> dict[str, Any]:
    """The JSON answer."""
    return {"prompts": [_prompt_json(one, dry) for one in brought]}


def _prompt_json(one: Brought, dry: bool) -> dict[str, Any]:
    prompt = one.found.prompt
    return {
        "id": prompt.id,
        "source": one.path,
        "format": one.found.format,
        "path": f"{one.folder}/prompt.yaml",
        "target": prompt.target or None,
        "written": [] if dry else list(one.files),
        "would_write": list(one.files) if dry else [],
        "rules": len(prompt.rules),
        "drafts": sum(rule.draft for rule in prompt.rules),
        "cases": len(prompt.cases),
        "variables": list(prompt.variables),
        "pieces": [
            {
                "line": piece.line,
                "label": piece.label,
                "confidence": piece.confidence,
                "rule": piece.rule or None,
            }
            for piece in one.found.pieces
        ],
        "not_imported": [
            {"line": left.line or None, "what": left.what, "why": left.why}
            for left in one.found.left
        ],
    }


def blocks(brought: Sequence[Brought], dry: bool, note: str, verbosity: int) -> Iterator[Block]:
    """The answer for people."""
    for one in brought:
        yield Text(
            f"{one.path} {'would become' if dry else 'is now'} {one.folder}/prompt.yaml", "good"
        )
        yield Items(tuple(_facts(one)))
        if one.found.left:
            yield Text("not imported, or only as text:" if one.found.left else "")
            yield Items(tuple(_lefts(one.found.left, verbosity)))
    if note:
        yield Text(note, "warn")
    yield Text(_next(brought, dry))


def _facts(one: Brought) -> Iterator[str]:
    prompt = one.found.prompt
    yield _taken_for(one)
    undecided = sum(piece.label == "rule" and not piece.rule for piece in one.found.pieces)
    if undecided:
        what = (
            "1 more may be a rule and stays"
            if undecided == 1
            else f"{undecided} more may be rules and stay"
        )
        yield f"{what} prose: too unsure, or a variable stands in it"
    drafts = sum(rule.draft for rule in prompt.rules)
    if drafts:
        rest = len(prompt.rules) - drafts
        said = f"{_counted(drafts, 'draft rationale')} from git"
        yield said + (f", {_counted(rest, 'rule')} without a word in it" if rest else "")
    if prompt.variables or prompt.cases:
        asserts = sum(len(case.asserts) for case in prompt.cases)
        asserts += sum(len(test.asserts) for rule in prompt.rules for test in rule.tests)
        yield (
            f"{_counted(len(prompt.variables), 'variable')}, {_counted(len(prompt.cases), 'case')}, "
            f"{_counted(asserts, 'assertion')}"
        )
    if prompt.target:
        yield f"renders {prompt.target} back byte for byte"


def _taken_for(one: Brought) -> str:
    pieces = one.found.pieces
    rules = len(one.found.prompt.rules)
    counts = Counter(piece.label for piece in pieces if piece.label != "rule")
    parts = [_counted(rules, "rule")]
    parts += [
        _named(counts[label], label) for label in _MANY if label != "markup" and counts.get(label)
    ]
    return ", ".join(parts)


def _named(count: int, label: str) -> str:
    return f"{count} {_ONE[label] if count == 1 else _MANY[label]}"


def _counted(count: int, noun: str) -> str:
    return f"{count or 'no'} {noun}{'' if count == 1 else 's'}"


def _lefts(left: Sequence[Left], verbosity: int) -> Iterator[str]:
    shown = left if verbosity > 0 else left[:_SHOWN]
    for one in shown:
        place = f"line {one.line}: " if one.line else ""
        yield f"{place}{one.what}: {one.why}"
    if len(left) > len(shown):
        yield f"{len(left) - len(shown)} more: -v lists them"


def _next(brought: Sequence[Brought], dry: bool) -> str:
    if dry:
        return "nothing was written: run it without --dry-run"
    rules = any(one.found.prompt.rules for one in brought)
    what = f" {brought[0].folder}/prompt.yaml" if len(brought) == 1 else ""
    why = "; it lists the rules that wait for a reason" if rules else ""
    return f"next: promptops check{what}{why}"
