"""What a study says when it is read: edges with intervals, what is cleared, what is open and why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from promptops.cliff.arrays import Floats
from promptops.cliff.effects import STOPPED
from promptops.cliff.evalues import log_mean
from promptops.cliff.ledger import FEWEST_CHECKS, ONE_SIDED, Ledger
from promptops.cliff.study import Study
from promptops.stats import Interval

FEWEST_CASES = 10
FAR = 1_000_000


@dataclass(frozen=True, slots=True)
class Pair:
    """The presence of `source` costs `target` this share of its answers, at the ablated prompt.

    harm: a fraction, None where nothing was seen; the interval holds at a stop. e: the evidence
    (odds against chance). needed: further calls that would settle it if things go on like this,
    None where it is settled or no number can be named.
    """

    source: str
    target: str
    verdict: str  # "confirmed", "cleared" or "undecided"
    harm: float | None
    interval: Interval | None
    e: float
    needed: int | None = None


@dataclass(frozen=True, slots=True)
class Total:
    """What the presence of a rule costs all others together, in rules broken an answer."""

    rule: str
    harm: float | None
    interval: Interval | None
    confirmed: float


@dataclass(frozen=True, slots=True)
class Findings:
    """A study as it stands after `calls` judged calls.

    pairs: confirmed ones first, then undecided, then cleared. untested: rules that no case checks.
    capacity: the guard fired, and ablated prompts still are easier as a whole beyond what the
    edges account for; gap is by how much, with its interval.
    doubts: why there is not enough evidence, one word each: "few-checks", "few-cases",
    "no-anchors", "not-local", "identical-answers".
    """

    calls: int
    stop: str
    pairs: tuple[Pair, ...]
    totals: tuple[Total, ...]
    untested: tuple[str, ...]
    capacity: bool
    gap: float | None
    gap_interval: Interval | None
    doubts: tuple[str, ...]

    def verdict(self, verdict: str) -> tuple[Pair, ...]:
        """The pairs with this verdict."""
        return tuple(pair for pair in self.pairs if pair.verdict == verdict)


def read(study: Study) -> Findings:
    """Everything there is to say now; reading changes nothing and may be done at any time."""
    ledger, rules = study.core.ledger, study.layout.rules
    gap = ledger.gap
    return Findings(
        calls=ledger.calls,
        stop=study.stop,
        pairs=_pairs(ledger, rules),
        totals=_totals(ledger, rules),
        untested=tuple(rules[k] for k in np.flatnonzero(study.core.checks.sum(0) == 0)),
        capacity=ledger.capacity and gap is not None and gap[0] > ONE_SIDED * gap[1],
        gap=gap[0] if gap else None,
        gap_interval=_around(gap[0], STOPPED * gap[1]) if gap else None,
        doubts=_doubts(study),
    )


def _pairs(ledger: Ledger, rules: tuple[str, ...]) -> tuple[Pair, ...]:
    gain, error = ledger.effects.estimate()
    log_e = log_mean(ledger.log_e)
    rank = np.where(ledger.found, 0, np.where(ledger.open, 1, 2))
    order = np.lexsort((-log_e.ravel(), rank.ravel()))
    words = ("confirmed", "undecided", "cleared")
    needed = _needed(ledger, log_e, gain, error)
    pairs = []
    for i, j in zip(*np.unravel_index(order, rank.shape), strict=True):
        if not ledger.tested[i, j]:
            continue
        seen = bool(np.isfinite(error[i, j]))
        pairs.append(
            Pair(
                rules[i],
                rules[j],
                words[rank[i, j]],
                float(gain[i, j]) if seen else None,
                _around(float(gain[i, j]), STOPPED * float(error[i, j])) if seen else None,
                float(np.exp(min(log_e[i, j], 700.0))),
                int(needed[i, j]) if rank[i, j] == 1 and needed[i, j] < FAR else None,
            )
        )
    return tuple(pairs)


def _needed(ledger: Ledger, log_e: Floats, gain: Floats, error: Floats) -> Floats:
    """Further calls until an open pair is confirmed at its present pace, or cleared."""
    calls = max(ledger.calls, 1)
    enough = np.log(max(ledger.tested.sum(), 1) / ledger.settings.alpha)
    enough -= np.log(max(1, int(ledger.found.sum()) + 1))
    confirm = np.where(log_e > 0.5, calls * (enough / np.maximum(log_e, 0.5) - 1), np.inf)
    room = ledger.settings.delta - gain
    error = np.where(np.isfinite(error), error, 1.0)
    clear = np.where(room > 0, calls * ((2 * error / np.maximum(room, 1e-9)) ** 2 - 1), np.inf)
    return np.asarray(np.ceil(np.maximum(np.minimum(confirm, clear), 1.0)))


def _totals(ledger: Ledger, rules: tuple[str, ...]) -> tuple[Total, ...]:
    """Ranked by harm. Own checks are left out: they leave with the rule."""
    gain, error = ledger.effects.totals(ledger.tested)
    single, _ = ledger.effects.estimate()
    confirmed = np.where(ledger.found, single, 0.0).sum(1)
    totals = [
        Total(
            rule,
            float(gain[k]) if np.isfinite(error[k]) else None,
            _around(float(gain[k]), STOPPED * float(error[k]), most=len(rules))
            if np.isfinite(error[k])
            else None,
            float(confirmed[k]),
        )
        for k, rule in enumerate(rules)
    ]
    return tuple(sorted(totals, key=lambda t: -(t.harm or 0.0)))


def _around(middle: float, half: float, most: float = 1.0) -> Interval:
    return Interval(max(-most, middle - half), min(most, middle + half))


def _doubts(study: Study) -> tuple[str, ...]:
    ledger, settings = study.core.ledger, study.settings
    judged = ledger.compliance.judged
    doubts = []
    if (judged.sum(0)[study.core.checks.any(0)] < FEWEST_CHECKS).any():
        doubts.append("few-checks")
    if study.core.checks.any(1).sum() < FEWEST_CASES:
        doubts.append("few-cases")
    if not settings.anchors:
        doubts.append("no-anchors")
    elif not ledger.local:
        doubts.append("not-local")
    if study.repeats_seen and not study.repeats_differ:
        doubts.append("identical-answers")
    return tuple(doubts)
