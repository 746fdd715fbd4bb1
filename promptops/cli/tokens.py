"""`promptops tokens`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import click

from promptops.cli._call import Call, define
from promptops.cli._token_text import of_text, text_table
from promptops.errors import InputError
from promptops.report import Block, Report, Text
from promptops.tokens.counts import Count, Counter
from promptops.tokens.prices import price, text_usd
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
    work = Work(call, models, count, more)
    for name in names or (None,):
        work.add(name)
    return work.report()


class Work:
    """What was asked for, and the answer as it grows. Plain texts load nothing of prompts."""

    def __init__(
        self, call: Call, models: tuple[str, ...], ask: bool, beside: dict[str, Any]
    ) -> None:
        self.call = call
        self.models = models
        self.ask = ask
        self.beside = beside
        self.settings = call.settings()
        self.counter = Counter(places(call.environ), self.settings.models)
        self.prompts: list[dict[str, Any]] = []
        self.texts: list[tuple[str, str, Count, float | None]] = []
        self.blocks: list[Block] = []

    def add(self, name: str | None) -> None:
        """Count one prompt or text; None means every prompt of the repository."""
        if name == "-":
            raw = sys.stdin.buffer.read(MAX_SOURCE + 1)
            self._text("-", _decoded(raw, "standard input"))
        elif name is not None and self._is_text(name):
            path = os.path.join(self.call.folder, name)
            self._text(name, _decoded(_read(path, name), name))
        else:
            from promptops.cli._token_prompts import add_prompts

            add_prompts(self, name)

    def _is_text(self, name: str) -> bool:
        path = os.path.join(self.call.folder, name)
        return os.path.isfile(path) and not name.endswith((".yaml", ".yml"))

    def _text(self, name: str, text: str) -> None:
        models = {}
        for model in self.models or self._usual():
            count = self.counter.count(text, model)
            total = self.asked(model, [("user", text)])
            cost = price(model, self.counter.own)
            usd = text_usd((total or count).tokens, cost)
            models[model] = of_text(count, cost, usd, total)
            self.texts.append((name, model, total or count, usd))
        self.prompts.append({"id": name, "path": name, "models": models, "hazards": []})

    def asked(self, model: str, messages: Sequence[tuple[str, str]]) -> Count | None:
        """What the provider's endpoint counts, where that was asked for."""
        if not self.ask:
            return None
        from promptops.model import Message
        from promptops.tokens.endpoint import ask_litellm, counted

        row = self.counter.model(model)
        sent = [Message(role, content) for role, content in messages]
        return counted(sent, row, self.counter.where, self.call.today, ask_litellm)

    def _usual(self) -> Sequence[str]:
        """The models of the repository's prompts, in their order."""
        from promptops.cli._prompts import governed

        found = (one.prompt for one in governed(self.call.tree(), self.settings))
        named = dict.fromkeys(model for prompt in found if prompt for model in prompt.models)
        return tuple(named) or EXAMPLES

    def report(self) -> Report:
        """The answer."""
        shown = [*self.blocks, *([text_table(self.texts)] if self.texts else [])]
        shown += _refused(self.counter)
        return Report("tokens", {"prompts": self.prompts}, tuple(shown))


def _refused(counter: Counter) -> Iterator[Block]:
    for error in counter.refused:
        yield Text(f"{error.path}: {error.message}; it was left alone", "warn")


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
