"""PO3, limits that a change moves: what judges a change is what held before it."""

from __future__ import annotations

from collections.abc import Iterator

from promptops.checks import ON_PROMPT, Around, check
from promptops.diagnostic import Finding, Severity
from promptops.model import Budget, Prompt
from promptops.values import replace

LIMITS = ("prompt_tokens", "rule_tokens", "tool_tokens", "output_tokens", "usd_per_month")


@check("PO308", "raised-budget", Severity.INFO, (ON_PROMPT,))
def raised_budget(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """A budget that is raised by the change that breaks it stops nothing. Until the raise is merged,
    the change is judged by the budget that held before.

    Bad:
        budget: {prompt_tokens: 4000}

    Good:
        # as it was before the change
        budget: {prompt_tokens: 900}
    """
    before = around.before.get(prompt.path)
    if before is None:
        return
    written = around.written or prompt.budget
    for name in LIMITS:
        now, then = getattr(written, name), getattr(before.budget, name)
        if then is not None and (now is None or now > then):
            yield Finding(
                ("budget", name),
                f"`{name}` is raised from {then:,} to {'no limit' if now is None else f'{now:,}'}",
                f"this change is judged by {then:,}; merge the raise first, for a reason of its own",
            )


def judged(budget: Budget, before: Budget) -> Budget:
    """The budget that judges a change: of each limit the tighter one of before and now."""
    pairs = {name: (getattr(before, name), getattr(budget, name)) for name in LIMITS}
    tighter = {
        name: min((value for value in pair if value is not None), default=None)
        for name, pair in pairs.items()
    }
    return replace(budget, **tighter)
