"""PO3, spelling: the same text to a reader, other tokens to a model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from unicodedata import normalize

from promptops.checks import ON_INSTRUCTIONS, ON_PROMPT, ON_TEXT, Around, check
from promptops.checks._figures import encoder_of, figures
from promptops.checks.waste import texts
from promptops.diagnostic import Finding, Severity
from promptops.model import Prompt

_TAKEN_AS_IT_IS = ("openai", "llama", "mistral", "deepseek")  # Qwen and Claude apply NFC
_FULL_WIDTH = re.compile("[\uff01-\uff5e]+")
_NO_BREAK = re.compile("[\u00a0\u202f]")
_FACTOR = 2.0  # times the source language's tokens


@check("PO350", "unnormalized-text", Severity.WARNING, (ON_PROMPT,))
def unnormalized_text(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """Decomposed letters look the same and cost several times the tokens, where the model takes
    the text as it is. An editor or a file name on macOS makes them.

    Bad:
        models: [openai/gpt-4o]
        rules:
          - id: greet
            text: "Greet with \\u1112\\u1161\\u11ab\\u1100\\u1173\\u11af."

    Good:
        models: [openai/gpt-4o]
        rules:
          - id: greet
            text: Greet with 한글.
    """
    encoder = encoder_of(prompt, around) if around.counter else None
    if encoder is None or around.counter is None:
        return
    if not any(around.counter.model(m).family in _TAKEN_AS_IT_IS for m in prompt.models):
        return
    for place, text in texts(prompt):
        composed = normalize("NFC", text) if not text.isascii() else text
        if composed != text:
            now, then = encoder[1].count(text), encoder[1].count(composed)
            if now != then:
                message = f"the text is not in Unicode's composed form: {now} tokens on {encoder[0]}, composed {then}"
                yield Finding(place, message, "compose it (NFC)", replacement=composed)


@check("PO352", "ambiguous-typography", Severity.INFO, (ON_PROMPT, ON_INSTRUCTIONS))
def ambiguous_typography(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """No-break spaces and full-width letters among ASCII look like the plain ones, match no
    pattern, and cost up to eight times the tokens. In Japanese or French text they are right.

    Bad:
        models: [openai/gpt-4o]
        rules:
          - id: state
            text: "Set the state to ｆｕｌｌ."

    Good:
        models: [openai/gpt-4o]
        rules:
          - id: state
            text: Set the state to full.
    """
    for place, text in texts(prompt):
        if text.isascii() or not _mostly_ascii(text):
            continue
        for match in _FULL_WIDTH.finditer(text):
            plain = normalize("NFKC", match.group())
            message = f"`{match.group()}` is full-width"
            yield Finding(place, message, f"write `{plain}`", match.span(), plain)
        for match in _NO_BREAK.finditer(text):
            message = f"a no-break space (U+{ord(match.group()):04X})"
            yield Finding(place, message, "write a space", match.span(), " ")


def _mostly_ascii(text: str) -> bool:
    """True where other letters and signs are rare: then the odd ones are accidents."""
    other = sum(
        1 for char in text if char > "\x7f" and not _FULL_WIDTH.match(char) and char.isalpha()
    )
    return other * 50 <= len(text)


@check("PO353", "mixed-line-endings", Severity.WARNING, (ON_TEXT,))
def mixed_line_endings(text: str, around: Around) -> Iterator[Finding]:
    """A carriage return is a token of its own where a file is sent as it is, and a file with both
    kinds of line end has another cached prefix on every machine. (One line below ends in CRLF.)

    Bad:
        summary: Answers billing questions.\r
        rules:
          - id: cite-policy
            text: Cite the policy section.

    Good:
        summary: Answers billing questions.
        rules:
          - id: cite-policy
            text: Cite the policy section.
    """
    returns = text.count("\r\n")
    feeds = text.count("\n") - returns
    if returns and feeds:
        at = text.index("\r\n") if returns <= feeds else _lone_feed(text)
        message = (
            f"{returns} line{'s' * (returns != 1)} end{'s' * (returns == 1)} in CRLF, {feeds} in LF"
        )
        yield Finding((), message, "use LF throughout", within=(at, at + 1))


def _lone_feed(text: str) -> int:
    found = re.search(r"(?<!\r)\n", text)
    return found.start() if found else 0


@check("PO360", "costly-translation", Severity.WARNING, (ON_PROMPT,))
def costly_translation(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """The same words cost several times the tokens in some languages on some models: budgets and
    limits that were set on the source language cut or overcharge those customers.

    Bad:
        models: [openai/gpt-4]
        languages: [en, ta]
        variables: {question: {}}
        messages:
          - {role: system, content: "{{ rules }}"}
          - {role: user, content: "{{ question }}"}
        cases:
          - {id: fee, variables: {question: Why was I charged a late fee?}, slices: {language: en}, assert: {contains: fee}}
          - {id: fee-ta, variables: {question: ஏன் எனக்கு தாமதக் கட்டணம் விதிக்கப்பட்டது?}, slices: {language: ta}, assert: {contains: fee}}

    Good:
        models: [openai/gpt-4]
        languages: [en, fr]
        variables: {question: {}}
        messages:
          - {role: system, content: "{{ rules }}"}
          - {role: user, content: "{{ question }}"}
        cases:
          - {id: fee, variables: {question: Why was I charged a late fee?}, slices: {language: en}, assert: {contains: fee}}
          - {id: fee-fr, variables: {question: Pourquoi ces frais de retard ?}, slices: {language: fr}, assert: {contains: fee}}
    """
    found = figures(prompt, around)
    if found is None or not prompt.languages:
        return
    from promptops.tokens.languages import language_costs

    for model, _ in found.encoders():
        for cost in language_costs(prompt, model, found.counter):
            if (
                cost.inflation is not None
                and cost.inflation > _FACTOR
                and cost.language in prompt.languages
            ):
                source = prompt.languages[0]
                message = f"{cost.language} costs {cost.inflation:.1f} times the tokens of {source} on {model}"
                help = "give that language its own limits, or a model whose vocabulary covers it"
                yield Finding(("languages", prompt.languages.index(cost.language)), message, help)
