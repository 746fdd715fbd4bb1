"""Bringing in what teams have: instruction files that render back to the byte, rules, drafts."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptops.errors import InputError
from promptops.importing import Source, read_foreign
from promptops.importing.escape import literal
from promptops.importing.names import Names, id_of, slug
from promptops.importing.packing import packed
from promptops.importing.reading import foreign_text
from promptops.importing.restore import target_text
from promptops.model import Message, Prompt
from promptops.render import render
from promptops.source.reading import read_prompt
from promptops.source.tree import DiskTree

SHARED = Path(os.environ.get("PROMPTOPS_SHARED", Path(__file__).parents[2] / "shared"))
REAL = SHARED / "data" / "instructions"
Run = Callable[..., Any]


class Files:
    """A tree in memory."""

    def __init__(self, files: Mapping[str, str | bytes]) -> None:
        self.files = {
            path: text if isinstance(text, bytes) else text.encode() for path, text in files.items()
        }

    def exists(self, path: str) -> bool:
        return path in self.files

    def read(self, path: str) -> bytes:
        if path not in self.files:
            raise InputError("no such file", path=path)
        return self.files[path]

    def paths(self) -> Sequence[str]:
        return sorted(self.files)

    def listed(self, folder: str) -> Sequence[str]:
        return [path for path in self.paths() if path.rpartition("/")[0] == folder.rstrip("/")]


def brought(path: str, text: str, **files: str) -> tuple[Prompt, str]:
    """The first prompt of a file, read back from what is written for it, and its target's text."""
    tree = Files({path: text, **files})
    source = Source(path, text, tree)
    written = packed(read_foreign(source)[0], "prompts/x", source)
    there = Files({**tree.files, **written})
    reading = read_prompt(there, "prompts/x/prompt.yaml")
    assert reading.problems == ()
    assert reading.prompt is not None
    return reading.prompt, target_text(reading.prompt, there)


def same(text: str, path: str = "AGENTS.md") -> Prompt:
    prompt, rendered = brought(path, text)
    assert rendered == text
    return prompt


# -- byte for byte -------------------------------------------------------------------------------

ODD = {
    "empty": "",
    "one line end": "\n",
    "no final newline": "- Use tabs.",
    "blank lines at the end": "- Use tabs.\n\n\n",
    "spaces at the end": "- Use tabs.\n   ",
    "blank lines first": "\n\n  - Use tabs.\n",
    "crlf": "# Style\r\n\r\n- Use tabs.\r\n- Never push\r\n  to main.\r\n",
    "mixed ends": "- Use tabs.\r\n- Never push.\n- Ask first.\r- Stop.\n",
    "bom": "\ufeff# Style\n- Use tabs.\n",
    "tabs": "\t- Use tabs.\n\t\t- Never spaces.\n-\tAsk first.\n",
    "no-break spaces": "-\u00a0Use tabs.\n- Never\u00a0push.\u2028Ask.\u0085Stop.\n",
    "form feed": "- Use tabs.\n\f\n- Never push.\n",
    "odd characters": "- Use \u200btabs \ufffe \U0001f600 \x9b.\n",
    "invalid front matter": "---\nglobs: *.ts\n: [\n---\n- Use tabs.\n",
    "placeholders": "- Use {{name}} always.\n{{ x }} {% if y %}\n{# z #}{{{raw}}}\n${{ secrets.X }}\n",
    "braces before a rule": "{\n- {Use tabs.\n{{- Never push.\n",
    "raw within raw": "{% raw %}{{ x }}{% endraw %}\n- Use tabs.\n{% raw %}\n",
    "search and replace": "<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\n",
    "yaml's own marks": "---\n...\n--- a\n# no comment\n'\"|>&*!%@`\n",
    "long line": "Use tabs. " * 30_000 + "\n",
    "conflicting ids": "- Use tabs.\n- Use tabs.\n- Use tabs!\n",
}


@pytest.mark.parametrize("name", ODD)
def test_odd_texts_come_back_to_the_byte(name: str) -> None:
    same(ODD[name])


def test_a_large_file_comes_back_and_its_rules_are_bounded() -> None:
    text = "".join(f"- Never use the module number {i} of {{{{it}}}}.\n" for i in range(4000))
    prompt = same(text)
    assert 1000 < len(prompt.rules) < 4000
    assert prompt.rules[0].id == "line-1"


MARKUP = """\
# A
- Use tabs.
  - Never push.
1. Ask {{x}}.
```
~~~py
    indented

> Always ask.
<rule>
</rule>
<!-- no
-->
{% raw %}
{%
{{
}}
{
{#
#}
{% endraw %}
---
===
You must ask.
**Never:**
| a | b |
|-|-|
Example: use it.
key: 'value' # z
{{ rules }}
日本語を使うこと。"""
LINES = st.sampled_from([*MARKUP.splitlines(), "   ", "\t", "\u00a0Use tabs.\u00a0"])
ENDS = st.sampled_from(["\n", "\n", "\n", "\r\n", "\r", "\n\n", ""])


@settings(max_examples=150)
@given(st.lists(st.tuples(LINES, ENDS), max_size=25))
def test_any_markdown_comes_back(lines: list[tuple[str, str]]) -> None:
    same("".join(line + end for line, end in lines))


@settings(max_examples=150)
@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters='\n\r\t\f{}%#"\\'))
)
def test_any_text_comes_back(text: str) -> None:
    same(text, "prompt.txt")


@given(st.text("{}%# \nendraw\"'\\-", max_size=40))
def test_literal_text_renders_as_itself(text: str) -> None:
    prompt = Prompt("x", messages=(Message("system", literal(text)),))
    assert render(prompt, {})[0].content == text


@pytest.mark.skipif(not REAL.is_dir(), reason="no shared data here")
def test_real_files_come_back_to_the_byte() -> None:
    """Every file, read as what it is, renders to its own bytes from what is written for it."""
    count = 0
    for top in sorted(path for path in REAL.iterdir() if path.is_dir()):
        disk = DiskTree(str(top))
        files = {path.removesuffix(".txt"): disk.read(path) for path in disk.paths()}
        for path, raw in files.items():
            text = foreign_text(raw, path)
            source = Source(path, text, Files(files))
            there = Files({**files, **packed(read_foreign(source)[0], "prompts/x", source)})
            reading = read_prompt(there, "prompts/x/prompt.yaml")
            assert reading.problems == (), path
            assert reading.prompt is not None
            assert target_text(reading.prompt, there) == text, path
            count += 1
    assert count >= 50


# -- what is told of it --------------------------------------------------------------------------


def test_rules_keep_their_text_section_and_line() -> None:
    prompt = same(
        "# Git\n\n- **Never** amend commits.\n- Prefect is a platform.\n\nMaybe required.\n"
    )
    (rule,) = prompt.rules
    assert (rule.id, rule.text, rule.section) == (
        "never-amend-commits",
        "**Never** amend commits.",
        "Git",
    )
    assert rule.imported_from is not None
    assert (rule.imported_from.path, rule.imported_from.line) == ("AGENTS.md", 3)
    assert '- {{ rule("never-amend-commits") }}\n- Prefect' in prompt.messages[0].content


def test_a_rule_left_out_takes_its_bullet_along() -> None:
    prompt = same("# Git\n\n- Never amend commits.\n- Use tabs.\n")
    (message,) = render(prompt, {}, without=["never-amend-commits"])
    assert message.content == "# Git\n\n- Use tabs.\n"


def test_pieces_have_labels_and_confidences() -> None:
    text = (
        "# Git\n\n- Never push.\n- The build takes two minutes.\n\n```\nx\n```\n\n|a|\n|-|\n|b|\n"
    )
    found = read_foreign(Source("A.md", text, Files({})))[0]
    assert [(p.line, p.label) for p in found.pieces] == [
        (1, "heading"),
        (3, "rule"),
        (4, "fact"),
        (6, "code"),
        (10, "table"),
        (12, "table"),
    ]
    assert all(0.5 <= piece.confidence <= 1 for piece in found.pieces)
    assert [piece.rule for piece in found.pieces if piece.rule] == ["never-push"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("AGENTS.md", "agents"),
        ("src/api/AGENTS.md", "src-api-agents"),
        (".cursorrules", "cursorrules"),
        (".github/copilot-instructions.md", "copilot-instructions"),
        (".cursor/rules/Front End.mdc", "front-end"),
        ("a/ts.instructions.md", "ts"),
        ("prompts/日本.md", "prompts-prompt"),
        ("日.md", "prompt"),
    ],
)
def test_ids_come_from_paths(path: str, expected: str) -> None:
    assert id_of(path) == expected


def test_ids_come_from_words() -> None:
    assert slug("Don't use the `any` type in TypeScript") == "dont-use-any-type-typescript"
    assert slug("The of") == "the-of"
    assert slug("不要") == ""
    assert slug("é" * 90) == "e" * 40
    names = Names({"a"})
    assert [names.give("a"), names.give("a"), names.give("b")] == ["a-2", "a-3", "b"]


def test_the_summary_is_the_front_matter_s_or_the_first_heading() -> None:
    assert same('---\ndescription: "Style of code"\n---\n# T\n', "a.mdc").summary == "Style of code"
    assert same("<!-- x -->\n# Title here\nText.\n").summary == "Title here"
    assert same("Text first.\n# Title\n").summary == ""


def test_bad_bytes_are_refused_with_their_place() -> None:
    with pytest.raises(InputError, match="not UTF-8") as error:
        foreign_text(b"a\n\xff", "a.md")
    assert error.value.line == 2
    with pytest.raises(InputError, match=r"U\+001B"):
        foreign_text(b"a\x1b[2J", "a.md")


def test_what_does_not_fit_is_refused() -> None:
    text = "\r\n" * 300_000
    source = Source("A.md", text, Files({}))
    with pytest.raises(InputError, match="over 1 MiB"):
        packed(read_foreign(source)[0], "prompts/a", source)


# -- the command ---------------------------------------------------------------------------------


def commit(folder: Path, message: str, *paths: str) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(
            ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", *arguments],
            cwd=folder,
            check=True,
            env={**os.environ, "GIT_AUTHOR_DATE": "2026-04-12T10:00:00Z"},
        )

    git("add", *(paths or ("-A",)))
    git("commit", "-qm", message)


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", "-b", "main", str(tmp_path)], check=True)
    return tmp_path


def test_import_takes_the_commit_s_own_words_as_drafts(run: Run, repo: Path) -> None:
    (repo / "AGENTS.md").write_text("- Never amend commits.\n")
    commit(repo, "Forbid amending\n\nWork was lost (INC-7).\n\nSigned-off-by: Ada <a@b>")
    (repo / "AGENTS.md").write_text("# Git\n- Never amend commits.\n- Use tabs.\n")
    ran = run("import", "AGENTS.md", "--format", "json", cwd=repo)
    assert ran.code == 0, ran.err
    (told,) = json.loads(ran.out)["result"]["prompts"]
    assert (told["rules"], told["drafts"], told["target"]) == (2, 1, "AGENTS.md")
    text = (repo / "prompts/agents/prompt.yaml").read_text()
    assert "Ada, 2026-04-12, commit " in text
    assert "Forbid amending\n      Work was lost (INC-7).\n    draft: true" in text
    assert "Signed-off-by" not in text
    checked = run("check", "--format", "json", cwd=repo)
    codes = {d["code"] for d in json.loads(checked.out)["result"]["diagnostics"]}
    assert "PO104" in codes
    assert not [code for code in codes if code.startswith(("PO0", "PO7"))]
    assert run("render", "agents", "--target", cwd=repo).out == (repo / "AGENTS.md").read_text()
    (repo / "AGENTS.md").unlink()
    assert run("render", "agents", "--write", cwd=repo).code == 0
    assert (repo / "AGENTS.md").read_text() == "# Git\n- Never amend commits.\n- Use tabs.\n"


def test_import_overwrites_nothing_unasked(run: Run, repo: Path) -> None:
    (repo / "AGENTS.md").write_text("- Use tabs.\n")
    assert run("import", "AGENTS.md", cwd=repo).code == 0
    assert run("import", "AGENTS.md", cwd=repo).code == 0  # the same again is no change
    path = repo / "prompts/agents/prompt.yaml"
    path.write_text(path.read_text() + "# mine\n")
    ran = run("import", "AGENTS.md", cwd=repo)
    assert (ran.code, "it exists: nothing was written" in ran.err) == (2, True)
    assert path.read_text().endswith("# mine\n")
    assert run("import", "AGENTS.md", "--force", cwd=repo).code == 0
    assert not path.read_text().endswith("# mine\n")


def test_a_dry_run_writes_nothing(run: Run, repo: Path) -> None:
    (repo / "AGENTS.md").write_text("- Use tabs.\n\nMaybe required.\n{{ x }}\n")
    ran = run("import", "AGENTS.md", "--dry-run", "--no-history", cwd=repo)
    assert ran.code == 0
    assert "would become prompts/agents/prompt.yaml" in ran.out
    assert "placeholders such as {{ x }}" in ran.out
    assert not (repo / "prompts").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nope.md"], "No such file"),
        (["folder"], "a folder is not imported"),
        (["AGENTS.md", "--id", "Not An Id"], "is no id"),
        (["AGENTS.md", "b.md", "--id", "x"], "--id names one prompt"),
        (["AGENTS.md", "--into", "../x"], "outside the repository"),
        (["AGENTS.md", "--as", "nothing"], "nothing"),
        (["/etc/passwd"], "outside the repository"),
        (["link.md"], "outside the repository"),
        (["a:b.md"], "cannot be written in a prompt"),
        (["large.md"], "over 1 MiB"),
    ],
)
def test_what_cannot_be_imported_is_said(
    run: Run, repo: Path, arguments: list[str], said: str
) -> None:
    for name in ("AGENTS.md", "b.md", "a:b.md", "folder/c.md"):
        (repo / name).parent.mkdir(exist_ok=True)
        (repo / name).write_text("- Use tabs.\n")
    (repo / "link.md").symlink_to("/etc/passwd")
    (repo / "large.md").write_text("a" * (2 << 20))
    ran = run("import", *arguments, cwd=repo)
    assert ran.code == 2
    assert said in ran.err
    assert not (repo / "prompts").exists()


def test_import_without_git_says_that_there_are_no_drafts(run: Run, tmp_path: Path) -> None:
    (tmp_path / "promptops.toml").write_text("")
    (tmp_path / "AGENTS.md").write_text("- Use tabs.\n")
    ran = run("import", "AGENTS.md", cwd=tmp_path)
    assert ran.code == 0
    assert "no draft rationales" in " ".join(ran.out.split())
    assert "renders AGENTS.md back" in ran.out


def test_a_sidecar_s_entries_go_along(run: Run, repo: Path) -> None:
    (repo / "AGENTS.md").write_text("# Style\n\n- Use tabs.\n- Never push to main.\n")
    (repo / "AGENTS.rules.yaml").write_text(
        """\
promptops: 1
owners: ["@acme"]
rules:
  - id: tabs
    text: Use tabs.
    rationale: Diffs of four widths were unreadable.
    decision: 20260412-tabs
    owner: ada
    review_by: 2027-01-01
    tests:
      - {cases: [one], fires: false, assert: {contains: x}}
      - {cases: {slice: {language: de}}, assert: {contains: y}}
  - {id: gone, text: Use spaces., rationale: They are everywhere the same.}
cases:
  - {id: one, slices: {language: de}, history: [{role: user, content: "a\\nb"}]}
"""
    )
    ran = run("import", "AGENTS.md", cwd=repo)
    assert ran.code == 0, ran.err
    out = " ".join(ran.out.split())
    assert "entry `gone` of AGENTS.rules.yaml: no rule of the file has this wording" in out
    assert "AGENTS.rules.yaml: its entries are in the prompt now: delete it" in out
    prompt = read_prompt(DiskTree(str(repo)), "prompts/agents/prompt.yaml").prompt
    assert prompt is not None
    rule = prompt.rule("tabs")
    assert (rule.owner, rule.decision, str(rule.review_by)) == (
        "ada",
        "20260412-tabs",
        "2027-01-01",
    )
    assert rule.rationale == "Diffs of four widths were unreadable."
    assert [test.fires for test in rule.tests] == [False, True]
    assert prompt.owners == ("@acme",)
    assert prompt.cases[0].history[0].content == "a\nb"
    assert prompt.rule("never-push-main").rationale == ""


def test_a_broken_sidecar_is_left_alone(run: Run, repo: Path) -> None:
    (repo / "AGENTS.md").write_text("- Use tabs.\n")
    (repo / "AGENTS.rules.yaml").write_text("rules: [")
    assert run("import", "AGENTS.md", cwd=repo).code == 0


def test_drafts_know_what_is_not_committed(run: Run, repo: Path) -> None:
    (repo / "AGENTS.md").write_text("- Use tabs.\n- Never push.\n")
    commit(repo, "Tabs\n\n" + "long " * 200)
    (repo / "AGENTS.md").write_text("- Ask first.\n- Use tabs.\n- Never push.\n")
    (repo / "new.md").write_text("- Be brief.\n")
    ran = run("import", "AGENTS.md", "new.md", cwd=repo)
    assert "1 draft rationale from git, 2 rules without a word in it" in ran.out
    assert " …\n" in (repo / "prompts/agents/prompt.yaml").read_text()
    assert "draft" not in (repo / "prompts/new/prompt.yaml").read_text()


def test_a_repository_without_commits_has_no_drafts(run: Run, repo: Path) -> None:
    (repo / "AGENTS.md").write_text("- Use tabs.\n")
    ran = run("import", "AGENTS.md", cwd=repo)
    assert "nothing is committed yet" in ran.out
    assert "next: promptops check prompts/agents/prompt.yaml; it lists" in ran.out


def test_shallow_clones_say_so(
    run: Run, repo: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (repo / "AGENTS.md").write_text("- Use tabs.\n")
    commit(repo, "Tabs")
    (repo / "b.md").write_text("x\n")
    commit(repo, "More")
    clone = tmp_path_factory.mktemp("clone") / "c"
    subprocess.run(["git", "clone", "-q", "--depth", "1", f"file://{repo}", str(clone)], check=True)
    ran = run("import", "AGENTS.md", cwd=clone)
    assert ran.code == 0
    assert "git fetch --unshallow" in " ".join(ran.out.split())


def test_the_answer_is_a_contract(run: Run, repo: Path, golden: Callable[[str, str], None]) -> None:
    (repo / "AGENTS.md").write_text(
        "# Git\n\n- Never push to {{branch}}.\n- The build takes two minutes.\n\n```\nmake\n```\n"
    )
    for form, end in (("json", "json"), ("text", "txt")):
        ran = run("import", "AGENTS.md", "--no-history", "--dry-run", "--format", form, cwd=repo)
        golden(f"import/agents/out.{end}", ran.out)
    assert run("import", "AGENTS.md", "--no-history", cwd=repo).code == 0
    golden("import/agents/prompt.yaml", (repo / "prompts/agents/prompt.yaml").read_text())
    ran = run("export", "agents", "--to", "promptfoo", "--format", "json", cwd=repo)
    golden("export/agents/out.json", ran.out)
