"""What another model says of an answer."""

from __future__ import annotations

from collections.abc import Mapping

from promptops.evals import Judgement
from promptops.evals.assertions import Context, assertion


@assertion("judge")
def judge(answer: str, argument: Mapping[str, str], context: Context) -> Judgement:  # noqa: ARG001
    """A model that judges, with our governed prompt `judge`, says that the rubric is true of the answer.

    A rubric is one sentence that is true or false of an answer. Where the judge says `unknown`, says
    anything but a verdict, was wrong on an answer planted to test it, or was not asked, the answer is
    not judged. A judge that was not calibrated against people is called uncalibrated in each result.
    """
    return context.verdicts.get(
        argument["rubric"], Judgement(None, "no judge was asked (--judge M)")
    )
