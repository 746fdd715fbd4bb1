"""Decision records: MADR 4, and what older tools write."""

from __future__ import annotations

import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trees import MemoryTree

from promptops.errors import InputError
from promptops.model import Decision
from promptops.source.decision import DecisionDocument, read_decision
from promptops.source.reading import read_decision_file
from promptops.source.shape import Log

PATH = "docs/decisions/20260412-cite-policy.md"
MADR = """\
---
status: accepted
date: 2026-04-12
decision-makers: [legal, "@acme/support-ai"]
prompts: [support-agent]
rules: [cite-policy]
kind: data
retention: 30 days
---
# Cite the policy section in every billing answer

## Context and Problem Statement

Agents promised refunds.

## Decision Outcome ##

Cite it.

### Consequences

* Good, because claims can be checked.
"""


def read(text: str, path: str = PATH) -> tuple[Decision, DecisionDocument, Log]:
    log = Log()
    decision, document = read_decision(text, path, log)
    return decision, document, log


def test_madr_is_read_whole() -> None:
    decision, _, log = read(MADR)
    assert not log.problems
    assert decision == Decision(
        id="20260412-cite-policy",
        path=PATH,
        title="Cite the policy section in every billing answer",
        status="accepted",
        date=date(2026, 4, 12),
        makers=("legal", "@acme/support-ai"),
        prompts=("support-agent",),
        rules=("cite-policy",),
        kind="data",
        sections={
            "Context and Problem Statement": "Agents promised refunds.",
            "Decision Outcome": "Cite it.",
            "Consequences": "* Good, because claims can be checked.",
            "Retention": "30 days",
        },
    )


ADR_TOOLS = """\
# 9. Help scripts

Date: 2016-11-26

## Status

Superceded by [10. Better help](0010-better-help.md)

## Context

None.
"""
OLD_MADR = """\
# Use Markdown

* Status: accepted
* Deciders: Ada, Bob
* Date: 2018-01-02

## Context and Problem Statement
"""
LOG4BRAINS = """\
# Use Markdown

- Status: superseded by [20210102-use-asciidoc](20210102-use-asciidoc.md)
- Date: 2020-05-06
"""


@pytest.mark.parametrize(
    ("text", "title", "status", "by", "day", "makers"),
    [
        (ADR_TOOLS, "Help scripts", "superseded", "0010-better-help", date(2016, 11, 26), ()),
        (OLD_MADR, "Use Markdown", "accepted", "", date(2018, 1, 2), ("Ada", "Bob")),
        (LOG4BRAINS, "Use Markdown", "superseded", "20210102-use-asciidoc", date(2020, 5, 6), ()),
        ('---\nstatus: "superseded by ADR-0012"\n---\n# T\n', "T", "superseded", "0012", None, ()),
        ("---\ndeciders: Ada\ntitle: Named above\n---\n", "Named above", "proposed", "", None, ("Ada",)),
        ("# T\n\n## Status\n\n**Rejected**\n", "T", "rejected", "", None, ()),
        ("# T\n\nStatus: whatever\nDate: soon\n", "T", "proposed", "", None, ()),
        ("", "", "proposed", "", None, ()),
    ],
)  # fmt: skip
def test_what_other_tools_write_is_read(
    text: str, title: str, status: str, by: str, day: date | None, makers: tuple[str, ...]
) -> None:
    decision, _, log = read(text)
    assert not log.problems
    assert (decision.title, decision.status, decision.superseded_by) == (title, status, by)
    assert (decision.date, decision.makers) == (day, makers)


@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("mark", ["\n", "\r\n"])
def test_every_error_of_the_front_matter_has_its_place(mark: str, bom: str) -> None:
    text = "---\nstatus: acepted\ndate: 2026-13-01\nkind: rules\nsatus: x\n---\n# T\n"
    tree = MemoryTree({PATH: bom + text.replace("\n", mark)})
    reading = read_decision_file(tree, PATH)
    found = [
        (p.kind, reading.span(p.finding).line, reading.span(p.finding).column, p.finding.help)
        for p in reading.problems
    ]
    assert found == [
        ("invalid-value", 2, 9, "write one of proposed, accepted, rejected, deprecated, superseded by …"),
        ("invalid-value", 3, 7, "write a date (YYYY-MM-DD)"),
        ("invalid-value", 4, 7, "did you mean `rule`?"),
        ("unknown-key", 5, 1, "did you mean `status`?"),
    ]  # fmt: skip


def test_broken_front_matter_is_refused_where_it_breaks() -> None:
    with pytest.raises(InputError) as caught:
        read("---\nstatus: accepted\ndate: a: b\n---\n# T\n")
    assert (caught.value.line, caught.value.column) == (3, 8)
    tree = MemoryTree({PATH: "---\nstatus: &x accepted\n---\n"})
    (problem,) = read_decision_file(tree, PATH).problems
    assert problem.kind == "invalid-yaml"
    assert problem.finding.within == (12, 13)


def test_places_are_found() -> None:
    _, document, _ = read(MADR)

    def at(*place: str) -> str:
        return document.text[slice(*document.locate(place))]

    assert at("kind") == "data"
    assert at("sections", "Consequences") == "### Consequences"
    assert at("sections", "Missing") == "# Cite the policy section in every billing answer"
    assert at("sections") == "# Cite the policy section in every billing answer"
    assert document.locate(()) == (0, 0)
    assert document.locate((), (1, 2)) == (1, 2)
    _, bare, _ = read("no heading\n")
    assert bare.locate(("status",)) == (0, 0)
    assert bare.edit(("status",), None, "x") == []
    (edit,) = document.edit(("kind",), None, "rule")
    assert MADR[edit.start : edit.end] == "data"
    (edit,) = document.edit((), (0, 1), "")
    assert (edit.start, edit.end, edit.text) == (0, 1, "")


@given(st.text(st.sampled_from("#-*: \tastuedby[]().\n\r"), max_size=120))
def test_any_markdown_is_a_record(text: str) -> None:
    decision, document, log = read(f"# T\n{text}")
    assert decision.status in ("proposed", "accepted", "rejected", "deprecated", "superseded")
    assert not log.problems
    for name in decision.sections:
        start, end = document.locate(("sections", name))
        assert name in document.text[start:end]


@pytest.mark.parametrize(
    "text",
    [
        "# " + "# " * 200_000 + "x",
        "- status: accepted" + " " * 400_000 + "x",
        "---\n" * 100_000,
        "# T\n## Status\n" + "superseded by " * 50_000,
        "status" + "\t" * 400_000,
        "[" * 400_000,
    ],
)
def test_reading_is_linear(text: str) -> None:
    began = time.process_time()
    read_decision_file(MemoryTree({PATH: text}), PATH)
    assert time.process_time() - began < 3
