"""Writing what was measured beside the prompt: `check` asks for it, `diff` shows it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from promptops import __version__
from promptops.cli._cliff.work import Work
from promptops.cliff.candidate import Trial
from promptops.cliff.subject import THE_TASK, Subject
from promptops.errors import IncompleteError, InputError
from promptops.model import Prompt
from promptops.source.evidence import cliff_path, evidence_text, read_evidence, text_digest
from promptops.source.write import replace_file

CURVE = ("rules", "rate", "interval", "n")
EDGE = ("source", "target", "effect_pp", "interval")


def write_study(work: Work, subject: Subject, result: Mapping[str, Any]) -> str:
    """Keep an interference study: its edges, and a verdict for every rule that could be tested."""
    confirmed = [p for p in result["interference"] if p["confirmed"]]
    if not result["complete"] and not confirmed:
        raise _incomplete()
    open_ = {p["source"] for p in result["interference"] if p["verdict"] == "undecided"}
    tested = {}
    for rule in subject.prompt.rules:
        breaks = [p["target"] for p in confirmed if p["source"] == rule.id]
        verdict = "harmful" if breaks else "cannot_tell" if rule.id in open_ else "safe"
        if not rule.fixed:
            tested[rule.id] = _tested(
                rule.text, verdict, breaks, result["settings"]["delta_pp"], result["calls"]
            )
    section = {
        "calls": result["calls"],
        "delta_pp": result["settings"]["delta_pp"],
        "complete": result["complete"],
        "edges": [{name: pair[name] for name in EDGE} for pair in confirmed],
    }
    return _write(work, subject.prompt, result, {"tested": tested, "interference": section})


def write_capacity(work: Work, result: Mapping[str, Any]) -> str:
    """Keep a capacity study."""
    if not result["complete"]:
        raise _incomplete()
    found = result["capacity"]
    section: dict[str, Any] = {
        "shape": found["shape"],
        "rules": found["rules"],
        "curve": [{name: point[name] for name in CURVE} for point in found["curve"]],
    }
    if found["break_point"] is not None:
        section |= {"break_point": found["break_point"], "interval": found["interval"]}
    return _write(work, work.prompt, result, {"capacity": section})


def write_addition(work: Work, trial: Trial, result: Mapping[str, Any]) -> str:
    """Keep the verdict on each candidate, for the prompt as it is with them."""
    add = result["add"]
    if not result["complete"]:
        raise _incomplete()
    after = trial.candidate.after
    breaks = [name for name in add["breaks"] if name != THE_TASK] or add["breaks"]
    tested = {
        rule: _tested(
            after.rule(rule).text, add["verdict"], breaks, add["margin_pp"], result["calls"]
        )
        for rule in add["candidates"]
    }
    return _write(work, after, result, {"tested": tested})


def _tested(
    text: str, verdict: str, breaks: list[str], margin: float, calls: int
) -> dict[str, Any]:
    return {
        "text": text_digest(text),
        "verdict": verdict,
        "breaks": breaks,
        "margin_pp": margin,
        "calls": calls,
        "measured": _now(),
    }


def _now() -> str:
    return datetime.now(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


def _incomplete() -> IncompleteError:
    return IncompleteError(
        "no evidence is written of what cannot be told",
        "run it again with a larger --max-calls: what was answered is kept",
    )


def _write(work: Work, prompt: Prompt, result: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    from promptops.history.head import head_commit

    path = cliff_path(prompt, work.target.model)
    before = work.call.tree().read(path) if work.call.tree().exists(path) else None
    data = {
        "promptops": 1,
        "prompt": prompt.id,
        "version": prompt.version,
        "model": work.target.model,
        "measured": _now(),
        "commit": head_commit(work.call.root) or "",
        "tool": __version__,
        "digests": result["digests"],
        "rules": {},
        "complete": True,
        "cliff": _joined(work, path, prompt, result["digests"], new),
    }
    replace_file(work.call.root, path, evidence_text(data), before)
    return f"evidence written: {path}"


def _joined(
    work: Work, path: str, prompt: Prompt, digests: Mapping[str, str], new: Mapping[str, Any]
) -> dict[str, Any]:
    """What is new, and of what was there: verdicts on texts that still stand, studies that still hold."""
    try:
        old = read_evidence(work.call.tree(), path) if work.call.tree().exists(path) else None
    except InputError:
        old = None
    kept: dict[str, Any] = {}
    if old is not None and old.sealed:
        was = old.data.get("cliff", {})
        texts = {rule.id: text_digest(rule.text) for rule in prompt.rules}
        tested = {
            rule: row
            for rule, row in was.get("tested", {}).items()
            if texts.get(rule) == row["text"]
        }
        kept["tested"] = {**tested, **new.get("tested", {})}
        if not old.stale({name: digests[name] for name in ("prompt", "cases", "assertions")}):
            kept |= {name: was[name] for name in ("interference", "capacity") if name in was}
    return {**new, **kept, **{k: v for k, v in new.items() if k != "tested"}}
