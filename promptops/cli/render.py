"""`promptops render`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import click

from promptops.cli._call import Call, define
from promptops.cli._prompts import find_prompt
from promptops.errors import TemplateError, UsageError
from promptops.importing.restore import WRITABLE, target_text
from promptops.loading import Loaded, messages_digest
from promptops.model import Message
from promptops.render import TARGETS, PlacedError
from promptops.render.problem import MISSING
from promptops.report import Block, Heading, Report, Text
from promptops.source.write import replace_file


@define(
    examples=(
        'promptops render support-agent --var question="Why was I charged twice?"',
        "promptops render support-agent --examples --without cite-policy --format json",
    ),
)
@click.argument("prompt")
@click.option("--var", "variables", multiple=True, metavar="NAME=VALUE", help="Fill in a variable.")
@click.option("--examples", is_flag=True, help="Fill in what no --var gives by its first example.")
@click.option("--slice", "slices", multiple=True, metavar="NAME=VALUE", help="Keep what applies.")
@click.option("--without", multiple=True, metavar="RULE", help="Leave this rule out.")
@click.option("--only", multiple=True, metavar="RULE", help="Leave all rules out but these.")
@click.option("--model", metavar="MODEL", help="Which model it is for (named in the JSON).")
@click.option("--target", is_flag=True, help="Print the bytes of its target file.")
@click.option("--write", is_flag=True, help="Write its target file.")
def command(call: Call, prompt: str, **options: Any) -> Report:
    """Print exactly what a model gets for PROMPT: an id, or a path.

    The JSON holds it to the byte; the text shows hidden characters, so that you see them.
    """
    wanted = _Wanted(**options)
    wanted.refuse_nonsense()
    reading = find_prompt(call, call.tree(), call.settings(), prompt)
    assert reading.prompt is not None  # find_prompt refuses it
    loaded = Loaded(reading.prompt, "", None, reading)
    if wanted.write:
        return _write(call, loaded)
    if wanted.target:
        return _target(call, loaded)
    return _messages(loaded, wanted)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The command line, as given."""

    variables: tuple[str, ...]
    examples: bool
    slices: tuple[str, ...]
    without: tuple[str, ...]
    only: tuple[str, ...]
    model: str | None
    target: bool
    write: bool

    def refuse_nonsense(self) -> None:
        """UsageError for options that mean nothing together."""
        chosen = self.variables or self.slices or self.without or self.only or self.examples
        if (self.target or self.write) and chosen:
            raise UsageError(
                "a target is rendered whole, without variables",
                "leave out --var, --examples, --slice, --without and --only",
            )


def _pairs(option: str, given: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not name or not equals:
            raise UsageError(f"--{option} {pair} is not NAME=VALUE", f"write --{option} NAME=VALUE")
        pairs[name] = value
    return pairs


def _messages(loaded: Loaded, wanted: _Wanted) -> Report:
    prompt = loaded.prompt
    values = _pairs("var", wanted.variables)
    if wanted.examples:
        examples = {name: v.examples[0] for name, v in prompt.variables.items() if v.examples}
        values = {**examples, **values}
    try:
        messages = loaded.render_messages(
            values,
            without=wanted.without,
            only=wanted.only or None,
            slices=_pairs("slice", wanted.slices),
        )
    except PlacedError as error:
        if error.problem.kind == MISSING:
            error.hint = "give it with --var, or --examples for the examples that the prompt names"
        raise
    result = {
        "prompt": prompt.id,
        "path": prompt.path,
        "version": prompt.version,
        "model": wanted.model or next(iter(prompt.models), None),
        "messages": [{"role": m.role, "content": m.content} for m in messages],
        "digest": messages_digest(messages),
    }
    return Report("render", result, [block for m in messages for block in _blocks(m)])


def _blocks(message: Message) -> list[Block]:
    content = Text(message.content, verbatim=True) if message.content else Text("(empty)", "quiet")
    return [Heading(message.role), content]


def _target(call: Call, loaded: Loaded) -> Report:
    text = _target_text(call, loaded)
    result = {"prompt": loaded.prompt.id, "target": loaded.prompt.target, "content": text}
    return Report("render", result, [Text(text, verbatim=True)], raw=text)


def _write(call: Call, loaded: Loaded) -> Report:
    path = loaded.prompt.target
    text = _target_text(call, loaded)
    if not path.lower().endswith((*TARGETS, *WRITABLE)):
        raise TemplateError(
            f"`{path}` is not written: a program obeys it",
            f"`promptops render {loaded.prompt.id} --target --output FILE` writes it where you say",
            path=loaded.prompt.path,
        )
    tree = call.tree()
    before = tree.read(path) if tree.exists(path) else None
    written = before != text.encode()
    if written:
        replace_file(call.root, path, text, before)
    result = {"prompt": loaded.prompt.id, "target": path, "written": written}
    said = f"{path} {'written' if written else 'is what the prompt renders: nothing to write'}"
    return Report("render", result, [Text(said, "good")])


def _target_text(call: Call, loaded: Loaded) -> str:
    try:
        return target_text(loaded.prompt, call.tree())
    except PlacedError as error:
        raise loaded.placed(error) from None
    except TemplateError as error:
        document = loaded.reading.document
        error.line, error.column = document.lines.position(document.locate(("target",))[0])
        raise
