"""A study from the outside: it proposes calls, takes their outcomes, and may be read at any time.

    while not study.stop:
        study.take(ask(study.propose()))

Nothing is kept but sums. A study is resumed by giving a new one of the same design its outcomes
again: coins and cases follow from the seed and from what was seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from promptops.cliff.arrays import NOT_JUDGED, Bools, Passed
from promptops.cliff.coins import Round, case_weights, chances, draw
from promptops.cliff.ledger import Ledger, Settings
from promptops.errors import InputError


@dataclass(frozen=True, slots=True)
class Call:
    """One request: these rules of the prompt, in their order, on this case."""

    round: int
    number: int
    case: str
    kept: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call gave: for each judged rule whether it passed, None where that can't be said.

    A call that failed has no outcome. cached: the answer came from a store or is sure to be the
    same (temperature 0); such a pair of prompt and case counts once.
    """

    call: Call
    passed: Mapping[str, bool | None]
    cached: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """Rule ids, case ids, and which case checks which rule; `fixed` rules are never left out."""

    rules: tuple[str, ...]
    cases: tuple[str, ...]
    checks: Mapping[str, frozenset[str]]
    fixed: frozenset[str] = field(default_factory=frozenset)

    def incidence(self) -> Bools:
        """cases x rules."""
        table = [[rule in self.checks.get(case, ()) for rule in self.rules] for case in self.cases]
        return np.asarray(table, bool).reshape(len(self.cases), len(self.rules))


class Study:
    """Ids on the outside, arrays within; the arrays are open too, for simulations."""

    def __init__(self, layout: Layout, settings: Settings | None = None) -> None:
        self.layout, self.settings = layout, settings or Settings()
        self._index = {rule: k for k, rule in enumerate(layout.rules)}
        fixed = np.asarray([rule in layout.fixed for rule in layout.rules], bool)
        self.core = Core(layout.incidence(), self.settings, fixed)
        self._held: dict[int, Outcome] = {}
        self._seen: dict[int, int] = {}
        self.repeats_seen = 0
        self.repeats_differ = 0

    @property
    def stop(self) -> str:
        """Why nothing more is to be asked: "decided", "budget", or "" to go on."""
        return "" if self._held else self.core.stop

    def propose(self) -> list[Call]:
        """The calls to make next, in this order; those of the open round that have no outcome."""
        asked = self.core.propose()
        calls = [self._call(asked, k) for k in range(len(asked))]
        return [call for call in calls if call.number not in self._held]

    def _call(self, asked: Round, k: int) -> Call:
        kept = tuple(r for r, stays in zip(self.layout.rules, asked.kept[k], strict=True) if stays)
        return Call(asked.number, k, self.layout.cases[asked.cases[k]], kept)

    def take(self, outcomes: Iterable[Outcome]) -> None:
        """Close the open round with these; what has no outcome by now has failed."""
        self._hold(outcomes)
        asked = self.core.propose()
        passed = np.full(asked.kept.shape, NOT_JUDGED, np.int8)
        for number in sorted(self._held):
            passed[number] = self._row(self._held[number])
        self._held = {}
        self.core.take(passed)

    def _hold(self, outcomes: Iterable[Outcome]) -> None:
        asked = self.core.propose()
        for outcome in outcomes:
            call = outcome.call
            known = call.round == asked.number and 0 <= call.number < len(asked)
            if not known or self._call(asked, call.number) != call:
                raise InputError(
                    f"call {call.number} of round {call.round} is none of this study",
                    "resume with the prompt, cases and settings the outcomes were made with",
                )
            self._held[call.number] = outcome

    def _row(self, outcome: Outcome) -> Passed:
        row = np.full(len(self.layout.rules), NOT_JUDGED, np.int8)
        if self._repeated(outcome) and outcome.cached:
            return row
        kept = set(outcome.call.kept)
        for rule, passed in outcome.passed.items():
            if rule in kept and passed is not None:
                row[self._index[rule]] = passed
        return row

    def _repeated(self, outcome: Outcome) -> bool:
        """Was this very prompt asked on this very case before? Counts whether answers differ."""
        call = outcome.call
        key = _digest(call.case, *call.kept)
        answer = _digest(*(f"{rule}={outcome.passed[rule]}" for rule in sorted(outcome.passed)))
        if key not in self._seen:
            self._seen[key] = answer
            return False
        self.repeats_seen += 1
        self.repeats_differ += self._seen[key] != answer
        return True

    def resume(self, outcomes: Sequence[Outcome]) -> None:
        """Take up where a log of outcomes ended; an unfinished last round stays open."""
        last = max((outcome.call.round for outcome in outcomes), default=0)
        for number in range(last):
            self.take(o for o in outcomes if o.call.round == number)
        self._hold(o for o in outcomes if o.call.round == last)
        if outcomes and not self.propose():
            self.take(())


def _digest(*words: str) -> int:
    """64 bits of these words; eight bytes a call are all that a study remembers of it."""
    from hashlib import blake2b

    packed = blake2b("\0".join(words).encode(), digest_size=8).digest()
    return int.from_bytes(packed, "big")


class Core:
    """A study over arrays: propose a Round, take calls x rules of 1, 0 and -1."""

    def __init__(self, checks: Bools, settings: Settings, fixed: Bools | None = None) -> None:
        rules = checks.shape[1]
        tested = np.tile(checks.any(0), (rules, 1))
        if fixed is not None:
            tested[fixed] = False
        np.fill_diagonal(tested, False)
        self.checks, self.settings = checks, settings
        self.ledger = Ledger(checks, tested, settings)
        self.rounds = 0
        self.asked = 0
        self._open: Round | None = None

    @property
    def stop(self) -> str:
        """Why to stop: "decided", "budget", or ""."""
        if not self.ledger.open.any():
            return "decided"
        return "budget" if self.asked >= self.settings.budget else ""

    def propose(self) -> Round:
        """The open round; the same until its outcomes are taken."""
        if self._open is None:
            self._open = self._draw()
        return self._open

    def _draw(self) -> Round:
        ledger, settings = self.ledger, self.settings
        size = settings.step if self.rounds else settings.first_round(len(ledger.tested))
        size = max(1, min(size, settings.budget - self.asked))
        posterior = ledger.posterior
        chance = chances(ledger.open, posterior, ledger.drops)
        weights = case_weights(self.checks, ledger.open, posterior)
        rng = np.random.default_rng((settings.seed, self.rounds))
        reuse = max(1, min(settings.reuse, size))
        return draw(self.rounds, size, chance, weights, reuse, settings.anchors, rng)

    def take(self, passed: Passed) -> None:
        """Close the open round with its outcomes, in the order of its calls."""
        asked = self.propose()
        self.ledger.add(asked, passed)
        self.asked += len(asked)
        self.rounds += 1
        self._open = None
