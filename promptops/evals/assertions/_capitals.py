"""Words in capitals as IFEval counts them: tokens of NLTK's `word_tokenize` that are upper case.

Only what can change that number is done: where a token is cut in two parts that both have letters,
and what cuts off clitics (IT'S is IT and 'S). Everything that is no letter becomes white space.
The rules are those of NLTK 3.8, in its order, with which IFEval's published figures were made.
"""

from __future__ import annotations

import re

from promptops.evals.assertions._punkt import sentences

_OPENING = (
    (re.compile("[«“‘„`]"), " ` "),
    (re.compile('^"'), " ` "),
    (re.compile(r"(?<=[ (\[{<])(?:\"|'')"), " ` "),
    (re.compile(r"'(?!re|ve|ll|m|t|s|d|n)(?=\w\b)", re.IGNORECASE), "' "),
)
_CLOSING = "])}>\"'»”’ "  # may stand between the last period and the sentence's end
_CUTTING = (
    (re.compile(r"[;@#$%&?!]|\.{2,}|[:,](?!\d)"), " "),
    (re.compile(r"(?<=[^'])' "), "  "),
    (re.compile(r"[*\[\](){}<>»”’\"]|--|''"), " "),
)
_CLITICS = (
    (re.compile(r"(?<=[^' ])('[sSmMdD]?) "), r" \1 "),
    (re.compile(r"(?<=[^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) "), r" \1 "),
    (
        re.compile(
            r"\b(can(?=not\b)|d(?='ye\b)|gim(?=me\b)|gon(?=na\b)|got(?=ta\b)|lem(?=me\b)"
            r"|more(?='n\b)|wan(?=na\s))(not|'ye|me|na|ta|'n)",
            re.IGNORECASE,
        ),
        r" \1 \2 ",
    ),
    (re.compile(r" ('t)(is|was)\b", re.IGNORECASE), r" \1 \2 "),
)


def capital_words(text: str) -> int:
    """How many words are in capitals; I and A are words too."""
    return sum(_in_sentence(text[start:end]) for start, end in sentences(text))


def _in_sentence(text: str) -> int:
    for pattern, instead in _OPENING:
        text = pattern.sub(instead, text)
    text = _without_last_period(text)
    for pattern, instead in _CUTTING:
        text = pattern.sub(instead, text)
    text = f" {text} "
    for pattern, instead in _CLITICS:
        text = pattern.sub(instead, text)
    return sum(word.isupper() for word in text.split())


def _without_last_period(text: str) -> str:
    """A period in a sentence stays with its word (U.S.A), the last one doesn't."""
    end = len(text.rstrip().rstrip(_CLOSING))
    if end > 1 and text[end - 1] == "." and text[end - 2] != ".":
        return f"{text[: end - 1]} {text[end:]}"
    return text
