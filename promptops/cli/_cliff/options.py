"""What `promptops cliff` was asked for: who answers, what is measured, what may be spent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from promptops.cli._call import Call
from promptops.cli._eval.options import Wanted
from promptops.distribution import install
from promptops.errors import UsageError

CALLS = {"interference": 1000, "capacity": 200, "add": 500}  # by default
ASKING = ("model", "api_base", "api_key_env", "answers_as", "command", "allow_code", "replay")
RUNNING = ("cases", "max_usd", "concurrency", "rate", "timeout", "temperature", "max_tokens")
WORKING = ("engine", "workers", "wait")


@dataclass(frozen=True, slots=True)
class Measured:
    """What is to be measured, and how surely. Shares are fractions."""

    plan: bool = False
    max_calls: int | None = None
    seed: int = 0
    delta: float = 0.2
    margin: float = 0.25
    alpha: float = 0.05
    reuse: int = 1
    demo: bool = False
    capacity: bool = False
    add: str | None = None
    staged: bool = False
    since: str | None = None
    records: str | None = None
    evidence: bool = False
    svg: str | None = None
    png: str | None = None

    @property
    def kind(self) -> str:
        """ "interference", "capacity", "add" or "records"."""
        if self.records:
            return "records"
        if self.add or self.staged or self.since:
            return "add"
        return "capacity" if self.capacity else "interference"

    @property
    def calls(self) -> int:
        """Calls in all, those that earlier runs paid for too."""
        return CALLS[self.kind] if self.max_calls is None else self.max_calls

    def refuse_nonsense(self, name: str | None) -> None:
        """UsageError for options that exclude each other, and where it is not said what to study."""
        ways = {
            "--capacity": self.capacity,
            "--add": self.add,
            "--staged": self.staged,
            "--since": self.since,
            "--records": self.records,
        }
        given = [option for option, value in ways.items() if value]
        if len(given) > 1:
            raise UsageError(f"{given[0]} and {given[1]} exclude each other", "use one of them")
        if self.demo and (name or self.kind in ("add", "records")):
            hint = "`promptops cliff --demo`, or with --capacity"
            raise UsageError("--demo brings its own prompt", hint)
        if not (name or self.demo or self.records):
            hint = "`promptops cliff PROMPT`; `promptops cliff --demo` shows what it does"
            raise UsageError("no prompt is named", hint)
        if self.records and (self.plan or self.evidence):
            raise UsageError("--records asks nobody", "leave --plan and --evidence out")
        if self.evidence and self.plan:
            raise UsageError("--plan measures nothing", "leave --evidence out")


def split(flags: dict[str, Any]) -> tuple[Wanted, Measured]:
    """The options that `eval` knows too, and those that only `cliff` has."""
    asked = {name: flags.pop(name) for name in (*ASKING, *RUNNING, *WORKING)}
    same = {name: flags[name] for name in ("plan", "max_calls", "seed")}
    wanted = Wanted(**asked, **same)
    return wanted, Measured(**flags)


def refuse_some_cases(wanted: Wanted, measured: Measured, call: Call) -> None:
    """UsageError for what `eval` refuses too, and for evidence of some cases only."""
    wanted.refuse_nonsense(call)
    if measured.evidence and wanted.cases:
        raise UsageError("evidence is of all cases of a prompt", "leave --case out")


def needs_numpy(run: Callable[[], Any]) -> Any:
    """`run()`; UsageError where the numbers' libraries are not installed."""
    try:
        return run()
    except ModuleNotFoundError as error:
        if error.name not in ("numpy", "scipy"):
            raise
        raise UsageError(f"`promptops cliff` needs {error.name}", install("eval")) from None
