"""PO3, models: which are named, what changes with them, and whether what we know of them is fresh."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from promptops.checks import ON_PROMPT, Around, check
from promptops.checks._figures import Figures, figures
from promptops.diagnostic import Finding, Severity
from promptops.excerpt import typed
from promptops.model import Prompt
from promptops.tokens.beside import beside
from promptops.tokens.count import Count
from promptops.tokens.counts import Counter
from promptops.tokens.facts import OLD_AFTER, oldest
from promptops.tokens.models import UNKNOWN
from promptops.tokens.prices import price

_GROWTH = 0.2  # a fifth more tokens in one change
_LEAST_GROWTH = 50  # tokens; smaller prompts grow by a fifth with a sentence


@check("PO303", "sudden-token-growth", Severity.WARNING, (ON_PROMPT,))
def sudden_token_growth(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """A prompt that grows by a fifth in one change makes every call dearer and slower, and each
    rule in it a little weaker. It should be meant.

    Bad:
        models: [openai/gpt-4o]
        messages:
          - role: system
            content: >
              You answer billing questions for small businesses, and you do so with great care,
              with kindness, with precision, at length where length is needed and briefly where
              it is not, in the customer's own language, without jargon, without blame, and never
              without an answer to the question that was asked, whatever that question may be.
              {{ rules }}

    Good:
        # as it was before the change
        models: [openai/gpt-4o]
        messages:
          - role: system
            content: You answer billing questions for small businesses. {{ rules }}
    """
    before = around.before.get(prompt.path)
    found = figures(prompt, around)
    if before is None or found is None or not prompt.models:
        return
    model = prompt.models[0]
    now, then = found.measure(model).text, Figures(before, found.counter).measure(model).text
    if now.low is None or then.high is None or now.tokens is None or then.tokens is None:
        return
    if now.low > then.high * (1 + _GROWTH) and now.tokens - then.tokens >= _LEAST_GROWTH:
        percent = (now.tokens - then.tokens) / max(then.tokens, 1)
        message = f"the prompt grew by {percent:.0%} in this change, from {then.tokens:,} to {now.tokens:,} tokens on {model}"
        help = f"`promptops tokens {prompt.id}` shows which rule takes what; say in the commit why it is worth it"
        yield Finding(("messages",), message, help)


@check("PO304", "uncounted-model", Severity.INFO, (ON_PROMPT,))
def uncounted_model(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """Budgets and prices say nothing for a model whose tokens cannot be counted here. No other
    model's tokenizer is taken in its place, and no other model's formula for images or tools.

    Bad:
        models: [openai/gpt-4o, openai/gpt-4o-minni]

    Good:
        models: [openai/gpt-4o, openai/gpt-4o-mini]
    """
    if around.counter is None:
        return
    for index, name in enumerate(prompt.models):
        count = around.counter.count("a", name)
        if count.known == UNKNOWN:
            message = f"the tokens of {name} cannot be counted: {count.method}"
            help = (
                "correct the name, or say in the settings' `models` which model or encoding it is"
            )
            yield Finding(("models", index), message, help)
            continue
        for key, count in _beside(prompt, name, around.counter).items():
            if count.tokens is None:
                message = f"the {key} of this prompt cannot be counted on {name}: {count.method}"
                help = f"`promptops tokens {prompt.id} --count` asks the provider where it has an endpoint"
                yield Finding((key,), message, help)


def _beside(prompt: Prompt, model: str, counter: Counter) -> dict[str, Count]:
    if not prompt.tools and not prompt.images:
        return {}
    found = beside(prompt, model, counter)
    return {"tools": found.tools, "images": found.images}


@check("PO305", "tokenizer-change", Severity.WARNING, (ON_PROMPT,))
def tokenizer_change(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """A model with another tokenizer makes other tokens of the same text: budgets, the cacheable
    prefix and the bill that were right are not any more.

    Bad:
        models: [openai/gpt-4]

    Good:
        # as it was before the change
        models: [openai/gpt-4o-mini]
    """
    before = around.before.get(prompt.path)
    if before is None or around.counter is None or not before.models:
        return
    known = {_tokenizer(name, around) for name in before.models}
    for index, name in enumerate(prompt.models):
        if name not in before.models and _tokenizer(name, around) not in known:
            message = f"{name} tokenizes otherwise than {before.models[0]}"
            help = f"see what changes: promptops tokens {prompt.id} --model {typed(before.models[0])} --model {typed(name)}"
            yield Finding(("models", index), message, help)


def _tokenizer(name: str, around: Around) -> str:
    if around.counter is None:
        return ""
    model = around.counter.model(name)
    return model.encoding or model.ctok or model.id


@check("PO370", "stale-model-data", Severity.INFO, (ON_PROMPT,))
def stale_model_data(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """A model past its end of service stops answering one day, and facts about prices and caches
    grow old.

    Bad:
        models: [together_ai/Qwen/Qwen2.5-72B-Instruct-Turbo]

    Good:
        models: [openai/gpt-4o]
    """
    if around.counter is None:
        return
    for index, model in enumerate(prompt.models):
        cost = price(model, around.counter.own)
        if cost and cost.deprecated and cost.deprecated < around.today:
            message = f"{model} is served until {cost.deprecated}, which has passed"
            yield Finding(("models", index), message, f"name its successor ({cost.source})")
    prices = [price(model, around.counter.own) for model in prompt.models]
    dates = [date.fromisoformat(cost.as_of) for cost in prices if cost and cost.as_of]
    age = (around.today - min((oldest(), *dates))).days
    if prompt.models and age > OLD_AFTER:
        message = f"what promptops knows of models is {age} days old"
        yield Finding(("models",), message, "upgrade promptops: prices, limits and caches change")
