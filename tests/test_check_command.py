"""`promptops check`: what it looks at, what it excuses, what it mends, what it remembers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from repos import Repo

Run = Callable[..., Any]
PATH = "prompts/a/prompt.yaml"
GOOD = """\
promptops: 1
id: a   # a comment that stays
version: 1.0.0
owners: [team]
messages: [{role: system, content: "{{ rules }}"}]
rules:
  - id: brief
    text: 'Answer in one sentence.'
    rationale: The phone shows one sentence, the rest is cut off.
    tests:
      - {cases: all, assert: {sentence_count: {max: 1}}}
cases:
  - id: one
"""
BAD = GOOD.replace("    rationale: The phone shows one sentence, the rest is cut off.\n", "")


def found(run: Run, folder: Path, *arguments: str) -> list[str]:
    """The codes that a check reports, in its order."""
    said = run("check", "--format", "json", *arguments, cwd=folder)
    return [d["code"] for d in json.loads(said.out)["result"]["diagnostics"]]


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """A repository with one clean prompt, committed."""
    made = Repo(tmp_path / "r")
    made.commit({PATH: GOOD, ".gitignore": ""}, "start")
    return made


def test_staged_reads_the_index_and_never_the_work_tree(run: Run, repo: Repo) -> None:
    repo.write(PATH, BAD)
    repo.git("add", PATH)
    repo.write(PATH, GOOD)
    assert found(run, repo.root, "--staged") == ["PO522", "PO101"]
    assert found(run, repo.root) == []
    repo.git("add", PATH)
    repo.write(PATH, BAD)
    assert found(run, repo.root, "--staged") == []
    assert found(run, repo.root) == ["PO101"]


def test_staged_with_nothing_staged_says_so(run: Run, repo: Repo) -> None:
    said = run("check", "--staged", cwd=repo.root)
    assert said.code == 0
    assert "the change touches no prompt" in said.out


def test_a_change_cannot_loosen_the_settings_that_judge_it(run: Run, repo: Repo) -> None:
    repo.git("checkout", "-q", "-b", "feature")
    repo.commit({PATH: BAD, "promptops.toml": 'ignore = ["PO1"]\n'}, "loosen")
    assert "PO101" not in found(run, repo.root)
    assert "PO101" in found(run, repo.root, "--since", "main")


def test_a_change_is_judged_by_the_budget_before_it(run: Run, repo: Repo) -> None:
    limit = "models: [openai/gpt-4o-mini]\nbudget: {prompt_tokens: 1}\n"
    repo.commit({PATH: GOOD.replace("rules:\n", limit + "rules:\n", 1)}, "budget")
    repo.git("checkout", "-q", "-b", "feature")
    raised = limit.replace(": 1}", ": 1000}")
    repo.commit({PATH: GOOD.replace("rules:\n", raised + "rules:\n", 1)}, "raise")
    assert {"PO301", "PO308"} <= set(found(run, repo.root, "--since", "main"))
    assert found(run, repo.root) == []


@pytest.mark.parametrize(
    ("arguments", "codes"),
    [
        (("--select", "PO1"), ["PO101"]),
        (("--select", "PO2"), []),
        (("--ignore", "PO101"), []),
        (("--select", "PO1", "--ignore", "PO101"), []),
    ],
)
def test_select_and_ignore(
    run: Run, repo: Repo, arguments: tuple[str, ...], codes: list[str]
) -> None:
    repo.write(PATH, BAD)
    assert found(run, repo.root, *arguments) == codes


def test_an_unknown_code_is_a_usage_error(run: Run, repo: Repo) -> None:
    said = run("check", "--select", "PO9999", cwd=repo.root)
    assert said.code == 2
    assert "no check begins with `PO9999`" in said.err


def test_files_can_be_excused_in_the_settings(run: Run, repo: Repo) -> None:
    repo.write(PATH, BAD)
    repo.write("promptops.toml", 'per_file_ignores = {"prompts/a/**" = ["PO1"]}\n')
    assert found(run, repo.root) == []


@pytest.mark.parametrize(
    ("comment", "codes"),
    [
        ("  # promptops: ignore[PO101] because the vendor wrote it", []),
        ("  # promptops: ignore[PO101]", ["PO090", "PO101"]),
        ("  # promptops: ignore because of reasons", ["PO090", "PO101"]),
        ("  # promptops: ignore[PO102] because it was vague once", ["PO091", "PO101"]),
    ],
)
def test_ignore_comments_need_a_reason(
    run: Run, repo: Repo, comment: str, codes: list[str]
) -> None:
    repo.write(PATH, BAD.replace("  - id: brief", f"  - id: brief{comment}"))
    assert sorted(found(run, repo.root)) == codes


def test_a_baseline_knows_what_was_there_and_nothing_new(run: Run, repo: Repo) -> None:
    repo.write(PATH, BAD)
    assert run("check", "--add-baseline", cwd=repo.root).code == 0
    assert found(run, repo.root) == []
    repo.write(PATH, "# a line above\n" + BAD)
    assert found(run, repo.root) == []
    repo.write(PATH, BAD + "  - id: one\n")
    assert found(run, repo.root) == ["PO015"]
    repo.write(PATH, GOOD)
    run("check", "--add-baseline", cwd=repo.root)
    repo.write(PATH, BAD)
    assert found(run, repo.root) == ["PO101"]


def test_a_baseline_says_which_errors_it_hides(run: Run, repo: Repo) -> None:
    key = "AKIA" + "QZ7XW2LM4TBV6YHN"
    repo.write("AGENTS.md", f"- The staging key is {key} for tests\n- Be careful.\n")
    ran = run("check", "--add-baseline", cwd=repo.root)
    assert ran.code == 0
    assert "1 error among them" in ran.out
    assert "PO605" in ran.out
    assert key not in ran.out
    repo.write("AGENTS.md", "- Be careful.\n")
    assert "among them" not in run("check", "--add-baseline", cwd=repo.root).out


def test_options_that_exclude_each_other(run: Run, repo: Repo) -> None:
    assert run("check", "--staged", "--since", "HEAD", cwd=repo.root).code == 2
    assert run("check", "--staged", "--fix", cwd=repo.root).code == 2


def test_fix_changes_what_it_reports_and_nothing_else(run: Run, repo: Repo) -> None:
    text = "\ufeff" + GOOD.replace("sentence.'", "sentence\u200b.'").replace(
        "owners: [team]", "summary: 1.10\nowners: [team]"
    )
    repo.write(PATH, text)
    said = run("check", "--fix", cwd=repo.root)
    assert "3 mended" in said.out
    mended = (repo.root / PATH).read_text("utf-8")
    assert mended == GOOD.replace("owners: [team]", 'summary: "1.10"\nowners: [team]')
    before = (repo.root / PATH).stat().st_mtime_ns
    run("check", "--fix", cwd=repo.root)
    assert (repo.root / PATH).stat().st_mtime_ns == before


@settings(max_examples=25)
@given(
    st.sampled_from(["", " # note", "   "]),
    st.sampled_from(["'", '"', ""]),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_fix_keeps_every_other_byte(
    tmp_path_factory: pytest.TempPathFactory, tail: str, quote: str, end: str, final: bool
) -> None:
    from datetime import date

    from promptops.checking.fix import fix_files
    from promptops.checking.run import check_files
    from promptops.checks import Around
    from promptops.config import DEFAULT
    from promptops.source.tree import DiskTree
    from promptops.source.workspace import Files

    text = GOOD.replace(
        "'Answer in one sentence.'", f"{quote}Answer in\u200b one sentence.{quote}{tail}"
    )
    text = (text if final else text.rstrip("\n")).replace("\n", end)
    root = tmp_path_factory.mktemp("fix")
    (root / PATH).parent.mkdir(parents=True)
    (root / PATH).write_bytes(text.encode())
    tree = DiskTree(str(root))
    checked = check_files(tree, Files((PATH,), (), ()), DEFAULT, Around(date(2026, 1, 1)), "", {})
    assert fix_files(tree, checked.sources, checked.diagnostics) == 1
    assert (root / PATH).read_bytes() == text.replace("\u200b", "").encode()


def test_fix_refuses_a_file_that_is_staged_and_changed_since(run: Run, repo: Repo) -> None:
    repo.write(PATH, GOOD.replace("one sentence", "one\u200b sentence"))
    repo.git("add", PATH)
    repo.write(PATH, GOOD.replace("one sentence", "one\u200b short sentence"))
    before = (repo.root / PATH).read_bytes()
    said = run("check", "--fix", cwd=repo.root)
    assert said.code == 2
    assert "staged and was changed since" in said.err
    assert (repo.root / PATH).read_bytes() == before


def test_the_same_answer_again_until_something_changes(run: Run, repo: Repo) -> None:
    repo.write(PATH, BAD)
    first = run("check", cwd=repo.root)
    assert run("check", cwd=repo.root).out == first.out
    repo.write(PATH, GOOD)
    assert run("check", cwd=repo.root).code == 0
    repo.write("prompts/a/cases.jsonl", '{"id": "two"}\n')
    assert "PO016" in run("check", cwd=repo.root).out
    (repo.root / "prompts/a/cases.jsonl").unlink()
    assert run("check", cwd=repo.root).code == 0
    repo.write("promptops.toml", 'select = ["PO4"]\n')
    assert run("check", cwd=repo.root).code == 0
    repo.write("prompts/b/prompt.yaml", GOOD)
    (repo.root / "promptops.toml").unlink()
    assert "PO017" in run("check", cwd=repo.root).out


def test_a_baseline_counts_at_once(run: Run, repo: Repo) -> None:
    repo.write(PATH, BAD)
    assert run("check", cwd=repo.root).code == 1
    assert run("check", "--add-baseline", cwd=repo.root).code == 0
    assert run("check", cwd=repo.root).code == 0
    (repo.root / ".promptops-baseline").unlink()
    assert run("check", cwd=repo.root).code == 1


def test_two_processes_say_what_one_says(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(80):
        file = tmp_path / f"prompts/p{n}/prompt.yaml"
        file.parent.mkdir(parents=True)
        file.write_text((BAD if n % 3 else GOOD).replace("id: a ", f"id: p{n} "))
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1})
    both = run("check", "--format", "json", "-q", cwd=tmp_path)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0})
    monkeypatch.setenv("PROMPTOPS_HOME", str(tmp_path / "other"))
    assert run("check", "--format", "json", "-q", cwd=tmp_path).out == both.out


def test_output_goes_to_a_file(run: Run, repo: Repo, tmp_path: Path) -> None:
    repo.write(PATH, BAD)
    said = run("check", "--format", "sarif", "--output", str(tmp_path / "out.sarif"), cwd=repo.root)
    assert (said.code, said.out) == (1, "")
    assert json.loads((tmp_path / "out.sarif").read_text())["version"] == "2.1.0"


def test_from_another_folder(run: Run, repo: Repo, tmp_path: Path) -> None:
    repo.write(PATH, BAD)
    assert run("check", "-C", str(repo.root / "prompts"), cwd=tmp_path).code == 1
    assert run("check", "prompt.yaml", cwd=repo.root / "prompts" / "a").code == 1
    assert run("check", "-C", str(tmp_path / "nowhere"), cwd=tmp_path).code == 2
    assert run("check", "no-such-file.md", cwd=repo.root).code == 2


def test_a_prompt_that_cannot_be_read_is_shown_among_what_a_change_does(
    run: Run, tmp_path: Path
) -> None:
    made = Repo(tmp_path / "r")
    made.commit({"prompts/a/prompt.yaml": "promptops: 1\nid: a\nmessages: []\n"})
    made.write("prompts/a/prompt.yaml", "promptops: [\n")
    made.git("add", "-A")
    for how in (("--staged",), ("--since", "HEAD")):
        ran = run("check", *how, cwd=made.root)
        assert ran.code == 2
        assert "error[PO0" in ran.out
        assert "prompts/a/prompt.yaml:" in ran.out


BROKEN = """promptops: 1
id: a
version: 1.0.0
owners: [team]
messages: [{role: system, content: "{{ rules }}"}]
rules:
  - id: brief
    text: Answer in one sentence.
    rationale: The phone shows one sentence, and longer answers were cut.
    tests:
      - cases: [one]
        assert: {contians: x}
      - cases: [two]
        assert: {contains: x}
cases:
  - id: one
  - id: two
    assert: [{contans: y}]
"""


def test_what_follows_from_an_error_of_form_is_not_told_too(run: Run, repo: Repo) -> None:
    repo.write(PATH, BROKEN)
    assert found(run, repo.root) == ["PO010", "PO010"]
    repo.write(PATH, BROKEN.replace("contians", "contains").replace("contans", "contains"))
    assert found(run, repo.root) == []
    repo.write(PATH, BROKEN.replace("Answer in one sentence.", '"An\\u200Bswer in one sentence."'))
    assert "PO601" in found(run, repo.root)


def test_a_prompts_cases_are_counted_though_only_the_prompt_was_asked_for(
    run: Run, repo: Repo
) -> None:
    repo.write(
        PATH,
        BROKEN.partition("cases:\n")[0]
        .replace("contians", "contains")
        .replace("owners: [team]\n", ""),
    )
    repo.write("prompts/a/cases.yaml", "cases: [{id: one}, {id: two}, {id: idle}]\n")
    done = run("check", PATH, cwd=repo.root)
    assert "prompts/a/cases.yaml" in done.out
    assert " in 2 files" in done.out
