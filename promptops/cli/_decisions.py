"""How decisions that are needed, found or missing are told: shared by `decide` and the hooks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promptops.decisions.change import Change
from promptops.decisions.found import DECIDED_BEFORE, Found
from promptops.decisions.judge import Judged
from promptops.decisions.message import BETTER_REASON, WAIVER
from promptops.decisions.needed import Need
from promptops.patterns import later
from promptops.report import Block, Heading, Text

TYPE_CHECKING = False  # `typing` costs a start
if TYPE_CHECKING:
    from typing import Any

DECIDE = "promptops decide --staged"
UNDONE = later("is proposed, not accepted|is not finished: ")


def judged_json(judged: Judged | None) -> dict[str, Any]:
    """`{"needed": […], "rewritten": […], "unreadable": […]}`; all empty where there is nothing."""
    found = judged.found if judged else ()
    rewritten = judged.rewritten if judged else ()
    return {
        "needed": [found_json(one) for one in found],
        "rewritten": [
            {"decision": record.decision.id, "path": record.decision.path, "how": how}
            for record, how in rewritten
        ],
        "unreadable": [
            {
                "path": error.path,
                "line": error.line,
                "column": error.column,
                "message": error.message,
            }
            for error in (judged.change.broken if judged else ())
        ],
    }


def found_json(one: Found) -> dict[str, Any]:
    """A need and what answers it; null for nothing."""
    return {
        **need_json(one.need),
        "decision": one.decision or None,
        "waiver": one.waiver or None,
        "objections": list(one.objections),
    }


def need_json(need: Need) -> dict[str, Any]:
    """A change of meaning."""
    return {
        "prompt": need.prompt,
        "path": need.path,
        "kind": need.kind,
        "change": need.change,
        "what": need.what,
        "rule": need.rule or None,
        "before": need.before,
        "after": need.after,
    }


def refusal(judged: Judged, mend: str = DECIDE, again: str = "") -> Iterator[Block]:
    """What nobody has decided, what was tampered with, and the one command that mends it.

    again: the command that tries once more, "" for none.
    """
    for one in judged.missing:
        yield Heading(f"error: {one.need.sentence}, and no decision record says why", 3)
        yield Text(_shown(judged.change, one), verbatim=True)
    for error in judged.change.broken:
        yield Heading(f"error: decision record cannot be read: {error.message}", 3)
        yield Text(f"  --> {error.path}:{error.line}:{error.column}", verbatim=True)
    for record, how in judged.rewritten:
        name = record.decision.id
        yield Heading(f"error: decision `{name}` {how}; a decided record stays as it is", 3)
        yield Text(f"  --> {record.decision.path}", verbatim=True)
    if judged.missing:
        yield Text(_help(judged, mend, again), verbatim=bool(judged.dropped))
    for record, _ in judged.rewritten[:1]:
        yield Text(
            f"help: `git checkout HEAD -- {record.decision.path}` puts it back;"
            f" `{mend} --supersedes {record.decision.id}` writes what takes its place"
        )


def _shown(change: Change, one: Found) -> str:
    need, line = one.need, change.line_of(one.need)
    lines = [f"  --> {need.path}:{line}" if line else f"  --> {need.path}"]
    lines += [f"  - {text}" for text in _cut(need.before)]
    lines += [f"  + {text}" for text in _cut(need.after)]
    lines += [f"  = note: {objection}" for objection in one.objections]
    return "\n".join(lines)


def _cut(text: str, most: int = 6) -> list[str]:
    lines = text.splitlines()
    return lines if len(lines) <= most else [*lines[: most - 1], f"… {len(lines) - most + 1} more"]


def _help(judged: Judged, mend: str, again: str) -> str:
    missing = judged.missing
    if judged.dropped and all(one.need.waivable for one in missing):
        kept = "\n".join(f"  {WAIVER}: {reason}" for reason in judged.dropped)
        then = f"\nthen `{again}`" if again else ""
        return f"help: the commit that is amended said why; put its line back:\n{kept}{then}"
    begun = _begun(judged)
    if begun:
        said = [f"help: finish {begun}, say `status: accepted` once it is decided, `git add` it"]
    else:
        said = [f"help: `{mend}` writes the record; fill it in, have it accepted and `git add` it"]
    said[0] += f", then `{again}`" if again else ""
    older = [o for one in missing for o in one.objections if o.endswith(DECIDED_BEFORE)]
    if older:
        name = older[0].split("`")[1]
        said.append(f"or, if that decision covers this: a line `Decision: {name}` in the message")
    if all(one.need.waivable for one in missing):
        said.append(f"or, if there is nothing to decide: a line `{WAIVER}: …` in the message that")
        said[-1] += f" says why; {BETTER_REASON}" if _refused(missing) else " says why"
    return "\n".join(said)


def _begun(judged: Judged) -> str:
    """The file of a record that is about this and not done, or cannot be read; "" for none."""
    for error in judged.change.broken:
        return error.path
    for one in judged.missing:
        for objection in one.objections:
            name = objection.split("`")[1] if objection.startswith("`") else ""
            if name in judged.change.after and UNDONE.search(objection):
                return judged.change.after[name].decision.path
    return ""


def _refused(missing: Sequence[Found]) -> bool:
    return any(WAIVER in objection for one in missing for objection in one.objections)
