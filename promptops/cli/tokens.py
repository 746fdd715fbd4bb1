"""`promptops tokens`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from promptops.cli._call import Call, define
from promptops.cli._tokens.plain import EXAMPLES, decoded, is_text, refused, text_of
from promptops.cli._tokens.text import TextCount, of_text, text_table
from promptops.errors import UsageError
from promptops.report import Block, Report, Table
from promptops.tokens.counts import Count, Counter
from promptops.tokens.prices import price, text_usd
from promptops.tokens.vocab import places

TYPE_CHECKING = False
if TYPE_CHECKING:
    from promptops.model import Tool


@define(
    examples=(
        "promptops tokens support-agent --model openai/gpt-4o --model anthropic/claude-opus-5",
        "git show HEAD:AGENTS.md | promptops tokens - --model openai/gpt-5",
        "promptops tokens --at src/api --tool codex",
    )
)
@click.argument("names", nargs=-1, metavar="[PROMPT|FILE|-]...")
@click.option("--model", "models", multiple=True, metavar="M", help="Count for this model.")
@click.option("--tools", metavar="FILE", help="Tool definitions, as JSON, that go with the prompt.")
@click.option("--image", "images", multiple=True, metavar="WxH", help="An image that goes with it.")
@click.option("--count", is_flag=True, help="Ask the provider's count endpoint (network, key).")
@click.option("--at", metavar="DIR", help="What each coding agent loads in this folder.")
@click.option(
    "--tool", "tools_of", multiple=True, metavar="TOOL", help="Of these agents, with --at."
)
def command(
    call: Call, names: tuple[str, ...], models: tuple[str, ...], count: bool, **more: Any
) -> Report:
    """Where the tokens are, what they cost, what breaks the cache, what another model makes of it.

    Every figure says how it is known: exact, assumed, counted, estimated or unknown. Without a
    name: all prompts of the repository, or its instruction files where there are none. A FILE, or
    - for standard input, is counted as it is; with --at, only agents that load it are shown.
    """
    at, tools_of = more.pop("at"), more.pop("tools_of")
    if at is not None:
        from promptops.cli._tokens.load import load_report

        return load_report(Work(call, models, count, more), at, names, tools_of)
    if tools_of:
        raise UsageError("--tool goes with --at", "name a folder: --at .")
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
        self.texts: list[TextCount] = []
        self.blocks: list[Block] = []

    def add(self, name: str | None) -> None:
        """Count one prompt or text; None means every prompt of the repository."""
        if name is not None and is_text(self.call.folder, name):
            self._text(name, text_of(self.call.folder, name))
        else:
            from promptops.cli._tokens.prompts import add_prompts

            add_prompts(self, name)

    def add_text(self, path: str, raw: bytes) -> None:
        """Count a file of the repository as plain text."""
        self._text(path, decoded(raw, path))

    def _text(self, name: str, text: str) -> None:
        models = {}
        for model in self.models or self.usual():
            count = self.counter.count(text, model)
            total = self.asked(model, [("user", text)])
            cost = price(model, self.counter.own)
            usd = text_usd((total or count).tokens, cost)
            models[model] = of_text(count, cost, usd, total)
            self.texts.append((name, model, total or count, usd))
        self.prompts.append({"id": name, "path": name, "models": models, "hazards": []})

    def asked(
        self, model: str, messages: Sequence[tuple[str, str]], tools: Sequence[Tool] = ()
    ) -> Count | None:
        """What the provider's endpoint counts, where that was asked for."""
        if not self.ask:
            return None
        from promptops.model import Message
        from promptops.tokens.endpoint import ask_litellm, counted

        row = self.counter.model(model)
        sent = [Message(role, content) for role, content in messages]
        return counted(sent, row, self.counter.where, self.call.today, ask_litellm, tools)

    def usual(self) -> Sequence[str]:
        """The models of the repository's prompts, in their order."""
        from promptops.cli._prompts import governed

        found = (one.prompt for one in governed(self.call.tree(), self.settings))
        named = dict.fromkeys(model for prompt in found if prompt for model in prompt.models)
        return tuple(named) or EXAMPLES

    def report(self) -> Report:
        """The answer."""
        shown = [*self.blocks, *([Table(*text_table(self.texts))] if self.texts else [])]
        shown += refused(self.counter)
        return Report("tokens", {"prompts": self.prompts}, tuple(shown))
