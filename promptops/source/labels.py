"""Rule or not: what a unit is, judged by plain signals in its text and in where it stands.

A unit's score is the sum of the weights of its signals; above zero it is a rule. The confidence is
the logistic function of the score's size: 0.5 is a coin's toss. The weights are round numbers set
by hand on labelled files (`tests/labels`), which also measure them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from math import exp

from promptops.source import words
from promptops.source.sentences import mask_code, sentence_ranges
from promptops.source.signals import first_words, holds, order, pattern, signals
from promptops.source.unit import CODE, HEADING, ITEM, PROSE, Unit
from promptops.values import NamedTuple

RULE = "rule"
FACT = "fact"
EXAMPLE = "example"
COMMAND = "command"
MARKUP = "markup"

WEIGHTS = {
    # Looked for in the sentences; the first that scores `SURE`, else the best, speaks for the unit.
    "order": 3.0,  # begins with a verb that orders: "Use …", "Please run …"
    "maybe-order": 1.4,  # … with a verb that may be a noun: "Test utilities"
    "order-after": 2.5,  # after a condition or a colon: "When in doubt, ask."
    "duty": 3.0,  # begins "Must …", "You are …"
    "prohibition": 2.5,  # "never", "do not", "avoid", "No …"
    "obligation": 2.2,  # "must", "should", "you will"
    "requirement": 1.0,  # "requires", "is required": of people or of things
    "stress": 1.0,  # MUST, ONLY, NEVER in capitals
    "hedge": 0.9,  # "only", "prefer", "rather than", "unless"
    "other-language": 2.7,
    "question": -1.5,
    # For the whole unit.
    "rule-section": 0.8,
    "fact-section": -0.6,
    "checkbox": 2.5,
    "part-of-rule": 2.7,  # in a list that a rule introduces: "You must include:"
    "part-of-fact": -0.5,
    "base": -1.5,
}


SURE = 3.0
_CATEGORICAL = {"prohibition", "obligation", "duty", "stress"}
_COMMAND = re.compile(
    r"(?:[^`]{1,60}?[:—–-]\s*\**\s*)?`([^`]+)`(?:\s*(?:[/,|]|or|and|then)\s*`[^`]+`)*"
    r"\.?(?:\s*(?:\(.*\)|[-—–:#(→].*))?$"
)
_TAG = re.compile(r"<(/?)([A-Za-z][\w:.-]*)")

_LINK = r"\[[^\[\]]*\]\([^()]*\)[.:;,]?"  # an entry of a list of documents asks for nothing
# Names alone, "`examples/`.": what introduces their list is the rule, if there is one.
_NAMES = re.compile(r"(?:[^\w`]|_)*`[^`]+`(?:(?:[\s,;/&+*_]|and\b|or\b)*`[^`]+`)*(?:[^\w`]|_)*")


class Label(NamedTuple):
    """rule, fact, example, command, heading, code or markup; confidence in [0.5, 1].

    under: the text of the heading by other means (a line in bold, "For agents:") that introduces
        the list which the unit is in, or "".
    """

    label: str
    confidence: float
    under: str = ""


class Context(NamedTuple):
    """Where a unit stands.

    lead: what introduces its list: rule, fact, example or ""; under: see `Label`.
    before: kind of the unit after it, "" at the end.
    """

    lead: str = ""
    under: str = ""
    before: str = ""


def rule_or_not(unit: Unit, context: Context | None = None) -> Label:
    """What the unit is, as far as its words and place tell."""
    match unit.kind:
        case "heading":
            return Label(HEADING, 1.0)
        case "code":
            return Label(CODE, 1.0)
        case "table":
            return Label(FACT, 0.6)
        case "item" | "prose" | "quote" if unit.text:
            return _text_label(unit, context or Context())
    return Label(MARKUP, 1.0)


def label_units(units: Sequence[Unit]) -> tuple[Label, ...]:
    """The labels of a file's units, each judged with what introduces it."""
    labels: list[Label] = []
    leads: list[tuple[int, str, str]] = []  # depth, label and heading of the lead-ins around
    example_tags: list[str] = []
    for i, unit in enumerate(units):
        if unit.kind == "html":
            _follow_tags(unit.text, example_tags)
        if _starts_anew(unit, units[i - 1] if i else None):
            leads.clear()
        while leads and leads[-1][0] >= unit.depth and unit.kind not in {PROSE, "html"}:
            leads.pop()
        _, lead, under = leads[-1] if leads else (0, "", "")
        before = units[i + 1].kind if i + 1 < len(units) else ""
        context = Context(EXAMPLE if example_tags else lead, under, before)
        label = rule_or_not(unit, context)
        labels.append(label._replace(under=under))
        if unit.kind == HEADING and _orders_all_below(unit.text):
            leads.append((-1, RULE, ""))
        elif unit.kind in {ITEM, PROSE} and (lead or _is_lead(unit, label)):
            under = unit.text.strip("*_:： ") if label.label == HEADING else under
            leads.append((unit.depth, _introduces(unit, label, context.lead), under))
    return tuple(labels)


def _starts_anew(unit: Unit, before: Unit | None) -> bool:
    """True for a heading, a tag or a paragraph after a blank line: no list goes on below it."""
    if unit.kind == PROSE and not unit.depth:
        return before is None or before.outer_end != unit.outer_start
    if unit.kind == "html":
        return not unit.text.startswith(("<!--", "{{!", "{#"))
    return unit.kind == HEADING


def _is_lead(unit: Unit, label: Label) -> bool:
    return label.label == HEADING or unit.text.rstrip("*_ ").endswith((":", "："))


def _orders_all_below(heading: str) -> bool:
    """A heading such as "NEVER generate hardcoded values for:"."""
    return heading.endswith(":") and bool(set(signals(heading)) & {"order", "prohibition"})


def _introduces(unit: Unit, label: Label, lead: str) -> str:
    """What a list is that this unit introduces."""
    if label.label in {RULE, EXAMPLE}:
        return label.label
    if holds(words.EXAMPLE_SECTIONS, unit.text):
        return EXAMPLE
    return lead if label.label == HEADING else FACT


def _follow_tags(text: str, open_tags: list[str]) -> None:
    """Keep the tags around that say "example" in their names."""
    for closing, name in _TAG.findall(text):
        if "example" not in name.lower() and "sample" not in name.lower():
            continue
        if not closing:
            open_tags.append(name)
        elif open_tags:
            open_tags.pop()


def _text_label(unit: Unit, context: Context) -> Label:
    plain = " ".join(mask_code(unit.text).replace("*", "").split())
    if context.lead == EXAMPLE or pattern(words.EXAMPLE_START).match(plain):
        return Label(EXAMPLE, 0.8)
    if _is_command(unit, plain, context):
        return Label(COMMAND, 0.8)
    if plain[:1] == "[" and pattern(_LINK).fullmatch(plain):
        return Label(FACT, 0.9)
    if "`" in unit.text and _NAMES.fullmatch(unit.text):
        return Label(FACT, 0.8)
    score, names = _score(unit, plain, context)
    if _is_heading(unit, plain, names, context):
        return Label(HEADING, 0.8)
    if _section((*unit.section, context.under)) == EXAMPLE and score < 1:
        return Label(EXAMPLE, 0.6)
    return Label(RULE if score > 0 else FACT, round(1 / (1 + exp(-abs(score))), 2))


def _is_heading(unit: Unit, plain: str, names: set[str], context: Context) -> bool:
    """A line in bold, of few words and a colon, or of few words before a list."""
    bold = unit.text.startswith("**") and unit.text.rstrip(":").endswith("**")
    if bold and unit.text.count("**") == 2:
        return not names & _CATEGORICAL
    few = not names and plain.count(" ") < 8
    if unit.kind == PROSE and context.before == ITEM and "\n" not in unit.text:
        return few and plain[-1] not in ".!?;,。！？"
    return few and plain.endswith((":", "："))


def _is_command(unit: Unit, plain: str, context: Context) -> bool:
    """What a command is for, and the command; or what introduces a block of commands."""
    verb = "".join(first_words(plain)[:1])
    if context.before == CODE and plain.endswith(":") and len(plain) < 250:
        return verb in words.RUN_VERBS and len(tuple(sentence_ranges(plain))) == 1
    if "`" not in unit.text:
        return False
    text = " ".join(unit.text.split())
    code = _COMMAND.match(text)
    if not code or len(text) > 200 or holds(words.TIMES, text[: code.start(1)]):
        return False
    if verb not in words.RUN_VERBS and order(plain) == "order":
        return False
    first, _, rest = code[1].partition(" ")
    return first in words.SHELL or (
        bool(rest) and first.islower() and _section((*unit.section, context.under)) == COMMAND
    )


@lru_cache(1024)
def _section(section: tuple[str, ...]) -> str:
    """What the headings say about what stands under them: the last, or the one before."""
    for heading in [text for text in section if text][:-3:-1]:
        for source, label in (
            (words.EXAMPLE_SECTIONS, EXAMPLE),
            (words.RULE_SECTIONS, RULE),
            (words.COMMAND_SECTIONS, COMMAND),
            (words.FACT_SECTIONS, FACT),
        ):
            if holds(source, heading):
                return label
    return ""


def _score(unit: Unit, plain: str, context: Context) -> tuple[float, set[str]]:
    """The sum of the weights, and the signals of the sentence that speaks for the unit."""
    best: tuple[float, set[str]] = (0.0, set())
    for start, end in sentence_ranges(plain):
        names = set(signals(plain[start:end]))
        score = sum(map(WEIGHTS.__getitem__, names))
        if score > best[0]:
            best = score, names
        if score >= SURE:
            break
    place = {
        "base",
        f"part-of-{context.lead}",
        f"{_section((*unit.section, context.under))}-section",
    }
    if unit.marker.endswith("]"):
        place.add("checkbox")
    return best[0] + sum(WEIGHTS.get(signal, 0.0) for signal in place), best[1]
