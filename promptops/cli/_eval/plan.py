"""`promptops eval --plan`: calls, cost range and smallest detectable effect, before a cent is spent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from promptops.cli._call import Call
from promptops.cli._eval.blocks import counted, money
from promptops.cli._eval.judging import rubrics
from promptops.evals import Request
from promptops.evals.judging import PLANTED
from promptops.evals.money import Tariff
from promptops.evals.plan import Plan
from promptops.report import Block, Heading, Report, Table, Text
from promptops.stats.power import detectable
from promptops.tokens.counts import Counter
from promptops.tokens.prices import call_usd
from promptops.tokens.vocab import places

SHORT = 20  # tokens of the shortest answer that the lower end of the cost range reckons with


def planned_report(
    call: Call, plan: Plan, requests: Sequence[Request], tariff: Tariff, judge: str
) -> Report:
    """What the evaluation would take; what the store already has is not asked again."""
    low, high = cost_range(call, plan, requests, tariff)
    cases = len(plan.cases)
    rules = {rule: _rule(plan, rule) for rule in sorted(_rules(plan))}
    data: dict[str, Any] = {
        "prompt": plan.prompt.id,
        "model": plan.target.model,
        "digests": plan.digests(),
        "plan": {
            "calls": len(requests),
            "cases": cases,
            "repeats": plan.repeats,
            "usd": None if low is None else {"low": round(low, 9), "high": round(high or 0.0, 9)},
            "detectable_pp": _pp(cases),
            "rules": rules,
            "judge": _judge(plan, requests, judge),
            "untested": [rule.id for rule in plan.prompt.rules if rule.id not in rules],
        },
    }
    return Report("eval", data, tuple(_blocks(data)))


def _judge(plan: Plan, requests: Sequence[Request], model: str) -> dict[str, Any] | None:
    """Calls of the model that judges; those of an older wording are judged too."""
    asked = sum(len(rubrics(plan.expected.get(ask.case.id, ()))) for ask in plan.asks)
    if not asked:
        return None
    calls = asked * len(requests) // len(plan.asks) + len(PLANTED)
    return {"model": model or None, "calls": calls if model else 0}


def _rules(plan: Plan) -> set[str]:
    return {one.rule for expected in plan.expected.values() for one in expected if one.rule}


def _rule(plan: Plan, rule: str) -> dict[str, Any]:
    cases = sum(any(one.rule == rule for one in e) for e in plan.expected.values())
    return {"cases": cases, "detectable_pp": _pp(cases)}


def _pp(cases: int) -> float | None:
    found = detectable(cases)
    return None if found is None else round(100 * found, 1)


def cost_range(
    call: Call, plan: Plan, requests: Sequence[Request], tariff: Tariff
) -> tuple[float | None, float | None]:
    """From short answers and no retry to the most that every call may cost."""
    if tariff.price is None:
        return None, None
    counter = Counter(places(call.environ), call.settings().models)
    low = high = 0.0
    for request in requests:
        text = "\n".join(message.content for message in request.messages)
        tokens = counter.count(text, plan.target.model).low or len(text) // 8
        least, most = call_usd(tariff.price, tokens, SHORT), tariff.bound(request)
        if least is None or most is None:
            return None, None
        low, high = low + min(least, most), high + most
    return low, high


def _blocks(data: dict[str, Any]) -> list[Block]:
    planned = data["plan"]
    usd = planned["usd"]
    cost = f"{money(usd['low'])} to {money(usd['high'])}" if usd else "price unknown"
    rows = tuple(
        (rule, str(one["cases"]), _shown(one["detectable_pp"]))
        for rule, one in planned["rules"].items()
    )
    blocks: list[Block] = [
        Heading(f"{data['prompt']} on {data['model']}", 1),
        Text(
            f"{counted(planned['calls'], 'call')}, {counted(planned['cases'], 'case')}, {cost};"
            " answers in the store are free"
        ),
        Text(f"smallest change that --against would see: {_shown(planned['detectable_pp'])}"),
    ]
    if rows:
        blocks.append(Table(("rule", "cases", "smallest change seen"), rows, "lrr"))
    if judge := planned["judge"]:
        said = f"and {judge['calls']} of {judge['model']}, which judges, at a price of its own"
        left = "`judge` assertions are not judged: no model is named (--judge M)"
        blocks.insert(2, Text(said if judge["model"] else left, "" if judge["model"] else "warn"))
    if planned["untested"]:
        blocks.append(Text(f"no case judges: {', '.join(planned['untested'])}", "warn"))
    return blocks


def _shown(points: float | None) -> str:
    return "-" if points is None else f"{points:.0f} pp"
