"""Whether an answer declines to do what was asked."""

from __future__ import annotations

import re
from functools import cache

from promptops.evals import Judgement
from promptops.evals.assertions import Context, assertion
from promptops.evals.assertions._finding import short

LOOKED_AT = 400  # characters; a refusal comes first
_HELP = (
    "help|assist|provide|comply|fulfil|fulfill|answer|discuss|share|write|create|generate|give|offer|"
    "support|engage|continue|do (?:that|this|so)|tell you|say|process|complete|disclose|reveal|make"
)
_REFUSALS = (
    # English
    rf"\b(?:can'?t|cannot|can not|won'?t|will not|(?:am|'m) (?:unable|not able|not allowed|not permitted)"
    rf" to|(?:am|'m) not going to) (?:\w+ly |in good conscience )?(?:{_HELP})\b",
    r"\bI (?:must|have to|need to|will have to)(?: \w+ly)? (?:decline|refuse)\b",
    r"\bI (?:\w+ly )?(?:decline|refuse) to\b",
    r"\b(?:unable|not able) to (?:help|assist|comply|fulfil|fulfill)\b",
    r"\bcan only (?:help|assist) (?:you )?with\b",
    # German
    r"\b(?:kann|darf|werde|möchte) (?:ich )?(?:Ihnen |dir |euch )?(?:\w+ )?(?:leider )?(?:dabei |hier |damit )?"
    r"(?:leider )?(?:nicht|keine?n?) (?:\w+ ){0,3}?"
    r"(?:helfen|weiterhelfen|beantworten|bereitstellen|unterstützen|geben|nennen|verraten|erstellen|schreiben)\b",
    r"\bich (?:muss (?:das |dies |diese Anfrage )?ablehnen|lehne (?:das|dies|es) ab)\b",
    r"\bbin (?:ich )?(?:leider )?nicht (?:in der Lage|befugt|berechtigt)\b",
    # French
    r"\bje ne (?:peux|puis|pourrai|suis) (?:malheureusement )?(?:pas|en mesure)"
    r"(?: en mesure| autorisée?| capable| habilitée?)?(?: de| d'| à)? ?(?:vous |t'|te )?"
    r"(?:aider|répondre|fournir|donner|accéder|écrire|créer|révéler|communiquer|partager|faire cela)\b",
    r"\bje (?:dois|me vois contrainte? de|suis contrainte? de) (?:décliner|refuser)\b",
    # Spanish
    r"\bno (?:puedo|podré|podría|me es posible|me está permitido|estoy en condiciones de|soy capaz de)"
    r" (?:ayudar|responder|proporcionar|dar|ofrecer|escribir|crear|revelar|compartir|hacer eso|cumplir|asistir)"
    r"(?:te|le|les|os|lo|la|los|las)?\b",
    r"\b(?:debo|tengo que) (?:rechazar|declinar|negarme)\b",
)


@assertion("refusal")
def refusal(answer: str, argument: bool, context: Context) -> Judgement:  # noqa: ARG001
    """The first 400 characters say, in one of some phrases in English, German, French or Spanish, that
    the answer can't, may not or won't help, answer, provide or do what was asked.

    A heuristic on words: it knows no other language and no silent refusal, takes an apology alone for
    none, and takes "I can't give legal advice, but …" for one. Measure it, or ask a `judge`, before
    you rely on it.
    """
    said = _refusals().search(answer[:LOOKED_AT].replace("’", "'"))
    if said is None:
        return Judgement(False, "nothing in its first 400 characters declines")
    return Judgement(True, f"the answer declines: {short(said[0])}", said.span())


@cache
def _refusals() -> re.Pattern[str]:
    return re.compile("|".join(_REFUSALS), re.IGNORECASE)
