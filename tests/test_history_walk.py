"""A rule followed back on real repositories: what happened to it, and how sure that is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from repos import BOB, ENVIRON, Repo, rules

from promptops.history.align import Grade
from promptops.history.git import Repository
from promptops.history.provenance import Spot, Trace
from promptops.history.versions import Versions
from promptops.history.walk import follow

KIND = "Be kind to every customer who writes to us."
CITE = "Cite the policy section that you rely on."
TESTS = "Run the whole test suite before you push a branch."
IMPORTS = "Keep imports at the top of the module, never inside functions."
NAMES = "Name variables after what they hold and functions after what they do."


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "repo")
    made.commit({"README": "x\n"}, "start")
    return made


def life(repo: Repo, path: str, begins: str, **environ: str) -> Trace:
    """The trace of the rule that begins so, in HEAD."""
    with opened(repo, **environ) as versions:
        head = versions.repository.head()
        assert head is not None
        entry = versions.repository.entry(head, path)
        assert entry is not None
        units = versions.units(entry.blob, path)
        unit = next(u for u in units if u.text.startswith(begins))
        return follow(versions, head, Spot(path, entry.blob, unit.line))


@contextmanager
def opened(repo: Repo, **environ: str) -> Iterator[Versions]:
    """Everything read of a repository, closed afterwards."""
    environ = {**ENVIRON, **environ}
    with Repository.find(str(repo.root), environ) as found, closing(Versions(found)) as versions:
        yield versions


def kinds(trace: Trace) -> list[tuple[str, str]]:
    return [(event.kind, event.grade.word) for event in trace.events]


def test_a_rule_that_never_changed(repo: Repo) -> None:
    first = repo.commit({"AGENTS.md": rules(KIND, CITE)}, "rules", BOB)
    repo.commit({"AGENTS.md": rules(KIND, CITE, TESTS), "other.py": "x\n"})
    trace = life(repo, "AGENTS.md", "Cite")
    assert kinds(trace) == [("introduced", "certain")]
    event = trace.events[0]
    assert (event.commit.id, event.commit.author, event.after) == (first, "Bob Ross", CITE)
    assert trace.complete


def test_rewordings_renames_and_moves_are_told_apart(repo: Repo) -> None:
    repo.commit({"CLAUDE.md": rules(KIND, CITE, TESTS)})
    reworded = CITE.replace("rely on", "rely on in your answer")
    repo.commit({"CLAUDE.md": rules(KIND, reworded, TESTS)})
    repo.commit({"CLAUDE.md": None, "AGENTS.md": rules(KIND, reworded, TESTS)})
    repo.commit({"AGENTS.md": rules(KIND, TESTS), "docs/guide.md": rules(reworded)})
    trace = life(repo, "docs/guide.md", "Cite")
    assert kinds(trace) == [
        ("moved", "certain"), ("renamed", "certain"), ("reworded", "certain"), ("introduced", "certain"),
    ]  # fmt: skip
    assert [e.from_path for e in trace.events] == ["AGENTS.md", "CLAUDE.md", "", ""]
    assert trace.events[2].before == CITE


def test_a_move_that_rewords_is_followed_when_its_neighbours_come_along(repo: Repo) -> None:
    repo.commit({"AGENTS.md": rules(KIND, CITE, TESTS, IMPORTS)})
    changed = "Name the section of the policy that you rely on, as [§n]."
    repo.commit({"AGENTS.md": rules(IMPORTS), "skills/x/SKILL.md": rules(KIND, changed, TESTS)})
    trace = life(repo, "skills/x/SKILL.md", "Name the section")
    assert [kind for kind, _ in kinds(trace)] == ["moved", "introduced"]
    assert trace.events[0].score < 100


def test_a_copy_leaves_its_source_alone(repo: Repo) -> None:
    first = repo.commit({"AGENTS.md": rules(KIND, CITE)})
    repo.commit({"web/AGENTS.md": rules(NAMES, CITE)}, "rules for the web")
    trace = life(repo, "web/AGENTS.md", "Cite")
    assert [kind for kind, _ in kinds(trace)] == ["copied", "introduced"]
    assert trace.events[1].commit.id == first


def test_what_was_taken_out_and_came_back(repo: Repo) -> None:
    first = repo.commit({"AGENTS.md": rules(KIND, CITE, TESTS)})
    gone = repo.commit({"AGENTS.md": rules(KIND, TESTS)})
    repo.commit({"AGENTS.md": rules(KIND, TESTS, IMPORTS)})
    back = repo.commit({"AGENTS.md": rules(CITE, KIND, TESTS, IMPORTS)})
    trace = life(repo, "AGENTS.md", "Cite")
    assert [(e.kind, e.commit.id) for e in trace.events] == [
        ("restored", back), ("removed", gone), ("introduced", first),
    ]  # fmt: skip


def test_a_deleted_file_that_is_restored_under_another_name(repo: Repo) -> None:
    first = repo.commit({"old/AGENTS.md": rules(KIND, CITE)})
    gone = repo.commit({"old/AGENTS.md": None}, "Remove the rules")
    repo.commit({"README": "y\n"})
    back = repo.commit({"AGENTS.md": rules(KIND, CITE)}, "Restore the rules for agents")
    trace = life(repo, "AGENTS.md", "Cite")
    assert [(e.kind, e.commit.id) for e in trace.events] == [
        ("restored", back), ("removed", gone), ("introduced", first),
    ]  # fmt: skip


def test_a_file_that_was_taken_back_and_made_again_is_no_new_one(repo: Repo) -> None:
    first = repo.commit({"AGENTS.md": rules(KIND, CITE)}, "Add rules")
    gone = repo.commit({"AGENTS.md": None}, "Take them out for now")
    repo.commit({"README": "y\n"})
    back = repo.commit({"AGENTS.md": rules(KIND, CITE, TESTS)}, "Add rules for agents")
    assert [(e.kind, e.commit.id) for e in life(repo, "AGENTS.md", "Cite").events] == [
        ("restored", back), ("removed", gone), ("introduced", first),
    ]  # fmt: skip
    assert kinds(life(repo, "AGENTS.md", "Run")) == [("introduced", "certain")]


def test_a_file_that_came_from_elsewhere_is_not_certain(repo: Repo) -> None:
    repo.commit({"AGENTS.md": rules(KIND)}, "Import the rules of the old repository")
    assert kinds(life(repo, "AGENTS.md", "Be kind")) == [("introduced", "probable")]


def test_the_first_commit_is_where_it_arrived(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "new")
    repo.commit({"AGENTS.md": rules(KIND)})
    trace = life(repo, "AGENTS.md", "Be kind")
    assert kinds(trace) == [("introduced", "probable")]
    assert any("first commit" in note for note in trace.notes)


def test_what_replaced_another_text_is_not_certain(repo: Repo) -> None:
    repo.commit({"AGENTS.md": rules(KIND, "Never name the policy section in an answer.", TESTS)})
    new = repo.commit({"AGENTS.md": rules(KIND, CITE, TESTS)})
    trace = life(repo, "AGENTS.md", "Cite")
    assert trace.events[0].commit.id == new
    assert trace.events[0].grade < Grade.CERTAIN


def test_a_rule_that_goes_to_another_section(repo: Repo) -> None:
    repo.commit({"AGENTS.md": f"# One\n\n- {KIND}\n- {CITE}\n\n# Two\n\n- {TESTS}\n"})
    repo.commit({"AGENTS.md": f"# One\n\n- {KIND}\n\n# Two\n\n- {TESTS}\n- {CITE}\n"})
    assert kinds(life(repo, "AGENTS.md", "Cite")) == [
        ("moved", "certain"),
        ("introduced", "certain"),
    ]


def test_a_renamed_heading_moves_nothing(repo: Repo) -> None:
    repo.commit({"AGENTS.md": f"# One\n\n- {KIND}\n"})
    repo.commit({"AGENTS.md": f"# The first\n\n- {KIND}\n"})
    assert kinds(life(repo, "AGENTS.md", "Be kind")) == [("introduced", "certain")]


def test_decoration_is_its_own_kind(repo: Repo) -> None:
    repo.commit({"AGENTS.md": rules(KIND)})
    repo.commit({"AGENTS.md": rules(f"**{KIND}**")})
    trace = life(repo, "AGENTS.md", "**Be kind")
    assert kinds(trace) == [("reformatted", "certain"), ("introduced", "certain")]


def test_a_markdown_rule_that_became_a_governed_one(repo: Repo) -> None:
    repo.commit({"prompt.md": rules(KIND, CITE)})
    yaml = f"promptops: 1\nid: bot\nrules:\n  - id: kind\n    text: {KIND}\n  - id: cite\n    text: {CITE}\n"
    repo.commit({"prompt.md": None, "prompts/bot/prompt.yaml": yaml})
    repo.commit({"prompts/bot/prompt.yaml": yaml.replace("rely on", "lean on")})
    trace = life(repo, "prompts/bot/prompt.yaml", "Cite")
    assert [e.kind for e in trace.events] == ["reworded", "imported", "introduced"]
    assert trace.events[1].from_path == "prompt.md"


def test_a_rule_born_inside_a_json_string(repo: Repo) -> None:
    def modes(*texts: str) -> str:
        return '{\n  "modes": "' + "\\n".join(f"- {t}" for t in texts) + '"\n}\n'

    repo.commit({".roomodes": modes(KIND, TESTS)})
    born = repo.commit({".roomodes": modes(KIND, CITE, TESTS)})
    repo.commit({".roomodes": modes(KIND, CITE, NAMES)})
    repo.commit({".roomodes": modes(KIND, NAMES), "rules.md": rules(CITE)})
    trace = life(repo, "rules.md", "Cite")
    assert [e.kind for e in trace.events] == ["moved", "introduced"]
    assert trace.events[1].commit.id == born


def test_both_sides_of_a_merge_are_followed(repo: Repo) -> None:
    repo.commit({"AGENTS.md": rules(KIND, CITE, TESTS, IMPORTS, NAMES)})
    repo.git("checkout", "-q", "-b", "side")
    theirs = repo.commit(
        {"AGENTS.md": rules(KIND.replace("kind", "very kind"), CITE, TESTS, IMPORTS, NAMES)}
    )
    repo.git("checkout", "-q", "main")
    ours = repo.commit(
        {"AGENTS.md": rules(KIND, CITE, TESTS, IMPORTS, NAMES.replace("Name", "Call"))}
    )
    repo.merge("side")
    assert life(repo, "AGENTS.md", "Be very").events[0].commit.id == theirs
    assert life(repo, "AGENTS.md", "Call").events[0].commit.id == ours
    assert kinds(life(repo, "AGENTS.md", "Cite")) == [("introduced", "certain")]


def test_what_only_the_merge_itself_says_is_the_merges(repo: Repo) -> None:
    repo.commit({"AGENTS.md": rules(KIND, TESTS)})
    repo.git("checkout", "-q", "-b", "side")
    repo.commit({"AGENTS.md": rules(KIND, TESTS, IMPORTS)})
    repo.git("checkout", "-q", "main")
    repo.commit({"AGENTS.md": rules(NAMES, KIND, TESTS)})
    repo.git("merge", "-q", "--no-commit", "side")
    evil = repo.commit({"AGENTS.md": rules(NAMES, KIND, CITE, TESTS, IMPORTS)}, "merge with more")
    trace = life(repo, "AGENTS.md", "Cite")
    assert [(e.kind, e.commit.id) for e in trace.events] == [("introduced", evil)]
    assert life(repo, "AGENTS.md", "Keep imports").events[0].commit.subject == "change"


def test_a_file_that_became_a_link(repo: Repo) -> None:
    first = repo.commit({"CLAUDE.md": rules(KIND, CITE)})
    (repo.root / "CLAUDE.md").unlink()
    os.symlink("AGENTS.md", repo.root / "CLAUDE.md")
    repo.commit({"AGENTS.md": rules(KIND, CITE)}, "one file for all agents")
    trace = life(repo, "AGENTS.md", "Cite")
    assert [e.kind for e in trace.events][-1] == "introduced"
    assert trace.events[-1].commit.id == first


def test_the_edge_of_a_shallow_clone_is_no_origin(repo: Repo, tmp_path: Path) -> None:
    repo.commit({"AGENTS.md": rules(KIND, CITE)})
    repo.commit({"AGENTS.md": rules(KIND, CITE, TESTS)})
    repo.commit({"README": "z\n"})
    clone = Repo(tmp_path / "clone", create=False)
    repo.git("clone", "-q", "--depth=2", f"file://{repo.root}", str(clone.root))
    trace = life(clone, "AGENTS.md", "Cite")
    assert kinds(trace) == [("introduced", "weak")]
    assert not trace.complete
    assert any("unshallow" in note for note in trace.notes)


def test_versions_that_a_partial_clone_lacks_are_said_to_be_missing(
    repo: Repo, tmp_path: Path
) -> None:
    repo.commit({"AGENTS.md": rules(KIND, CITE)})
    repo.commit({"AGENTS.md": rules(KIND, CITE.replace("rely", "lean"))})
    repo.git("config", "uploadpack.allowFilter", "true")
    clone = Repo(tmp_path / "clone", create=False)
    repo.git("clone", "-q", "--filter=blob:none", f"file://{repo.root}", str(clone.root))
    trace = life(clone, "AGENTS.md", "Cite")
    assert not trace.complete
    assert not [e for e in trace.events if e.kind == "introduced"]
    assert any("not in this clone" in note for note in trace.notes)


def test_two_streams_of_one_question_share_what_was_read(repo: Repo) -> None:
    repo.commit({"AGENTS.md": rules(KIND, CITE)})
    repo.commit({"AGENTS.md": rules(KIND, CITE, TESTS)})
    with opened(repo) as versions:
        head = repo.head()
        first = [c.id for c in versions.stream(head, "AGENTS.md")]
        assert [c.id for c in versions.stream(head, "AGENTS.md")] == first
        assert len(first) == 2


def test_a_line_without_text_has_no_life(repo: Repo) -> None:
    repo.commit({"AGENTS.md": rules(KIND)})
    with opened(repo) as versions:
        blob = repo.git("rev-parse", "HEAD:AGENTS.md")
        assert not follow(versions, repo.head(), Spot("AGENTS.md", blob, 2)).events


def test_odd_dates_are_no_dates(repo: Repo) -> None:
    raw = repo.git("cat-file", "commit", "HEAD")
    repo.commit({"AGENTS.md": rules(KIND)})
    tree = repo.git("rev-parse", "HEAD^{tree}")
    made = raw.split("\n")
    made[0] = f"tree {tree}"
    made = [
        line.replace(line.split("> ")[1], "99999999999999999 +0000") if "> " in line else line
        for line in made
    ]
    commit = repo.git(
        "hash-object",
        "-t",
        "commit",
        "-w",
        "--stdin",
        "--literally",
        given="\n".join(made).encode() + b"\n",
    )
    repo.git("update-ref", "HEAD", commit)
    event = life(repo, "AGENTS.md", "Be kind").events[0]
    assert event.commit.time is None
