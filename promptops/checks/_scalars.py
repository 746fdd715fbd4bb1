"""Every text of a prompt that a person writes, with its place."""

from __future__ import annotations

from collections.abc import Iterator

from promptops.checks._cases import assertions
from promptops.checks._once import once
from promptops.checks._words import texts
from promptops.diagnostic import Place
from promptops.model import Prompt


def scalars(prompt: Prompt) -> Iterator[tuple[Place, str]]:
    """(place, text) of what is written in a prompt and its cases."""
    yield ("summary",), prompt.summary
    for i, owner in enumerate(prompt.owners):
        yield ("owners", i), owner
    for name, variable in prompt.variables.items():
        yield ("variables", name, "summary"), variable.summary
        for i, example in enumerate(variable.examples):
            yield ("variables", name, "examples", i), example
    for i, message in enumerate(prompt.messages):
        yield ("messages", i, "content"), message.content
    for i, rule in enumerate(prompt.rules):
        for key in ("text", "rationale", "owner", "section"):
            yield ("rules", i, key), getattr(rule, key)
    for i, old in enumerate(prompt.retired):
        yield ("retired", i, "text"), old.text
        yield ("retired", i, "reason"), old.reason
    yield from _of_cases(prompt)
    for place, one in assertions(prompt):
        if isinstance(one.argument, str):
            yield place, one.argument


def _of_cases(prompt: Prompt) -> Iterator[tuple[Place, str]]:
    for i, case in enumerate(prompt.cases):
        for name, value in case.variables.items():
            yield ("cases", i, "variables", name), value
        for name, value in case.slices.items():
            yield ("cases", i, "slices", name), value
        for j, message in enumerate(case.history):
            yield ("cases", i, "history", j, "content"), message.content


@once
def sent(prompt: Prompt) -> str:
    """What reaches the model as it is written: the rules and the messages, as one text."""
    return "\n".join([*texts(prompt), *[message.content for message in prompt.messages]])


@once
def sealed(prompt: Prompt) -> str:
    """All those texts as one, to be searched at once."""
    parts = [prompt.summary, *prompt.owners]
    parts += [message.content for message in prompt.messages]
    for variable in prompt.variables.values():
        parts += (variable.summary, *variable.examples)
    for rule in prompt.rules:
        parts += (rule.text, rule.rationale, rule.owner, rule.section)
    for old in prompt.retired:
        parts += (old.text, old.reason)
    for case in prompt.cases:
        parts += (*case.variables.values(), *case.slices.values())
        parts += [message.content for message in case.history]
    parts += [one.argument for _, one in assertions(prompt) if isinstance(one.argument, str)]
    return "\n".join(parts)
