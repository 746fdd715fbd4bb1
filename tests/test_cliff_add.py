"""`promptops cliff PROMPT --add`, `--staged`, `--since`: may this rule be merged?"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cliff_server import TEXT, Model, prompt_text, word
from conftest import Ran
from loopback import Loopback
from repos import Repo

Run = Callable[..., Ran]
RULES = 8


def rule_text(number: int, text: str = "") -> str:
    said = text or TEXT.format(word(number))
    return (
        f"id: rule-{number}\ntext: {said}\nrationale: Because.\n"
        f"tests:\n  - cases: all\n    assert: {{contains: {word(number)}}}\n"
    )


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "r")
    made.commit({"prompts/world.prompt.yaml": prompt_text(RULES, 30, 0.7)})
    made.write("new.yaml", rule_text(RULES))
    return made


def added(run: Run, repo: Repo, server: Loopback, *more: str) -> tuple[Ran, dict[str, Any]]:
    to = ("--api-base", server.url, "--model", "m", "--format", "json")
    done = run("cliff", "world", *to, *more, cwd=repo.root)
    return done, json.loads(done.out)["result"] if done.out else {}


def test_a_harmful_rule_is_named_with_what_it_breaks(run: Run, repo: Repo) -> None:
    with Loopback(Model(RULES + 1, {(RULES, 2): 0.5}, faults=0.02)) as server:
        done, result = added(run, repo, server, "--add", "new.yaml")
        paid = server.count
        again, same = added(run, repo, server, "--add", "new.yaml")
        assert server.count == paid
    assert (done.code, again.code) == (1, 1)
    assert result["add"]["verdict"] == "harmful"
    assert result["add"]["breaks"] == ["rule-2"]
    assert same["add"] == result["add"]
    row = result["add"]["rules"][0]
    assert row["interval"][0] < 50 < row["interval"][1]
    assert any("reword `rule-8`" in said for said in result["next"])


def test_a_clean_rule_is_safe_and_evidence_says_so(run: Run, repo: Repo) -> None:
    with Loopback(Model(RULES + 1)) as server:
        done, result = added(run, repo, server, "--add", "new.yaml", "--evidence")
    assert done.code == 0
    assert result["add"]["verdict"] == "safe"
    assert result["add"]["own"]["rule-8"]["rate"] > 0.5
    path = "prompts/evidence/world.m.cliff.json"
    data = json.loads((repo.root / path).read_text())
    assert data["cliff"]["tested"]["rule-8"]["verdict"] == "safe"
    # the rule is added as it was tested: nothing is left to say
    whole = prompt_text(RULES, 30, 0.7, extra="")
    item = "  - " + rule_text(RULES).replace("\n", "\n    ").rstrip() + "\n"
    repo.write(
        "prompts/world.prompt.yaml",
        whole.replace("cases:\n  - id: c0", item + "cases:\n  - id: c0"),
    )
    repo.git("add", "-A")
    checked = run("check", "--staged", "--select", "PO222,PO220,PO221", cwd=repo.root)
    assert "PO22" not in checked.out, checked.out
    shown = run("diff", "HEAD", "--format", "text", cwd=repo.root)
    assert "cliff test of `rule-8`: safe" in shown.out
    (repo.root / path).unlink()
    repo.git("add", "-A")
    checked = run("check", "--staged", "--select", "PO222", cwd=repo.root)
    assert "rule `rule-8` was added without a cliff test" in checked.out
    assert checked.code == 0, "an info fails nobody's commit"


def test_too_few_calls_cannot_tell_and_say_what_would(run: Run, repo: Repo) -> None:
    with Loopback(Model(RULES + 1)) as server:
        done, result = added(run, repo, server, "--add", "new.yaml", "--max-calls", "40")
        assert server.count <= 40
        refused, _ = added(
            run, repo, server, "--add", "new.yaml", "--max-calls", "40", "--evidence"
        )
        assert (refused.code, "no evidence is written" in refused.err) == (3, True)
        assert done.code == 3
        assert result["add"]["verdict"] == "cannot_tell"
        assert result["add"]["detectable_pp"] > 25
        assert result["add"]["calls_needed"] > 0
        before = server.count
        more, whole = added(run, repo, server, "--add", "new.yaml", "--max-calls", "400")
        assert server.count - before <= whole["calls"] - 38
    assert whole["add"]["verdict"] == "safe"
    assert more.code == 0


def test_staged_rules_added_and_reworded(run: Run, repo: Repo) -> None:
    text = prompt_text(RULES, 30, 0.7)
    new = text.replace(TEXT.format(word(3)), f"{TEXT.format(word(3))} {TEXT.format(word(9))}")
    repo.write("prompts/world.prompt.yaml", new)
    with Loopback(Model(RULES + 2, {(9, 5): 0.6})) as server:
        done, _ = added(run, repo, server, "--staged")
        assert (done.code, server.count) == (0, 0), "nothing is staged yet"
        assert "adds and rewords no rule" in done.out
        repo.git("add", "-A")
        done, result = added(run, repo, server, "--staged")
        assert result["add"]["candidates"] == ["rule-3"]
        assert result["add"]["breaks"] == ["rule-5"]
        assert done.code == 1
        repo.git("commit", "-qm", "reword")
        since, result = added(run, repo, server, "--since", "HEAD~1")
        assert result["add"]["breaks"] == ["rule-5"]
        assert since.code == 1


def test_junit_and_markdown_name_the_broken_rule(run: Run, repo: Repo) -> None:
    with Loopback(Model(RULES + 1, {(RULES, 2): 0.5})) as server:
        to = ("cliff", "world", "--add", "new.yaml", "--api-base", server.url, "--model", "m")
        done = run(*to, "--format", "junit", cwd=repo.root)
        cases = list(ET.fromstring(done.out).iter("testcase"))
        failed = [case for case in cases if case.find("failure") is not None]
        assert any(
            "rule `rule-2` is broken by `rule-8`" in ET.tostring(c, "unicode") for c in failed
        )
        shown = run(*to, "--format", "markdown", cwd=repo.root)
        assert "harmful" in shown.out
        assert "<!-- promptops-cliff" in shown.out
        plain = run(*to, "-v", cwd=repo.root)
    assert "harmful: `rule-8` breaks rule-2" in plain.out
    assert max(map(len, plain.out.splitlines())) <= 80


def test_the_plan_of_an_addition_asks_nobody(run: Run, repo: Repo) -> None:
    with Loopback(Model(RULES + 1)) as server:
        done, result = added(run, repo, server, "--add", "new.yaml", "--plan")
        assert (done.code, server.count) == (0, 0)
    assert result["plan"]["calls"] == 500


def test_at_temperature_zero_the_cases_are_asked_once(run: Run, repo: Repo) -> None:
    repo.commit({"prompts/world.prompt.yaml": prompt_text(4, 9, 1.0)})
    repo.write("new.yaml", rule_text(4))
    with Loopback(Model(5)) as server:
        done, result = added(run, repo, server, "--add", "new.yaml", "--temperature", "0")
        assert server.count == 18
    assert (done.code, result["stop"]) == (3, "cases")
    assert any("add cases" in said for said in result["next"])


def test_missing_answers_give_no_verdict(run: Run, repo: Repo) -> None:
    with Loopback(Model(RULES + 1, {(RULES, 2): 0.5}, refuses=0.2)) as server:
        done, result = added(run, repo, server, "--add", "new.yaml", "--max-calls", "120")
    assert (done.code, result["add"]["verdict"]) == (3, "cannot_tell")


@pytest.mark.parametrize(
    ("text", "said", "line"),
    [
        ("", "the file is empty", ""),
        ("id: x\ntexx: Hi.\n", "texx", ":2:"),
        ("- 3\n", "expected", ":1:"),
        ("id: [\n", "", "new.yaml"),
    ],
)
def test_a_rule_file_that_holds_none(run: Run, repo: Repo, text: str, said: str, line: str) -> None:
    repo.write("new.yaml", text)
    done = run("cliff", "world", "--add", "new.yaml", "--model", "simulated/agent", cwd=repo.root)
    assert done.code == 2
    assert said in done.err
    assert line in done.err


def test_a_rule_that_changes_no_prompt_is_refused(run: Run, repo: Repo) -> None:
    fixed = prompt_text(2, 4, 1.0).replace(
        "{{ rules }}", '{{ rule("rule-0") }}\n      {{ rule("rule-1") }}'
    )
    repo.commit({"prompts/world.prompt.yaml": fixed})
    done = run("cliff", "world", "--add", "new.yaml", "--model", "simulated/agent", cwd=repo.root)
    assert (done.code, "changes no case" in done.err) == (2, True)
    done = run("cliff", "world", "--add", "none.yaml", "--model", "simulated/agent", cwd=repo.root)
    assert done.code == 2
