"""Rules told from facts, commands and examples: single signals, and real files labelled by hand."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from promptops.importing.pieces import UNDECIDED
from promptops.source.labels import Context, Label, label_units, rule_or_not
from promptops.source.units import read_units

LABELS = sorted((Path(__file__).parent / "labels").glob("*.json"))
SHARED = Path(os.environ.get("PROMPTOPS_SHARED", Path(__file__).parents[2] / "shared"))
INSTRUCTIONS = SHARED / "data" / "instructions"
KINDS = ("rule", "fact", "example", "command", "heading")


def label(text: str) -> str:
    units = read_units(text)
    return label_units(units)[-1].label


RULES = """
Use tabs.
Please run the tests first.
Then always ask the user.
Never push to `main`.
- Don't use `any`.
- DO NOT delete files unless asked
Avoid deep nesting.
No public API changes without approval
Every function must have a docstring.
Names should be short.
It's important to close every file.
You are a careful reviewer.
You WILL write three files.
When in doubt, ask.
For methods, put `self` first.
If it fails (twice), stop.
**Imports**: Use absolute paths.
**Never amend commits** — create new ones instead
`save()` is slow — do not call it in a loop
- "Prefect Cloud" (not "Prefect cloud")
- [ ] File name is lower case
Test all branches.
Name files by issue number when you create them.
> **NOTE**: Please run these tests only if you change them.
不要提交密钥。
请先运行测试。
항상 테스트를 실행하세요.
必ずテストを実行してください。
Verwende niemals globale Variablen für Zustände.
Update the README by running: `npm run build`
"""

FACTS = """
Prefect is a workflow platform.
- **FastAPI** for REST APIs
- `states.py` — State objects and transition logic
- Test utilities shipped with the SDK
- Fetch API
- Import of modules is slow
The build takes two minutes.
File-watcher tests do not work inside the sandbox.
- [Guide](https://example.org)
@CONTRIBUTING.md
Does it matter?
- Edge functions — code that must run first
"""

COMMANDS = """
- `pytest`
- Run all tests: `pytest -q`
- **Build:** `npm run build` (slow)
- `make lint` - check the style
- Format code: `ruff format` or `make format`
"""


@pytest.mark.parametrize("text", RULES.strip().splitlines())
def test_rules(text: str) -> None:
    assert label(text) == "rule"


@pytest.mark.parametrize("text", FACTS.strip().splitlines())
def test_facts(text: str) -> None:
    assert label(text) == "fact"


@pytest.mark.parametrize("text", COMMANDS.strip().splitlines())
def test_commands(text: str) -> None:
    assert label(text) == "command"


def test_commands_by_section_and_by_the_code_below() -> None:
    assert label("# Commands\n- `mytool build --all`") == "command"
    assert label("- `mytool build --all`") == "fact"
    units = read_units("Run the tests:\n```sh\npytest\n```\n")
    assert [found.label for found in label_units(units)] == ["command", "code"]
    units = read_units("Before a commit, run the tests:\n```sh\npytest\n```\n")
    assert [found.label for found in label_units(units)] == ["rule", "code"]


def test_headings_by_other_means() -> None:
    for text in ("**Test commands:**", "- **Linting**", "Key files:", "- Requirements："):
        assert label(text) == "heading"
    assert label("**Never do this:**") == "rule"


def test_few_words_before_a_list_are_its_heading() -> None:
    found = label_units(read_units("Key Conventions\n\n- Only snake_case\n\nCode Review.\n\n- x"))
    assert [(one.label, one.under) for one in found] == [
        ("heading", ""),
        ("rule", "Key Conventions"),
        ("fact", ""),
        ("fact", ""),
    ]


def test_examples_by_word_section_and_tag() -> None:
    for text in (
        "Example: use tabs.",
        "e.g. run it",
        "- Good: `a`",
        "# Examples\n- a thing",
        "<example>\nUse tabs.",
        "Examples:\n- Use tabs.",
        "<samples>\n</samples>\n<examples>\n- Never.\n\nMore.",
    ):
        assert label(text) == "example"
    assert label("<example>\n</example>\nUse tabs.") == "rule"
    assert label("# Examples\nAlways give an example.") == "rule"


def test_lists_take_after_what_introduces_them() -> None:
    assert label("You must include:\n- names") == "rule"
    assert label("You must include:\n- names\n  - first names") == "rule"
    assert label("### NEVER hardcode:\n- ports") == "rule"
    assert label("It consists of:\n- ports") == "fact"
    assert label("You must include:\n- names\n\nOther things.\n\n- ports") == "fact"
    assert label("You must include:\n- names\n# Next\n- ports") == "fact"


def test_names_alone_are_no_rules_whatever_introduces_them() -> None:
    text = "Never edit these:\n- `dist/`.\n- `a.lock`, `b.lock` and `c.lock`\n- `gen/` but for `gen/x`\n"
    found = label_units(read_units(text))
    assert [one.label for one in found] == ["rule", "fact", "fact", "rule"]


def test_a_comment_ends_no_list_and_lines_keep_their_heading() -> None:
    assert (
        label("You must include:\n<!-- promptops: ignore[PO404] because x y -->\n- names") == "rule"
    )
    found = label_units(
        read_units("Java:\nUse tabs.\nNever push.\n\nRust:\nUse tabs.\nAsk first.\n")
    )
    assert [one.under for one in found] == ["", "Java", "Java", "", "Rust", "Rust"]
    assert label_units(read_units("Java:\n\nUse tabs."))[-1].under == ""


def test_sections_tip_the_scale() -> None:
    assert label("# Conventions\nOnly snake_case for files") == "rule"
    assert label("# Overview\nOnly snake_case for files") == "fact"


def test_other_kinds() -> None:
    for text, expected in {
        "# A": "heading",
        "```\nx\n```": "code",
        "|a|\n|-|": "fact",
        "---": "markup",
        "<a>": "markup",
        "---\na: b\n---\n": "markup",
        "-": "markup",
    }.items():
        assert label(text) == expected


def test_confidence_grows_with_the_signals() -> None:
    weak = rule_or_not(read_units("Dependencies are required.")[0])
    strong = rule_or_not(read_units("You must NEVER push.")[0])
    assert 0.5 <= weak.confidence < strong.confidence <= 1
    assert rule_or_not(read_units("- names")[0], Context(lead="rule")).label == "rule"
    assert isinstance(strong, Label)


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "piece", ["only ", "a", "`a` ", "a: ", "When a, ", "must ", "**a** ", "x - ", "Use a. ", "不"]
)
def test_labels_take_linear_time(piece: str) -> None:
    text = "- " + piece * (300_000 // len(piece))
    assert label_units(read_units(text))


def measure(split: str, sure: float = 0.5) -> tuple[int, int, int, int, int]:
    """True and false positives, false negatives, right labels and units of the labelled files.

    sure: the confidence from which a rule counts as one.
    """
    hit = false = missed = right = count = 0
    for path in LABELS:
        data = json.loads(path.read_text())
        if split not in (data["split"], "all"):
            continue
        wanted = {line: kind for kind in KINDS for line in data.get(kind, ())}
        units = read_units((INSTRUCTIONS / f"{data['file']}.txt").read_text(encoding="utf-8"))
        seen = set()
        for unit, found in zip(units, label_units(units), strict=True):
            expected = wanted.get(unit.line)
            if expected is None or unit.kind not in {"item", "prose", "quote"}:
                continue
            seen.add(unit.line)
            count += 1
            right += found.label == expected
            told = found.label == "rule" and found.confidence >= sure
            hit += told and expected == "rule"
            false += told and expected != "rule"
            missed += expected == "rule" and not told
        assert seen == set(wanted), path
    return hit, false, missed, right, count


@pytest.mark.skipif(not INSTRUCTIONS.is_dir(), reason="no shared data here")
def test_rules_of_real_files_labelled_by_hand(capsys: pytest.CaptureFixture[str]) -> None:
    """The floors are a little under what is measured; `tests/labels/README.md` has the figures."""
    hit, false, missed, right, count = measure("all")
    precision, recall = hit / (hit + false), hit / (hit + missed)
    with capsys.disabled():
        print(
            f"\nrules of {len(LABELS)} files, {count} units: precision {precision:.3f}, "
            f"recall {recall:.3f}; all labels right {right / count:.3f}"
        )
    assert len(LABELS) >= 20
    hit, false, missed, *_ = measure("all", UNDECIDED)  # what an import makes rules of
    assert hit / (hit + false) >= 0.94
    assert hit / (hit + missed) >= 0.93
    assert precision >= 0.93
    assert recall >= 0.95
    assert right / count >= 0.92
