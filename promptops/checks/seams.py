"""PO3, seams: where static text and variables meet, tokens merge. A space before a variable is right
and never reported: without it `to {{ language }}` would read `toFrench`."""

from __future__ import annotations

from collections.abc import Iterator

from promptops.checks import ON_PROMPT, Around, check
from promptops.checks._figures import encoder_of, figures
from promptops.diagnostic import Finding, Severity
from promptops.model import Prompt
from promptops.tokens.layout import VARIABLE


@check("PO320", "trailing-space", Severity.ERROR, (ON_PROMPT,))
def trailing_space(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """A message that ends in a space leaves the model half a token: words begin with their space.
    As the beginning of Claude's answer it is refused with HTTP 400; anywhere else it is only odd.

    Bad:
        models: [anthropic/claude-sonnet-4-5]
        messages:
          - {role: system, content: "{{ rules }}"}
          - {role: user, content: Which plan?}
          - {role: assistant, content: "The plan is "}

    Good:
        models: [anthropic/claude-sonnet-4-5]
        messages:
          - {role: system, content: "{{ rules }}"}
          - {role: user, content: Which plan?}
          - {role: assistant, content: "The plan is"}
    """
    claude = any("claude" in model for model in prompt.models)
    for index, message in enumerate(prompt.messages):
        text = message.content
        kept = text.rstrip(" \t")
        if kept == text or not kept:
            continue
        prefill = message.role == "assistant" and index == len(prompt.messages) - 1
        severity = Severity.ERROR if prefill and claude else Severity.INFO
        if prefill and not claude:
            severity = Severity.WARNING
        yield Finding(
            ("messages", index, "content"),
            f"the {message.role} message ends in white space",
            "take it away: the next word brings its own",
            within=(len(kept), len(text)),
            replacement="",
            severity=severity,
        )


@check("PO321", "newline-at-join", Severity.INFO, (ON_PROMPT,))
def newline_at_join(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """A line feed on both sides of a seam makes other tokens than either side alone: the same
    prompt is longer or shorter by what a caller happens to pass. The last line feed of a text of
    several lines is its own and not reported.

    Bad:
        models: [openai/gpt-4o]
        variables: {article: {examples: ["\\nRates rise.\\n"]}}
        messages:
          - role: system
            content: "{{ rules }}\\nArticle:\\n{{ article }}"

    Good:
        models: [openai/gpt-4o]
        variables: {article: {examples: [Rates rise.]}}
        messages:
          - role: system
            content: "{{ rules }}\\nArticle:\\n{{ article }}"
    """
    found = figures(prompt, around)
    if found is None or next(found.encoders(), None) is None:
        return
    told = set()
    for laid in found.layout:
        for part in laid.of(VARIABLE):
            if part.name in told or part.name not in prompt.variables:
                continue
            value = laid.text[part.start : part.end]
            before = laid.text[max(part.start - 1, 0) : part.start]
            after = laid.text[part.end : part.end + 1]
            trailing = value[-1:] == "\n" == after and value.count("\n") == 1
            if (value[:1] == "\n" == before) or trailing:
                told.add(part.name)
                message = f"`{part.name}` and the text round it both bring a line feed"
                help = "keep line feeds in the template alone, and strip the value"
                yield Finding(("variables", part.name), message, help)


@check("PO322", "budget-from-parts", Severity.WARNING, (ON_PROMPT,))
def budget_from_parts(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """Parts counted alone do not add up to the whole: tokens merge across seams, or split there.
    A budget that is exactly the sum of the parts was not counted on the rendering.

    Bad:
        models: [openai/gpt-4o]
        budget: {prompt_tokens: 21}
        messages:
          - role: system
            content: "Answer:\\n\\n{{ rule('be-brief') }}\\n\\nAlways:\\n\\n{{ rule('be-kind') }}\\n\\nEnd."
        rules:
          - id: be-brief
            text: Be brief.
          - id: be-kind
            text: Be kind.

    Good:
        models: [openai/gpt-4o]
        budget: {prompt_tokens: 30}
        messages:
          - role: system
            content: "Answer:\\n\\n{{ rule('be-brief') }}\\n\\nAlways:\\n\\n{{ rule('be-kind') }}\\n\\nEnd."
        rules:
          - id: be-brief
            text: Be brief.
          - id: be-kind
            text: Be kind.
    """
    limit = prompt.budget.prompt_tokens
    found = figures(prompt, around)
    if limit is None or found is None:
        return
    for model, _ in found.encoders():
        measure = found.measure(model)
        parts = sum(measure.rules.values()) + (measure.rest or 0) + (measure.framed or 0)
        if measure.joins and parts == limit:
            joined = f"{abs(measure.joins)} {'fewer' if measure.joins < 0 else 'more'}"
            message = f"the budget is the sum of the parts; the rendering has {joined}"
            help = f"budget the rendering: {parts + measure.joins:,} tokens on {model}"
            yield Finding(("budget", "prompt_tokens"), message, help)
            return


@check("PO323", "split-token", Severity.INFO, (ON_PROMPT,))
def split_token(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """A variable that begins inside a word shares a token with the static text: the prefix ends
    earlier than it seems, and the model sees other tokens for each value.

    Bad:
        models: [openai/gpt-4o]
        variables: {domain: {examples: [mple.com]}}
        messages:
          - role: system
            content: "{{ rules }} Fetch https://exa{{ domain }} first."

    Good:
        models: [openai/gpt-4o]
        variables: {domain: {examples: [example.com]}}
        messages:
          - role: system
            content: "{{ rules }} Fetch {{ domain }} first."
    """
    found, encoder = figures(prompt, around), encoder_of(prompt, around)
    if found is None or encoder is None:
        return
    for laid in found.layout:
        for part in laid.of(VARIABLE):
            before = laid.text[max(part.start - 24, 0) : part.start]
            value = laid.text[part.start : min(part.end, part.start + 24)]
            inside = before[-1:].isalpha() and value[:1].isalpha()
            if inside and part.name in prompt.variables:
                word = before.split()[-1]
                alone, joined = encoder[1].encode(word), encoder[1].encode(word + value)
                if joined[: len(alone)] != alone:
                    message = f"`{part.name}` begins inside a token of `{word}`"
                    help = "begin it at a space or a punctuation mark"
                    yield Finding(("variables", part.name), message, help)
                    break
