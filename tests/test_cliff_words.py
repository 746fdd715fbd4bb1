"""What `promptops cliff` says and leaves behind: advice, evidence, pictures as files, refusals."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cliff_server import TEXT, Model, prompt_text, word
from conftest import Ran
from loopback import Loopback
from repos import Repo

from promptops.cli._cliff.pictures import curve, matrix
from promptops.cliff.advice import advise
from promptops.cliff.candidate import changed_rules, with_rules
from promptops.cliff.drive import Valid
from promptops.cliff.findings import Pair
from promptops.cliff.journal import Journal
from promptops.cliff.subject import THE_TASK
from promptops.errors import PromptopsError
from promptops.model import Assertion, CaseSelection, Prompt, Rule
from promptops.model import Test as RuleTest
from promptops.report import Screen

Run = Callable[..., Ran]
TESTS = (RuleTest(CaseSelection(all=True), (Assertion("contains", "x"),)),)


def rule(name: str, text: str = "", tests: tuple[RuleTest, ...] = TESTS) -> Rule:
    return Rule(
        name, text or f"Do the thing called {name} with great and lasting care.", tests=tests
    )


def pairs(*edges: tuple[str, str]) -> list[Pair]:
    return [Pair(a, b, "confirmed", 0.3, None, 1e6) for a, b in edges]


def test_advice_follows_from_what_was_found() -> None:
    rules = (
        rule("short", "Answer briefly."),
        rule("steps", "List every step that somebody must take, one below the other."),
        rule("brief", "Answer very briefly."),
        rule("both", "Be warm. Never waste words."),
        rule("idle", "Sing in the morning and dance at night.", ()),
        rule("loud", "Write each heading in capital letters only."),
    )
    prompt = Prompt("p", rules=rules)

    def said(*edges: tuple[str, str]) -> list[tuple[str, str]]:
        return [(one.rule, one.action) for one in advise(prompt, pairs(*edges))]

    assert said() == []
    assert said(("short", "steps")) == [("short", "reword")]
    assert said(("short", "steps"), ("steps", "short")) == [("short", "merge")]
    assert said(("short", "brief")) == [("short", "merge")]
    assert said(("both", "steps")) == [("both", "split")]
    assert said(("idle", "steps")) == [("idle", "drop")]
    assert said(*(("loud", t) for t in ("short", "steps", "both"))) == [("loud", "drop")]
    task = advise(prompt, pairs(("loud", THE_TASK)))
    assert "keeps the model from its task" in task[0].text
    many = advise(prompt, pairs(("short", "steps"), ("short", "both")))
    assert "`steps` and `both`" in many[0].text


def test_a_change_is_what_it_adds_and_rewords_and_nothing_else() -> None:
    before = Prompt("p", rules=(rule("a"), rule("b"), rule("old")))
    new = (rule("a"), rule("b", "Other words."), rule("c"), Rule("d", "New.", replaces="old"))
    after = Prompt("p", summary="new", rules=new)
    found = changed_rules(before, after)
    assert found is not None
    assert found.rules == ("b", "c", "d")
    assert [one.text for one in found.before.rules] == [
        before.rules[0].text, before.rules[1].text, before.rules[2].text,
    ]  # fmt: skip
    assert found.before.summary == "new"
    assert changed_rules(after, after) is None
    placed = with_rules(before, [Rule("new", "N.", replaces="b"), rule("a", "Else."), rule("z")])
    assert [one.id for one in placed.after.rules] == ["a", "new", "old", "z"]


def test_valid_answers_are_counted_in_all_and_by_rule() -> None:
    valid = Valid.nothing()
    assert valid.enough
    for k in range(100):
        valid.add(("a",) if k % 2 else ("a", "b"), k >= 4)
    assert valid.enough
    assert valid.incomplete == ()
    for _ in range(10):
        valid.add(("b",), False)
    assert not valid.enough
    assert valid.incomplete == ("b",)


def test_a_journal_survives_and_a_damaged_one_begins_anew(tmp_path: Path) -> None:
    journal = Journal(str(tmp_path), "s")
    assert journal.failed(0) is None
    journal.close(0, (3, 5))
    journal.close(0, ())
    again = Journal(str(tmp_path), "s")
    assert again.failed(0) == {3, 5}
    Path(again.path).write_text("[[1], {")
    assert Journal(str(tmp_path), "s").lost == []
    Journal("", "s").close(0, ())
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(PromptopsError, match="cannot keep the course"):
        Journal(str(blocked), "s").close(0, ())


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "r")
    made.commit({"prompts/world/prompt.yaml": prompt_text(6, 24, 0.9)})
    return made


def asked(server: Loopback) -> tuple[str, ...]:
    return ("cliff", "world", "--api-base", server.url, "--model", "m", "--delta", "0.4")


def test_evidence_of_a_study_and_of_one_more_rule_lie_together(run: Run, repo: Repo) -> None:
    path = repo.root / "prompts/world/evidence/m.cliff.json"
    with Loopback(Model(7, {(0, 1): 0.6})) as server:
        done = run(*asked(server), "--evidence", "--max-calls", "600", cwd=repo.root)
        assert done.code == 1, done.err
        data = json.loads(path.read_text())
        assert data["cliff"]["tested"]["rule-0"]["verdict"] == "harmful"
        assert data["cliff"]["tested"]["rule-0"]["breaks"] == ["rule-1"]
        edge = data["cliff"]["interference"]["edges"][0]
        assert (edge["source"], edge["target"]) == ("rule-0", "rule-1")
        run("cliff", "world", "--capacity", "--evidence", *asked(server)[2:], cwd=repo.root)
        both = json.loads(path.read_text())
        assert set(both["cliff"]) >= {"tested", "interference"}
        checked = run("check", "--select", "PO22", cwd=repo.root)
        assert "PO22" not in checked.out
        repo.write("new.yaml", f"id: rule-6\ntext: {TEXT.format(word(6))}\nrationale: B.\n")
        run(*asked(server), "--add", "new.yaml", "--evidence", "--margin", "0.4", cwd=repo.root)
        third = json.loads(path.read_text())
        assert third["cliff"]["tested"]["rule-6"]["verdict"] == "safe"
        assert third["cliff"]["tested"]["rule-0"]["verdict"] == "harmful"
        assert "interference" not in third["cliff"], "that was another prompt"
        path.write_text("{")
        last = run(*asked(server), "--evidence", "--max-calls", "600", cwd=repo.root)
        assert "evidence written" in last.out
        few = run(*asked(server), "--evidence", "--max-calls", "9", "--seed", "4", cwd=repo.root)
        assert (few.code, "no evidence is written" in few.err) == (3, True)
    planned = run("cliff", "world", "--model", "m", "--plan", "--max-calls", "60", cwd=repo.root)
    assert planned.code == 0


def test_pictures_as_files(run: Run, repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    with Loopback(Model(6, {(0, 1): 0.6})) as server:
        shown = (*asked(server), "--max-calls", "200")
        run(*shown, "--png", "map.png", "--svg", "map.svg", cwd=repo.root)
        assert (repo.root / "map.png").read_bytes().startswith(b"\x89PNG")
        before = (repo.root / "map.svg").read_text()
        run(*shown, "--svg", "map.svg", cwd=repo.root)
        assert (repo.root / "map.svg").read_text() == before
        bad = run(*shown, "--png", "none/map.png", cwd=repo.root)
        assert (bad.code, "cannot write it" in bad.err) == (2, True)
        bad = run(*shown, "--plan", "--svg", "map.svg", cwd=repo.root)
        assert (bad.code, "nothing to draw" in bad.err) == (2, True)
        monkeypatch.setitem(sys.modules, "resvg_py", None)
        served = server.count
        bad = run(*shown, "--seed", "9", "--png", "map.png", cwd=repo.root)
        assert (bad.code, "promptops-toolkit[png]" in bad.err) == (2, True)
        assert server.count == served, "nothing was paid for"


def test_several_recorded_models_are_no_one_picture(run: Run, tmp_path: Path) -> None:
    rows = "".join(f"{m},{n},{1 - n / 90}\n" for m in "ab" for n in range(5, 60, 5))
    (tmp_path / "t.csv").write_text("model,num_rules,accuracy\n" + rows)
    done = run("cliff", "--records", "t.csv", "--svg", "t.svg", cwd=tmp_path)
    assert (done.code, "several models" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--add", "x.yaml", "--capacity"), "exclude each other"),
        (("--evidence", "--plan"), "measures nothing"),
        (("--evidence", "--case", "c1"), "all cases"),
        (("--command", "cat"), "runs a program"),
        (("--case", "none"), "has no case"),
        (("--since", "nowhere"), "nowhere"),
    ],
)
def test_options_that_mean_nothing(run: Run, repo: Repo, words: tuple[str, ...], said: str) -> None:
    done = run("cliff", "world", "--model", "simulated/agent", *words, cwd=repo.root)
    assert done.code == 2
    assert said in done.err


def test_a_prompt_that_is_new_has_nothing_to_compare_with(run: Run, repo: Repo) -> None:
    repo.write("prompts/other/prompt.yaml", prompt_text(4, 5).replace("id: world", "id: other"))
    done = run("cliff", "other", "--staged", "--model", "simulated/agent", cwd=repo.root)
    assert (done.code, "is not staged" in done.err) == (2, True)
    repo.git("add", "-A")
    done = run("cliff", "other", "--staged", "--model", "simulated/agent", cwd=repo.root)
    assert (done.code, "is new" in done.err) == (2, True)


def test_the_numbers_library_may_be_missing(repo: Repo) -> None:
    code = (
        "import sys; sys.modules['numpy'] = None; from promptops.cli import main; "
        "sys.exit(main(['cliff', 'world', '--model', 'simulated/agent']))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=repo.root, capture_output=True)
    assert done.returncode == 2, done.stderr
    assert b"pip install 'promptops-toolkit[eval]'" in done.stderr


def test_the_plan_names_the_cache_and_the_lack_of_cases(run: Run, repo: Repo) -> None:
    long = "Static words of the handbook come before all rules. " * 200
    text = prompt_text(3, 4, 1.0).replace("You help people.", long)
    repo.commit({"prompts/world/prompt.yaml": text})
    shown = ("cliff", "world", "--model", "openai/gpt-4o-mini", "--plan", "--max-calls", "60")
    cold = run(*shown, cwd=repo.root).out
    warm = run(*shown, "--reuse", "4", cwd=repo.root).out
    assert "with --reuse 4 up to" in " ".join(cold.split())
    assert "from the provider's cache" in " ".join(warm.split())
    assert "fewer than 10 cases" in " ".join(cold.split())


def result(rules: int, found: list[tuple[int, int]]) -> dict[str, Any]:
    made = [
        {"source": f"r{i}", "target": f"r{j}", "effect_pp": 30.0 if (i, j) in found else 25.0,
         "interval": [10.0, 50.0], "e_value": 9e9 if (i, j) in found else 1.0,
         "confirmed": (i, j) in found, "verdict": "confirmed" if (i, j) in found else "undecided"}
        for i in range(rules) for j in range(rules) if i != j
    ]  # fmt: skip
    return {
        "prompt": "p", "rules": [f"r{k}" for k in range(rules)], "interference": made,
        "settings": {"delta_pp": 20.0},
    }  # fmt: skip


def test_a_matrix_fits_whatever_there_is() -> None:
    for screen in (Screen(80), Screen(80, unicode=False), Screen(60)):
        drawn = matrix(result(90, [(3, 70), (88, 2)]), screen)
        assert max(map(len, drawn.splitlines())) <= screen.width + 20
        assert "rules without a finding are not shown" in drawn
        assert "r88" in drawn
    assert "##" in matrix(result(4, [(0, 1)]), Screen(80, unicode=False))
    assert " ?" in matrix(result(4, [(0, 1)]), Screen(80))


def test_a_curve_of_one_size_is_drawn_too() -> None:
    point = {"rules": 5, "rate": 0.9, "interval": [0.8, 1.0], "all_kept": None}
    capacity = {"curve": [point], "interval": None, "break_point": None}
    assert "●" in curve(capacity, Screen(80))
    assert "o" in curve(capacity, Screen(80, unicode=False))
