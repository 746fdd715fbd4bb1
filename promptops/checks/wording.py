"""PO4, one rule's words: vague, loud, two things at once, or tied to where the rule stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from promptops.checks import ON_INSTRUCTIONS, ON_PROMPT, Around, check
from promptops.checks._mask import prose
from promptops.checks._places import named
from promptops.checks._words import NEGATORS, split, texts, words
from promptops.diagnostic import Finding, Severity
from promptops.excerpt import excerpt
from promptops.model import Prompt

OVERLONG = 60  # words of a governed rule
OVERLONG_PLAIN = 200  # words of a paragraph in a plain instruction file

_CONDITION = "name the condition: a test needs to know when it holds"
_EFFORT = "say it outright; what must hold always and what may fail are two rules"
_MEASURE = "say how much, or give an example of what is enough and what is not"
_CARE = "say what to do or leave out, so that a test can tell"
_SOME = r"(?<![\w-])(?:an?\s+)?(?:appropriate|adequate|sufficient|reasonable|suitable)\s+(?!for\b|to\b|and\b)[a-z]+"
_VAGUE = {
    _CONDITION: (
        r"(?:as|if|when|where|whenever|wherever)\s+(?:it\s+is\s+|it's\s+)?"
        r"(?:appropriate|suitable|necessary|needed|required|applicable|possible|relevant|sensible)"
        r"|as\s+you\s+see\s+fit|at\s+your\s+discretion"
        r"|(?:use|exercise)\s+(?:your\s+)?(?:best\s+|good\s+|own\s+)*(?:judge?ment|common\s+sense)"
    ),
    _EFFORT: (
        r"try\s+(?:to|and|your\s+best)|do\s+your\s+best|attempt\s+to|aim\s+to|strive\s+(?:to|for)"
        r"|make\s+an\s+effort|as\s+(?:much|far|best)\s+as\s+(?:you\s+can|possible)"
    ),
    _MEASURE: (
        rf"{_SOME}|(?:reasonably|adequately|sufficiently|appropriately)|not\s+too\s+\w+"
        r"|(?:a\s+)?good\s+(?:answer|response|reply|quality|english|style|tone)|high[-\s]quality"
        r"|best\s+practices|and\s+so\s+(?:on|forth)|and\s+the\s+like|etc\b\.?"
    ),
    _CARE: (
        r"(?:be|stay|remain)\s+(?:very\s+|extra\s+|always\s+)?(?:careful|mindful|cautious|sensible"
        r"|good|nice|smart|reasonable|thoughtful|aware|helpful)(?!\s+(?:of|that|not|to)\b)"
        r"|(?:take|use|with|exercise)\s+(?:great\s+|special\s+)?(?:care|caution)(?!\s+of)"
    ),
}
_VAGUE_WORDS = frozenset(
    "appropriate appropriately suitable necessary needed required applicable possible relevant"
    " sensible fit discretion judgment judgement sense try attempt aim strive effort reasonable"
    " reasonably adequate adequately sufficient sufficiently too good quality practices forth so like etc"
    " careful mindful cautious nice smart thoughtful aware helpful care caution best".split()
)
# After these words the same phrase states something: "do not try to", "can be helpful".
_SPARING = NEGATORS | frozenset(
    "can could may might would will often more to if is are as the".split()
)
# A plain instruction file may leave much to whoever reads it; these say nothing there either.
_VAGUE_PLAIN = (
    rf"(?:us(?:e|ing)|provid(?:e|ing)|includ(?:e|ing)|choose|return|add|show|select|apply|utilize)\s+{_SOME}"
    r"|(?:as|if|when|where)\s+appropriate|sufficiently|be\s+careful(?=[.!;])"
    r"|(?:follow|adher(?:e|ing)\s+to|apply|use)\s+(?:[\w’'.-]+\s+){0,3}best\s+practices(?=\s*[.,;!]|\s*$)"
    r"|(?:use|exercise)\s+(?:your\s+)?(?:best\s+|good\s+)*(?:judge?ment|common\s+sense)"
)


@check("PO404", "vague-wording", Severity.WARNING, (ON_PROMPT, ON_INSTRUCTIONS))
def vague_wording(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """Wording such as "be careful" or "as appropriate" leaves the decision to the model, and to
    whoever judges the answer: two readers disagree, and no test can tell.

    Bad:
        rules:
          - id: refunds
            text: Be careful with refunds.

    Good:
        rules:
          - id: refunds
            text: Promise no refund; say that billing decides within three days.
    """
    for i, found in enumerate(words(prompt)):
        if not _VAGUE_WORDS.isdisjoint(found):
            text = prose(prompt.rules[i].text)
            for hit in (_vague() if prompt.governed else _vague_plain()).finditer(text):
                before, after = split(text[: hit.start()])[-1:], text[hit.end() : hit.end() + 60]
                listed = hit[0].startswith("etc") and _in_brackets(text, hit.start())
                if listed or not _SPARING.isdisjoint(before) or _explained().search(after):
                    continue
                message = (
                    f"“{excerpt(hit[0], 40)}” in {named(prompt.rules[i], prompt)} can mean anything"
                )
                help = list(_VAGUE)[(hit.lastindex or 3) - 1]
                mild = None if prompt.governed else Severity.INFO
                place = ("rules", i, "text")
                yield Finding(place, message, help, within=hit.span(), severity=mild)


def _in_brackets(text: str, at: int) -> bool:
    return text.count("(", 0, at) > text.count(")", 0, at)


@cache
def _explained() -> re.Pattern[str]:
    """What follows a vague word and says what it means."""
    return re.compile(r"^[^.;!?]*(?:\(|\be\.g\.|\bsuch as\b|\blike\b|:)")


@cache
def _vague() -> re.Pattern[str]:
    kinds = "|".join(f"({kind})" for kind in _VAGUE.values())
    return re.compile(rf"\b(?:{kinds})(?!\w)", re.IGNORECASE)


@cache
def _vague_plain() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{_VAGUE_PLAIN})(?!\w)", re.IGNORECASE)


@check("PO405", "shouting", Severity.INFO, (ON_PROMPT, ON_INSTRUCTIONS))
def shouting(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """Capitals and rows of exclamation marks make a model overdo one rule at the cost of the
    others, and when every rule shouts none is heard.

    Bad:
        rules:
          - id: no-advice
            text: NEVER EVER GIVE LEGAL ADVICE!!!

    Good:
        rules:
          - id: no-advice
            text: Never give legal advice.
    """
    whole = "\n".join(texts(prompt))
    if "!!" not in whole and not _three_capitals().search(whole):
        return
    for i, rule in enumerate(prompt.rules):
        hit = _shout().search(prose(rule.text))
        if hit and not _quoted(rule.text, hit.start()) and not _sql().search(hit[0]):
            message = f"{named(rule, prompt)} shouts: “{excerpt(hit[0], 40)}”"
            help = "write it in plain case and say what is at stake instead"
            yield Finding(("rules", i, "text"), message, help, within=hit.span())


def _quoted(text: str, at: int) -> bool:
    """True inside double quotes: there stands what an answer or a program says."""
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return line.count('"') % 2 == 1 or line.count("“") > line.count("”")


@cache
def _sql() -> re.Pattern[str]:
    return re.compile(
        r"\b(?:CREATE|ALTER|SELECT|TABLE|INSERT|JOIN|WHERE|GRANT|REPLACE|SEARCH ON)\b"
    )


@cache
def _three_capitals() -> re.Pattern[str]:
    return re.compile(r"[A-Z]{2}[A-Z']* +[A-Z]")


@cache
def _shout() -> re.Pattern[str]:
    """Three words or more in capitals, one of them an everyday word; or `!!`."""
    everyday = (
        "THE|AN|AND|OR|NOT|NO|DO|DON'T|NEVER|ALWAYS|EVER|ANY|ALL|IF|THIS|THAT|YOU|YOUR|WITH|FOR"
        "|TO|IS|ARE|BE|MUST|ONLY|WITHOUT|UNDER|IN|OF|ON|IT|GIVE|USE|WRITE|VERY|STOP"
    )
    return re.compile(
        rf"(?<![\w`])(?=(?:[A-Z']+[ ,]+){{0,6}}(?:{everyday})\b)[A-Z]{{2,}}[A-Z']*"
        r"(?:[ ,]+[A-Z][A-Z']*){2,}(?![\w(])(?![^\[\]]*\])[!.]*|!{2,}"
    )


@check("PO408", "overlong-rule", Severity.INFO, (ON_PROMPT, ON_INSTRUCTIONS))
def overlong_rule(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """The longer a rule, the more of it is lost: its middle is followed less often than its ends,
    and a failing test does not say which part failed.

    Bad:
        rules:
          - id: refunds
            text: >
              When a customer asks about a refund, first greet them by name, then look up the order,
              then compare the date of the order with the policy that was in force on that day, then
              tell them whether the order can be refunded, then name the section, then name the sum,
              then name the day by which the money arrives, then ask whether they want to go on, then
              thank them for their patience, then close with the signature of the billing team.

    Good:
        rules:
          - id: refund-answer
            text: Name the policy section, the sum, and the day by which the money arrives.
    """
    most = OVERLONG if prompt.governed else OVERLONG_PLAIN
    for i, found in enumerate(words(prompt)):
        if len(found) > most:
            message = f"{named(prompt.rules[i], prompt)} has {len(found)} words"
            help = f"split it into rules of one sentence or two (at most {most} words)"
            yield Finding(("rules", i, "text"), message, help)


@check("PO409", "double-negative", Severity.INFO, (ON_PROMPT,))
def double_negative(prompt: Prompt, around: Around) -> Iterator[Finding]:
    """Models lose count of negations: "do not forget to" is followed less often than the plain
    request.

    Bad:
        rules:
          - id: cite-policy
            text: Do not fail to cite the policy section you rely on.

    Good:
        rules:
          - id: cite-policy
            text: Cite the policy section you rely on.
    """
    for i, found in enumerate(words(prompt)):
        if len(_DOUBLING.intersection(found)) > 1:
            hit = _double().search(prose(prompt.rules[i].text))
            if hit:
                message = f"rule `{prompt.rules[i].id}` negates twice: “{excerpt(hit[0], 40)}”"
                help = "say what to do"
                yield Finding(("rules", i, "text"), message, help, within=hit.span())


_DOUBLING = frozenset(
    "never avoid avoiding refrain fail forget neglect not don't mustn't shouldn't".split()
)


@cache
def _double() -> re.Pattern[str]:
    negator = r"(?:not|never|don['’]t|must\s?n['’]t|should\s?n['’]t|avoid|refrain\s+from)"
    again = r"(?:not|never|avoid(?:ing)?|refrain|(?:fail|forget|neglect)\s+to)"
    return re.compile(rf"\b{negator}\s+(?:(?:ever|to|be)\s+)?{again}\b(?!\s+only)", re.IGNORECASE)
