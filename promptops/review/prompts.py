"""One prompt under review: what became of it, seen from everywhere a reviewer would look."""

from __future__ import annotations

from collections.abc import Sequence

from promptops.decisions.change import Pair
from promptops.decisions.found import Found
from promptops.history.bump import Bump, bumped, made_bump, needed_bump
from promptops.model import Budget, Prompt
from promptops.review.evidence import Measured
from promptops.review.facts import RAISED, UNTOUCHED, Fact, TestsAffected
from promptops.review.figures import Figures
from promptops.review.judgement import Waved
from promptops.review.rules import REWORDED, RuleChange
from promptops.values import dataclass

ADDED, REMOVED, CHANGED, RENAMED = "added", "removed", "changed", "renamed"


@dataclass(frozen=True, slots=True)
class Version:
    """The version before and after ("" where there is none), and the bump that the change needs."""

    before: str
    after: str
    needed: Bump

    @property
    def made(self) -> Bump:
        """The bump that was made."""
        return made_bump(self.before, self.after) if self.before and self.after else Bump.NONE

    @property
    def enough(self) -> bool:
        """True if callers are told the truth."""
        return not (self.before and self.after) or self.made >= self.needed

    @property
    def wanted(self) -> str:
        """The version that would be enough."""
        return self.after if self.enough else bumped(self.before, self.needed)


NO_BUDGET = Budget()
NO_VERSION = Version("", "", Bump.NONE)


@dataclass(frozen=True, slots=True)
class Reviewed:
    """All that a change does to one prompt or plain instruction file.

    id, path: after the change where there is one. path_before: where it moved, else "".
    problem: why it could not be looked into, or its figures not be worked out; "" for nothing.
    budget_before: what the base allows. default_models: before and after, "" where there is none.
    """

    id: str
    path: str
    status: str
    governed: bool
    path_before: str = ""
    version: Version = NO_VERSION
    rules: tuple[RuleChange, ...] = ()
    facts: tuple[Fact, ...] = ()
    figures: tuple[Figures, ...] = ()
    tests: TestsAffected = UNTOUCHED
    evidence: tuple[Measured, ...] = ()
    found: tuple[Found, ...] = ()
    waved: tuple[Waved, ...] = ()
    problem: str = ""
    budget_before: Budget = NO_BUDGET
    default_models: tuple[str, str] = ("", "")

    @property
    def raised(self) -> tuple[Fact, ...]:
        """Budgets that were raised or taken away."""
        return tuple(fact for fact in self.facts if fact.weight == RAISED)

    @property
    def empty(self) -> bool:
        """True if nothing that matters differs."""
        tests = self.tests != UNTOUCHED
        touched = any(one.state in ("claimed", "removed") for one in self.evidence)
        versions = self.version.before != self.version.after
        told = self.rules or self.facts or self.found or self.waved or self.problem
        return not (told or tests or touched or versions or self.status != CHANGED)


def status_of(before: object | None, after: object | None, moved: bool) -> str:
    """added, removed, renamed or changed."""
    if before is None:
        return ADDED
    if after is None:
        return REMOVED
    return RENAMED if moved else CHANGED


def version_of(pair: Pair) -> Version:
    """The versions of a pair of prompts."""
    before, after = pair.prompts
    needed = Bump.NONE
    if before is not None and after is not None:
        needed = Bump.MAJOR if pair.contract_changed else needed_bump(before, after)
    return Version(before.version if before else "", after.version if after else "", needed)


def new_words(changes: Sequence[RuleChange], after: Prompt | None) -> list[str]:
    """Ids of the rules after the change whose text was not there before."""
    known = {rule.id for rule in after.rules} if after else set()
    named = (
        name
        for one in changes
        if one.change in (ADDED, REWORDED, "merged", "split") or one.came_from
        for name in (one.id, *one.becomes)
    )
    return [name for name in dict.fromkeys(named) if name in known]
