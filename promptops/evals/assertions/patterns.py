"""A pattern in an answer."""

from __future__ import annotations

from promptops.evals import Judgement
from promptops.evals.assertions import Context, assertion
from promptops.evals.assertions._finding import found, lacking
from promptops.evals.assertions._patterns import SECONDS, Slow, search


@assertion("regex")
def regex(answer: str, argument: str, context: Context) -> Judgement:
    r"""The pattern matches somewhere in the answer.

    It runs in RE2, in linear time; there `\b`, `\w`, `\d` and `\s` know ASCII only and `$` is the end
    of the answer, `(?m)` makes it the end of a line. `engine: regex` has look-around and
    back-references, and a second for each answer: after it the answer is not judged. Option:
    `ignore_case`.
    """
    options = context.options
    try:
        span = search(
            argument,
            answer,
            ignore_case=bool(options.get("ignore_case")),
            engine=options.get("engine", "re2"),
        )
    except Slow:
        return Judgement(None, f"the pattern took longer than {SECONDS:g} s")
    return found(span, answer[span[0] : span[1]]) if span else lacking(argument, context.cut)
