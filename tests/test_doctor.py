"""`promptops doctor` on repositories of every kind: what it says, and what it advises first."""

from __future__ import annotations

import json

import pytest
from repos import BOB, Repo, rules

UNRELATED = "Bump left-pad to 1.3"


def steps(ran):
    return [step["kind"] for step in json.loads(ran.out)["result"]["steps"]]


def told(ran):
    return json.loads(ran.out)["result"]


@pytest.fixture
def repo(tmp_path):
    repo = Repo(tmp_path)
    repo.commit({"AGENTS.md": rules("Never push to `main`.")}, "Never push to main")
    repo.commit(
        {
            "AGENTS.md": rules("Never push to `main`.", "Use tabs in every Makefile."),
            "src/AGENTS.md": rules("Always write docstrings for public functions."),
            ".gitignore": "ignored/\n",
        },
        UNRELATED,
        BOB,
    )
    return repo


def test_rules_are_told_by_what_is_known_of_them(run, repo):
    found = told(run("doctor", "--format", "json", cwd=repo.root))
    assert [one["path"] for one in found["files"]["instructions"]] == ["AGENTS.md", "src/AGENTS.md"]
    count = found["rules"]
    assert (count["total"], count["looked_up"], count["written"], count["commit"]) == (3, 3, 0, 1)
    assert [rule["line"] for rule in count["unexplained"]] == [4, 3]
    assert found["note"] is None


def test_a_written_reason_explains_and_a_draft_does_not(run, repo):
    entry = "promptops: 1\nrules:\n  - id: tabs\n    text: Use tabs in every Makefile.\n"
    said = entry + "    rationale: Make refused the spaces of March.\n"
    repo.write("AGENTS.rules.yaml", said)
    assert told(run("doctor", "--format", "json", cwd=repo.root))["rules"]["written"] == 1
    repo.write("AGENTS.rules.yaml", said + "    draft: true\n")
    assert told(run("doctor", "--format", "json", cwd=repo.root))["rules"]["written"] == 0


def test_what_was_adopted_is_neither_ungoverned_nor_to_be_adopted_again(run, repo):
    repo.write(".cursorrules", "Always answer in full sentences.\nUse tabs in every Makefile.\n")
    repo.write(".cursor/rules/style.mdc", "- Never use `eval`.\n")
    repo.git("add", "-A")
    repo.git("commit", "-qm", UNRELATED)
    for path in (".cursorrules", ".cursor/rules/style.mdc"):
        assert run("adopt", path, cwd=repo.root).code == 0
    ran = run("doctor", "--format", "json", cwd=repo.root)
    assert "not governed" not in run("doctor", cwd=repo.root).out
    step = next(one for one in told(ran)["steps"] if one["kind"] == "unexplained")
    assert "say why in .cursorrules.rules.yaml" in step["why"]
    assert step["command"] == "promptops why .cursorrules:1"
    repo.write(".cursorrules", "Never squash.\nAlways answer in full sentences.\nUse tabs.\n")
    again = told(run("doctor", "--format", "json", cwd=repo.root))["steps"]
    assert any(one["command"] == "promptops adopt .cursorrules" for one in again)


def test_ignored_files_are_nobodys(run, repo):
    repo.write("ignored/AGENTS.md", rules("Never do this."))
    repo.write("new/CLAUDE.md", rules("Never do that."))
    found = told(run("doctor", "--format", "json", cwd=repo.root))
    paths = [one["path"] for one in found["files"]["instructions"]]
    assert paths == ["AGENTS.md", "new/CLAUDE.md", "src/AGENTS.md"]


def test_links_are_one_file(run, repo):
    (repo.root / "CLAUDE.md").symlink_to("AGENTS.md")
    repo.git("add", "-A")
    found = told(run("doctor", "--format", "json", cwd=repo.root))
    assert [one["path"] for one in found["files"]["instructions"]] == ["AGENTS.md", "src/AGENTS.md"]
    claude = next(one for one in found["loads"] if one["tool"] == "claude-code")
    assert claude["start"]["paths"] == ["CLAUDE.md"]
    assert "by their names" not in run("doctor", cwd=repo.root).out


def test_one_of_the_files_that_may_be_prompts_is_named(run, repo):
    repo.write("docs/prompts/greet.md", rules("Be kind."))
    repo.write("docs/prompts/part.md", rules("Be brief."))
    shown = " ".join(run("doctor", cwd=repo.root).out.split())
    assert "by their names prompts or skills: 2 *.md, as docs/prompts/greet.md" in shown


def test_costs_are_told_at_the_root_and_where_they_are_largest(run, repo):
    found = told(run("doctor", "--format", "json", cwd=repo.root))
    codex = next(one for one in found["loads"] if one["tool"] == "codex")
    assert codex["start"]["paths"] == ["AGENTS.md"]
    assert codex["most"]["at"] == "src"
    assert codex["most"]["tokens"] > codex["start"]["tokens"] > 0


def test_the_steps_begin_with_what_harms_most(run, repo):
    hidden = rules("Never push to `main`\u202e without a review.", "Read @docs.")
    big = "x " * 17_000
    repo.write("CLAUDE.md", hidden + "\n@gone.md\n")
    repo.write("src/api/AGENTS.md", big)
    ran = run("doctor", "--format", "json", cwd=repo.root)
    assert steps(ran)[:3] == ["danger", "lost", "lost"]
    assert len(steps(ran)) == 5
    assert "--select PO602" in told(ran)["steps"][0]["command"]


def test_every_kind_of_step(run, repo):
    repo.write("pkg/promptfooconfig.yaml", "prompts: [hi]\n")
    assert steps(run("doctor", "--format", "json", cwd=repo.root)) == [
        "unexplained",
        "foreign",
        "guard",
    ]
    repo.write("promptops.toml", 'people = {left = ["bob@example.org"]}\n')
    repo.write("CLAUDE.md", rules("Never push to `main`."))
    assert "unread" in steps(run("doctor", "--format", "json", cwd=repo.root))
    repo.write("CLAUDE.md", rules("Never push to `main`.") + "\n@AGENTS.md\n")
    repo.write("AGENTS.md", rules("Always ask first.", "Never ask first.", "Never push to `main`."))
    repo.git("add", "-A")
    found = steps(run("doctor", "--format", "json", cwd=repo.root))
    assert "left" in found
    assert "unread" not in found
    assert "guard" not in found


def test_two_files_that_say_nearly_the_same(run, repo):
    same = [
        f"Never touch the {word}." for word in ("docs", "tests", "bench", "hooks", "site", "ci")
    ]
    repo.commit({"AGENTS.md": rules(*same, "Be brief."), "CLAUDE.md": rules(*same)}, "Rules")
    found = told(run("doctor", "--format", "json", cwd=repo.root))["steps"]
    said = next(step["why"] for step in found if step["kind"] == "twins")
    assert said.startswith("AGENTS.md and CLAUDE.md agree in 6 of 7 rules, not in AGENTS.md:9")
    two = {"a.prompty": rules(*same), "b.prompty": rules(*same, "Be brief.")}
    repo.commit({"AGENTS.md": rules(*same), **two}, "The same; no prompty brings another one in")
    assert "twins" not in steps(run("doctor", "--format", "json", cwd=repo.root))


def test_what_a_governed_prompt_renders_or_keeps_is_not_called_ungoverned(run, tmp_path):
    Repo(tmp_path).commit({"promptfooconfig.yaml": "prompts: ['Hi {{name}}']\nproviders: [echo]\n"})

    def others():
        return told(run("doctor", "--format", "json", cwd=tmp_path))["files"]["ungoverned"]

    assert others() == ["promptfooconfig.yaml"]
    assert run("import", "promptfooconfig.yaml", cwd=tmp_path).code == 0
    assert others() == []


def test_a_load_over_five_thousand_tokens_is_told(run, repo):
    repo.commit({"AGENTS.md": "# Never push\n\n" + "one two three four. " * 1_400, "CLAUDE.md": "@AGENTS.md\n",
                 "src/AGENTS.md": None}, "Never")  # fmt: skip
    assert "large" in steps(run("doctor", "--format", "json", cwd=repo.root))


def test_without_git_and_without_anything(run, tmp_path):
    ran = run("doctor", cwd=tmp_path)
    assert ran.code == 0
    assert "no prompts, no instruction files" in ran.out
    assert "promptops init" in ran.out
    (tmp_path / "AGENTS.md").write_text(rules("Never push to `main`."))
    ran = run("doctor", cwd=tmp_path)
    assert "no history" in ran.out
    assert "1 instruction file, 1 rule," in ran.out


def test_before_the_first_commit(run, tmp_path):
    repo = Repo(tmp_path)
    repo.write("AGENTS.md", rules("Never push to `main`."))
    found = told(run("doctor", "--format", "json", cwd=tmp_path))
    assert len(found["rules"]["unexplained"]) == 1


def test_a_shallow_clone_says_so(run, repo, tmp_path_factory):
    there = tmp_path_factory.mktemp("clones") / "shallow"
    repo.git("clone", "-q", "--depth", "1", f"file://{repo.root}", str(there))
    assert "--unshallow" in told(run("doctor", "--format", "json", cwd=there))["note"]


def test_more_rules_than_are_looked_up_are_said_to_be(run, tmp_path):
    repo = Repo(tmp_path)
    many = [f"Never do thing number {i} without asking team {i}." for i in range(65)]
    names = ("AGENTS.md", "a/AGENTS.md", "b/AGENTS.md")
    repo.commit({name: rules(*many) for name in names}, "Never do things")
    ran = run("doctor", "--format", "json", cwd=tmp_path)
    assert told(ran)["note"] == (
        "of 195 rules, the 130 nearest the root were looked up; "
        "`promptops why FILE:LINE` tells of any other"
    )
    assert "repeated" in steps(ran)


def test_the_story_for_people(run, repo):
    ran = run("doctor", cwd=repo.root)
    words = " ".join(ran.out.split())
    assert "2 instruction files, 3 rules," in words
    assert "of 3 rules: 0 with a written reason, 1 that the commit" in words
    assert "AGENTS.md:4 Use tabs in every Makefile." in words
    assert "promptops adopt AGENTS.md" in words
    assert "nothing of it reaches Gemini CLI" in words
    assert run("doctor", "-v", "--format", "markdown", cwd=repo.root).code == 0


def test_other_prompts_are_counted_by_kind(run, repo):
    names = ("SKILL.md", "other/SKILL.md", ".claude/agents/a.md", "x/my.prompt", "prompts/a.txt")
    for name in names:
        repo.write(name if "SKILL" not in name else f"skills/{name}", "Say hello.\n")
    words = " ".join(run("doctor", cwd=repo.root).out.split())
    assert "2 SKILL.md" in words
    assert "1 .claude/… .md" in words
    assert "1 *.prompt" in words


def test_nothing_to_do_is_said(run, tmp_path):
    repo = Repo(tmp_path)
    repo.commit(
        {
            "CLAUDE.md": rules("Never push to `main`."),
            ".pre-commit-config.yaml": "repos: [{repo: promptops}]\n",
        },
        "Never push to main",
    )
    assert "nothing: every rule has its reason" in run("doctor", cwd=tmp_path).out


def test_what_is_said_stays_the_same(run, repo, golden):
    golden("doctor/two-files/json.txt", run("doctor", "--format", "json", cwd=repo.root).out)
    golden("doctor/two-files/text.txt", run("doctor", cwd=repo.root).out)


def test_long_lists_are_cut_unless_more_is_asked_for(run, tmp_path):
    repo = Repo(tmp_path)
    files = {f"p{i}/AGENTS.md": rules(f"Never do thing number {i}.") for i in range(12)}
    prompt = """promptops: 1
id: a
version: 1.0.0
messages: [{role: system, content: "{{ rules }}"}]
rules: [{id: r, text: Greet., rationale: Complaints came in May.}]
"""
    repo.commit({**files, "prompts/a/prompt.yaml": prompt}, UNRELATED)
    short = run("doctor", cwd=tmp_path).out
    assert "and 4 more: `promptops doctor -v`" in short
    assert "1 governed prompt" in short
    assert "more: `promptops doctor -v`" not in run("doctor", "-v", cwd=tmp_path).out


def test_a_file_that_cannot_be_read_comes_first(run, tmp_path):
    repo = Repo(tmp_path)
    repo.commit({"AGENTS.md": b"\xff\xfe never", "CLAUDE.md": "@AGENTS.md\n"}, UNRELATED)
    ran = run("doctor", "--format", "json", cwd=tmp_path)
    assert steps(ran)[0] == "unreadable"
    assert ran.code == 0


def test_the_second_of_many_is_counted(run, repo):
    for name in ("CLAUDE.md", "src/CLAUDE.md"):
        repo.write(name, "@gone.md\n" + rules("Never push\u202e to `main`."))
    found = told(run("doctor", "--format", "json", cwd=repo.root))["steps"]
    assert "and 1 more like it" in found[0]["why"]
    assert "(and 1 more)" in found[1]["why"]
