"""`promptops retire`."""

from __future__ import annotations

import re

import click

from promptops.cli._call import Call, define
from promptops.cli._prompts import find_prompt, usable
from promptops.decisions.found import stub
from promptops.errors import GitError, InputError, UsageError
from promptops.model import Prompt, Retired
from promptops.report import Report, Text
from promptops.source.reading import Reading
from promptops.source.rewrite import with_retired
from promptops.source.shape import nearest
from promptops.source.tree import DiskTree
from promptops.source.workspace import read_decisions
from promptops.source.write import replace_file

BETTER = "such as `customers asked for warmer replies (survey 2026-03); brand-voice took its place`"


@define(
    examples=(
        "promptops retire support-agent/no-emoji --reason 'Customers asked for warmer replies.'",
        "promptops retire support-agent/no-emoji --reason '…' --decision 20260301-brand-voice",
    )
)
@click.argument("rule", metavar="PROMPT/RULE")
@click.option("--reason", required=True, metavar="TEXT", help="Why it is removed.")
@click.option("--decision", default="", metavar="ID", help="The decision record that removes it.")
def command(call: Call, rule: str, reason: str, decision: str) -> Report:
    """Remove a rule and leave its text, the reason and the last version that had it behind.

    Only the rule's own lines move; every other byte of the file stays.
    """
    tree = call.tree()
    reading, prompt = _prompt(call, tree, rule)
    entry = _entry(call, prompt, rule.rpartition("/")[2], reason, decision)
    raw = tree.read(reading.path)
    text = with_retired(raw.decode("utf-8"), reading.path, entry)
    replace_file(tree.root, reading.path, text, raw)
    result = {
        "prompt": prompt.id,
        "rule": entry.id,
        "path": reading.path,
        "text": entry.text,
        "reason": entry.reason,
        "decision": entry.decision or None,
        "version": entry.version,
    }
    said = f"{prompt.id}/{entry.id} is retired in {reading.path}; it was last in {entry.version}"
    blocks = (Text(said, "good"), Text("next: `promptops bump` writes the version this needs"))
    return Report("retire", result, blocks)


def _prompt(call: Call, tree: DiskTree, target: str) -> tuple[Reading, Prompt]:
    name, slash, rule = target.rpartition("/")
    if not slash or not name or not rule:
        raise UsageError(f"`{target}` names no rule", "write PROMPT/RULE, such as support/no-emoji")
    reading = find_prompt(call, tree, call.settings(), name)
    return reading, usable(reading)


def _entry(call: Call, prompt: Prompt, rule: str, reason: str, decision: str) -> Retired:
    ids = [living.id for living in prompt.rules]
    if rule not in ids:
        if any(old.id == rule for old in prompt.retired):
            raise UsageError(f"rule `{rule}` is retired already", f"see {prompt.path}")
        guess = nearest(rule, ids)
        hint = f"did you mean `{guess}`?" if guess else f"its rules: {', '.join(ids) or 'none'}"
        raise UsageError(f"prompt `{prompt.id}` has no rule `{rule}`", hint)
    text = prompt.rule(rule).text
    reason = " ".join(reason.split())
    objection = stub(reason, text)
    if objection:
        raise UsageError(f"--reason {objection}", f"say why it is removed, {BETTER}")
    _refuse_placed(prompt, rule)
    if decision:
        decision = _decision(call, decision)
    return Retired(rule, text, reason, decision, _last_version(call, prompt, rule))


def _refuse_placed(prompt: Prompt, rule: str) -> None:
    """A rule that a message places by name cannot go: the prompt would no longer render."""
    placed = re.compile(rf"rule\(\s*[\"']{re.escape(rule)}[\"']\s*\)")
    for message in prompt.messages:
        if placed.search(message.content):
            hint = f'take {{{{ rule("{rule}") }}}} out of `messages` first'
            raise InputError(f"a message places the rule `{rule}` by name", hint, path=prompt.path)


def _decision(call: Call, name: str) -> str:
    settings = call.settings()
    wanted = name.rpartition("/")[2].removesuffix(".md")
    tree = call.tree()
    records = read_decisions(settings, tree, tree.listed(settings.decisions))
    if wanted in records:
        return wanted
    guess = nearest(wanted, list(records))
    hint = f"did you mean `{guess}`?" if guess else "`promptops decide` writes one"
    raise UsageError(f"no decision record `{name}`", hint)


def _last_version(call: Call, prompt: Prompt, rule: str) -> str:
    """The version at HEAD where it has the rule; the file's own where git knows less."""
    from promptops.history.git import Repository
    from promptops.history.trees import CommitTree
    from promptops.source.reading import read_prompt

    try:
        with Repository.find(call.folder, call.environ) as repository:
            head = repository.head()
            if head is None or repository.root != call.root:
                return prompt.version
            before = read_prompt(CommitTree(repository, head), prompt.path).prompt
    except GitError:
        return prompt.version
    known = before is not None and any(old.id == rule for old in before.rules)
    return before.version if known and before is not None else prompt.version
