"""What `promptops eval` prints, in each format, to the byte."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from conftest import Ran
from repos import Repo

from promptops.report.safe import hidden

Run = Callable[..., Ran]
FORMATS = {
    "text": "txt",
    "json": "json",
    "markdown": "md",
    "html": "html",
    "csv": "csv",
    "junit": "xml",
}
HOSTILE = (
    'no </script><img src=http://e/x> =1+1 ``` @octocat \x1b[2J\u202e<<x>> [link](javascript:x) "'
)
PROMPT = """promptops: 1
id: desk
version: 1.0.0
models: [some/model]
variables: {q: {examples: [x]}}
messages:
  - {role: system, content: "{{ rules }}"}
  - {role: user, content: "{{ q }}"}
rules:
  - id: say-yes
    text: Say yes.
    rationale: Because.
    tests:
      - {cases: all, assert: {contains: "yes"}}
  - id: never-shout
    text: Never shout.
    rationale: Because.
    tests:
      - {cases: {slice: {language: en}}, assert: {not_contains: "!"}}
  - id: cite
    text: Cite the section.
    rationale: Because.
    tests:
      - {cases: [c1, c2, c3], assert: {regex: '\\[§\\d+\\]'}}
      - {cases: {slice: {language: de}}, assert: {not_regex: '\\[§\\d+\\]'}}
cases:
"""


def case(number: int) -> str:
    language = "de" if number % 3 == 0 else "en"
    size = "big" if number > 34 else "small"
    return (
        f"  - id: c{number}\n    variables: {{q: question {number:03}}}\n"
        f"    slices: {{language: {language}, size: {size}}}\n"
        f"    assert: [{{word_count: {{max: 12}}}}]\n"
    )


def answer(number: int, worse: bool) -> str:
    if number == 7:
        return HOSTILE
    said = "no" if number % (4 if worse else 9) == 0 else "yes"
    return f"{said}, of course{' [§2]' if number % 5 < 3 else ''}"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "r")
    made.commit({"prompts/desk.prompt.yaml": PROMPT + "".join(map(case, range(40)))})
    for name, worse in (("now.jsonl", True), ("then.jsonl", False)):
        rows = ({"case": f"c{i}", "response": answer(i, worse), "model": "m"} for i in range(40))
        made.write(name, "".join(json.dumps(row) + "\n" for row in rows))
    return made


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_to_the_byte(
    run: Run, repo: Repo, golden: Callable[[str, str], None], format: str
) -> None:
    to = ("--responses", "now.jsonl", "--against", "then.jsonl", "--format", format)
    done = run("eval", "desk", *to, cwd=repo.root)
    golden(f"eval/against/eval.{FORMATS[format]}", done.out)
    assert (done.code, done.err) == (1, "")
    assert not [c for c in done.out if hidden(ord(c)) and c != "\n"]


def test_what_a_run_would_take(run: Run, repo: Repo, golden: Callable[[str, str], None]) -> None:
    done = run("eval", "desk", "--model", "openai/gpt-4o-mini", "--plan", cwd=repo.root)
    golden("eval/plan/eval.txt", done.out)
    assert done.code == 0


def test_hostile_answers_are_text_everywhere(run: Run, repo: Repo) -> None:
    outs = {}
    for format in FORMATS:
        to = ("--responses", "now.jsonl", "--format", format)
        outs[format] = run("eval", "desk", *to, cwd=repo.root).out
    assert "<img" not in outs["html"]
    assert "<script" not in outs["html"]
    tree = ElementTree.fromstring(outs["junit"])
    said = "".join(tree.itertext()) + str([one.attrib for one in tree.iter()])
    assert "c0: `[§2]` stands in the answer" in said
    fence = outs["markdown"].split("</script>")[0].rpartition("````")
    assert fence[1], "a run of backticks in an answer needs a longer fence"
    assert "javascript:x" in outs["text"]


def test_a_sheet_has_a_row_a_figure(run: Run, repo: Repo) -> None:
    to = ("--responses", "now.jsonl", "--against", "then.jsonl", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(run("eval", "desk", *to, cwd=repo.root).out)))
    kept = {row["rule"]: row for row in rows if row["what"] == "kept" and not row["slice"]}
    assert set(kept) == {"say-yes", "never-shout", "cite"}
    assert float(kept["say-yes"]["rate"]) == int(kept["say-yes"]["count"]) / 40
    assert float(kept["say-yes"]["change_pp"]) == -12.5
    assert [row["slice"] for row in rows if row["what"] == "slice"] == [
        "language=de", "language=en", "size=big", "size=small",
    ]  # fmt: skip
    [over] = [row for row in rows if row["what"] == "misfired"]
    assert (over["rule"], over["n"]) == ("cite", "14")


def test_cannot_tell_is_skipped_in_junit(run: Run, repo: Repo) -> None:
    to = ("--responses", "now.jsonl", "--format", "junit")
    tree = ElementTree.fromstring(run("eval", "desk", *to, cwd=repo.root).out)
    states = {one.get("name"): [child.tag for child in one] for one in tree.iter("testcase")}
    assert states["say-yes"] == ["skipped"]
    assert states["cite"] == ["failure"]
    [suite] = tree.iter("testsuite")
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("3", "1", "1")
