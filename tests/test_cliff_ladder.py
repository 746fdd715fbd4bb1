"""`promptops cliff --capacity` over HTTP, `--records`, and the pictures they are shown with."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cliff_server import Model, prompt_text
from conftest import SHARED, Ran
from loopback import Loopback
from repos import Repo

from promptops.cliff.filler import filled, filler
from promptops.model import Rule

Run = Callable[..., Ran]
IFSCALE = SHARED / "data" / "ifscale" / "per_sample_12_models.csv"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "r")
    made.commit({"prompts/world.prompt.yaml": prompt_text(30, 30, 0.6)})
    return made


def climbed(run: Run, repo: Repo, server: Loopback, *more: str) -> tuple[Ran, dict[str, Any]]:
    to = ("--capacity", "--api-base", server.url, "--model", "m", "--format", "json")
    done = run("cliff", "world", *to, *more, cwd=repo.root)
    return done, json.loads(done.out)["result"] if done.out else {}


def test_a_break_is_placed_by_asking(run: Run, repo: Repo) -> None:
    with Loopback(Model(30, fall=(16, 0.25), faults=0.02)) as server:
        done, result = climbed(run, repo, server, "--max-calls", "160")
        assert server.count <= 160
        _, longer = climbed(run, repo, server, "--max-calls", "200")
        assert server.count <= 200 + 20, "a longer ladder begins with the shorter one"
    found = result["capacity"]
    assert done.code == 1
    assert (found["shape"], found["cause"]) == ("threshold", "count")
    assert found["interval"][0] <= 16 <= found["interval"][1]
    assert found["curve"][0]["rate"] > found["curve"][-1]["rate"] + 0.2
    assert {"rules", "tokens", "rate", "interval", "n"} <= set(found["curve"][0])
    assert longer["capacity"]["shape"] == "threshold"
    assert any("keep world below" in said for said in result["next"])


def test_no_cliff_is_said_only_where_a_fall_is_ruled_out(run: Run, repo: Repo) -> None:
    with Loopback(Model(30)) as server:
        done, result = climbed(run, repo, server, "--max-calls", "160")
        assert (done.code, result["capacity"]["shape"]) == (0, "none")
        assert result["capacity"]["break_point"] is None
        assert any("p^n" in note for note in result["notes"])
        few, little = climbed(run, repo, server, "--max-calls", "12")
    assert (few.code, little["capacity"]["shape"]) == (3, "cannot_tell")
    assert any("--max-calls 24" in said for said in little["next"])


def test_length_alone_is_not_called_a_cliff(run: Run, repo: Repo) -> None:
    with Loopback(Model(30, base=0.99, length=2.4)) as server:
        done, result = climbed(run, repo, server)
    assert result["capacity"]["p_length"] < 0.05
    assert result["capacity"]["p_count"] > 0.05
    assert result["capacity"]["cause"] == "length"
    assert result["capacity"]["shape"] in ("none", "cannot_tell")
    assert any("length alone" in said for said in result["next"])
    assert done.code in (0, 3)


def test_half_of_the_prompts_are_padded_to_the_same_length(run: Run, repo: Repo) -> None:
    with Loopback(Model(30)) as server:
        climbed(run, repo, server, "--max-calls", "80")
        told = [body["messages"][0]["content"] for _, body, _ in server.served]
    padded = [one for one in told if one.count("- ") == 30]
    assert len(padded) >= 40
    assert max(map(len, padded)) - min(map(len, padded)) < 0.15 * max(map(len, padded))
    first = {one.partition("- ")[2].partition("\n")[0] for one in told}
    assert len(first) > 15, "the order is drawn for each call"


def test_missing_answers_are_no_cliff(run: Run, repo: Repo) -> None:
    with Loopback(Model(30, fall=(16, 0.3), refuses=0.2)) as server:
        done, result = climbed(run, repo, server, "--max-calls", "100")
    assert (done.code, result["capacity"]["shape"]) == (3, "cannot_tell")
    assert any("no verdict" in note for note in result["notes"])


def test_few_rules_have_no_capacity_to_measure(run: Run, repo: Repo) -> None:
    repo.commit({"prompts/world.prompt.yaml": prompt_text(2, 5)})
    done = run("cliff", "world", "--capacity", "--model", "simulated/agent", cwd=repo.root)
    assert (done.code, "fewer than 3 rules" in done.err) == (2, True)


def test_a_curve_fits_eighty_columns_and_comes_as_a_file(run: Run, repo: Repo) -> None:
    with Loopback(Model(30, fall=(16, 0.25))) as server:
        to = ("cliff", "world", "--capacity", "--api-base", server.url, "--model", "m")
        shown = run(*to, "--svg", "curve.svg", "--evidence", cwd=repo.root)
        page = run(*to, "--format", "html", cwd=repo.root)
        plain = run(*to, "--format", "junit", cwd=repo.root)
    assert max(map(len, shown.out.splitlines())) <= 80
    assert "▲" in shown.out
    assert "threshold: compliance holds" in shown.out
    assert (repo.root / "curve.svg").read_text().startswith("<?xml")
    assert "<svg" in page.out
    assert "compliance falls as rules pile up" in plain.out
    data = json.loads((repo.root / "prompts/evidence/world.m.cliff.json").read_text())
    assert data["cliff"]["capacity"]["shape"] == "threshold"


def test_filler_is_as_long_as_what_it_stands_for() -> None:
    for length in (12, 40, 90, 400):
        assert 0.6 * length <= len(filler(length, 3)) <= length + 12
    assert filler(50, 1) != filler(50, 2)
    rule = Rule("a", "Answer in at most one hundred words.", "r", section="s")
    other = filled(rule, 4)
    assert (other.id, other.section, other.tests) == ("a", "s", ())


needs_ifscale = pytest.mark.skipif(not IFSCALE.exists(), reason="no recorded data here")


@needs_ifscale
def test_recorded_models_are_told_apart(run: Run, tmp_path: Path) -> None:
    done = run("cliff", "--records", str(IFSCALE), "--format", "json", cwd=tmp_path)
    models = {m["model"]: m for m in json.loads(done.out)["result"]["models"]}
    shapes = {name: one["capacity"]["shape"] for name, one in models.items()}
    assert done.code == 1
    assert shapes["openai/o3-high-reasoning"] == "threshold"
    assert shapes["anthropic/claude-sonnet-4"] == "linear"
    assert shapes["openai/gpt-4o"] == "exponential"
    assert any(trap["name"] == "fail-together" for m in models.values() for trap in m["traps"])
    text = run("cliff", "--records", str(IFSCALE), cwd=tmp_path).out
    assert max(map(len, text.splitlines())) <= max(80, len(str(IFSCALE)) + 18)


def test_one_recorded_model_is_drawn(run: Run, tmp_path: Path) -> None:
    rows = [
        {
            "model": "x",
            "num_rules": n,
            "case": f"c{k}",
            "rule": f"r{j}",
            "passed": (j * 7 + k * 3 + n * 5) % 13 > 0,
        }
        for n in range(2, 14)
        for k in range(3)
        for j in range(n)
    ]
    (tmp_path / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = run("cliff", "--records", "t.jsonl", "--svg", "t.svg", cwd=tmp_path)
    assert "lowest to highest call" in done.out
    assert "only-p-to-the-n" in done.out
    assert done.code in (0, 3)
    assert "<svg" in (tmp_path / "t.svg").read_text()


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "no rows"), ("model,num_rules,accuracy\nx,a,1\n", "num_rules is 'a'")],
)
def test_a_table_that_cannot_be_read(run: Run, tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "t.csv").write_text(text)
    done = run("cliff", "--records", "t.csv", cwd=tmp_path)
    assert (done.code, said in done.err) == (2, True)
    assert "t.csv" in done.err
    done = run("cliff", "--records", "none.csv", cwd=tmp_path)
    assert (done.code, "cannot read it" in done.err) == (2, True)
    done = run("cliff", "--records", "t.csv", "--plan", cwd=tmp_path)
    assert (done.code, "asks nobody" in done.err) == (2, True)
