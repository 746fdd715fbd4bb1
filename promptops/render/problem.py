"""What can be wrong with a template, as a value with a place and as an error with one."""

from __future__ import annotations

from collections.abc import Iterable

from promptops.errors import TemplateError
from promptops.values import dataclass

SYNTAX = "syntax"  # not a template
REFUSED = "refused"  # asks for what templates may not do
LIMIT = "limit"  # asks for more work than a template may take
UNDEFINED = "undefined"  # a name that is no variable
MISSING = "missing"  # a declared variable without a value
UNKNOWN_RULE = "unknown-rule"  # rule("…") or section("…") of something the prompt has not
TOO_DEEP = ("template over limit: nested too deeply", "make it flatter")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a template; `kind` is one of this module's constants.

    at: the message, as an index of `prompt.messages`. start, end: half-open character range in its content.
    """

    kind: str
    message: str
    help: str = ""
    start: int = 0
    end: int = 0
    at: int = 0


class PlacedError(TemplateError):
    """A TemplateError that knows its place.

    `problem.at` is the message, `problem.start` and `.end` the characters in its content;
    `line` and `column` count within that content. `path` is left to whoever knows the file.
    """

    def __init__(self, problem: Problem, source: str = "") -> None:
        before = source[: problem.start]
        super().__init__(
            problem.message,
            problem.help,
            line=before.count("\n") + 1,
            column=len(before) - (before.rfind("\n") + 1) + 1,
        )
        self.problem = problem


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that `name` most likely means, or ""."""
    from difflib import get_close_matches

    found = get_close_matches(name, sorted(set(known)), 1, 0.6)
    return found[0] if found else ""


def did_you_mean(name: str, known: Iterable[str], otherwise: str) -> str:
    """A hint that names the nearest known name; `otherwise` where none is near."""
    guess = nearest(name, known)
    return f"did you mean `{guess}`?" if guess else otherwise
