"""What an evaluation's questions brought."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promptops.evals.runner import Run

if TYPE_CHECKING:
    from promptops.evals.batches.night import Night


@dataclass(frozen=True, slots=True)
class Got:
    """The answers of one plan, or of two, one behind the other.

    signal: the exit code of what interrupted the run, or 0. against: what the second plan is
    called. night: of --engine batch, what is not done. recorded: of recorded answers, how they
    fit; None where a model was asked. unknown: the questions of those that fit no case.
    """

    run: Run
    signal: int = 0
    against: str = ""
    recorded: dict[str, Any] | None = None
    unknown: tuple[str, ...] = ()
    night: Night | None = None
