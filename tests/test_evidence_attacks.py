"""Evidence that was edited, copied, or measured of something else is named, wherever it is read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Ran
from repos import Repo

from promptops.source.evidence import evidence_text

Run = Callable[..., Ran]
PROMPT = """promptops: 1
id: {id}
version: 1.0.0
models: [some/model]
variables: {{q: {{examples: [x]}}}}
messages:
  - {{role: system, content: "{{{{ rules }}}}"}}
  - {{role: user, content: "{{{{ q }}}}"}}
rules:
  - id: say-yes
    text: Say yes.
    rationale: Because.
    tests:
      - {{cases: all, assert: {{contains: "yes"}}}}
      - {{cases: [c0], fires: false, assert: {{not_contains: "no"}}}}
cases: [{cases}]
"""
FILE = "prompts/desk/evidence/some-model.json"


def prompt(name: str) -> str:
    cases = ", ".join(f"{{id: c{i}, variables: {{q: {name} {i}}}}}" for i in range(20))
    return PROMPT.format(id=name, cases=cases)


@pytest.fixture
def repo(run: Run, tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "r")
    rows = [{"case": f"c{i}", "response": "yes", "model": "some/model"} for i in range(20)]
    made.commit(
        {
            "prompts/desk/prompt.yaml": prompt("desk"),
            "prompts/help/prompt.yaml": prompt("help"),
            "a.jsonl": "".join(json.dumps(row) + "\n" for row in rows),
        }
    )
    for name in ("desk", "help"):
        assert run("eval", name, "--responses", "a.jsonl", "--evidence", cwd=made.root).code == 3
    made.commit({}, "measured")
    return made


def named(run: Run, repo: Repo, *more: str) -> list[tuple[str, str]]:
    done = run("check", "--format", "json", "--select", "PO22", *more, cwd=repo.root)
    found = json.loads(done.out)["result"]["diagnostics"]
    return [(one["code"], one["message"]) for one in found]


def changed(repo: Repo, change: Callable[[dict[str, Any]], None], *, seal: bool) -> None:
    path = repo.root / FILE
    data = json.loads(path.read_text())
    change(data)
    path.write_text(evidence_text(data) if seal else json.dumps(data))


def claimed(run: Run, repo: Repo) -> list[str]:
    done = run("diff", "HEAD", "--format", "json", cwd=repo.root)
    [one] = json.loads(done.out)["result"]["prompts"]
    [file] = [it for it in one["evidence"]["files"] if it["state"] == "claimed"]
    assert "not reproduced" in run("diff", "HEAD", cwd=repo.root).out
    return list(file["because"])


def test_untouched_evidence_is_fine(run: Run, repo: Repo) -> None:
    assert not named(run, repo)


def test_edited_numbers(run: Run, repo: Repo) -> None:
    changed(repo, lambda data: data["rules"]["say-yes"].update(passed=3), seal=False)
    [(code, said)] = named(run, repo)
    assert (code, "does not match its seal" in said) == ("PO221", True)
    # a change that touches nothing but the evidence is looked at too
    assert named(run, repo, "--since", "HEAD") == [(code, said)]
    repo.git("add", "-A")
    assert named(run, repo, "--staged") == [(code, said)]
    assert claimed(run, repo) == ["edited"]
    assert "does not match its seal" in " ".join(run("diff", "HEAD", cwd=repo.root).out.split())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"passed": 3}, "the rate of rule say-yes"),
        ({"passed": 30}, "the number that passed of rule say-yes"),
        ({"interval": [0.1, 0.2]}, "the interval of rule say-yes"),
        ({"over_triggered": {"passed": 1, "n": 1, "rate": 1.0}}, "rule say-yes, misfiring"),
    ],
    ids=range(4),
)
def test_sealed_again_figures_still_contradict_each_other(
    run: Run, repo: Repo, change: dict[str, Any], said: str
) -> None:
    changed(repo, lambda data: data["rules"]["say-yes"].update(change), seal=True)
    [(code, message)] = named(run, repo)
    assert (code, said in message) == ("PO221", True)


def test_evidence_of_another_wording_and_of_a_wrong_digest(run: Run, repo: Repo) -> None:
    changed(repo, lambda data: data["digests"].update(cases="0" * 16), seal=True)
    [(code, said)] = named(run, repo)
    assert (code, "other cases" in said) == ("PO220", True)
    assert claimed(run, repo) == ["cases"]


def test_copied_evidence(run: Run, repo: Repo) -> None:
    (repo.root / FILE).write_bytes((repo.root / FILE.replace("desk", "help")).read_bytes())
    [(code, said)] = named(run, repo)
    assert (code, "another prompt, `help`" in said) == ("PO224", True)
    assert claimed(run, repo) == ["foreign"]
    repo.git("checkout", "--", ".")
    copy = repo.root / FILE.replace("some-model", "gpt-9")
    copy.write_bytes((repo.root / FILE).read_bytes())
    [(code, said)] = named(run, repo)
    assert (code, "named after another" in said) == ("PO224", True)
    copy.write_text("[")
    [(code, said)] = named(run, repo)
    assert (code, "cannot be read" in said) == ("PO224", True)
    assert claimed(run, repo) == ["unreadable"]


def small(name: str, text: str = "Say yes.") -> str:
    """A prompt of one file, which shares its folder and its `evidence/` with others."""
    return prompt(name).replace("Say yes.", text)


def test_evidence_of_prompts_that_share_a_folder(run: Run, tmp_path: Path) -> None:
    repo = Repo(tmp_path / "r")
    rows = [{"case": f"c{i}", "response": "yes", "model": "some/model"} for i in range(20)]
    answers = "".join(json.dumps(row) + "\n" for row in rows)
    names = ("desk", "help")
    files = {f"prompts/{name}.prompt.yaml": small(name) for name in names}
    repo.commit({**files, "a.jsonl": answers})
    for name in names:
        assert run("eval", name, "--responses", "a.jsonl", "--evidence", cwd=repo.root).code == 3
    repo.commit({}, "measured")
    files = {name: f"prompts/evidence/{name}.some-model.json" for name in names}

    told = json.loads(run("why", "desk/say-yes", "--format", "json", cwd=repo.root).out)
    assert [one["path"] for one in told["result"]["evidence"]] == [files["desk"]]

    repo.write("prompts/desk.prompt.yaml", small("desk", "Say yes, always."))
    done = run("diff", "HEAD", "--format", "json", cwd=repo.root)
    [one] = json.loads(done.out)["result"]["prompts"]
    assert [(it["path"], it["state"]) for it in one["evidence"]["files"]] == [
        (files["desk"], "stale")
    ]
    repo.git("checkout", "--", ".")

    # a change of the evidence alone is looked at too, as the claim of its own prompt
    path = repo.root / files["help"]
    path.write_text(path.read_text().replace('"n": ', '"n": 1'))
    for revisions in ((), ("--staged",)):
        repo.git("add", "-A")
        done = run("diff", *revisions, "--format", "json", cwd=repo.root)
        [one] = json.loads(done.out)["result"]["prompts"]
        assert one["id"] == "help"
        assert [(it["path"], it["state"]) for it in one["evidence"]["files"]] == [
            (files["help"], "claimed")
        ]
    repo.commit({}, "claimed")
    done = run("diff", "HEAD~1", "HEAD", "--format", "json", cwd=repo.root)
    [one] = json.loads(done.out)["result"]["prompts"]
    assert (one["id"], one["evidence"]["files"][0]["because"]) == ("help", ["edited"])


def test_a_calibration_that_a_change_brings_is_its_claim(run: Run, repo: Repo) -> None:
    path = FILE.replace("some-model", "calibration-some-model")
    repo.write(path, "{}")
    assert claimed(run, repo) == ["edited"]
    repo.write(path, evidence_text({"model": "x", "digests": {"prompt": "0"}}))
    assert claimed(run, repo) == ["unreadable"]
    repo.git("add", "-A")
    repo.commit({}, "calibrated")
    repo.write("prompts/desk/prompt.yaml", prompt("desk").replace("Say yes.", "Say yes, always."))
    done = run("diff", "HEAD", "--format", "json", cwd=repo.root)
    [one] = json.loads(done.out)["result"]["prompts"]
    assert [it["because"] for it in one["evidence"]["files"]] == [["prompt"], ["prompt"]]
