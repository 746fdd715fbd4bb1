"""Writing evidence: the summary of a run that is meant to be committed."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from promptops import __version__
from promptops.cli._call import Call
from promptops.cli._eval.options import UNNAMED
from promptops.errors import IncompleteError, UsageError
from promptops.evals.plan import Plan
from promptops.source.evidence import evidence_path, evidence_text
from promptops.source.write import replace_file

COUNTED = ("passed", "n", "rate", "interval", "verdict")


def write_evidence(call: Call, plan: Plan, result: dict[str, Any]) -> str:
    """Write the evidence file of this run; a sentence that says where.

    IncompleteError, and nothing written, where answers are missing.
    """
    if not result["complete"]:
        hint = "run it again: what was answered is kept"
        raise IncompleteError("no evidence is written of an incomplete run", hint)
    recorded = result["responses"]
    if recorded and plan.target.model == UNNAMED:
        raise UsageError("nobody knows whose answers these are", "name the model with --model M")
    if recorded and recorded["other_text"]:
        hint = "evidence is of the prompt as it is: record its answers"
        raise UsageError("some of the answers were given to another text", hint)
    path = evidence_path(plan.prompt, plan.target.model)
    text = evidence_text(evidence_data(call, plan, result))
    where = os.path.join(call.root, path)
    before = None
    if os.path.exists(where):
        before = call.tree().read(path)
    replace_file(call.root, path, text, before)
    return f"evidence written: {path}"


def evidence_data(call: Call, plan: Plan, result: dict[str, Any]) -> dict[str, Any]:
    """The summary as the format says it: counts, intervals and verdicts, no answers."""
    from promptops.history.head import head_commit

    data: dict[str, Any] = {
        "promptops": 1,
        "prompt": plan.prompt.id,
        "version": plan.prompt.version,
        "model": plan.target.model,
        "measured": datetime.now(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z"),
        "commit": head_commit(call.root) or "",
        "tool": __version__,
        "digests": result["digests"],
        "rules": {rule: _outcomes(one) for rule, one in result["rules"].items()},
        "slices": {
            name: {rule: _outcomes(one) for rule, one in data["rules"].items()}
            for name, data in result["slices"].items()
        },
        "complete": True,
    }
    if judge := result["judge"]:
        data["judge"] = {name: judge[name] for name in ("model", "calibrated", "said")}
    if recorded := result["responses"]:
        data["recorded"] = recorded["digest"]
    if result["task"]:
        data["task"] = _outcomes(result["task"])
    return data


def _outcomes(one: dict[str, Any]) -> dict[str, Any]:
    kept = {name: one[name] for name in COUNTED if one.get(name) is not None}
    if one.get("over_triggered"):
        kept["over_triggered"] = _outcomes(one["over_triggered"])
    return kept
