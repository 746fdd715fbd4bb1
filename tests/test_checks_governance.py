"""PO5: owners, dates, decisions and their records."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from check_examples import AROUND, codes, prompt_with

from promptops.checks import registry
from promptops.model import Budget, Decision, Prompt, Retired, Rule

RULE = Rule("digits", "Write numbers as digits.", "Customers misread sums.")
PROMPT = Prompt("agent", owners=("here",), rules=(RULE,))


def found(prompt: Prompt, **around: object) -> list[str]:
    now = replace(AROUND, decisions={}, **around)  # type: ignore[arg-type]
    family = [
        check
        for code, check in registry().items()
        if code.startswith("PO5") and "prompt" in check.on
    ]
    return [
        f"{check.code} {finding.message}" for check in family for finding in check.run(prompt, now)
    ]


def judged(text: str, decisions: dict[str, Decision] | None = None) -> list[str]:
    del decisions
    return codes(text, "docs/decisions/20260110-example.md", "decision")


def test_owners_are_asked_for_where_rules_have_none():
    nobody = replace(PROMPT, owners=())
    assert found(nobody) == ["PO501 nobody answers for prompt `agent`"]
    owned = replace(RULE, owner="legal")
    assert found(replace(nobody, rules=(owned,))) == []
    assert found(replace(nobody, rules=(owned, replace(RULE, id="x")))) == [
        "PO501 no owner for `x`"
    ]
    assert len(found(Prompt("empty"))) == 1


@pytest.mark.parametrize(
    "owner", ["gone@example.com", "Gone <GONE@example.com>", "@ada", "Ada", "ada <x@y>"]
)
def test_who_has_left_is_known_by_any_of_their_names(owner):
    left = frozenset({"gone@example.com", "ada"})
    assert found(replace(PROMPT, owners=(owner,)), people_left=left) == [
        f"PO503 `{owner}` has left"
    ]
    rules = (replace(RULE, owner=owner),)
    assert found(replace(PROMPT, rules=rules), people_left=left) == [f"PO503 `{owner}` has left"]
    assert found(replace(PROMPT, owners=("adam",)), people_left=left) == []


def test_the_day_of_review_itself_is_in_time():
    due = replace(PROMPT, rules=(replace(RULE, review_by=date(2026, 6, 1)),))
    assert found(due) == []
    assert found(due, today=date(2026, 6, 2)) == [
        "PO502 rule `digits` was to be reviewed by 2026-06-01"
    ]


def test_a_word_is_no_reason_for_retiring():
    for reason, message in ((" ", "has no reason"), ("obsolete", "gives no reason")):
        old = replace(PROMPT, retired=(Retired("x", "Never smile.", reason),))
        assert found(old) == [f"PO504 retired rule `x` {message}"]
    assert (
        found(replace(PROMPT, retired=(Retired("x", "Never smile.", "Customers complained."),)))
        == []
    )


def cited(status: str, **more: object) -> Decision:
    return Decision("d", "", "Digits", status, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("decision", "expected"),
    [
        (None, ["PO505"]),
        (cited("accepted"), []),
        (cited("proposed"), ["PO507"]),
        (cited("rejected"), ["PO507"]),
        (cited("deprecated"), ["PO507"]),
        (cited("superseded", superseded_by="e"), ["PO506"]),
        (cited("accepted", rules=("other",)), ["PO517"]),
        (cited("accepted", prompts=("other",)), ["PO517"]),
        (cited("accepted", rules=("digits",), prompts=("agent",)), []),
    ],
)
def test_the_decision_behind_a_rule(decision, expected):
    prompt = replace(PROMPT, rules=(replace(RULE, decision="d"),))
    now = replace(AROUND, decisions={"d": decision} if decision else {"dd": cited("accepted")})
    got = [c.code for c in registry().values() if c.code.startswith("PO5") and "prompt" in c.on
           for _ in c.run(prompt, now)]  # fmt: skip
    assert got == expected


def test_a_retired_rule_may_rest_on_a_superseded_decision():
    prompt = replace(PROMPT, retired=(Retired("x", "Never smile.", "Customers complained.", "d"),))
    now = replace(AROUND, decisions={"d": cited("superseded", superseded_by="e")})
    assert not [
        1
        for c in registry().values()
        if "prompt" in c.on and c.code.startswith("PO5")
        for _ in c.run(prompt, now)
    ]
    assert [m[:5] for m in found(prompt)] == ["PO505"]


def test_unknown_decisions_suggest_the_nearest():
    prompt = replace(PROMPT, rules=(replace(RULE, decision="20260412-cite-polic"),))
    now = replace(AROUND, decisions={"20260412-cite-policy": cited("accepted")})
    (finding,) = registry()["PO505"].run(prompt, now)
    assert finding.help == "did you mean `20260412-cite-policy`?"


def test_required_kinds():
    prompt = replace(PROMPT, models=("m",), output_schema="s.json", budget=Budget(prompt_tokens=9))
    kinds = frozenset({"rule", "model", "output", "budget"})
    assert found(prompt) == []
    assert [m[:5] for m in found(prompt, require_decision_for=kinds)] == ["PO508"] * 4
    decisions = {
        kind: Decision(kind, "", "", "accepted", prompts=("agent",), kind=kind) for kind in kinds
    } | {"old": Decision("old", "", "", "superseded", prompts=("agent",), kind="model")}
    now = replace(AROUND, decisions=decisions, require_decision_for=kinds)
    assert [f.path for f in registry()["PO508"].run(prompt, now)] == [("rules", 0, "decision")]


@pytest.mark.parametrize(
    ("title", "status", "prompts", "kind", "covered"),
    [
        ("E-mail addresses reach the model", "accepted", ("agent",), "data", True),
        ("Names reach the model", "accepted", ("agent",), "data", False),
        ("E-mail addresses", "proposed", ("agent",), "data", False),
        ("E-mail addresses", "accepted", ("other",), "data", False),
        ("E-mail addresses", "accepted", ("agent",), "rule", False),
    ],
)
def test_privacy_decisions_must_name_the_class(title, status, prompts, kind, covered):
    prompt = replace(PROMPT, data=("email",))
    now = replace(
        AROUND, decisions={"d": Decision("d", "", title, status, prompts=prompts, kind=kind)}
    )
    assert [f.path for f in registry()["PO510"].run(prompt, now)] == (
        [] if covered else [("data", 0)]
    )


def test_each_modality_on_each_way_needs_its_own():
    prompt = replace(PROMPT, modalities_in=("text", "image"), modalities_out=("audio",))
    record = Decision(
        "d", "", "Images of receipts", "accepted", prompts=("agent",), kind="modality"
    )
    now = replace(AROUND, decisions={"d": record})
    assert [f.path for f in registry()["PO509"].run(prompt, now)] == [("modalities", "output", 0)]


def test_replaces_tells_living_from_unknown():
    rules = (replace(RULE, replaces="spelled"), replace(RULE, id="spelled"))
    (finding,) = registry()["PO516"].run(replace(PROMPT, rules=rules), AROUND)
    assert "still in force" in finding.message
    (finding,) = registry()["PO516"].run(replace(PROMPT, rules=rules[:1]), AROUND)
    assert "no retired rule" in finding.message


RECORD = """---
status: {status}
date: 2026-01-05
decision-makers: [legal]
kind: {kind}
{front}---
# Cite the policy section

## Context and Problem Statement

Agents promised refunds that no policy allows.

## Decision Outcome

Every billing answer cites the policy section it relies on.
{rest}"""


def record(status: str = "accepted", kind: str = "rule", front: str = "", rest: str = "") -> str:
    return RECORD.format(status=status, kind=kind, front=front, rest=rest)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (record(), []),
        (record().replace("Every billing answer cites the policy section it relies on.", "TBD"), ["PO511"]),
        (record().replace("## Decision Outcome", "## Other"), ["PO511"]),
        (record().replace("decision-makers: [legal]\n", ""), ["PO511"]),
        (record("proposed").replace("decision-makers: [legal]\n", ""), []),
        (record(kind="data"), ["PO512"] * 4),
        (record(kind="modality", front="consent: Contract\nretention: none\nresidency: EU\nreviewer: DPO\n"), []),
        (record(kind="data", rest="\n## Consent\n\nTODO\n\n## Retention\n\n30 days\n\n## Where it is kept\n\nEU\n\n## Reviewed by\n\nDPO\n"), ["PO512"]),
        (record("superseded"), ["PO513"]),
        (record("superseded by 20260110-example"), ["PO513"]),
        (record("superseded by 20260101-accepted"), []),
        ("# 7. Use digits\n\n## Status\n\nAccepted\n\n## Context\n\nCustomers misread spelled sums often.\n\n## Decision\n\nWrite digits in every answer.\n", ["PO511"]),
    ],
)  # fmt: skip
def test_records(text, expected):
    assert judged(text) == expected


def test_every_text_rule_knows_its_prompt():
    text = prompt_with("greet|Greet.|decision: 20260102-proposed")
    assert codes(text) == ["PO507"]
