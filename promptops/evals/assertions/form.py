"""The form of an answer: commas, quotation marks, a title, a postscript, two answers in one."""

from __future__ import annotations

import re

from promptops.evals import Judgement
from promptops.evals.assertions import Context, assertion
from promptops.evals.assertions._finding import find, found, lacking, short, unfinished
from promptops.evals.assertions._marks import titles

_POSTSCRIPTS = {"P.S.": r"p\.\s?s\.", "P.P.S": r"p\.\s?p\.\s?s"}


@assertion("no_comma", published=True)
def no_comma(answer: str, argument: bool, context: Context) -> Judgement:  # noqa: ARG001
    """There is no `,` in the answer. Commas of other scripts (、 ، ，) are allowed.

    This is IFEval's *no_comma*.
    """
    span = find(answer, ",", {})
    if span:
        return Judgement(
            False, f"a comma in {short(answer[max(0, span[0] - 25) : span[1] + 25])}", span
        )
    if context.cut:
        return unfinished("`no_comma`")
    return Judgement(True, "there is no comma")


@assertion("quoted", published=True)
def quoted(answer: str, argument: bool, context: Context) -> Judgement:  # noqa: ARG001
    """The answer begins and ends with `"`, white space aside. Curly quotation marks don't count.

    This is IFEval's *quotation*.
    """
    text = answer.strip()
    if context.cut and text.startswith('"'):
        return unfinished("`quoted`")
    whole = len(text) > 1 and text[0] == text[-1] == '"'
    return Judgement(
        whole, f"the answer begins with {short(text[:1])} and ends with {short(text[-1:])}"
    )


@assertion("title", published=True)
def title(answer: str, argument: bool, context: Context) -> Judgement:  # noqa: ARG001
    """There is a title in double angle brackets on one line, `<<title>>`, anywhere in the answer, with
    something between the brackets that is no bracket and no white space.

    This is IFEval's *title*.
    """
    for start, end in titles(answer):
        if answer[start:end].lstrip("<").rstrip(">").strip():
            return found((start, end), answer[start:end])
    return lacking("<<title>>", context.cut)


@assertion("postscript", published=True)
def postscript(answer: str, argument: str | bool, context: Context) -> Judgement:
    """There is a postscript, whose mark is `P.S.` for `true`, and else the text given. Case doesn't
    count, and the mark may stand anywhere, within a line too.

    This is IFEval's *postscript*: a white space is allowed after each of the first points of `P.S.`
    and `P.P.S`, and the last point of `P.P.S` may be missing.
    """
    mark = "P.S." if argument is True or argument is False else argument.strip()
    pattern = _POSTSCRIPTS.get(mark) or re.escape(mark.lower())
    lower = answer.lower()
    match = re.search(pattern, lower)
    if match is None:
        return lacking(mark, context.cut)
    span = match.span() if len(lower) == len(answer) else None  # İ becomes two characters
    return Judgement(True, f"{short(mark)} stands in the answer", span)


@assertion("two_responses", published=True)
def two_responses(answer: str, argument: bool, context: Context) -> Judgement:  # noqa: ARG001
    """There are exactly two answers, not the same, with six asterisks `******` between them. Asterisks
    before the first and after the second are allowed.

    This is IFEval's *two_responses*.
    """
    if context.cut:
        return unfinished("`two_responses`")
    parts = [part.strip() for part in answer.split("******")]
    if not all(parts[1:-1]):
        return Judgement(False, "nothing stands between two rows of six asterisks")
    answers = [part for part in parts if part]
    if len(answers) != 2:
        return Judgement(False, f"{len(answers)} parts between `******`, wanted 2")
    same = answers[0] == answers[1]
    return Judgement(not same, "the two answers are " + ("the same" if same else "different"))


@assertion("repeat_prompt", published=True)
def repeat_prompt(answer: str, argument: str | bool, context: Context) -> Judgement:
    """The answer begins with the text given, or for `true` with the last user message. Case and white
    space before and after both don't count.

    This is IFEval's *repeat_prompt*.
    """
    wanted = context.prompt if isinstance(argument, bool) else argument
    if not wanted.strip():
        return Judgement(None, "nobody said which prompt was to be repeated")
    wanted, got = wanted.strip().lower(), answer.strip().lower()
    if context.cut and len(got) < len(wanted) and wanted.startswith(got):
        return unfinished("so long a repetition")
    begins = got.startswith(wanted)
    return Judgement(
        begins, f"the answer begins with {short(answer.strip()[:60])}, wanted {short(wanted)}"
    )
