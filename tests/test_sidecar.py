"""Sidecars of instruction files: entries, the rules they find, what `check`, `adopt`, `why` make of them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from repos import BOB, Repo
from trees import MemoryTree

from promptops.errors import InputError
from promptops.history.adopted import anchored
from promptops.importing.beside import changed_sidecar, new_sidecar
from promptops.model import Rule
from promptops.source.reading import Reading, read_instructions_file
from promptops.source.shape import Log
from promptops.source.sidecar import read_sidecar
from promptops.source.sidecar_path import instructions_of, sidecar_path

PLAIN = """# How to work here

- Run the tests with `uv run pytest`, never with pip.
- Never push to `main`.
- Keep functions under 40 lines.
"""
ENTRY = """promptops: 1
rules:
  - id: uv
    text: Run the tests with `uv run pytest`, never with pip.
    rationale: A pip run on 2026-03-02 tested the released version.
"""


def codes(ran):
    """(code, path, line) of what a check in JSON said."""
    found = json.loads(ran.out)["result"]["diagnostics"]
    return [(d["code"], d["path"], d["line"], d["rule"]) for d in found]


def write(root, **files):
    for name, text in files.items():
        (root / name.replace("_", ".")).write_text(text)
    return root


def test_sidecars_lie_beside_their_files():
    pairs = {
        "AGENTS.md": "AGENTS.rules.yaml",
        "src/api/AGENTS.override.md": "src/api/AGENTS.override.rules.yaml",
        ".cursorrules": ".cursorrules.rules.yaml",
        ".cursor/rules/a.mdc": ".cursor/rules/a.rules.yaml",
    }
    for path, sidecar in pairs.items():
        assert sidecar_path(path) == sidecar
        assert instructions_of(sidecar, MemoryTree({path: "", "other.md": ""})) == path
    assert instructions_of("AGENTS.rules.yaml", MemoryTree({})) is None


def test_check_says_which_rules_have_no_reason(run, tmp_path):
    write(tmp_path, AGENTS_md=PLAIN)
    assert run("check", "--format", "json", cwd=tmp_path).code == 0
    write(tmp_path, AGENTS_rules_yaml=ENTRY)
    ran = run("check", "--format", "json", cwd=tmp_path)
    assert codes(ran) == [
        ("PO101", "AGENTS.md", 4, "line-4"),
        ("PO101", "AGENTS.md", 5, "line-5"),
    ]
    assert "the rule in line 4 has no rationale" in ran.out
    assert json.loads(ran.out)["result"]["files"] == 2
    assert ran.code == 1


def test_the_ratchet_lets_old_gaps_be_and_tells_new_ones(run, tmp_path):
    write(tmp_path, AGENTS_md=PLAIN, AGENTS_rules_yaml=ENTRY)
    assert run("check", "--add-baseline", cwd=tmp_path).code == 0
    assert run("check", cwd=tmp_path).code == 0
    more = PLAIN.replace("# How", "Some words.\n\n# How") + "- Never rewrite published commits.\n"
    write(tmp_path, AGENTS_md=more)  # all rules move two lines down, one is new
    assert codes(run("check", "--format", "json", cwd=tmp_path)) == [
        ("PO101", "AGENTS.md", 8, "line-8")
    ]


def test_naming_the_sidecar_checks_the_file_it_is_about(run, tmp_path):
    write(tmp_path, AGENTS_md=PLAIN, AGENTS_rules_yaml=ENTRY)
    named = run("check", "AGENTS.rules.yaml", "--format", "json", cwd=tmp_path)
    assert named.out == run("check", "AGENTS.md", "--format", "json", cwd=tmp_path).out


def test_a_sidecar_without_its_file_is_refused(run, tmp_path):
    write(tmp_path, AGENTS_rules_yaml=ENTRY)
    ran = run("check", "AGENTS.rules.yaml", cwd=tmp_path)
    assert ran.code == 2
    assert "AGENTS.md" in ran.err


def test_a_change_of_the_sidecar_alone_is_checked(run, tmp_path):
    repo = Repo(tmp_path)
    repo.commit({"AGENTS.md": PLAIN, "other.md": "x"})
    repo.write("AGENTS.rules.yaml", ENTRY + "    ownr: ada\n")
    repo.git("add", "-A")
    ran = run("check", "--staged", "--format", "json", cwd=tmp_path)
    assert ("PO010", "AGENTS.rules.yaml", 6, "") in codes(ran)
    assert run("hook", "pre-commit", cwd=tmp_path).code == 1


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("", "PO011", 1),
        ("promptops: 1\n", "PO011", 1),
        ("promptops: 1\nrules: [\n", "PO002", 3),
        ("promptops: 1\nrules: 3\n", "PO012", 2),
        (ENTRY + ENTRY.partition("rules:\n")[2], "PO015", 6),
        (ENTRY.replace("    text", "    txt"), "PO010", 4),
        (ENTRY + "    decision: 20260101-nope\n", "PO505", 6),
        (ENTRY + "    review_by: 2020-01-01\n", "PO502", 6),
        (ENTRY.replace("A pip run on 2026-03-02 tested the released version.", "as asked"), "PO102", 5),
        (ENTRY + "    tests: [{cases: [nope], assert: {contains: x}}]\n", "PO202", 6),
        ("\x00", "PO001", 1),
    ],
)  # fmt: skip
def test_everything_wrong_with_a_sidecar_is_told_at_its_place(run, tmp_path, text, code, line):
    write(tmp_path, AGENTS_md="- Run the tests with `uv run pytest`, never with pip.\n")
    write(tmp_path, AGENTS_rules_yaml=text)
    found = codes(run("check", "--format", "json", cwd=tmp_path))
    assert (code, "AGENTS.rules.yaml", line) in [place[:3] for place in found], found


def test_outward_links_are_refused(run, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "secret.yaml").write_text("password: hunter2\n")
    write(tmp_path / "in", AGENTS_md=PLAIN)
    (tmp_path / "in" / "promptops.toml").write_text("")
    (tmp_path / "in" / "AGENTS.rules.yaml").symlink_to(tmp_path / "secret.yaml")
    ran = run("check", cwd=tmp_path / "in")
    assert "hunter2" not in ran.out
    assert "no rationale" not in ran.out  # what leads out is as good as not there


# -- which rule an entry is about ---------------------------------------------------------------


def found(entry, *rules):
    made = [Rule(f"line-{i}", text) for i, text in enumerate(rules, 1)]
    [anchor] = anchored([Rule("e", entry)], made, Log())
    return anchor


def test_an_entry_follows_its_rule_through_rewording_and_moves():
    entry = "Run the tests with `uv run pytest`, never with pip."
    other = "Sign every commit."
    same = found(entry, other, entry)
    assert (same.rule, same.sure, same.likeness) == (1, True, 100)
    bold = found(entry, other, "**Run the tests** with `uv run pytest`, never with pip.")
    assert (bold.rule, bold.sure) == (1, True)
    longer = found(entry, "Run all the tests with `uv run pytest`, never with pip or conda.", other)
    assert (longer.rule, longer.sure) == (0, True)
    rewritten = found(entry, other, "Execute pytest via uv, never pip.")
    assert (rewritten.rule, rewritten.sure) == (1, False)
    assert 40 < rewritten.likeness < 75
    gone = found(entry, other, "Never push to `main`.")
    assert gone.rule is None


def test_two_entries_never_share_a_rule():
    text = "Never push to `main`."
    entries = [Rule("a", text), Rule("b", text)]
    anchors = anchored(entries, [Rule("line-1", text)], Log())
    assert sorted(a.rule is None for a in anchors) == [False, True]


def test_what_rewording_did_to_the_meaning_is_told(run, tmp_path):
    write(tmp_path, AGENTS_md="- Run the tests with `uv run pytest`, or with pip.\n")
    write(tmp_path, AGENTS_rules_yaml=ENTRY)
    ran = run("check", cwd=tmp_path)
    assert "PO532" in ran.out
    assert "`promptops adopt AGENTS.md --accept uv`" in " ".join(ran.out.split())


def test_a_likeness_is_named_where_the_rule_cannot_be_found(run, tmp_path):
    write(tmp_path, AGENTS_md="- Never push to `main`, and never run pip.\n")
    write(tmp_path, AGENTS_rules_yaml=ENTRY)
    ran = run("check", "--select", "PO530", cwd=tmp_path)
    assert "% like it" in " ".join(ran.out.split())


# -- adopt --------------------------------------------------------------------------------------


@pytest.fixture
def repo(tmp_path):
    repo = Repo(tmp_path)
    first = PLAIN.replace("- Never push to `main`.\n", "")
    repo.commit({"AGENTS.md": first}, "Add agent instructions in AGENTS.md")
    repo.commit(
        {"AGENTS.md": PLAIN},
        "Never push to main (#7)\n\nThe release of February went out unreviewed.\n\n"
        "Signed-off-by: Bob <bob@example.org>\n",
        BOB,
    )
    return repo


def test_adopt_drafts_from_the_commit_that_brought_the_rule_in(run, repo):
    ran = run("adopt", "AGENTS.md", cwd=repo.root)
    assert ran.code == 0
    assert "AGENTS.rules.yaml: 3 entries added" in ran.out
    sidecar, _, log = read_sidecar(MemoryTree(
        {"AGENTS.rules.yaml": (repo.root / "AGENTS.rules.yaml").read_text()}), "AGENTS.rules.yaml"
    )  # fmt: skip
    assert not log.problems
    push = next(rule for rule in sidecar.rules if "main" in rule.text)
    assert push.id == "never-push-main"
    assert push.draft
    first, rest = push.rationale.split("\n")
    assert first.startswith("Bob Ross, 2023-11-15, commit ")
    assert first.endswith(": Never push to main (#7)")
    assert rest == "The release of February went out unreviewed."
    assert push.imported_from.commit == repo.head()
    assert (repo.root / "AGENTS.md").read_text() == PLAIN


def test_drafts_are_asked_for_once_each_and_nothing_else(run, repo):
    run("adopt", "AGENTS.md", cwd=repo.root)
    found = codes(run("check", "--format", "json", cwd=repo.root))
    assert {code for code, *_ in found} == {"PO104"}
    assert len(found) == 3


def test_a_commit_about_something_else_gives_no_draft(run, tmp_path):
    repo = Repo(tmp_path)
    repo.commit({"AGENTS.md": "- Never push to `main`.\n"}, "Bump version of left-pad")
    run("adopt", "AGENTS.md", cwd=tmp_path)
    text = (tmp_path / "AGENTS.rules.yaml").read_text()
    assert "rationale" not in text
    assert "draft" not in text
    assert codes(run("check", "--format", "json", cwd=tmp_path)) == [
        ("PO101", "AGENTS.rules.yaml", 4, "never-push-main")
    ]


def test_adopting_again_adds_only_what_is_new_and_touches_no_other_byte(run, repo):
    run("adopt", "AGENTS.md", cwd=repo.root)
    path = repo.root / "AGENTS.rules.yaml"
    before = path.read_bytes()
    again = run("adopt", "AGENTS.md", cwd=repo.root)
    assert "nothing to add" in again.out
    assert path.read_bytes() == before
    repo.write("AGENTS.md", PLAIN + "- Never rewrite published commits.\n")
    run("adopt", "AGENTS.md", cwd=repo.root)
    assert path.read_bytes().startswith(before)
    assert "never-rewrite-published-commits" in path.read_text()


def test_a_line_adopts_one_rule(run, repo):
    run("adopt", "AGENTS.md:4", "--no-history", cwd=repo.root)
    text = (repo.root / "AGENTS.rules.yaml").read_text()
    assert text.count("- id:") == 1
    assert "never-push-main" in text
    assert run("adopt", "AGENTS.md:2", cwd=repo.root).code == 2


def test_wordings_are_brought_up_to_date_where_the_meaning_is_the_same(run, tmp_path):
    write(tmp_path, AGENTS_rules_yaml=ENTRY.replace("text: ", "text: >-\n      "))
    write(tmp_path, AGENTS_md="- Run the tests with `uv run pytest` here, never with pip.\n")
    ran = run("adopt", "AGENTS.md", cwd=tmp_path)
    assert "brought up to date: uv" in ran.out
    text = (tmp_path / "AGENTS.rules.yaml").read_text()
    assert 'text: "Run the tests with `uv run pytest` here, never with pip."' in text
    assert "A pip run on 2026-03-02" in text
    assert run("check", cwd=tmp_path).code == 0


def test_a_changed_meaning_waits_for_somebody_to_accept_it(run, tmp_path):
    write(tmp_path, AGENTS_md="- Run the tests with `uv run pytest`, or with pip.\n")
    write(tmp_path, AGENTS_rules_yaml=ENTRY)
    waits = run("adopt", "AGENTS.md", cwd=tmp_path)
    assert "promptops adopt AGENTS.md --accept uv" in " ".join(waits.out.split())
    assert (tmp_path / "AGENTS.rules.yaml").read_text() == ENTRY
    assert run("adopt", "AGENTS.md", "--accept", "uv", cwd=tmp_path).code == 0
    assert run("check", cwd=tmp_path).code == 0
    assert run("adopt", "AGENTS.md", "--accept", "uw", cwd=tmp_path).code == 2


def test_a_dry_run_writes_nothing_and_json_tells_all(run, repo):
    ran = run("adopt", "AGENTS.md", "--dry-run", cwd=repo.root)
    assert "promptops: 1" in ran.out
    assert not (repo.root / "AGENTS.rules.yaml").exists()
    told = json.loads(run("adopt", "AGENTS.md", "--dry-run", "--format", "json", cwd=repo.root).out)
    [file] = told["result"]["files"]
    assert [rule["id"] for rule in file["added"]][1] == "never-push-main"
    assert told["result"]["written"] is False


def test_adopt_says_what_it_cannot_do(run, tmp_path):
    write(tmp_path, AGENTS_md=PLAIN, AGENTS_rules_yaml="promptops: 1\nrules: [")
    assert run("adopt", "AGENTS.md", cwd=tmp_path).code == 2
    assert run("adopt", "nope.md", cwd=tmp_path).code == 2
    assert run("adopt", "AGENTS.md", "b.md", "--accept", "x", cwd=tmp_path).code == 2
    write(tmp_path, prompt_yaml="id: x\n")
    assert run("adopt", "prompt.yaml", cwd=tmp_path).code == 2
    write(tmp_path, AGENTS_rules_yaml=ENTRY.replace("tests", "sign"))
    gone = run("adopt", "AGENTS.md", "--accept", "uv", "--no-history", cwd=tmp_path)
    assert gone.code == 0
    (tmp_path / "AGENTS.md").write_text("- Never rewrite published commits.\n")
    assert run("adopt", "AGENTS.md", "--accept", "uv", cwd=tmp_path).code == 2
    assert "uv: its rule is no longer" in run("adopt", "AGENTS.md", cwd=tmp_path).out


def test_without_git_there_are_entries_and_a_note(run, tmp_path):
    write(tmp_path, AGENTS_md=PLAIN)
    ran = run("adopt", "AGENTS.md", cwd=tmp_path)
    assert ran.code == 0
    assert "no draft rationales" in ran.out


def test_why_shows_what_the_sidecar_says(run, repo):
    repo.commit({"AGENTS.rules.yaml": ENTRY + "    owner: ada\n"})
    by_line = run("why", "AGENTS.md:3", cwd=repo.root)
    assert "Rationale: A pip run on 2026-03-02" in by_line.out
    assert "Owner: ada" in by_line.out
    told = json.loads(run("why", "AGENTS.md/uv", "--format", "json", cwd=repo.root).out)["result"]
    assert told["rule"]["id"] == "uv"
    assert told["rule"]["line"] == 3
    assert told["rationale"].startswith("A pip run")
    assert "rationale" not in run("why", "AGENTS.md:4", cwd=repo.root).out.lower()
    wrong = run("why", "AGENTS.md/uvv", cwd=repo.root)
    assert wrong.code == 2
    assert "AGENTS.md/uv" in wrong.err


def test_people_names_the_owner_of_the_sidecar(run, repo):
    repo.commit({"AGENTS.rules.yaml": ENTRY + "    owner: ada\n"})
    told = json.loads(run("people", "AGENTS.md", "--format", "json", cwd=repo.root).out)["result"]
    assert [rule["owner"] for rule in told["rules"]] == ["ada", None, None]


# -- changing the file --------------------------------------------------------------------------

TEXTS = st.text(
    st.characters(blacklist_categories=["Cs", "Cc"], whitelist_characters="\n"), min_size=1
).filter(lambda text: text.strip())


@given(st.lists(TEXTS, min_size=1, max_size=4, unique=True), TEXTS, TEXTS)
def test_what_is_written_reads_back(texts, more, reworded):
    rules = [Rule(f"r{i}", text, rationale=text) for i, text in enumerate(texts)]
    first = new_sidecar("AGENTS.md", rules)
    second = changed_sidecar(first, "AGENTS.rules.yaml", {0: reworded}, [Rule("more", more)])
    tree = MemoryTree({"AGENTS.rules.yaml": second})
    sidecar, _, log = read_sidecar(tree, "AGENTS.rules.yaml")
    assert not log.problems
    assert [rule.text for rule in sidecar.rules] == [reworded, *texts[1:], more]


@pytest.mark.parametrize(
    "before",
    [
        "promptops: 1\nrules: []\n",
        "promptops: 1\nrules: [ ]\ncases: []\n",
        "# head\npromptops: 1\nrules:\n- id: a\n  text: Say a.\n\n# tail\nowners: [ada]\n",
        "promptops: 1\nrules:\n    # first\n    - id: a\n      text: Say a.",
        ENTRY.replace("\n", "\r\n"),
    ],
)
def test_entries_are_added_whatever_the_file_looks_like(before):
    after = changed_sidecar(before, "x.rules.yaml", {}, [Rule("new", "Say b.")])
    sidecar, _, _ = read_sidecar(MemoryTree({"x.rules.yaml": after}), "x.rules.yaml")
    assert sidecar.rules[-1] == Rule("new", "Say b.")
    for line in before.splitlines():
        assert line in after or line.startswith("rules: [")


def test_what_cannot_be_changed_is_refused():
    flow = "promptops: 1\nrules: [{id: a, text: Say a.}]\n"
    with pytest.raises(InputError, match="without touching other lines"):
        changed_sidecar(flow, "x.rules.yaml", {}, [Rule("new", "Say b.")])
    with pytest.raises(InputError, match="not valid"):
        changed_sidecar("promptops: 1\n", "x.rules.yaml", {}, [Rule("new", "Say b.")])


def test_a_plain_reading_has_no_sidecar():
    reading = read_instructions_file(MemoryTree({"AGENTS.md": PLAIN}), "AGENTS.md")
    assert isinstance(reading, Reading)
    assert reading.sidecar is None
    assert reading.anchors == ()


def test_a_link_to_a_file_is_not_checked_twice(run, tmp_path):
    write(tmp_path, AGENTS_md=PLAIN, AGENTS_rules_yaml=ENTRY)
    (tmp_path / "CLAUDE.md").symlink_to("AGENTS.md")
    assert {path for _, path, *_ in codes(run("check", "--format", "json", cwd=tmp_path))} == {
        "AGENTS.md"
    }
    named = codes(run("check", "CLAUDE.md", "--format", "json", cwd=tmp_path))
    assert {path for _, path, *_ in named} <= {"CLAUDE.md"}
    (tmp_path / "CLAUDE.md").unlink()
    (tmp_path / "CLAUDE.md").write_text("- Never push to `main`\u202e.\n")
    assert "CLAUDE.md" in run("check", cwd=tmp_path).out


def test_what_adopt_says_stays_the_same(run, repo, golden):
    golden("adopt/three-rules/json.txt", run("adopt", "AGENTS.md", "--dry-run", "--format", "json",
                                             cwd=repo.root).out)  # fmt: skip
    golden("adopt/three-rules/text.txt", run("adopt", "AGENTS.md", cwd=repo.root).out)
    golden("adopt/three-rules/AGENTS.rules.yaml.txt", (repo.root / "AGENTS.rules.yaml").read_text())


def test_a_sidecar_over_a_megabyte_is_not_written():
    with pytest.raises(InputError, match="over 1 MiB"):
        new_sidecar("AGENTS.md", [Rule("a", "x" * (1 << 20))])


def test_rules_that_are_not_committed_have_no_draft(run, repo):
    repo.write("AGENTS.md", PLAIN + "- Never rewrite published commits.\n")
    run("adopt", "AGENTS.md:6", cwd=repo.root)
    text = (repo.root / "AGENTS.rules.yaml").read_text()
    assert "imported_from: {path: AGENTS.md, line: 6}" in text


def test_a_repository_below_another_finds_its_history(run, repo):
    repo.commit({"sub/promptops.toml": "", "sub/AGENTS.md": "- Never force-push to `release`.\n"},
                "Never force-push to release")  # fmt: skip
    run("adopt", "AGENTS.md", cwd=repo.root / "sub")
    assert "Never force-push to release" in (repo.root / "sub/AGENTS.rules.yaml").read_text()


def test_adopting_by_the_sidecars_name_and_a_file_nobody_can_read(run, tmp_path):
    write(tmp_path, AGENTS_md=PLAIN, AGENTS_rules_yaml=ENTRY)
    assert run("adopt", "AGENTS.rules.yaml", "--no-history", cwd=tmp_path).code == 0
    (tmp_path / "bad.md").write_bytes(b"\xff")
    assert run("adopt", "bad.md", cwd=tmp_path).code == 2
    one = run("check", "--select", "PO5", cwd=tmp_path)
    assert one.code == 0
