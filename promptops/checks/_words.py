"""Words of many short texts at once, cheaply: clauses, stems, content words.

A clean prompt must cost next to nothing, so texts are joined, translated and split together: one
pass of C code in place of one regular expression a text. Everything is lower case.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from functools import cache

from promptops.checks._once import once
from promptops.model import Prompt

STOP = frozenset(
    "a an the and or but if then else of to in on at by for from with as is are was were be been"
    " being it its this that these those you your yours we our ours they their them i me my he she"
    " his her us do does did doing done have has had will would can could should may might must"
    " shall so such very also just than there here which who whom whose what when where while how"
    " why any each every all some into onto about per please sure ensure ensures always because"
    " since therefore thus not no nor never don't doesn't didn't mustn't shouldn't cannot can't won't isn't"
    " aren't without avoid avoids unless only own same other another yes one rely it's that's"
    " you're we're they're let lets get gets got".split()
) - {"rely"}

NEGATORS = frozenset(
    "not never no don't doesn't dont mustn't shouldn't cannot can't won't isn't aren't without"
    " avoid nor neither refrain".split()
)

_KEPT = "_'+#\0"
_JOINED = "\0"
_SCRIPTS_WITHOUT_SPACES = "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]"


@cache
def _table() -> Mapping[int, str]:
    return {n: " " for n in range(128) if not chr(n).isalnum() and chr(n) not in _KEPT}


@cache
def _word() -> re.Pattern[str]:
    return re.compile(rf"{_SCRIPTS_WITHOUT_SPACES}|(?:(?!{_SCRIPTS_WITHOUT_SPACES})[\w'+#])+")


def _plain(text: str) -> str:
    """`text` in lower case, with the typographic signs that English uses made ASCII."""
    text = text.lower()
    if text.isascii():
        return text
    text = text.replace("’", "'").replace("—", " ").replace("–", " ").replace("…", ".")
    return text.replace("“", " ").replace("”", " ").replace("§", " ").replace("→", " ")


def split(text: str) -> list[str]:
    """The words of one text, lower case. Scripts written without spaces give one a character."""
    text = _plain(text)
    return text.translate(_table()).split() if text.isascii() else _word().findall(text)


def clause_texts(text: str) -> list[str]:
    """The clauses of a text; they end at `.;!?` and line ends."""
    return _clause_end().split(text)


@cache
def _clause_end() -> re.Pattern[str]:
    return re.compile(r"[.;!?](?=\s|$)|[\n\r。！？；।]")


def many(texts: Sequence[str]) -> Sequence[list[str]]:
    """The words of every text: `split` of each, in one pass where all are ASCII."""
    joined = _plain(_JOINED.join(texts))
    parts = joined.translate(_table()).split(_JOINED) if joined.isascii() else []
    if len(parts) != len(texts):
        return [split(text) for text in texts]
    return [part.split() for part in parts]


def stems(words: Sequence[str]) -> Set[str]:
    """The stems of the content words among `words`: without function words and polarity."""
    found = set(map(STEMS.__getitem__, words))
    found.discard("")
    return found


@once
def texts(prompt: Prompt) -> tuple[str, ...]:
    """The texts of the rules, in order."""
    return tuple([rule.text for rule in prompt.rules])


@once
def words(prompt: Prompt) -> Sequence[list[str]]:
    """The words of every rule's text, lower case, in order."""
    return many(texts(prompt))


@once
def contents(prompt: Prompt) -> Sequence[Set[str]]:
    """The stems of the content words of every rule's text."""
    return [stems(part) for part in words(prompt)]


@once
def reasons(prompt: Prompt) -> Sequence[Set[str]]:
    """The stems of the content words of every rule's rationale."""
    return [stems(part) for part in many([rule.rationale for rule in prompt.rules])]


class _Stems(dict[str, str]):
    """Stem by word, worked out once; "" for function words."""

    def __missing__(self, word: str) -> str:
        if len(self) > 50_000:
            self.clear()
        found = self[word] = "" if word in STOP else stem(word.strip("'"))
        return found


STEMS = _Stems()

_ENDINGS = {  # ending: what it becomes; tried in this order
    "'s": "",
    "ations": "",
    "ation": "",
    "ings": "",
    "ing": "",
    "ied": "y",
    "edly": "",
    "ed": "",
    "ies": "y",
    "es": "",
    "s": "",
    "ly": "",
    "e": "",
}
_LEFT_MOST = {"s": 3, "ly": 4, "ations": 3, "ation": 3}  # letters an ending must leave; else 2


def stem(word: str) -> str:
    """A crude stem: `cite`, `cites`, `cited`, `citing` and `citation` are one, nothing finer.

    >>> stem("citations"), stem("replies"), stem("stopping"), stem("is")
    ('cit', 'reply', 'stop', 'is')
    """
    if word.endswith(("ss", "eed")) or not word.isascii():
        return word
    for ending, instead in _ENDINGS.items():
        if word.endswith(ending):
            left = word.removesuffix(ending)
            if len(left) >= _LEFT_MOST.get(ending, 2) and not _VOWELS.isdisjoint(left):
                return _undoubled(left) + instead
    return word


_VOWELS = frozenset("aeiouy")


def _undoubled(left: str) -> str:
    """`stopp` is `stop`; `cite` is `cit`, as everywhere else here."""
    if left[-1] == left[-2] and left[-1] not in "slz":
        return left[:-1]
    return left.removesuffix("e") if len(left) > 3 else left
