"""How like a given text an answer is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from promptops import edits
from promptops.evals import Judgement
from promptops.evals.assertions import Context, assertion
from promptops.evals.assertions._finding import unfinished

AT_LEAST = 0.8
MOST_PAIRS = 10**10  # of characters compared: about a second


@assertion("similar_to")
def similar_to(answer: str, argument: Mapping[str, Any], context: Context) -> Judgement:
    """The answer is at least as like `text` as `at_least` says (0.8 by default), where 1 is the same.

    Likeness is 1 minus the fewest characters to insert and delete, over the length of both together
    (as rapidfuzz's `ratio`), without regard to case and to how much white space there is. It knows words
    by their letters, not their meaning. Texts of more than 100,000 characters each are not judged.
    """
    if context.cut:
        return unfinished("`similar_to`")
    wanted, least = _plain(argument["text"]), argument.get("at_least", AT_LEAST)
    got = _plain(answer)
    both = len(got) + len(wanted)
    if both and 2 * min(len(got), len(wanted)) / both < least:
        return Judgement(False, f"the lengths differ too much for a likeness of {least:g}")
    if len(got) * len(wanted) > MOST_PAIRS:
        return Judgement(None, "the texts are too long to be compared")
    likeness = edits.likeness(got, wanted)
    return Judgement(likeness >= least, f"likeness {likeness:.2f}, wanted at least {least:g}")


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
