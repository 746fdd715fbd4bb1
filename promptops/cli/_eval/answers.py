"""Where an evaluation's answers come from: a model that is asked, or a file of recorded ones."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from promptops.cli._call import Call
from promptops.cli._eval.got import Got
from promptops.cli._eval.options import Wanted
from promptops.errors import EXIT_CANNOT, InputError, UsageError, unreadable
from promptops.evals import State
from promptops.evals.plan import Plan, plan
from promptops.evals.recorded import Recorded, read
from promptops.evals.recorded.match import Matched, match, to_these
from promptops.evals.runner import Run
from promptops.excerpt import excerpt
from promptops.model import Prompt

if TYPE_CHECKING:
    pass

MOST_BYTES = 1 << 30
SHOWN = 20  # names that a list of cases holds


def plans(
    call: Call, wanted: Wanted, prompt: Prompt
) -> tuple[Plan, Plan | None, tuple[Recorded, ...]]:
    """The plan, that of --against, and what was recorded for each of them (one file may be both)."""
    recorded = tuple(recorded_files(call, wanted))
    target = wanted.target(prompt, recorded[:1])
    repeats = wanted.repeats or max((one.repeats for one in recorded), default=1)
    now = plan(prompt, target, repeats=repeats, cases=wanted.cases)
    if len(recorded) == 2:
        return now, now, recorded
    return now, _before(call, wanted, now) if wanted.against else None, recorded


def ask(
    call: Call,
    wanted: Wanted,
    plans: tuple[Plan, Plan | None],
    recorded: tuple[Recorded, ...],
) -> Got:
    """Ask the model, or find the answers in what was recorded."""
    now, before = plans
    if recorded:
        return _matched(wanted, plans, recorded)
    prompts = (now.prompt, *((before.prompt,) if before else ()))
    requests = [*now.requests, *(before.requests if before else ())]
    link = wanted.link(call, prompts)
    tariff = wanted.tariff(call, now)
    name, limits = now.target.provider, wanted.limits
    if wanted.engine == "batch":
        from promptops.cli._eval.batch import run_night

        run, signal, night = run_night(call, wanted, now.target, link, tariff, requests)
        return Got(run, signal, str(wanted.against or ""), night=night)
    if wanted.engine == "local":
        from promptops.cli._eval.run import run_requests

        run, signal = run_requests(call, name, link, limits, tariff, requests)
    else:
        from promptops.cli._eval.engine import run_sharded

        engine = (wanted.engine, wanted.workers)
        run, signal = run_sharded(call, engine, name, link, limits, tariff, requests)
    if run.error is not None and not run.count(State.ANSWER):
        run.error.exit_code = EXIT_CANNOT  # nothing at all was done
        raise run.error
    return Got(run, signal, str(wanted.against or ""))


def recorded_files(call: Call, wanted: Wanted) -> Iterator[Recorded]:
    """What --responses recorded, and --against where that is a file; InputError for no such file."""
    if wanted.responses:
        yield _read(call, wanted, wanted.responses)
        if wanted.against and os.path.isfile(os.path.join(call.folder, wanted.against)):
            yield _read(call, wanted, wanted.against)


def _read(call: Call, wanted: Wanted, name: str) -> Recorded:
    return _chosen(wanted, read(bytes_of(call, name), name))


def bytes_of(call: Call, name: str) -> bytes:
    """A file that the command line names; InputError where it cannot be read."""
    path = os.path.join(call.folder, name)
    try:
        if os.path.getsize(path) > MOST_BYTES:
            raise InputError("the file is over 1 GiB", "split it", path=name)
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise unreadable(error, name) from None


def _chosen(wanted: Wanted, recorded: Recorded) -> Recorded:
    """The answers of --model and --variant, where the file tells them apart."""
    for option, value, names in (
        ("--model", wanted.model, recorded.models),
        ("--variant", wanted.variant, recorded.variants),
    ):
        if value and any(names) and value not in names:
            known = ", ".join(name for name in names if name)
            raise UsageError(f"no answers of `{value}` ({option})", f"there are those of {known}")
    model = wanted.model if wanted.model and any(recorded.models) else ""
    variant = wanted.variant if wanted.variant and any(recorded.variants) else ""
    return recorded.only(model or "", variant or "")


def _matched(
    wanted: Wanted, plans: tuple[Plan, Plan | None], recorded: tuple[Recorded, ...]
) -> Got:
    now, before = plans
    first, name = recorded[0], str(wanted.responses)
    if before is None:
        found = match(first, now.asks)
        unknown = tuple(one.prompt for one in found.unknown)
        return Got(Run(found.answers, usd=0.0), 0, "", _matched_data(name, first, found), unknown)
    if len(recorded) == 1:
        recorded = (to_these(first, now.asks), to_these(first, before.asks))
        if not all(one.records for one in recorded):
            hint = "give those that the older prompt got as --against FILE"
            raise UsageError(f"the answers in {name} don't say which wording they answer", hint)
    found, old = match(recorded[0], now.asks), match(recorded[1], before.asks)
    data = _matched_data(name, recorded[0], found)
    data["against"] = _matched_data(str(wanted.against), recorded[1], old)
    answers = (*found.answers, *old.answers)
    return Got(Run(answers, usd=0.0), against=str(wanted.against), recorded=data)


def _matched_data(name: str, recorded: Recorded, found: Matched) -> dict[str, Any]:
    """How the answers of a file fit the cases: counts, and names of cases where they don't."""
    return {
        "file": name,
        "digest": recorded.digest,
        "format": recorded.format,
        "records": len(recorded.records),
        "unknown": len(found.unknown),
        "unknown_first": [excerpt(one.prompt or " ".join(one.ids)) for one in found.unknown[:5]],
        "duplicates": list(found.duplicates),
        "unanswered": list(found.unanswered),
        "empty": list(found.empty),
        "failed": list(found.failed),
        "other_text": list(found.other_text),
    }


def _before(call: Call, wanted: Wanted, now: Plan) -> Plan:
    """The prompt as it was, on the cases and by the tests of today: the same in both."""
    from promptops.cli._eval.instructions import before_of
    from promptops.history.git import Repository
    from promptops.history.trees import CommitTree

    revision, prompt = str(wanted.against), replace(now.prompt, cases=now.cases)
    with Repository.find(call.root, call.environ) as repository:
        tree = CommitTree(repository, repository.resolve(revision))
        same = before_of(tree, prompt, revision)
    return plan(same, now.target, repeats=now.repeats, expected=now.expected)
