"""What a commit message says of decisions: `Decision: ID` and `Decision-Waiver: reason` lines.

git knows only trailers of the last paragraph, and a squash merge buries them above others, so the
whole message is searched. An indented line below a trailer continues it.
"""

from __future__ import annotations

import re

from promptops.patterns import later
from promptops.values import dataclass

WAIVER = "Decision-Waiver"
BETTER_REASON = (
    "a reason tells a stranger in two years why nobody had to decide, such as "
    f"`{WAIVER}: same promise as before, the plain-language review of March asked for shorter words`"
)

_SCISSORS = later(r"^. -+ >8 -+$", re.MULTILINE)
_TRAILER = later(
    r"^[ \t]*(Decision(?:-Waiver)?)[ \t]*:[ \t]*(.*(?:\n[ \t]+(?![ \t]*[\w-]+[ \t]*:[ \t]).*\S.*)*)",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Trailers:
    """The lines of a message that are about decisions: reasons of waivers, ids of records."""

    waivers: tuple[str, ...] = ()
    decisions: tuple[str, ...] = ()


SILENT = Trailers()


def above_scissors(message: str) -> str:
    """The message without the diff that `git commit -v` shows below its scissors line."""
    cut = _SCISSORS.search(message)
    return message[: cut.start()] if cut else message


def trailers(message: str) -> Trailers:
    """What `message` says of decisions, in order; what lies below git's scissors is no message."""
    above = above_scissors(message)
    said = [(m[1].lower(), " ".join(m[2].split())) for m in _TRAILER.finditer(above)]
    named = (part for name, value in said if name == "decision" for part in value.split(","))
    return Trailers(
        tuple(value for name, value in said if name != "decision" and value),
        tuple(
            part.strip().rpartition("/")[2].removesuffix(".md") for part in named if part.strip()
        ),
    )
