"""All that is known of one prompt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from promptops.decisions.slips import KnowsWord
from promptops.history.knowledge import Known, knowledge
from promptops.history.past import Past
from promptops.model import Prompt, Rule
from promptops.overview.life import Life, life_of
from promptops.overview.measured import Measured, Outcome, measured_of
from promptops.overview.size import Sizing
from promptops.source.tree import Tree
from promptops.tokens.arithmetic import Measure
from promptops.tokens.counts import Counter
from promptops.tokens.layout import Render
from promptops.tokens.summary import Figures, summarize

MODEL = "openai/gpt-4o"  # where a prompt names none


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """One rule. tokens: counted alone; known: None where nothing of it is committed.

    outcomes: (model, outcome) of each evidence that judged it.
    """

    rule: Rule
    tokens: int | None
    known: Known | None
    outcomes: tuple[tuple[str, Outcome], ...]

    @property
    def since(self) -> int | None:
        """When its first words came in, epoch seconds."""
        return self.known.shaping[-1].commit.time if self.known and self.known.shaping else None

    @property
    def wordings(self) -> int:
        """How many it has had; 0 where nothing is known."""
        return len(self.known.shaping) if self.known else 0


@dataclass(frozen=True, slots=True)
class Overview:
    """One prompt. figures: by model, empty where it cannot be rendered (`problem` says why not).

    unread: why there is no history to read, "" where there is.
    """

    prompt: Prompt
    rules: tuple[RuleFacts, ...]
    life: Life
    model: str
    figures: dict[str, Figures]
    measured: tuple[Measured, ...]
    complete: bool
    notes: tuple[str, ...]
    problem: str = ""
    unread: str = ""

    def overdue(self, today: date) -> list[Rule]:
        """The rules whose review date has passed."""
        rules = (facts.rule for facts in self.rules)
        return [rule for rule in rules if rule.review_by is not None and rule.review_by < today]

    @property
    def untested(self) -> list[Rule]:
        """The rules that no test holds."""
        return [facts.rule for facts in self.rules if not facts.rule.tests]


class Overviews:
    """Makes overviews of one repository's prompts."""

    def __init__(
        self, past: Past | str, tree: Tree, counter: Counter, render: Render, known: KnowsWord
    ) -> None:
        """past: or why there is none."""
        self.past = None if isinstance(past, str) else past
        self.unread = past if isinstance(past, str) else ""
        self.tree = tree
        self.counter, self.render, self.known = counter, render, known

    def of(self, prompt: Prompt) -> Overview:
        """All that is known of a prompt; without a repository its history stays empty."""
        model = prompt.models[0] if prompt.models else MODEL
        sizing = Sizing(self.counter, self.render, model)
        figures, problem = self._figures(prompt, prompt.models or (MODEL,))
        measured = measured_of(self.tree, prompt)
        found = knowledge(self.past, (prompt.path,)) if self.past else None
        by_id = {one.rule: one for one in found.rules} if found else {}
        size = sizing.measure(prompt)
        return Overview(
            prompt,
            tuple(_facts(rule, size, by_id.get(rule.id), measured) for rule in prompt.rules),
            life_of(self.past, prompt.path, sizing, self.known) if self.past else Life(()),
            model,
            figures,
            measured,
            found.complete if found else False,
            found.notes if found else (f"no history: {self.unread}",),
            problem,
            self.unread,
        )

    def _figures(self, prompt: Prompt, models: Sequence[str]) -> tuple[dict[str, Figures], str]:
        from promptops.errors import PromptopsError

        try:
            return dict(summarize(prompt, models, self.counter, self.render)), ""
        except PromptopsError as error:
            return {}, error.message


def _facts(
    rule: Rule, size: Measure | None, known: Known | None, measured: Sequence[Measured]
) -> RuleFacts:
    outcomes = tuple((one.model, one.rules[rule.id]) for one in measured if rule.id in one.rules)
    return RuleFacts(rule, size.rules.get(rule.id) if size else None, known, outcomes)
