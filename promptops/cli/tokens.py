"""`promptops tokens`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import click

from promptops.cli import _token_blocks as blocks
from promptops.cli import _token_json as data
from promptops.cli._call import Call, define
from promptops.cli._findings import diagnostic_data
from promptops.cli._prompts import find_prompt, governed, prompt_path, usable
from promptops.cli._token_extras import Extras, extra_blocks
from promptops.errors import InputError, UsageError
from promptops.model import Message
from promptops.report import Block, Diagnostics, Report, Text
from promptops.source.reading import Reading
from promptops.tokens.counts import Count, Counter
from promptops.tokens.prices import price
from promptops.tokens.summary import Figures, summarize, text_usd
from promptops.tokens.vocab import MAX_SOURCE, places

# what a text is counted for where neither --model nor a prompt of the repository names a model
EXAMPLES = ("openai/gpt-4o", "anthropic/claude-sonnet-4-5")


@define(
    examples=(
        "promptops tokens support-agent --model openai/gpt-4o --model anthropic/claude-opus-5",
        "git show HEAD:AGENTS.md | promptops tokens - --model openai/gpt-5",
    )
)
@click.argument("names", nargs=-1, metavar="[PROMPT|FILE|-]...")
@click.option("--model", "models", multiple=True, metavar="M", help="Count for this model.")
@click.option("--tools", metavar="FILE", help="Tool definitions, as JSON, that go with the prompt.")
@click.option("--image", "images", multiple=True, metavar="WxH", help="An image that goes with it.")
@click.option("--count", is_flag=True, help="Ask the provider's count endpoint (network, key).")
def command(
    call: Call, names: tuple[str, ...], models: tuple[str, ...], count: bool, **more: Any
) -> Report:
    """Where the tokens are, what they cost, what breaks the cache, what another model makes of it.

    Every figure says how it is known: exact, assumed, counted, estimated or unknown. Without a
    name: all prompts of the repository. A FILE, or - for standard input, is counted as it is.
    """
    work = _Work(call, models, count, Extras.read(call, **more))
    for name in names or (None,):
        work.add(name)
    return work.report()


@dataclass
class _Work:
    """What was asked for, and the answer as it grows."""

    call: Call
    models: tuple[str, ...]
    ask: bool
    extras: Extras
    prompts: list[dict[str, Any]] = field(default_factory=list)
    texts: list[tuple[str, str, Count, float | None]] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tree = self.call.tree()
        self.settings = self.call.settings()
        self.counter = Counter(places(self.call.environ), self.settings.models)

    def add(self, name: str | None) -> None:
        """Count one prompt or text; None means every prompt of the repository."""
        if name is None:
            found = governed(self.tree, self.settings)
            if not found:
                hint = "name a file, or - for standard input"
                raise UsageError("no prompts are governed here", hint)
            for reading in found:
                self._prompt(reading)
        elif name == "-":
            self._text("-", _decoded(sys.stdin.buffer.read(MAX_SOURCE + 1), "standard input"))
        elif self._is_text(name):
            path = os.path.join(self.call.folder, name)
            self._text(name, _decoded(_read(path, name), name))
        else:
            self._prompt(find_prompt(self.call, self.tree, self.settings, name))

    def _is_text(self, name: str) -> bool:
        path = os.path.join(self.call.folder, name)
        return os.path.isfile(path) and not prompt_path(self.call, self.tree, name)

    def _prompt(self, reading: Reading) -> None:
        from promptops.render import render

        prompt = usable(reading)
        models = self.models or prompt.models or EXAMPLES
        found = summarize(prompt, models, self.counter, render)
        totals = {model: self._counted(model, found[model]) for model in found}
        hazards = _hazards(self, reading)
        beside = {m: self.extras.of(self.counter, m, prompt, self.tree) for m in models}
        self.prompts.append(
            {
                "id": prompt.id,
                "path": reading.path,
                "models": {m: data.of_prompt(f, totals[m]) | beside[m] for m, f in found.items()},
                "hazards": [diagnostic_data(one) for one in hazards.diagnostics],
            }
        )
        self.blocks += blocks.prompt_blocks(prompt, found, self.call.verbosity > 0)
        self.blocks += extra_blocks(beside)
        self.blocks += [hazards] if hazards.diagnostics else []

    def _counted(self, model: str, found: Figures) -> Count | None:
        messages = [Message(laid.role, laid.text) for laid in found.measure.layout]
        return self._asked(model, messages)

    def _asked(self, model: str, messages: Sequence[Message]) -> Count | None:
        """What the provider's endpoint counts, where that was asked for."""
        if not self.ask:
            return None
        from promptops.tokens.endpoint import ask_litellm, counted

        row = self.counter.model(model)
        return counted(messages, row, self.counter.where, self.call.today, ask_litellm)

    def _text(self, name: str, text: str) -> None:
        models = {}
        for model in self.models or self._usual():
            count = self.counter.count(text, model)
            total = self._asked(model, [Message("user", text)])
            cost = price(model, self.counter.own)
            usd = text_usd(total or count, cost)
            models[model] = data.of_text(count, cost, usd, total)
            self.texts.append((name, model, total or count, usd))
        self.prompts.append({"id": name, "path": name, "models": models, "hazards": []})

    def _usual(self) -> Sequence[str]:
        """The models of the repository's prompts, in their order."""
        found = (one.prompt for one in governed(self.tree, self.settings))
        named = dict.fromkeys(model for prompt in found if prompt for model in prompt.models)
        return tuple(named) or EXAMPLES

    def report(self) -> Report:
        """The answer."""
        shown = [*self.blocks, *([blocks.text_table(self.texts)] if self.texts else [])]
        shown += _refused(self.counter)
        return Report("tokens", {"prompts": self.prompts}, tuple(shown))


def _refused(counter: Counter) -> Iterator[Block]:
    for error in counter.refused:
        yield Text(f"{error.path}: {error.message}; it was left alone", "warn")


def _hazards(work: _Work, reading: Reading) -> Diagnostics:
    """What the PO3 checks say, as `check` would."""
    from promptops.checking.engine import examine, selected
    from promptops.checks import Around

    chosen = selected(("PO3",), work.settings.ignore)
    found = examine(reading, Around(work.call.today, counter=work.counter), chosen)
    sources = {path: document.text for path, document in reading.documents.items()}
    return Diagnostics(tuple(found), sources)


def _read(path: str, name: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(MAX_SOURCE + 1)
    except OSError as error:
        raise InputError(f"cannot read it: {error.strerror}", path=name) from None


def _decoded(raw: bytes, name: str) -> str:
    """The text of bytes, a byte order mark and all."""
    if len(raw) > MAX_SOURCE:
        raise InputError("the text is over 64 MiB", "count it in parts", path=name)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        hint = "save it as UTF-8: tokens are counted of characters"
        raise InputError(f"not UTF-8 (byte {error.start})", hint, path=name) from None
