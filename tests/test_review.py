"""`promptops diff` on real repositories, through the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from repos import Repo

Run = Callable[..., Any]

PROMPT = """\
promptops: 1
id: support
version: 1.0.0
models: [openai/gpt-4o-mini]
data: [account-id]
variables:
  question: {examples: ["Why?"], max_tokens: 400, untrusted: true}
budget: {prompt_tokens: 400, output_tokens: 100, calls_per_month: 1000}
messages:
  - role: system
    content: |
      You answer questions.

      {{ rules }}
  - {role: user, content: "{{ question }}"}
rules:
  - id: cite
    text: Cite the paragraph of the policy you rely on.
    rationale: Refunds were promised that no policy allows.
    owner: legal
    tests: [{cases: [fee], assert: {contains: "§"}}]
  - id: short
    text: Use at most 120 words.
    rationale: The window shows 120 words.
    tests: [{cases: [fee], assert: {word_count: {max: 120}}}]
  - id: secret
    text: Never repeat the account number the customer wrote.
    rationale: Replies are forwarded in clear text.
    tests: [{cases: [fee], assert: {not_contains: "4711"}}]
"""
CASES = 'cases:\n  - {id: fee, variables: {question: "Why a fee?"}}\n'
FILE, CASES_FILE = "prompts/support/prompt.yaml", "prompts/support/cases.yaml"
START = {FILE: PROMPT, CASES_FILE: CASES, "AGENTS.md": "# Rules\n\n- Run the tests.\n- Be kind.\n"}


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "repo")
    made.commit(START, "start")
    return made


def edit(repo: Repo, *edits: tuple[str, str], path: str = FILE) -> None:
    text = (repo.root / path).read_text()
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    repo.write(path, text)


def diff(run: Run, repo: Repo, *arguments: str, code: int | None = None) -> Any:
    ran = run("diff", *arguments, "--format", "json", cwd=repo.root)
    assert ran.code in (0, 1) if code is None else ran.code == code, ran.err
    answer = json.loads(ran.out)
    assert answer["schema"] == "promptops/diff/1"
    return answer["result"]


def rules_of(result: Any, path: str = FILE) -> dict[str, Any]:
    (found,) = [one for one in result["prompts"] if one["path"] == path]
    return {rule["id"]: rule for rule in found["rules"]}


def test_nothing_differs(run: Run, repo: Repo) -> None:
    for arguments in ((), ("--staged",), ("HEAD",), ("HEAD", "HEAD")):
        found = diff(run, repo, *arguments, code=0)
        assert (found["base"], found["prompts"]) == (repo.head(), [])
    assert "no prompt" in run("diff", cwd=repo.root).out


def test_each_change_of_a_rule_is_named_once(run: Run, repo: Repo) -> None:
    edit(
        repo,
        ("at most 120 words", "at most 150 words"),
        ("owner: legal", "owner: privacy"),
        ("    text: Never repeat", "    text: Repeat"),
        ("version: 1.0.0", "version: 2.0.0"),
    )
    edit(repo, ("rules:\n", "rules:\n  - {id: calm, text: Stay calm., rationale: They shout.}\n"))
    found = diff(run, repo, code=0)
    rules = rules_of(found)
    assert {name: rule["change"] for name, rule in rules.items()} == {
        "calm": "added",
        "cite": "metadata",
        "short": "reworded",
        "secret": "reworded",
    }
    assert rules["short"]["flags"] == ["number changed"]
    assert rules["cite"]["fields"] == [{"name": "owner", "before": "legal", "after": "privacy"}]
    (prompt,) = found["prompts"]
    assert prompt["version"] == {
        "before": "1.0.0", "after": "2.0.0", "needed": "major", "made": "major",
        "enough": True, "wanted": "2.0.0",
    }  # fmt: skip
    tokens = prompt["tokens"]["openai/gpt-4o-mini"]
    assert tokens["after"] > tokens["before"] > 0
    money = prompt["usd_per_month"]["openai/gpt-4o-mini"]
    assert money["after"] > money["before"] > 0
    assert prompt["tests"]["untested"] == ["calm"]


def test_a_version_that_says_too_little_fails_and_is_said_loudly(run: Run, repo: Repo) -> None:
    edit(repo, ("at most 120", "at most 150"), ("version: 1.0.0", "version: 1.0.1"))
    said = run("diff", cwd=repo.root)
    assert said.code == 1
    assert "version 1.0.1 says too little" in said.out
    assert "2.0.0 would be right" in " ".join(said.out.split())


def test_the_index_is_not_the_work_tree(run: Run, repo: Repo) -> None:
    edit(repo, ("Never repeat", "Do not repeat"))
    repo.git("add", "-A")
    edit(repo, ("at most 120", "at most 150"))
    assert set(rules_of(diff(run, repo, "--staged"))) == {"secret"}
    assert set(rules_of(diff(run, repo))) == {"secret", "short"}


def test_base_and_head_are_compared_from_where_they_parted(run: Run, repo: Repo) -> None:
    start = repo.head()
    repo.git("checkout", "-q", "-b", "topic")
    edit(repo, ("at most 120", "at most 150"))
    topic = repo.commit({}, "topic")
    repo.git("checkout", "-q", "main")
    edit(repo, ("Never repeat", "Do not repeat"))
    repo.commit({}, "main goes on")
    found = diff(run, repo, "main", "topic")
    assert (found["base"], found["head"]) == (start, topic)
    assert set(rules_of(found)) == {"short"}
    repo.git("checkout", "-q", "topic")
    edit(repo, ("owner: legal", "owner: product"))
    assert set(rules_of(diff(run, repo, "main"))) == {"short", "cite"}


def test_a_shallow_clone_says_how_to_complete_it(run: Run, repo: Repo, tmp_path: Path) -> None:
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit({"a.txt": "a"}, "topic")
    repo.git("checkout", "-q", "main")
    repo.commit({"b.txt": "b"}, "main")
    repo.git("checkout", "-q", "topic")
    clone = tmp_path / "clone"
    repo.git("clone", "-q", "--no-single-branch", "--depth", "1", f"file://{repo.root}", str(clone))
    ran = run("diff", "origin/main", "HEAD", cwd=clone)
    assert ran.code == 2
    assert "git fetch --unshallow" in ran.err
    assert "--depth" not in ran.err


def test_plain_files_are_compared_by_paragraph(run: Run, repo: Repo) -> None:
    repo.write(
        "AGENTS.md", "# Rules\n\n- Run the tests twice.\n- Be kind.\n- Never push on Friday.\n"
    )
    rules = rules_of(diff(run, repo, code=0), "AGENTS.md")
    assert {rule["change"] for rule in rules.values()} == {"added", "reworded"}
    assert rules["line-5"]["after"] == "Never push on Friday."


def test_markdown_begins_with_the_marker_and_stays_short(run: Run, repo: Repo) -> None:
    for at in range(40):
        text = PROMPT.replace("id: support", f"id: support-{at}").replace(
            "120 words", "99 words " * 600
        )
        repo.write(f"prompts/p{at}/prompt.yaml", text)
    said = run("diff", "--format", "markdown", cwd=repo.root).out
    assert said.startswith("<!-- promptops-diff -->\n")
    assert len(said) <= 60_000
    assert "more, see the artifact" in said


# -- rules ---------------------------------------------------------------------------------------


def test_rules_are_split_merged_moved_and_renamed(run: Run, repo: Repo) -> None:
    whole = "Cite the paragraph of the policy you rely on and link the page of the handbook it stands on."
    edit(repo, ("Cite the paragraph of the policy you rely on.", whole))
    repo.commit({}, "longer")
    edit(
        repo,
        (whole, "Cite the paragraph of the policy you rely on."),
        ("  - id: secret\n", "  - id: hidden-number\n"),
        ("  - id: short\n", "  - id: page\n    text: Link the page of the handbook it stands on.\n    rationale: They look.\n  - id: short\n"),
    )  # fmt: skip
    rules = rules_of(diff(run, repo))
    assert rules["cite"]["change"] == "split"
    assert set(rules["cite"]["becomes"]) == {"cite", "page"}
    assert (rules["hidden-number"]["change"], rules["hidden-number"]["was"]) == (
        "metadata",
        ["secret"],
    )
    assert set(rules) == {"cite", "hidden-number"}
    repo.commit({}, "split")
    text = (repo.root / FILE).read_text()
    start, end = text.index("  - id: short\n"), text.index("  - id: hidden-number\n")
    repo.write(FILE, text[:start] + text[end:] + text[start:end])
    moved = rules_of(diff(run, repo))
    assert [(r["id"], r["change"]) for r in moved.values()] in (
        [("short", "moved")],
        [("hidden-number", "moved")],
    )


def test_a_rule_that_replaces_another_is_one_rule(run: Run, repo: Repo) -> None:
    edit(
        repo,
        ("  - id: short\n    text: Use at most 120 words.", "  - id: brief\n    replaces: short\n    text: Keep it brief."),
    )  # fmt: skip
    rules = rules_of(diff(run, repo))
    assert rules["brief"]["change"] == "reworded"
    assert rules["brief"]["was"] == ["short"]
    assert "short" not in rules


def test_a_rule_that_goes_from_one_file_to_another_has_moved(run: Run, repo: Repo) -> None:
    rule = "Never push to the main branch of a repository of another team."
    repo.commit({"AGENTS.md": f"# Rules\n\n- Run the tests.\n- {rule}\n"}, "agents")
    repo.write("AGENTS.md", "# Rules\n\n- Run the tests.\n")
    edit(repo, ("rules:\n", f"rules:\n  - id: push\n    text: {rule}\n    rationale: It broke.\n"))
    found = diff(run, repo)
    assert rules_of(found)["push"]["came_from"] == "AGENTS.md/line-4"
    gone = rules_of(found, "AGENTS.md")["line-4"]
    assert (gone["change"], gone["went_to"]) == ("moved", "support/push")


def test_typography_is_no_rewording_of_meaning(run: Run, repo: Repo) -> None:
    edit(repo, ("Use at most 120 words.", "Use  at most 120 words"))
    assert rules_of(diff(run, repo))["short"]["flags"] == ["typography only"]


@pytest.mark.parametrize(
    ("old", "new", "flag"),
    [
        ("Never repeat", "Repeat", "reversed"),
        ("Use at most", "You may use at most", "weaker"),
        ("Cite the", "You must ALWAYS cite the", "stronger"),
        ("120 words.", "150 words.", "number changed"),
    ],
)
def test_what_a_rewording_did_to_the_force(
    run: Run, repo: Repo, old: str, new: str, flag: str
) -> None:
    edit(repo, (old, new))
    (rule,) = rules_of(diff(run, repo)).values()
    assert flag in rule["flags"]


# -- what stands beside them ---------------------------------------------------------------------


def test_a_raised_budget_is_first_and_judges_nothing(run: Run, repo: Repo) -> None:
    edit(repo, ("prompt_tokens: 400", "prompt_tokens: 60"))
    repo.commit({}, "tight")
    edit(repo, ("prompt_tokens: 60", "prompt_tokens: 900"), ("data: [account-id]", "data: []"))
    edit(repo, ("120 words.", "120 words, " + "and not one word more than that, " * 9))
    said = " ".join(run("diff", cwd=repo.root).out.split())
    assert said.index("budget prompt_tokens raised: 60 → 900") < said.index("undecided")
    assert "over the budget of 60 that held before" in said
    (prompt,) = diff(run, repo, code=1)["prompts"]
    assert [(c["what"], c["weight"]) for c in prompt["changes"]] == [
        ("budget prompt_tokens", "raised"),
        ("data classes", None),
    ]


def test_looser_settings_and_waved_findings_come_before_everything(run: Run, repo: Repo) -> None:
    repo.commit({"promptops.toml": 'require_decision_for = ["rule"]\n'}, "strict")
    repo.write("promptops.toml", 'require_decision_for = []\nignore = ["PO1"]\n')
    repo.write(".promptops-baseline", "0123456789abcdef PO101 prompts/support/prompt.yaml short\n")
    edit(
        repo,
        ("at most 120", "at most 150"),
        ("  - id: short\n", "  # promptops: ignore[PO104] because the survey said so\n  - id: short\n"),
    )  # fmt: skip
    ran = run("diff", cwd=repo.root)
    said = " ".join(ran.out.split())
    first = [
        "judges less strictly: require_decision_for",
        "judges less strictly: ignore",
        "lets one more finding through: PO101",
        "an ignore comment for PO104 because the survey said so",
        "undecided: rule `short`",
    ]
    places = [said.index(part) for part in first]
    assert places == sorted(places)
    assert ran.code == 1
    found = diff(run, repo, code=1)
    assert {one["name"] for one in found["settings"] if one["looser"]} == {
        "ignore",
        "require_decision_for",
    }


def test_a_waiver_is_visible_for_ever(run: Run, repo: Repo) -> None:
    start = repo.commit({"promptops.toml": 'require_decision_for = ["rule"]\n'}, "strict")
    edit(repo, ("at most 120", "at most 150"), ("version: 1.0.0", "version: 2.0.0"))
    reason = "same promise as before, the window grew in the release of March"
    repo.commit({}, f"longer\n\nDecision-Waiver: {reason}")
    ran = run("diff", start, "HEAD", cwd=repo.root)
    assert ran.code == 0
    assert reason in " ".join(ran.out.split())
    (prompt,) = diff(run, repo, start, "HEAD")["prompts"]
    assert prompt["decisions"]["found"] == [{"decision": None, "waiver": reason}]


def test_cases_and_evidence(run: Run, repo: Repo) -> None:
    measured = {"model": "m", "measured": "2026-01-02T00:00:00Z"}
    files = {f"prompts/support/evidence/{n}.json": json.dumps(measured) for n in "ab"}
    repo.commit(files, "measured")
    repo.write(CASES_FILE, 'cases:\n  - {id: other, variables: {question: "Why?"}}\n')
    repo.write("prompts/support/evidence/b.json", json.dumps({**measured, "model": "n"}))
    (prompt,) = diff(run, repo)["prompts"]
    assert prompt["tests"]["cases"] == {"added": ["other"], "removed": ["fee"], "changed": []}
    assert {d["rule"] for d in prompt["tests"]["dangling"]} == {"cite", "short", "secret"}
    states = {one["path"][-6:]: one["state"] for one in prompt["evidence"]["files"]}
    assert states == {"a.json": "stale", "b.json": "claimed"}
    said = " ".join(run("diff", cwd=repo.root).out.split())
    assert "measured other cases" in said
    assert "claimed by this change, not reproduced" in said


def test_prompts_come_go_and_move(run: Run, repo: Repo) -> None:
    (repo.root / "prompts/support").rename(repo.root / "prompts/help")
    repo.write("prompts/new/prompt.yaml", PROMPT.replace("id: support", "id: new"))
    found = diff(run, repo)
    status = {one["path"]: one["status"] for one in found["prompts"]}
    assert status == {"prompts/help/prompt.yaml": "renamed", "prompts/new/prompt.yaml": "added"}
    renamed = next(one for one in found["prompts"] if one["status"] == "renamed")
    assert (renamed["path_before"], renamed["rules"]) == (FILE, [])
    repo.commit({}, "moved")
    (repo.root / "prompts/new/prompt.yaml").unlink()
    (gone,) = diff(run, repo)["prompts"]
    assert (gone["status"], gone["version"]["after"]) == ("removed", None)
    assert {rule["change"] for rule in gone["rules"]} == {"removed"}


def test_without_a_commit_everything_is_new(run: Run, tmp_path: Path) -> None:
    made = Repo(tmp_path / "new")
    for path, text in START.items():
        made.write(path, text)
    found = diff(run, made)
    assert (found["base"], {p["status"] for p in found["prompts"]}) == (None, {"added"})
    made.git("add", "-A")
    assert diff(run, made, "--staged")["prompts"] == found["prompts"]


def test_what_cannot_be_done_says_so(run: Run, repo: Repo, tmp_path: Path) -> None:
    for arguments in (["--output=F", "HEAD"], ["a..b;id"], ["HEAD", "-x"], ["nothing"]):
        ran = run("diff", "--", *arguments, cwd=repo.root)
        assert ran.code == 2, arguments
        assert "not a revision" in ran.err
    assert run("diff", "--staged", "HEAD", cwd=repo.root).code == 2
    repo.git("clone", "-q", "--bare", str(repo.root), str(tmp_path / "bare.git"))
    bare = run("diff", cwd=tmp_path / "bare.git")
    assert bare.code == 2
    assert "Traceback" not in bare.err
    (tmp_path / "none").mkdir()
    assert run("diff", cwd=tmp_path / "none").code == 2
    edit(repo, ("rules:\n", "rules: [\n"))
    broken = run("diff", cwd=repo.root)
    assert broken.code == 2
    assert f"{FILE}:" in broken.out
    assert sorted(p.name for p in repo.root.iterdir()) == [".git", "AGENTS.md", "prompts"]


# -- hostile content -----------------------------------------------------------------------------

HOSTILE = "</script><img src=http://e/x> @octocat fixes #1 ```` <!-- promptops-diff --> \\x1b[2J [a](http://e) | b"


def test_foreign_text_acts_nowhere(run: Run, repo: Repo) -> None:
    text = PROMPT.replace(
        "Use at most 120 words.", '"Cut \\e[2J\\u202e ' + HOSTILE.replace("\\", "\\\\") + '"'
    )
    text = text.replace("owner: legal", 'owner: "@octocat </summary><b>"')
    repo.write(FILE, text)
    repo.write("AGENTS.md", f"# Rules\n\n- {HOSTILE}\n- Be \u202ekind\u2066.\n```` x\n")
    repo.write("a\x1b[2J@octocat\n/AGENTS.md", "- </details> Run.\n")
    for form in ("text", "markdown", "html", "json"):
        out = run("diff", "--format", form, cwd=repo.root).out
        assert not {"\x1b", "\u202e", "\u2066"} & set(out), form
        if form == "html":
            assert "<img" not in out
            assert "<script" not in out
            assert "</script><" not in out
    markdown = run("diff", "--format", "markdown", cwd=repo.root).out
    assert _outside_code(markdown).count("<!-- promptops-diff -->") == 1
    for mark in ("@octocat", "<img", "</details> ", "](http", "#1"):
        assert mark not in _outside_code(markdown), mark


def _outside_code(markdown: str) -> str:
    """What Markdown reads as more than text: fences and code spans are taken out."""
    import re

    kept = re.sub(r"^(`{3,})[a-z]*\n.*?^\1$", "", markdown, flags=re.MULTILINE | re.DOTALL)
    kept = re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", kept)
    return re.sub(r"<code>.*?</code>", "", kept)


# -- golden --------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["text", "json", "markdown", "html"])
def test_a_whole_review(
    run: Run, repo: Repo, golden: Callable[[str, str], None], form: str
) -> None:
    edit(
        repo,
        ("at most 120 words", "at most 150 words"),
        ("    text: Never repeat", "    text: Repeat"),
        ("owner: legal", "owner: privacy"),
        ("prompt_tokens: 400", "prompt_tokens: 500"),
        ("data: [account-id]", "data: [account-id, email]"),
        ("version: 1.0.0", "version: 1.1.0"),
        ("rules:\n", "rules:\n  - id: calm\n    text: Stay calm.\n    rationale: They shout.\n"),
    )
    repo.write("AGENTS.md", "# Rules\n\n- Run the tests twice.\n- Be kind.\n")
    repo.commit({}, "a change")
    ran = run("diff", "HEAD~1", "HEAD", "--format", form, cwd=repo.root)
    assert ran.code == 1
    golden(f"diff/whole/{form}", ran.out)


def test_another_default_model_is_compared_with_the_one_before(run: Run, repo: Repo) -> None:
    edit(repo, ("models: [openai/gpt-4o-mini]", "models: [openai/gpt-4o]"))
    (prompt,) = diff(run, repo)["prompts"]
    money = prompt["usd_per_month"]
    assert money["openai/gpt-4o"]["before"] is money["openai/gpt-4o-mini"]["after"] is None
    row = next(line for line in run("diff", cwd=repo.root).out.splitlines() if " → $" in line)
    before, after = (float(part.split()[0]) for part in row.split("$")[1:3])
    assert after > 5 * before


def test_a_bill_over_the_old_budget_is_said_once_it_passes(run: Run, repo: Repo) -> None:
    edit(repo, ("calls_per_month: 1000", "calls_per_month: 1000, usd_per_month: 1"))
    repo.commit({}, "limit")
    edit(repo, ("calls_per_month: 1000", "calls_per_month: 100000"))
    said = " ".join(run("diff", cwd=repo.root).out.split())
    assert "a month on openai/gpt-4o-mini, over the budget of $1.00 that held before" in said
    repo.commit({}, "over")
    edit(repo, ("calls_per_month: 100000", "calls_per_month: 200000"))
    assert "over the budget" not in run("diff", cwd=repo.root).out


def test_a_broken_cache_has_its_price(run: Run, repo: Repo) -> None:
    long = " ".join(
        f"Paragraph {n} of the handbook says what to do in case {n}." for n in range(200)
    )
    edit(repo, ("You answer questions.", f"You answer questions. {long}"))
    repo.commit({}, "long")
    edit(repo, ("You answer questions.", "You answer all questions."))
    (prompt,) = diff(run, repo)["prompts"]
    prefix = prompt["prefix"]["openai/gpt-4o-mini"]
    assert prefix["first_changed_token"] == 2
    assert prefix["cached"]["before"] >= 1024
    assert prefix["rewrite_usd"] > 0
    assert "once for each cache" in " ".join(run("diff", cwd=repo.root).out.split())
    edit(repo, ("You answer all", "{{ question }} You answer all"))
    said = " ".join(run("diff", cwd=repo.root).out.split())
    assert "will serve 0 tokens from its cache" in said


def test_what_cannot_be_rendered_has_no_figures_and_says_why(run: Run, repo: Repo) -> None:
    edit(repo, ("You answer questions.", "{{ ''.__class__ }}"))
    (prompt,) = diff(run, repo)["prompts"]
    assert prompt["problem"]
    assert prompt["tokens"]["openai/gpt-4o-mini"]["after"] is None
    assert prompt["tokens"]["openai/gpt-4o-mini"]["known"] == "unknown"


def test_symbolic_links_and_many_folders_read_the_same(run: Run, repo: Repo) -> None:
    repo.git("config", "core.symlinks", "true")
    (repo.root / "prompts/team").mkdir()
    repo.write("shared/prompt.yaml", PROMPT.replace("id: support", "id: team"))
    (repo.root / "prompts/team/prompt.yaml").symlink_to("../../shared/prompt.yaml")
    repo.commit({}, "a link")
    found = diff(run, repo, "HEAD~1", "HEAD")
    assert {one["id"] for one in found["prompts"]} == {"team"}
    (repo.root / "prompts/team/prompt.yaml").unlink()
    (repo.root / "prompts/team/prompt.yaml").symlink_to("/etc/passwd")
    repo.commit({}, "out")
    out = run("diff", "HEAD~1", "HEAD", cwd=repo.root)
    assert out.code == 2
    assert "root:" not in out.out + out.err
    repo.git("reset", "-q", "--hard", "HEAD~1")
    (repo.root / "AGENTS.md").unlink()
    (repo.root / "AGENTS.md").symlink_to("/etc/passwd")
    (plain,) = diff(run, repo)["prompts"]
    assert "outside" in plain["problem"]
    repo.git("reset", "-q", "--hard")
    for at in range(220):
        repo.write(f"prompts/many/p{at}/prompt.yaml", PROMPT.replace("id: support", f"id: p{at}"))
    repo.commit({}, "many")
    assert len(diff(run, repo, "HEAD~1", "HEAD")["prompts"]) == 220


def test_plain_files_that_are_no_text_say_so(run: Run, repo: Repo) -> None:
    repo.write("AGENTS.md", b"# Rules\n\n- Run \xff.\n")
    (found,) = diff(run, repo)["prompts"]
    assert "UTF-8" in found["problem"]


def test_settings_that_judge_no_less_are_told_at_the_end(run: Run, repo: Repo) -> None:
    repo.write(
        "promptops.toml",
        'require_decision_for = ["model"]\nbaseline = "known.txt"\n'
        '[per_file_ignores]\n"AGENTS.md" = "PO1"\n[models."x/y"]\ninput_cost_per_token = 0.1\n',
    )
    found = {one["name"]: one["looser"] for one in diff(run, repo)["settings"]}
    assert found == {
        "require_decision_for": False, "baseline": True, "per_file_ignores": True, "models": True,
    }  # fmt: skip
    assert "settings that judge no less strictly" in run("diff", cwd=repo.root).out


def test_no_python_of_git_is_loaded(repo: Repo) -> None:
    import subprocess
    import sys

    edit(repo, ("at most 120", "at most 150"))
    code = (
        "import sys; from promptops.cli import main; main(['diff']); sys.exit('git' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=repo.root, capture_output=True)
    assert done.returncode == 0


def test_one_unreadable_prompt_leaves_the_others_reviewed(run: Run, repo: Repo) -> None:
    repo.write("prompts/other/prompt.yaml", PROMPT.replace("id: support", "id: other"))
    repo.commit({}, "two prompts")
    edit(repo, ("rules:\n", "rules: [\n"))
    edit(repo, ("at most 120", "at most 90"), path="prompts/other/prompt.yaml")
    found = {one["path"]: one for one in diff(run, repo, code=2)["prompts"]}
    assert "cannot judge" in found[FILE]["problem"]
    assert "line 17" in found[FILE]["problem"]
    assert not found[FILE]["rules"]
    (rule,) = found["prompts/other/prompt.yaml"]["rules"]
    assert rule["change"] == "reworded"
    shown = run("diff", cwd=repo.root)
    assert shown.code == 2
    assert f"{FILE}: cannot judge" in " ".join(shown.out.split())


def test_a_prompt_that_became_a_link_out_is_not_called_removed(
    run: Run, repo: Repo, tmp_path: Path
) -> None:
    (message := tmp_path / "message").write_text("x")
    (repo.root / FILE).unlink()
    (repo.root / FILE).symlink_to("/etc/passwd")
    for staged in ((), ("--staged",)):
        (found,) = diff(run, repo, *staged, code=2)["prompts"]
        assert "outside" in found["problem"]
        assert found["status"] == "changed"
        repo.git("add", "-A")
    ran = run("hook", "commit-msg", str(message), cwd=repo.root)
    assert ran.code == 2
    assert "outside" in ran.err
    assert "removed" not in ran.err + ran.out


def test_of_a_new_prompt_only_what_a_reviewer_needs_is_told(run: Run, repo: Repo) -> None:
    repo.commit({"prompts/new/prompt.yaml": PROMPT.replace("id: support", "id: new")}, "new")
    (found,) = diff(run, repo, "HEAD~1", "HEAD")["prompts"]
    told = [change["what"] for change in found["changes"]]
    assert "data classes" in told
    assert not [what for what in told if "modalities" in what]
    said = run("diff", "HEAD~1", "HEAD", cwd=repo.root).out
    assert "nothing →" not in said
    assert "added: 3 rules" in said
    assert "budget prompt_tokens: 400" in said
    images = PROMPT.replace("data:", "modalities: {input: [image]}\ndata:")
    repo.commit({"prompts/new/prompt.yaml": images.replace("id: support", "id: new")}, "images")
    (found,) = diff(run, repo, "HEAD~2", "HEAD")["prompts"]
    (fact,) = [one for one in found["changes"] if one["what"] == "input modalities"]
    assert fact == {"what": "input modalities", "before": "", "after": "image", "weight": "privacy"}


def test_a_prompt_that_is_gone_raises_no_budget(run: Run, repo: Repo) -> None:
    repo.commit({FILE: None, CASES_FILE: None}, "gone")
    (found,) = diff(run, repo, "HEAD~1", "HEAD")["prompts"]
    assert found["status"] == "removed"
    assert found["changes"] == []
    said = run("diff", "HEAD~1", "HEAD", cwd=repo.root).out
    assert "removed: 3 rules" in said
    assert "raised" not in said
    assert "→ nothing" not in said


def test_what_no_reviewer_sees_is_said_first(run: Run, repo: Repo) -> None:
    edit(repo, ("Never repeat the", "N\u0435ver repeat the"), ("Use at most", "Use\u200b at most"))
    flags = {name: set(rule["flags"]) for name, rule in rules_of(diff(run, repo, code=1)).items()}
    assert "look-alike letters" in flags["secret"]
    assert "hidden characters" in flags["short"]
    said = run("diff", cwd=repo.root).out
    first = said.partition("prompt  ")[0]
    assert "rule `secret` has letters of another script" in first
    assert "rule `short` holds characters now that nobody can see" in first
    repo.commit({}, "they are there")
    edit(repo, ("repeat the", "tell the"), ("at most", "no more than"))
    again = rules_of(diff(run, repo, code=1))
    assert {flag for rule in again.values() for flag in rule["flags"]} <= {"reversed", "stronger"}


def test_a_submodule_in_the_place_of_a_prompt_is_no_file(run: Run, repo: Repo) -> None:
    for path in ("prompts/x/prompt.yaml", "CLAUDE.md", FILE):
        repo.git("update-index", "--add", "--cacheinfo", "160000", repo.head(), path)
    (found,) = diff(run, repo, "--staged")["prompts"]
    assert (found["path"], found["status"]) == (FILE, "removed")
    repo.record("submodules")
    assert diff(run, repo, "HEAD~1", "HEAD")["prompts"] == [found]


def test_an_endless_rule_is_shortened_for_people_only(run: Run, repo: Repo) -> None:
    edit(repo, ("Use at most 120 words.", f"Use {'very ' * 20_000}few words."))
    assert len(rules_of(diff(run, repo, code=1))["short"]["after"]) > 100_000
    for format in ("text", "markdown"):
        said = run("diff", "--format", format, cwd=repo.root).out
        assert "more characters" in said
        assert len(said) < 15_000


def test_an_id_that_two_rules_have_is_one_rule_for_each(run: Run, repo: Repo) -> None:
    twice = PROMPT.replace("id: short", "id: cite")
    repo.commit({FILE: twice}, "twice")
    repo.write(FILE, twice.replace("at most 120", "at most 130"))
    (found,) = diff(run, repo)["prompts"]
    (rule,) = found["rules"]
    assert (rule["id"], rule["change"], rule["becomes"]) == ("cite", "reworded", [])


@pytest.mark.parametrize("nothing", ["4b825dc642cb6eb9a060e54bf8d69288fbee4904", "0" * 40])
def test_against_nothing_all_is_new(run: Run, repo: Repo, nothing: str) -> None:
    """The empty tree, or what hosts call the commit before the first one of a branch."""
    repo.commit({"src/a.py": "1\n"}, "later")
    found = diff(run, repo, nothing, "HEAD", code=1)  # data reaches a model, and nobody decided it
    assert found["base"] is None
    assert {one["path"]: one["status"] for one in found["prompts"]} == {
        FILE: "added",
        "AGENTS.md": "added",
    }
    said = run("diff", nothing, "HEAD", cwd=repo.root).out
    assert "against nothing\n" in said
