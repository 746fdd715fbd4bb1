"""The answer of `tokens` as it grows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from promptops.cli._call import Call
from promptops.cli._tokens.plain import EXAMPLES, refused
from promptops.cli._tokens.text import TextCount, of_text, text_table
from promptops.report import Block, Report, Table
from promptops.tokens.count import Count
from promptops.tokens.counts import Counter
from promptops.tokens.prices import price, text_usd
from promptops.tokens.vocab import places

TYPE_CHECKING = False
if TYPE_CHECKING:
    from promptops.model import Tool


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

    def add_text(self, name: str, text: str) -> None:
        """Count a plain text."""
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
