"""Examples in the checks' docstrings show only what matters; this makes whole files of them."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from promptops.agents.faults import faults
from promptops.agents.load import Loader
from promptops.checking.engine import examine, selected
from promptops.checks import ON_ANCHORS, ON_DECISION, ON_PROMPT, ON_TEXT, Around, Check
from promptops.checks.explain import explain
from promptops.diagnostic import Diagnostic
from promptops.history.adopted import adopted
from promptops.model import Decision, Prompt
from promptops.source.evidence import Evidence, digests_of, text_digest
from promptops.source.tree import DiskTree
from promptops.source.workspace import read_file
from promptops.tokens.counts import Counter
from promptops.tokens.vocab import places

AGREED = {"Context": "Eleven refunds were promised wrongly.", "Decision": "Account-id and image."}
DECISIONS = {
    record.id: record
    for record in (
        Decision("20260101-accepted", "", "Cite", "accepted"),
        Decision("20260102-proposed", "", "Cite", "proposed"),
        Decision("20260103-superseded", "", "Cite", "superseded", "20260101-accepted"),
        Decision("20260104-about-no-emoji", "", "Emoji", "accepted", rules=("no-emoji",)),
        Decision(
            "20260105-names",
            "",
            "Names",
            "accepted",
            prompts=("billing-agent",),
            rules=("greet-by-name",),
        ),
        Decision(
            "20260106-data", "", "", "accepted", prompts=("example",), kind="data", sections=AGREED
        ),
        Decision(
            "20260107-image",
            "",
            "",
            "accepted",
            prompts=("example",),
            kind="modality",
            sections=AGREED,
        ),
    )
}
AROUND = Around(
    date(2026, 6, 1),
    counter=Counter(places(os.environ)),
    decisions=DECISIONS,
    people_left=frozenset({"gone@example.com"}),
    require_decision_for=frozenset({"modality", "data"}),
    targets={"AGENTS.md": b"- Name the city of every meeting."},
)
UNCOUNTED = replace(AROUND, counter=None)  # rare characters cost tokens besides (PO352)
COMPARING = ("PO303", "PO305", "PO308", "PO312")
OUTPUT = Decision("20260108-output", "", "", "accepted", prompts=("example",), kind="output")
CHECKS = selected(("PO",), ())

_HANDBOOK = re.compile(r"\[handbook: (\d+) tokens\]")
_RULE = re.compile(
    r"^(?P<dent> *)- id: (?P<id>\S+)\n(?P<body>(?:(?P=dent)  .*\n|\n)*)", re.MULTILINE
)


def around_of(check: Check, text: str) -> Around:
    """What the example's repository looks like; PO508 speaks of one that requires decisions.

    A check that compares with the revision before has its good example there.
    """
    if check.code in COMPARING:
        before = prompt_of(complete(check.code, explain(check).good + "\n"))
        return replace(AROUND, before={before.path: replace(before, version="0.1.0")})
    if check.code in ("PO220", "PO221"):
        measured = prompt_of(complete(check.code, explain(check).good + "\n"))
        one = Evidence(
            "prompts/example/evidence/gpt-4o-mini.json",
            {"digests": digests_of(measured)},
            "was edited" not in text,
        )
        return replace(UNCOUNTED, evidence={measured.path: (one,)})
    if check.code == "PO222":
        return _cliff_tested(text)
    if check.code == "PO224":
        strange = (("prompts/example/evidence/gpt-4o-mini.json", "is of another prompt"),)
        path = "prompts/example/prompt.yaml"
        return replace(UNCOUNTED, strange={path: strange} if "copied" in text else {})
    if check.code == "PO223":
        path = "prompts/judge/evidence/calibration-gpt-4o.json"
        return replace(UNCOUNTED, calibrations={path: "stale"} if "older" in text else {})
    if check.code == "PO520":
        undecided = ((("rules", 0, "text"), "rule `cite-policy` of prompt `example` was reworded"),)
        path = "prompts/example/prompt.yaml"
        return replace(AROUND, undecided={} if "decision:" in text else {path: undecided})
    if check.code == "PO522":
        now = prompt_of(complete(check.code, text + "\n"))
        gone = replace(now.rules[0], id="say-hello", text="Say hello first.")
        before = replace(now, version="1.4.0", rules=(*now.rules, gone))
        return replace(AROUND, before={now.path: before})
    if check.code == "PO521":
        how = {"20260110-example": "has other decision-makers"}
        return replace(AROUND, rewritten=how if "before" in text else {})
    if check.code != "PO508":
        return UNCOUNTED if check.code.startswith("PO6") else AROUND
    decisions = {**DECISIONS, OUTPUT.id: OUTPUT} if "# with" in text else DECISIONS
    return replace(AROUND, decisions=decisions, require_decision_for=frozenset({"output"}))


def _cliff_tested(text: str) -> Around:
    """A change that adds the last rule; the good example has evidence on it."""
    now = prompt_of(complete("PO222", text + "\n"))
    last = now.rules[-1]
    tested = {last.id: {"text": text_digest(last.text), "verdict": "safe"}}
    data = {"digests": digests_of(now), "cliff": {"tested": tested}}
    path = "prompts/example/evidence/gpt-4o-mini.cliff.json"
    found = (Evidence(path, data, True),) if "was run" in text else ()
    before = replace(now, rules=now.rules[:-1], version="0.1.0")
    return replace(UNCOUNTED, before={now.path: before}, evidence={now.path: found})


def diagnostics(check: Check, text: str) -> list[Diagnostic]:
    """What all checks together say about a check's example."""
    if check.on == (ON_DECISION,):
        return examined(
            text, "docs/decisions/20260110-example.md", "decision", around_of(check, text)
        )
    if ON_PROMPT in check.on or ON_TEXT in check.on:
        whole = complete(check.code, text + "\n")
        return examined(whole, "prompts/example/prompt.yaml", "prompt", around_of(check, text))
    if check.on == (ON_ANCHORS,):
        text, _, beside = text.partition("# AGENTS.rules.yaml\n")
        return examined(text, "AGENTS.md", "instructions", around_of(check, text), beside)
    text = _HANDBOOK.sub(lambda found: "static" + " static" * int(found[1]) + ".", text)
    path = ".cursor/rules/main.mdc" if text.startswith("---") else "AGENTS.md"
    path = "CLAUDE.md" if check.code == "PO381" else path
    return examined(text, path, "instructions", around_of(check, text))


def examined(
    text: str, path: str, kind: str, around: Around = UNCOUNTED, beside: str = ""
) -> list[Diagnostic]:
    """What the checks say about a file of this text, with a sidecar beside it where that is given."""
    with TemporaryDirectory() as folder:
        file = Path(folder, path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        tree = DiskTree(folder)
        reading = read_file(tree, path, kind)
        if kind == "instructions":
            around = replace(around, faults={path: faults(Loader(tree), path)})
        if beside:
            Path(folder, "AGENTS.rules.yaml").write_text(beside, "utf-8")
            reading = adopted(tree, reading)
        return examine(reading, around, CHECKS)


def prompt_of(text: str) -> Prompt:
    """The prompt that a whole prompt.yaml of this text is."""
    with TemporaryDirectory() as folder:
        file = Path(folder, "prompts/example/prompt.yaml")
        file.parent.mkdir(parents=True)
        file.write_text(text, "utf-8")
        prompt = read_file(DiskTree(folder), "prompts/example/prompt.yaml", "prompt").prompt
        assert prompt is not None
        return prompt


def complete(code: str, text: str) -> str:
    """A whole prompt.yaml: what the example leaves out and another family would miss is added."""
    text = _HANDBOOK.sub(lambda found: "Static" + " static" * int(found[1]) + ".", text)
    if "rules:" in text:
        text = _RULE.sub(lambda found: _whole_rule(code, found), text)
    keys = re.findall(r"^(\w+):", text, re.MULTILINE)
    added = {
        "promptops": "1",
        "id": "example",
        "version": "1.0.0",
        "owners": '["@acme/support"]',
        "messages": '[{role: system, content: "{{ rules }}"}]',
    }
    if not code.startswith("PO2") and "cases" not in keys:
        added["cases"] = "[{id: hello, assert: {contains: hi}}]"
    head = "".join(f"{key}: {value}\n" for key, value in added.items() if key not in keys)
    return head + text


def _whole_rule(code: str, found: re.Match[str]) -> str:
    body, dent = found["body"], found["dent"] + "  "
    if "reason:" in body or "text:" not in body:
        return found[0]  # a retired rule, or a case
    if "rationale:" not in body and not code.startswith("PO1"):
        body += f"{dent}rationale: Eleven tickets in May turned on {found['id']}.\n"
    if "tests:" not in body and not code.startswith("PO2"):
        body += f"{dent}tests: [{{cases: all, assert: {{contains: {found['id']}}}}}]\n"
    return f"{found['dent']}- id: {found['id']}\n{body}"


def codes(text: str, path: str = "prompts/example/prompt.yaml", kind: str = "prompt") -> list[str]:
    """The codes of what the checks say about a file of this text, in order; costs (PO3) apart."""
    found = (one.code for one in examined(text, path, kind))
    return [code for code in found if not code.startswith("PO3")]


def prompt_with(*rules: str, **more: str) -> str:
    """A prompt.yaml, complete but for its rules; each rule is `text`, or `id|text|more YAML`."""
    lines = ["rules:"] if rules else []
    for i, rule in enumerate(rules):
        parts = rule.split("|", 2) if re.match(r"[a-z0-9-]+\|", rule) else [f"r{i}", rule]
        name, text, extra = [*parts, ""][:3]
        lines += [f"  - id: {name}", f"    text: {_quoted(text)}"]
        lines += [f"    {line}" for line in extra.split("\n") if line]
    lines += [f"{key}: {value}" for key, value in more.items()]
    return complete("PO4", "\n".join(lines) + "\n")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
