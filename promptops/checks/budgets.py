"""PO3, budgets: tokens, windows and money that a prompt has set itself or a model sets it.

An error is only raised where even the low bound of the count breaks the limit; where the bounds
straddle it, the same finding is a warning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from promptops.checks import ON_PROMPT, Around, check
from promptops.checks._figures import figures, told, verdict
from promptops.diagnostic import Finding, Severity
from promptops.model import Prompt
from promptops.tokens.arithmetic import Range
from promptops.tokens.prices import INPUT, READ, Price, call_usd, price
from promptops.tokens.tools import tool_count

TYPE_CHECKING = False  # `typing` costs a check a tenth of its start
if TYPE_CHECKING:
    from typing import Any


@check("PO301", "prompt-over-budget", Severity.ERROR, (ON_PROMPT,))
def prompt_over_budget(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """A prompt over its own budget costs and delays every call. The largest rendering over
    examples and cases counts, on every model named.

    Bad:
        models: [openai/gpt-4o-mini]
        budget: {prompt_tokens: 10}
        messages:
          - role: system
            content: |
              You answer billing questions for small businesses.
              {{ rules }}

    Good:
        models: [openai/gpt-4o-mini]
        budget: {prompt_tokens: 60}
        messages:
          - role: system
            content: |
              You answer billing questions for small businesses.
              {{ rules }}
    """
    limit = prompt.budget.prompt_tokens
    found = figures(prompt, around)
    if limit is None or found is None or found.fits(limit):
        return
    for model in prompt.models:
        ranged = found.spread(model)
        severity = verdict(ranged.largest, limit) if ranged else None
        if ranged and severity:
            which = f" ({ranged.largest_source})" if ranged.renderings > 1 else ""
            message = f"the largest rendering{which} is {told(ranged.largest)} on {model}, over the budget of {limit:,}"
            help = f"`promptops tokens {prompt.id}` shows where they are; shorten, or raise the budget with a decision"
            yield Finding(("budget", "prompt_tokens"), message, help, severity=severity)


@check("PO302", "prompt-over-window", Severity.ERROR, (ON_PROMPT,))
def prompt_over_window(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """What does not fit a model's context window is refused or cut, on the day the longest input comes.

    Bad:
        models: [openai/gpt-4]
        budget: {output_tokens: 9000}

    Good:
        models: [openai/gpt-4]
        budget: {output_tokens: 900}
    """
    found = figures(prompt, around)
    if found is None:
        return
    for index, model in enumerate(prompt.models):
        cost = price(model, found.counter.own)
        if cost is None or cost.max_input is None:
            continue
        if found.fits(cost.max_input - (prompt.budget.output_tokens or 0)):
            continue
        ranged = found.spread(model)
        if ranged is None:
            continue
        whole = ranged.largest.plus(prompt.budget.output_tokens or 0)
        severity = verdict(ranged.largest, cost.max_input) or verdict(whole, _window(cost))
        if severity:
            message = f"prompt and output are {told(whole)}, over the context window of {model}"
            help = f"it takes {cost.max_input:,} tokens ({cost.source}): shorten the prompt or the output, or name another model"
            yield Finding(("models", index), message, help, severity=severity)


def _window(cost: Price) -> int:
    """Of input and output: one window where the table allows an output half as large as the input."""
    most_input, most_output = cost.max_input or 0, cost.max_output
    shared = most_output is None or most_output >= most_input / 2
    return most_input if shared else most_input + (most_output or 0)


@check("PO306", "rule-over-budget", Severity.ERROR, (ON_PROMPT,))
def rule_over_budget(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """A rule over its budget is mostly several rules, or an essay where a sentence would do.

    Bad:
        models: [openai/gpt-4o-mini]
        budget: {rule_tokens: 8}
        rules:
          - id: cite-policy
            text: Cite the policy section you rely on in every single answer, as [§n].

    Good:
        models: [openai/gpt-4o-mini]
        budget: {rule_tokens: 20}
        rules:
          - id: cite-policy
            text: Cite the policy section you rely on, as [§n].
    """
    limit = prompt.budget.rule_tokens
    found = figures(prompt, around) if limit is not None else None
    if limit is None or found is None:
        return
    for index, rule in enumerate(prompt.rules):
        counts = [(found.counter.count(rule.text, model), model) for model in prompt.models]
        over = [(count, model) for count, model in counts if verdict(count, limit)]
        if over:
            count, model = max(over, key=lambda pair: pair[0].low or 0)
            message = f"the rule `{rule.id}` is {told(count)} on {model}, over the budget of {limit:,} a rule"
            help = "split it, shorten it, or raise `rule_tokens` with a decision"
            yield Finding(("rules", index, "text"), message, help, severity=verdict(count, limit))


@check("PO361", "tools-over-budget", Severity.WARNING, (ON_PROMPT,))
def tools_over_budget(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """Every tool is told to the model in every call, whether or not it is used: definitions often
    weigh more than the prompt itself. No provider promises how it writes them, so this only warns.

    Bad:
        models: [openai/gpt-4o]
        budget: {tool_tokens: 20}
        tools:
          - name: find_invoice
            description: Finds the invoice with this number in the billing system.
            parameters: {type: object, properties: {number: {type: string, description: Of the invoice.}}}

    Good:
        models: [openai/gpt-4o]
        budget: {tool_tokens: 80}
        tools:
          - name: find_invoice
            description: Finds the invoice with this number.
            parameters: {type: object, properties: {number: {type: string}}}
    """
    limit = prompt.budget.tool_tokens
    found = figures(prompt, around) if limit is not None and prompt.tools else None
    if limit is None or found is None:
        return
    counts = [(tool_count(prompt.tools, model, found.counter), model) for model in prompt.models]
    over = [(count, model) for count, model in counts if verdict(count, limit)]
    if over:
        count, model = max(over, key=lambda pair: pair[0].low or 0)
        message = f"the tools are {told(count)} on {model}, over the budget of {limit:,}"
        help = "shorten descriptions, drop tools that are hardly called, or raise `tool_tokens` with a decision"
        yield Finding(("budget", "tool_tokens"), message, help)


@check("PO307", "cost-over-budget", Severity.ERROR, (ON_PROMPT,))
def cost_over_budget(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """The declared calls cost more on the first model, the default, than the declared money. No
    price is no verdict.

    The error counts the input of the smallest rendering, all that can be cached as cached, and no
    output; the warning the typical rendering and the declared output.

    Bad:
        models: [openai/gpt-4o]
        budget: {calls_per_month: 1_000_000, usd_per_month: 5, output_tokens: 300}

    Good:
        models: [openai/gpt-4o]
        budget: {calls_per_month: 1_000, usd_per_month: 5, output_tokens: 300}
    """
    limit, calls = prompt.budget.usd_per_month, prompt.budget.calls_per_month
    found = figures(prompt, around)
    if limit is None or calls is None or found is None:
        return
    for model in prompt.models[:1]:
        ranged = found.spread(model)
        bill = _bill(model, prompt, found.counter.own, ranged) if ranged else None
        if bill is None or bill[1] * calls <= limit:
            continue
        severity = Severity.ERROR if bill[0] * calls > limit else Severity.WARNING
        message = f"{calls:,} calls a month cost about ${bill[1] * calls:,.2f} on {model}, over the budget of ${limit:,.2f}"
        help = "shorten the prompt, cache its prefix, name a cheaper model, or raise `usd_per_month` with a decision"
        yield Finding(("budget", "usd_per_month"), message, help, severity=severity)


def _bill(
    model: str, prompt: Prompt, own: Mapping[str, Any], ranged: Range
) -> tuple[float, float] | None:
    """(least, typical) US dollars of a call, or None where a price or a count is missing."""
    cost = price(model, own)
    smallest, typical = ranged.smallest, ranged.typical
    if cost is None or smallest.low is None or typical.tokens is None:
        return None
    usual = call_usd(cost, typical.tokens, prompt.budget.output_tokens or 0)
    rates = [rate for rate in (cost.rate(READ), cost.rate(INPUT)) if rate is not None]
    return None if usual is None or not rates else (smallest.low * min(rates), usual)
