"""One more rule, or a changed one: the prompt with it and without it, on the same cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from promptops.cliff.addition import Addition
from promptops.cliff.arrays import NOT_JUDGED, Bools, Passed
from promptops.cliff.drive import SENT, Ask, Valid
from promptops.cliff.evalues import log_mean
from promptops.cliff.journal import Journal
from promptops.cliff.subject import THE_TASK, Subject
from promptops.errors import UsageError
from promptops.evals import Answer, Request, State
from promptops.evals.plan import request_for
from promptops.model import Prompt, Rule

FAR = 1_000_000


@dataclass(frozen=True, slots=True)
class Candidate:
    """after: the prompt with the candidates, before: without. rules: ids of those."""

    before: Prompt
    after: Prompt
    rules: tuple[str, ...]


def with_rules(prompt: Prompt, added: Sequence[Rule]) -> Candidate:
    """The prompt with these rules at the end; one whose id (or `replaces`) is there takes its place."""
    rules = list(prompt.rules)
    for rule in added:
        ids = [one.id for one in rules]
        at = next((ids.index(name) for name in (rule.id, rule.replaces) if name in ids), None)
        if at is None:
            rules.append(rule)
        else:
            rules[at] = rule
    return Candidate(prompt, replace(prompt, rules=tuple(rules)), tuple(rule.id for rule in added))


def changed_rules(before: Prompt, after: Prompt) -> Candidate | None:
    """What `after` adds or rewords; None where it does neither.

    Both prompts are `after` in all else, so that nothing but these rules makes a difference.
    """
    old = {rule.id: rule for rule in before.rules}
    new = [rule for rule in after.rules if rule.id not in old or old[rule.id].text != rule.text]
    if not new:
        return None
    names = {rule.id for rule in new}
    was: list[Rule] = []
    for rule in after.rules:
        if rule.id not in names:
            was.append(rule)
        elif rule.id in old:
            was.append(replace(rule, text=old[rule.id].text))
        elif rule.replaces in old:
            was.append(replace(rule, text=old[rule.replaces].text))
    return Candidate(replace(after, rules=tuple(was)), after, tuple(rule.id for rule in new))


class Trial:
    """Asks cases with and without the candidates until the answer is known.

    columns: the rules that stand in both prompts, and the task where a case asserts something.
    """

    def __init__(
        self, candidate: Candidate, before: Subject, after: Subject, addition: Addition
    ) -> None:
        self.candidate, self.addition = candidate, addition
        self.before, self.after = before, after
        self.columns = columns(candidate, before)
        self.cases = tuple(before.cases)
        self.valid = Valid.nothing()
        self.own: dict[str, tuple[int, int]] = {}
        self.stop = ""
        self._asked: set[str] = set()

    def run(self, ask: Ask, journal: Journal, most: int) -> None:
        """Go on until a verdict, `most` calls, until the asker stops or the cases are used up."""
        while not self.stop:
            if self.addition.verdict != "not_enough":
                self.stop = "decided"
            elif self.addition.calls + 2 > most:
                self.stop = "budget"
            else:
                self._round(ask, journal, (most - self.addition.calls) // 2)

    def _round(self, ask: Ask, journal: Journal, room: int) -> None:
        number = self.addition.rounds
        picked, first = self.addition.propose()
        names = [self.cases[k] for k in picked]
        pairs = [self._pair(name) for name in names]
        known = journal.failed(number)
        chosen = [
            k
            for k in range(min(room, len(names)))
            if not (known and k in known) and not self._used_up(names[k])
        ]
        requests = [r for k in chosen for r in (pairs[k] if first[k] else pairs[k][::-1])]
        answers = list(ask(requests))
        rows: dict[int, tuple[Answer, Answer]] = {}
        for at, k in enumerate(chosen):
            one, other = answers[2 * at : 2 * at + 2]
            rows[k] = (one, other) if first[k] else (other, one)
        self._take([int(k) for k in picked], names, pairs, rows)
        self._asked.update(names[k] for k in rows)
        if any(answer.state is State.NOT_RUN for answer in answers):
            self.stop = "stopped"
        elif self.before.frozen and len(self._asked) >= self._useful:
            self.stop = "" if self.addition.verdict != "not_enough" else "cases"
        elif room >= len(names):
            journal.close(number, [k for k in rows if not _whole(rows[k])])

    @property
    def _useful(self) -> int:
        return int(self.addition.checks.any(1).sum())

    def _used_up(self, case: str) -> bool:
        """True where asking again is sure to give the same answer."""
        return self.before.frozen and case in self._asked

    def _pair(self, case: str) -> tuple[Request, Request]:
        """With the candidates, and without."""
        made = (
            side.numbered(request_for(side.prompt, side.cases[case], side.target))
            for side in (self.after, self.before)
        )
        return next(made), next(made)

    def _take(
        self,
        picked: Sequence[int],
        names: Sequence[str],
        pairs: Sequence[tuple[Request, Request]],
        rows: dict[int, tuple[Answer, Answer]],
    ) -> None:
        arms: list[Passed] = []
        for arm, side in enumerate((self.after, self.before)):
            passed = np.full((len(picked), len(self.columns)), NOT_JUDGED, np.int8)
            for k, answers in rows.items():
                if _whole(answers):
                    held = self._held(side, names[k], pairs[k][arm], answers[arm])
                    passed[k] = [
                        NOT_JUDGED if held.get(rule) is None else bool(held[rule])
                        for rule in self.columns
                    ]
            arms.append(passed)
        for k, answers in rows.items():
            if all(answer.state in SENT for answer in answers):
                judged = [self.columns[j] for j in np.flatnonzero(self.addition.checks[picked[k]])]
                self.valid.add(judged, _whole(answers))
        self.addition.take(np.asarray(picked), arms[0], arms[1])

    def _held(
        self, side: Subject, case: str, request: Request, answer: Answer
    ) -> dict[str, bool | None]:
        kept = {rule.id for rule in side.prompt.rules}
        held = side.score(case, kept, request, answer)
        if side is self.after:
            for rule in self.candidate.rules:
                if (passed := held.get(rule)) is not None:
                    before = self.own.get(rule, (0, 0))
                    self.own[rule] = (before[0] + passed, before[1] + 1)
        return held

    def needed(self) -> int | None:
        """Further calls that would settle it if things go on like this; None where none would."""
        addition = self.addition
        open_ = addition.tested & ~addition.harmed & ~addition.certified
        if not addition.calls or not open_.any():
            return None
        clean, harm = log_mean(addition.clean), log_mean(addition.harm)
        sure = np.log(1 / addition.alpha)
        broken = np.log(addition.tested.sum() / addition.alpha)
        worst = 0.0
        for j in np.flatnonzero(open_):
            pace = max(clean[j] / sure, harm[j] / broken, 1e-9)
            if harm[j] / broken > 0.3:  # on its way to be called harmful: that alone settles it
                return int(min(FAR, addition.calls * (broken / harm[j] - 1))) or None
            worst = max(worst, addition.calls * (1 / pace - 1))
        return None if worst >= FAR else int(np.ceil(worst))


def _whole(answers: tuple[Answer, Answer]) -> bool:
    """Both came back: only then is there a difference to look at."""
    return all(answer.state is State.ANSWER for answer in answers)


def columns(candidate: Candidate, before: Subject) -> tuple[str, ...]:
    """The rules that stand in both prompts with the same text, and the task."""
    new = set(candidate.rules)
    after = {rule.id for rule in candidate.after.rules}
    same = [rule.id for rule in before.prompt.rules if rule.id not in new and rule.id in after]
    return (*same, THE_TASK) if any(THE_TASK in c for c in before.checks().values()) else (*same,)


def incidence(candidate: Candidate, before: Subject, after: Subject) -> Bools:
    """cases x columns: what judges what, on the cases where the two prompts differ at all.

    UsageError where they never do, and where no test could see a difference.
    """
    names = columns(candidate, before)
    checks = before.checks()
    table = np.zeros((len(before.cases), len(names)), bool)
    differ = False
    for k, (name, case) in enumerate(before.cases.items()):
        one, other = (
            request_for(side.prompt, case, side.target).messages for side in (before, after)
        )
        if one != other:
            differ = True
            table[k] = [rule in checks[name] for rule in names]
    ids = ", ".join(f"`{rule}`" for rule in candidate.rules)
    if not differ:
        hint = "the template must list the rules with {{ rules }}, and `when` must fit some case"
        raise UsageError(f"{ids} changes no case of `{before.prompt.id}`", hint)
    if not table.any():
        hint = "give the other rules `tests:` that name cases and what to assert"
        raise UsageError(f"no test can see what {ids} does to other rules", hint)
    return table
