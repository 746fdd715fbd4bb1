"""Given texts in an answer: anywhere, at its beginning, at its end, all of it."""

from __future__ import annotations

from promptops.evals import Judgement
from promptops.evals.assertions import Context, assertion
from promptops.evals.assertions._finding import find, find_each, found, lacking, short, unfinished


@assertion("contains")
def contains(answer: str, argument: str, context: Context) -> Judgement:
    """The text stands somewhere in the answer, character for character.

    Options: `ignore_case`, `whole_words` (no letter, digit or _ stands directly before or after).
    """
    span = find(answer, argument, context.options)
    return found(span, argument) if span else lacking(argument, context.cut)


@assertion("contains_any")
def contains_any(answer: str, argument: tuple[str, ...], context: Context) -> Judgement:
    """At least one of the texts stands in the answer. Options as for `contains`.

    `not_contains_any` with `ignore_case` and `whole_words` is IFEval's *forbidden_words*.
    """
    for part, span in find_each(answer, argument, context.options):
        if span:
            return found(span, part)
    return lacking(" or ".join(argument), context.cut)


@assertion("contains_all")
def contains_all(answer: str, argument: tuple[str, ...], context: Context) -> Judgement:
    """Every one of the texts stands in the answer, in any order. Options as for `contains`.

    With `ignore_case` this is IFEval's *keywords:existence*.
    """
    for part, span in find_each(answer, argument, context.options):
        if span is None:
            return lacking(part, context.cut)
    return Judgement(True, f"all of {short(', '.join(argument))} stand in the answer")


@assertion("equals")
def equals(answer: str, argument: str, context: Context) -> Judgement:
    """The answer is the text, white space before and after it aside. Option: `ignore_case`."""
    got, wanted = answer.strip(), argument.strip()
    if context.options.get("ignore_case"):
        got, wanted = got.casefold(), wanted.casefold()
    if context.cut and wanted.startswith(got) and got != wanted:
        return unfinished("`equals`")
    return Judgement(got == wanted, f"the answer is {short(answer)}, wanted {short(argument)}")


@assertion("starts_with")
def starts_with(answer: str, argument: str, context: Context) -> Judgement:
    """The answer begins with the text, white space before both aside. Option: `ignore_case`."""
    got, wanted = answer.lstrip(), argument.lstrip()
    if context.options.get("ignore_case"):
        got, wanted = got.lower(), wanted.lower()
    if context.cut and len(got) < len(wanted) and wanted.startswith(got):
        return unfinished("so long a beginning")
    reason = f"the answer begins with {short(answer[:60])}, wanted {short(argument)}"
    return Judgement(got.startswith(wanted), reason)


@assertion("ends_with", published=True)
def ends_with(answer: str, argument: str, context: Context) -> Judgement:
    """The answer ends with the text. White space at both ends of either, and double quotation marks
    round the answer, don't count; nor does case, unless `ignore_case: false`.

    This is IFEval's *end_checker*.
    """
    if context.cut:
        return unfinished("`ends_with`")
    got, wanted = answer.strip().strip('"'), argument.strip()
    if context.options.get("ignore_case", True):
        got, wanted = got.lower(), wanted.lower()
    reason = f"the answer ends with {short(answer.strip()[-60:])}, wanted {short(argument)}"
    return Judgement(got.endswith(wanted), reason)


@assertion("constrained", published=True)
def constrained(answer: str, argument: tuple[str, ...], context: Context) -> Judgement:
    """One of the allowed answers stands in the answer, character for character.

    As in IFEval's *constrained_response* more may stand around it, and white space before and after
    the answer doesn't count. Option: `ignore_case`.
    """
    for part, span in find_each(answer.strip(), argument, context.options):
        if span:
            return Judgement(True, f"the answer says {short(part)}")
    return lacking(" or ".join(argument), context.cut)
