"""`promptops doctor`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import click

from promptops.cli._call import Call, define
from promptops.cli._findings import diagnostic_data
from promptops.cli._steps import Step, steps
from promptops.cli._survey import Explained, Survey, survey
from promptops.cli._tokens.plain import EXAMPLES
from promptops.diagnostic import Severity
from promptops.excerpt import excerpt
from promptops.report import Block, Heading, Items, Report, Table, Text

SHOWN = 8  # files and rules of each kind, unless more are asked for


@define(
    formats=("text", "json", "markdown"),
    examples=("promptops doctor", "promptops doctor -C ../other-repository --format markdown"),
)
@click.option("--model", default=EXAMPLES[0], show_default=True, help="Count tokens for this one.")
def command(call: Call, model: str) -> Report:
    """Look at a repository: what instructions are here, what they cost, and what nobody can explain.

    Needs no configuration and changes nothing. Ends with the five most useful next steps.
    """
    found = survey(call, model)
    todo = steps(found)
    blocks = tuple(_blocks(found, todo, call.verbosity > 0))
    paths = (*(path for path, _ in found.files.items()), *found.others)
    return Report("doctor", _result(found, todo), blocks, paths=paths)


# -- for people ----------------------------------------------------------------------------------


def _blocks(found: Survey, todo: Sequence[Step], detail: bool) -> Iterator[Block]:
    most = 10_000 if detail else SHOWN
    yield Heading("What is here", 2)
    yield from _files(found, most)
    if found.files.instructions:
        yield Heading("What it costs", 2)
        yield from _costs(found)
        yield Heading("What nobody can explain", 2)
        yield from _rules(found, most)
    if found.found:
        yield Text(_findings(found), "quiet")
    yield Heading("Next", 2)
    if not todo:
        yield Text("nothing: every rule has its reason, and every text arrives", "good")
    for number, step in enumerate(todo, 1):
        begin = f"\n   `{step.command}`" if step.command else ""
        yield Text(f"{number}. {step.why}{begin}", verbatim=False)


def _files(found: Survey, most: int) -> Iterator[Block]:
    files = found.files
    if not files and not found.others:
        yield Text("no prompts, no instruction files")
        return
    if files.instructions:
        count, total = len(files.instructions), sum(found.sizes.values())
        yield Text(f"{_n(count, 'instruction file')}, {_n(found.rules, 'rule')}, {total:,} tokens")
        largest = sorted(found.sizes, key=lambda path: (-found.sizes[path], path))
        rows = tuple((path, f"{found.sizes[path]:,}") for path in largest[:most])
        yield Table(("file", "tokens"), rows, "lr")
        if count > most:
            yield Text(f"and {count - most} more: `promptops doctor -v`", "quiet")
    if files.prompts:
        yield Text(f"{_n(len(files.prompts), 'governed prompt')}")
    if found.others:
        kinds, first = _kinds(found.others)
        shown = [
            f"{n} {kind}" + (f", as {first[kind]}" if kind.startswith("*") else "")
            for kind, n in kinds.most_common(5)
        ]
        yield Text(f"not governed, by their names prompts or skills: {'; '.join(shown)}")


def _kinds(paths: Sequence[str]) -> tuple[Counter[str], dict[str, str]]:
    """How many files of each kind, by name where it says something, else by folder; the first of each."""
    kinds: Counter[str] = Counter()
    first: dict[str, str] = {}
    for path in paths:
        folder, _, name = path.rpartition("/")
        known = name.startswith(("SKILL", "promptfooconfig")) or name.count(".") > 1
        place = next((part for part in folder.split("/") if part.startswith(".")), "")
        ending = name.partition(".")[2]
        kind = f"{place}/… .{ending}" if place else f"*.{ending}"
        if known and name.startswith(("SKILL", "prompt")):
            kind = name
        kinds[kind] += 1
        first.setdefault(kind, path)
    return kinds, first


def _costs(found: Survey) -> Iterator[Block]:
    rows = []
    silent = []
    for at_root, tokens, most, largest in found.loads:
        title = at_root.profile.title
        if not most.arrives:
            silent.append(title)
            continue
        where = most.at or "the root"
        rows.append((title, f"{tokens:,}", f"{largest:,}", where if largest > tokens else ""))
    if rows:
        columns = ("agent", "at the start", "at most", "in")
        yield Text(f"tokens in the context, on {found.model}:", "quiet")
        yield Table(columns, tuple(rows), "lrrl")
    if silent:
        yield Text(f"nothing of it reaches {', '.join(silent)}", "quiet")


def _rules(found: Survey, most: int) -> Iterator[Block]:
    if found.note:
        yield Text(found.note, "warn")
    if not found.explained:
        return
    silent = [rule for rule in found.explained if not rule.reason]
    written = sum(rule.reason == "written" for rule in found.explained)
    commits = len(found.explained) - written - len(silent)
    yield Text(
        f"of {_n(len(found.explained), 'rule')}: {written} with a written reason, {commits} that"
        f" the commit bringing them in speaks of, {len(silent)} that nobody explains anywhere"
    )
    if silent:
        yield Items(tuple(_shown(rule) for rule in silent[:most]))
        if len(silent) > most:
            yield Text(f"and {len(silent) - most} more: `promptops doctor -v`", "quiet")


def _shown(rule: Explained) -> str:
    return f"{rule.path}:{rule.line} {excerpt(rule.text)}" + (
        " (who wrote it has left)" if rule.left else ""
    )


def _findings(found: Survey) -> str:
    names = Counter(one.name for one in found.found if one.severity is not Severity.INFO)
    shown = ", ".join(f"{n} × {name}" for name, n in names.most_common(4))
    return f"the checks also find: {shown}" if shown else "the checks find nothing to mend"


def _n(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' * (count != 1)}"


# -- for programs --------------------------------------------------------------------------------


def _loads(found: Survey) -> Iterator[dict[str, Any]]:
    """What each tool loads at the root, and where it loads the most."""
    for at_root, tokens, most, largest in found.loads:
        yield {
            "tool": at_root.profile.tool,
            "as_of": at_root.profile.as_of,
            "start": {"paths": [part.path for part in at_root.arrives], "tokens": tokens},
            "most": {
                "at": most.at or ".",
                "paths": [part.path for part in most.arrives],
                "tokens": largest,
            },
        }


def _result(found: Survey, todo: Sequence[Step]) -> dict[str, Any]:
    return {
        "model": found.model,
        "files": {
            "instructions": [
                {"path": path, "tokens": found.sizes[path]} for path in found.files.instructions
            ],
            "prompts": list(found.files.prompts),
            "decisions": list(found.files.decisions),
            "ungoverned": list(found.others),
        },
        "loads": list(_loads(found)),
        "rules": {
            "total": found.rules,
            "looked_up": len(found.explained),
            "written": sum(rule.reason == "written" for rule in found.explained),
            "commit": sum(rule.reason == "commit" for rule in found.explained),
            "unexplained": [
                {"path": rule.path, "line": rule.line, "text": rule.text, "left": rule.left}
                for rule in found.explained
                if not rule.reason
            ],
        },
        "findings": [diagnostic_data(one) for one in found.found],
        "steps": [
            {"kind": step.kind, "why": step.why, "command": step.command or None} for step in todo
        ],
        "note": found.note or None,
    }
