"""Neutral text in place of a rule: as long, in the same place, and asking for nothing."""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle, islice

from promptops.model import Rule

SENTENCES = (
    "The old harbour lies north of the town and has a small lighthouse.",
    "In spring the river carries sand from the hills to the bay.",
    "The library was built of grey stone and has tall windows.",
    "Two roads meet at the market, where the bakery used to be.",
    "The hills to the east are covered with pine and birch.",
    "A narrow bridge of wood crosses the stream behind the mill.",
    "The museum shows maps, coins and a model of the first ferry.",
    "On clear days the islands can be seen from the church tower.",
    "The orchard holds forty apple trees in four long rows.",
    "The station clock was made in a workshop near the lake.",
)


def filler(length: int, start: int = 0) -> str:
    """About `length` characters of plain description, cut at a word; the same for equal arguments."""
    words: list[str] = []
    size = 0
    many = len(SENTENCES)
    for sentence in islice(cycle(SENTENCES), start % many, None):
        for word in sentence.split():
            if words and size + 1 + len(word) > length:
                return " ".join(words).rstrip(".") + "."
            words.append(word)
            size += len(word) + (size > 0)
    raise AssertionError("the sentences never end")


def filled(rule: Rule, start: int) -> Rule:
    """The rule with neutral text of its length; it keeps its id, section and place."""
    return replace(rule, text=filler(len(rule.text), start), tests=())
