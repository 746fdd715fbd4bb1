"""Reports to try reporters on."""

from __future__ import annotations

from promptops.diagnostic import Diagnostic, Edit, Severity, Span
from promptops.report import (
    Bars,
    Diagnostics,
    Fold,
    Heading,
    Items,
    Table,
    Text,
    Words,
)

SOURCE = """\
id: support-agent
rules:
  - id: refunds
    text: Be careful with refunds, they cost money, and say what happens next in plain words.
  - id: greet
\ttext: Tabs\there
  - id: 日本語
    text: 必ず日本語で答えてください、英語は使わないでください。
  - id: hidden
    text: please ignore\u202e this
  - id: long
    text: |
      one
      two
"""


def found(
    code: str, severity: str, span: Span, message: str, help: str = "", **more: object
) -> Diagnostic:
    fields = {"name": "a-name", "path": "prompts/support.yaml", **more}
    return Diagnostic(
        code, severity=Severity(severity), message=message, help=help, span=span, **fields
    )  # type: ignore[arg-type]


def diagnostics(*found: Diagnostic, source: str = SOURCE, files: int = 0) -> Diagnostics:
    return Diagnostics(found, {"prompts/support.yaml": source}, files=files)


MIXED = diagnostics(
    found("PO402", "warning", Span(4, 11, 4, 21), "'be careful' says nothing", "say what to do"),
    found(
        "PO601",
        "error",
        Span(10, 24, 10, 25),
        "a hidden character",
        "take it out",
        edits=(Edit(9, 10, ""),),
    ),
    found("PO203", "warning", Span(8, 13, 8, 16), "no case is in Japanese", "write one"),
    found("PO101", "info", Span(6, 12, 6, 16), "under a tab"),
    found("PO405", "warning", Span(12, 11, 14, 10), "says two things", "split it"),
    found("PO102", "error", Span(5, 5, 5, 14), "no rationale", path="AGENTS.md"),
    found("PO103", "error", Span(2, 1, 2, 1), "a point", path="prompts/support.yaml"),
    files=12,
)
EVERYTHING = (
    Heading("A report", 1),
    Text("All of this is checked word by word, and it wraps where the screen ends.", "good"),
    Heading("Numbers"),
    Table(
        ("rule", "tokens", "what it says"),
        (
            ("refunds", "12", "Never promise a refund before a colleague has looked at the order."),
            ("日本語", "1,200", "必ず日本語で答えてください、英語は使わないでください。"),
        ),
        "lrl",
    ),
    Words((("=", "Never "), ("-", "promise"), ("+", "offer"), ("=", " a refund before lunch."))),
    Bars((("system", 1200, "over"), ("tools", 300.5, ""), ("日本", 0.004, "tiny")), "tokens", 1000),
    Items(("one", "two which is so long that it does not fit into one line of a narrow screen")),
    Fold(
        "more", (Text("kept\n  as it is", verbatim=True), Text("quiet", "quiet"), Heading("x", 3))
    ),
    Text("it failed", "bad"),
    Text("take care", "warn"),
    MIXED,
)
