"""What is wrong with a prompt: one family a file, one decorated function a check.

A check is a generator `(subject, around) -> Iterator[Finding]`. It points at places and never
sees YAML, files or lines. Its docstring says the harm in its first paragraph, then holds a `Bad:`
and a `Good:` example: `promptops explain`, the reference page and the tests all come from it.

The folder is the registry: `registry()` imports every module here and collects what `@check` marked.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cache
from importlib import import_module

from promptops.diagnostic import Finding, Place, Severity
from promptops.model import Budget, Decision, Prompt
from promptops.values import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    from promptops.agents.faults import Fault
    from promptops.errors import TemplateError
    from promptops.source.evidence import Evidence
    from promptops.tokens.counts import Counter

    Run = Callable[[Any, "Around"], Iterator[Finding]]
    F = TypeVar("F", bound=Run)

ON_PROMPT = "prompt"  # a governed prompt (model.Prompt)
ON_INSTRUCTIONS = "instructions"  # a plain instruction file (model.Prompt, governed=False)
ON_SIDECAR = "sidecar"  # an instruction file's model.Prompt with what its sidecar says of its rules
ON_ANCHORS = "anchors"  # where a sidecar's entries stand (a sequence of source.sidecar.Anchor)
ON_DECISION = "decision"  # a decision record (model.Decision)
ON_FORM = "form"  # a source.reading.Reading that has problems
ON_IGNORES = "ignores"  # the ignore comments of a document (checks.ignores.Ignores)
ON_TEXT = "text"  # the raw text (str) of any of these files; findings have path ()


@dataclass(frozen=True, slots=True)
class Around:
    """What a check may know beside its subject. No clock, no disk: it is all handed in.

    decisions: by id. prompt_ids: id -> path of the first prompt that has it. people_left: names and
    e-mails of those who have left, lower case. counter: counts tokens, and opens nothing before it
    is asked; None where nothing is counted. before: by path, the prompts as they were in the
    revision that a change is judged against. published: those that were pushed last, where
    other commits came after that. in_making: True of a change that is not committed yet. written: the budget as the file has it, where the
    prompt bears the tighter one that judges it. targets: by path, the bytes of the files that prompts
    name as their target, None where there is no such file; a path is missing where nobody looked.
    restored: by path, what such a file should hold where it is no text (a `.prompty`), as far as the
    kept copy tells; an error where it cannot tell. evidence: by path of the prompt, the evidence
    files beside it. strange: by path of the prompt, the files among them that are no evidence of it, and
    why. calibrations: by path, the calibrations of judges that no longer hold, and why (a key
    of source.calibration.WORDS). faults: by path, what of an instruction file never reaches an agent.
    """

    today: date
    counter: Counter | None = None
    before: Mapping[str, Prompt] = field(default_factory=dict)
    published: Mapping[str, Prompt] = field(default_factory=dict)
    in_making: bool = False
    undecided: Mapping[str, tuple[tuple[Place, str], ...]] = field(default_factory=dict)
    rewritten: Mapping[str, str] = field(default_factory=dict)
    written: Budget | None = None
    targets: Mapping[str, bytes | None] = field(default_factory=dict)
    restored: Mapping[str, str | TemplateError] = field(default_factory=dict)
    evidence: Mapping[str, tuple[Evidence, ...]] = field(default_factory=dict)
    strange: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    calibrations: Mapping[str, str] = field(default_factory=dict)
    faults: Mapping[str, tuple[Fault, ...]] = field(default_factory=dict)
    decisions: Mapping[str, Decision] = field(default_factory=dict)
    prompt_ids: Mapping[str, str] = field(default_factory=dict)
    people_left: frozenset[str] = frozenset()
    require_decision_for: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Check:
    """One check: what it is called, how bad it is, what it looks at."""

    code: str
    name: str
    severity: Severity
    on: tuple[str, ...]
    run: Run

    @property
    def doc(self) -> str:
        """The harm, then `Bad:` and `Good:`."""
        return self.run.__doc__ or ""


def check(
    code: str, name: str, severity: Severity, on: tuple[str, ...] = (ON_PROMPT,)
) -> Callable[[F], F]:
    """Mark a function as the check `code`; `name` states the bad thing."""

    def mark(run: F) -> F:
        run.check = Check(code, name, severity, on, run)  # type: ignore[attr-defined]
        return run

    return mark


@cache
def registry() -> Mapping[str, Check]:
    """Every check by code, in the order of the codes."""
    found: dict[str, Check] = {}
    for file in sorted(os.listdir(os.path.dirname(__file__))):
        name, extension = os.path.splitext(file)
        if extension == ".py" and not name.startswith("_"):
            module = import_module(f"{__name__}.{name}")
            marked = (getattr(value, "check", None) for value in vars(module).values())
            found.update((c.code, c) for c in marked if isinstance(c, Check))
    return dict(sorted(found.items()))


def harm_of(code: str) -> str:
    """The harm a check guards against: the first paragraph of its docstring, on one line."""
    return " ".join(registry()[code].doc.split("\n\n", 1)[0].split())
