"""`decide`, `bump`, `retire`, `check --since` and the judging behind them, on real repositories."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from decided import FILE, PROMPT, RECORD, REWORD, SETTINGS, START, WHY, edit, filled, result
from repos import Repo

from promptops.cli import _world

Run = Callable[..., Any]


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    class Fixed(date):
        @classmethod
        def today(cls) -> date:
            return date(2026, 4, 12)

    monkeypatch.setattr(_world, "date", Fixed)


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "repo")
    made.git("config", "user.name", "Ada Lovelace")
    made.git("config", "user.email", "ada@example.org")
    made.commit(START, "start")
    return made


# -- decide --------------------------------------------------------------------------------------


def test_a_record_holds_every_fact_of_the_change(
    run: Run, repo: Repo, golden: Callable[[str, str], None]
) -> None:
    edit(
        repo,
        REWORD,
        ("  - id: greet\n    text: Greet by name.\n    rationale: The survey of May asked for it.\n    tests: [{cases: [hello], assert: {contains: Ann}}, {cases: {slice: {language: de}}, assert: {not_regex: Hi}}]\n",
         "  - id: calm\n    text: |\n      Stay calm.\n      # Always ```.\n"),
    )  # fmt: skip
    said = run("decide", "--staged", "--format", "json", cwd=repo.root)
    assert said.code == 0
    golden("decide/rules/report.json", said.out)
    record = (repo.root / "docs/decisions/20260412-cite-calm.md").read_text()
    golden("decide/rules/record.md", record)
    checked = run("check", "docs", "--format", "json", cwd=repo.root)
    marks = [d for d in result(checked)["diagnostics"] if d["code"] == "PO518"]
    assert len(marks) == record.count("TODO(decide)")
    golden("decide/rules/again.txt", run("decide", "--staged", cwd=repo.root).out)


def test_new_data_and_modalities_ask_the_four_questions(
    run: Run, repo: Repo, golden: Callable[[str, str], None]
) -> None:
    repo.commit({"promptops.toml": ""}, "no policy")
    edit(
        repo,
        ("owners: [ann]", "owners: [ann]\ndata: [account-id]\nmodalities: {input: [text, image]}"),
        REWORD,
    )
    said = run("decide", cwd=repo.root)
    golden("decide/privacy/report.txt", said.out)
    golden(
        "decide/privacy/data.md",
        (repo.root / "docs/decisions/20260412-support-data.md").read_text(),
    )
    for path in (repo.root / "docs/decisions").glob("20260412-*.md"):
        path.write_text(filled(path.read_text()))
    repo.git("add", "-A")
    said = run("decide", "--staged", "--check", "--format", "json", cwd=repo.root)
    assert said.code == 0
    assert [need["decision"] for need in result(said)["needed"]] == [
        "20260412-support-modality",
        "20260412-support-data",
    ]
    assert "privacy" not in run("check", "--staged", cwd=repo.root).out


def test_only_what_the_settings_ask_for_unless_a_kind_is_named(run: Run, repo: Repo) -> None:
    repo.commit({"promptops.toml": 'require_decision_for = ["budget"]\n'}, "budget")
    edit(repo, REWORD)
    said = run("decide", "--format", "json", cwd=repo.root)
    assert [one["kind"] for one in result(said)["written"]] == ["rule"]
    edit(repo, ("owners: [ann]", "owners: [ann]\ndata: [account-id]"))
    said = run("decide", "--format", "json", cwd=repo.root)
    assert [one["kind"] for one in result(said)["written"]] == ["data"]
    said = run("decide", "--kind", "data", "--format", "json", cwd=repo.root)
    assert [one["id"] for one in result(said)["existing"]] == ["20260412-support-data"]
    assert "on what ground" in result(said)["existing"][0]["lacks"][-4]


def test_links_are_written_where_the_rules_are(run: Run, repo: Repo) -> None:
    edit(repo, REWORD)
    said = run("decide", "--staged", "--link", "--format", "json", cwd=repo.root)
    assert result(said)["linked"] == [{"prompt": "support", "rule": "cite"}]
    assert "    decision: 20260412-cite\n" in (repo.root / FILE).read_text()
    record = repo.root / "docs/decisions/20260412-cite.md"
    record.write_text(filled(record.read_text()))
    repo.git("add", "-A")
    assert run("decide", "--check", "--staged", cwd=repo.root).code == 0
    assert run("check", "--staged", "--select", "PO5", cwd=repo.root).code == 0


def test_a_rule_that_cites_nothing_cites_what_was_decided_of_it(run: Run, repo: Repo) -> None:
    edit(repo, REWORD)
    before = (repo.root / FILE).read_text()
    said = run("decide", "--staged", "--no-link", cwd=repo.root)
    assert "cite it on the rule: `decision: 20260412-cite`" in said.out
    assert (repo.root / FILE).read_text() == before
    # the record is there by now: another run cites it
    said = run("decide", "--staged", cwd=repo.root)
    assert "begun already" in said.out
    assert "cited on support/cite" in said.out
    assert "cite it on the rule" not in said.out
    assert "    decision: 20260412-cite\n" in (repo.root / FILE).read_text()
    assert "cited on" not in run("decide", "--staged", cwd=repo.root).out


def test_a_rule_that_cites_another_record_keeps_it_unless_asked(run: Run, repo: Repo) -> None:
    cites = "Cite the policy section.\n    decision: 20260102-cite"
    edit(repo, ("Cite the policy section.", cites))
    repo.record("cite it")
    edit(repo, ("Cite the policy section.", "Cite nothing."))
    said = run("decide", cwd=repo.root)
    assert "support/cite goes on citing 20260102-cite; `--link`" in " ".join(said.out.split())
    assert "    decision: 20260102-cite\n" in (repo.root / FILE).read_text()
    assert "cited on support/cite" in run("decide", "--link", cwd=repo.root).out
    assert "    decision: 20260412-cite\n" in (repo.root / FILE).read_text()


def test_a_rule_that_cites_what_is_superseded_cites_the_new_record(run: Run, repo: Repo) -> None:
    cites = "Cite the policy section.\n    decision: 20260102-cite"
    edit(repo, ("Cite the policy section.", cites))
    repo.record("cite it")
    edit(repo, ("Cite the policy section.", "Cite nothing."))
    run("decide", "--supersedes", "20260102-cite", cwd=repo.root)
    assert "    decision: 20260412-cite\n" in (repo.root / FILE).read_text()


def test_a_record_says_what_the_rule_rested_on(run: Run, repo: Repo) -> None:
    edit(
        repo, ("Cite the policy section.", "Cite the policy section.\n    decision: 20260102-cite")
    )
    repo.record("cite it")
    edit(repo, ("Cite the policy section.", "Cite nothing."))
    run("decide", cwd=repo.root)
    text = (repo.root / "docs/decisions/20260412-cite.md").read_text()
    assert "Before, it rested on [20260102-cite](20260102-cite.md)." in text


def test_an_author_comes_from_the_environment_first(
    run: Run, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Grace `Hopper`")
    monkeypatch.setenv("GIT_AUTHOR_EMAIL", "grace@example.org")
    edit(repo, ("owners: [ann]", "owners: [ann]\nmodels: [a]"))
    repo.write("promptops.toml", 'require_decision_for = "model"\n')
    run("decide", "--link", cwd=repo.root)
    text = (repo.root / "docs/decisions/20260412-support-model.md").read_text()
    assert "by `Grace 'Hopper' <grace@example.org>`, on top" in text


def test_a_removed_rule_has_nothing_to_cite_the_record_on(run: Run, repo: Repo) -> None:
    text = (repo.root / FILE).read_text()
    repo.write(FILE, text[: text.index("  - id: greet")])
    said = run("decide", "--link", cwd=repo.root)
    assert "No test is linked" not in (repo.root / "docs/decisions/20260412-greet.md").read_text()
    assert "cited on" not in said.out


def test_superseding_ends_the_older_record(run: Run, repo: Repo) -> None:
    edit(repo, REWORD)
    title = "Cite it, as [§n]"
    said = run(
        "decide", "--title", title, "--supersedes", "cite", "--format", "json", cwd=repo.root
    )
    assert result(said)["superseded"] == "20260102-cite"
    new = (repo.root / "docs/decisions/20260412-cite-it-as-n.md").read_text()
    assert "# Cite it, as [§n]\n" in new
    assert "Supersedes [20260102-cite](20260102-cite.md)." in new
    old = (repo.root / "docs/decisions/20260102-cite.md").read_text()
    assert old == RECORD.replace("accepted", "superseded by 20260412-cite-it-as-n")
    repo.git("add", "-A")
    assert run("decide", "--staged", "--check", "--format", "json", cwd=repo.root).code == 1
    again = run("decide", "--supersedes", "20260102-cite", cwd=repo.root)
    assert again.code == 2
    assert "is superseded already by `20260412-cite-it-as-n`" in again.err


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("0007-cite.md", "# 7. Cite\n\n## Status\n\nAccepted\n", "Superseded by 20260412-x"),
        ("0007-cite.md", "# Cite\n\n- Status: accepted\n", "Superseded by 20260412-x"),
        ("0007-cite.md", "---\nstatus: 'accepted'\n---\n# Cite\n", "superseded by 20260412-x"),
    ],
)
def test_older_forms_of_records_can_be_superseded(
    run: Run, repo: Repo, path: str, before: str, after: str
) -> None:
    repo.commit({f"docs/decisions/{path}": before}, "old form")
    for name in ("ADR-0007", "7", "0007-cite", "docs/decisions/0007-cite.md"):
        repo.git("checkout", "-q", "--", ".")
        repo.git("clean", "-fdq")
        said = run("decide", "--title", "x", "--kind", "rule", "--supersedes", name, cwd=repo.root)
        assert said.code == 0, said.err
        text = (repo.root / "docs/decisions" / path).read_text()
        assert text == before.replace("'accepted'", after).replace("Accepted", after).replace(
            "accepted", after
        )


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        ((), "no change here needs a decision", "--title"),
        (("--staged",), "no change here needs a decision", "--title"),
        (("--title", "x", "--supersedes", "20260102-cit"), "no decision record", "did you mean `20260102-cite`?"),
        (("--title", "x", "--supersedes", "nope"), "no decision record `nope`", "decisions folder"),
        (("--since", "HEAD", "--staged"), "exclude each other", "use one of them"),
        (("--check", "--since", "nope"), "not a revision", ""),
    ],
)  # fmt: skip
def test_what_decide_cannot_do(
    run: Run, repo: Repo, arguments: tuple[str, ...], message: str, hint: str
) -> None:
    before = {p: p.read_bytes() for p in repo.root.rglob("*.md")}
    said = run("decide", *arguments, cwd=repo.root)
    assert said.code == 2
    assert message in said.err
    assert hint in said.err
    assert {p: p.read_bytes() for p in repo.root.rglob("*.md")} == before


def test_a_number_that_two_records_share(run: Run, repo: Repo) -> None:
    repo.commit({"docs/decisions/0001-a.md": "# A\n", "docs/decisions/001-b.md": "# B\n"}, "two")
    said = run("decide", "--title", "x", "--supersedes", "1", cwd=repo.root)
    assert "`1` may mean 0001-a, 001-b" in said.err
    said = run("decide", "--title", "x", "--supersedes", "0001-a", cwd=repo.root)
    assert "the record has no status" in said.err


def test_two_kinds_want_two_titles(run: Run, repo: Repo) -> None:
    edit(repo, REWORD, ("owners: [ann]", "owners: [ann]\nmodels: [a]"))
    said = run("decide", "--title", "Both", cwd=repo.root)
    assert "the change is of 2 kinds: rule, model" in said.err
    assert run("decide", "--title", "One", "--kind", "model", cwd=repo.root).code == 0
    assert (repo.root / "docs/decisions/20260412-one.md").is_file()


def test_names_are_never_taken_twice(run: Run, repo: Repo) -> None:
    for _ in range(3):
        assert run("decide", "--title", "Überall §", "--kind", "model", cwd=repo.root).code == 0
    names = sorted(p.name for p in (repo.root / "docs/decisions").glob("20260412*"))
    assert names == ["20260412-berall-2.md", "20260412-berall-3.md", "20260412-berall.md"]
    assert run("decide", "--title", "§", "--kind", "model", cwd=repo.root).code == 0
    assert (repo.root / "docs/decisions/20260412-model-decision.md").is_file()


@pytest.mark.parametrize("command", ["decide", "bump"])
def test_nothing_is_written_half_way_through_a_merge(run: Run, repo: Repo, command: str) -> None:
    repo.git("checkout", "-q", "-b", "other")
    repo.commit({"a": "1"})
    repo.git("checkout", "-q", "main")
    repo.commit({"b": "1"})
    repo.git("merge", "-q", "--no-ff", "--no-commit", "other")
    edit(repo, REWORD)
    said = run(command, cwd=repo.root)
    assert said.code == 2
    assert "a merge is under way" in said.err


def test_nothing_is_decided_over_a_conflict(run: Run, repo: Repo) -> None:
    repo.git("checkout", "-q", "-b", "other")
    edit(repo, REWORD)
    repo.record("theirs")
    repo.git("checkout", "-q", "main")
    edit(repo, ("Cite the policy section.", "Cite nothing."))
    repo.record("ours")
    with pytest.raises(AssertionError):
        repo.git("merge", "-q", "other")
    (repo.root / ".git/MERGE_HEAD").unlink()
    said = run("decide", cwd=repo.root)
    assert "unresolved merge conflict" in said.err


def test_the_first_commit_of_a_repository(run: Run, tmp_path: Path) -> None:
    repo = Repo(tmp_path / "new")
    for path, text in START.items():
        if not path.endswith(".md"):
            repo.write(path, text)
    repo.git("add", "-A")
    for arguments in (("--staged",), ()):
        said = run("decide", "--check", *arguments, "--format", "json", cwd=repo.root)
        (need,) = result(said)["needed"]
        assert (need["kind"], need["change"], need["rule"]) == ("rule", "added", None)
    said = run("decide", "--staged", cwd=repo.root)
    text = (repo.root / "docs/decisions/20260412-support-rule.md").read_text()
    assert "# Add prompt (support)" in text
    assert "Prompt `support` (prompts/support/prompt.yaml), new." in text
    assert "Drafted on 2026-04-12." in text


def test_a_prompt_that_goes_and_its_contract(run: Run, repo: Repo) -> None:
    edit(repo, ("object", "array"), path="prompts/support/reply.json")
    said = run("decide", "--check", "--format", "json", cwd=repo.root)
    (need,) = result(said)["needed"]
    assert (need["kind"], need["change"]) == ("output", "changed")
    edit(repo, ('{"type": "array"}', '{\n  "type": "object" }'), path="prompts/support/reply.json")
    assert (
        run("decide", "--check", "--staged", cwd=repo.root).out
        == "✓ no change here needs a decision\n"
    )
    assert run("decide", "--check", "-q", cwd=repo.root).out == ""
    repo.write("prompts/support/reply.json", "{")
    assert run("decide", "--check", cwd=repo.root).code == 1
    repo.git("rm", "-qrf", "prompts")
    said = run("decide", cwd=repo.root)
    assert "prompt `support` was removed" in said.out
    assert "Prompt `support` (prompts/support/prompt.yaml), removed." in (
        repo.root / "docs/decisions/20260412-support-rule.md").read_text()  # fmt: skip


def test_a_prompt_that_moved_is_the_same_prompt(run: Run, repo: Repo) -> None:
    repo.git("mv", "prompts/support", "prompts/billing")
    assert run("decide", "--check", "--staged", cwd=repo.root).code == 0
    edit(repo, ("id: support", "id: billing"), path="prompts/billing/prompt.yaml")
    said = run("decide", "--check", "--staged", "--format", "json", cwd=repo.root)
    assert [(n["prompt"], n["change"]) for n in result(said)["needed"]] == [
        ("billing", "added"),
        ("support", "removed"),
    ]


def test_what_cannot_be_read_cannot_be_judged(run: Run, repo: Repo) -> None:
    repo.write(FILE, "promptops: 1\nid: [\n")
    said = run("decide", cwd=repo.root)
    assert said.code == 2
    assert "cannot judge what it changes" in said.err
    assert f"{FILE}:" in said.err
    repo.commit({}, "broken")
    repo.write(FILE, PROMPT)
    said = run("decide", "--check", "--format", "json", cwd=repo.root)
    assert [n["change"] for n in result(said)["needed"]] == ["added"]


def test_a_record_that_cannot_be_read_is_named(run: Run, repo: Repo) -> None:
    edit(repo, REWORD)
    assert run("decide", cwd=repo.root).code == 0
    path = "docs/decisions/20260412-cite.md"
    edit(repo, ("status: proposed", "status: [accepted"), path=path)
    said = run("decide", "--staged", "--check", cwd=repo.root)
    assert said.code == 1
    assert "error: decision record cannot be read: not YAML: expected" in said.out
    assert f"  --> {path}:3:1\n" in said.out
    assert f"help: finish {path}, say `status: accepted`" in said.out
    data = result(run("decide", "--staged", "--check", "--format", "json", cwd=repo.root))
    assert [(one["path"], one["line"]) for one in data["unreadable"]] == [(path, 3)]
    said = run("decide", "--staged", cwd=repo.root)
    assert (said.code, os.listdir(repo.root / "docs/decisions").count("20260412-cite-2.md")) == (
        2,
        0,
    )


def test_a_decided_record_that_cannot_be_read_is_not_called_deleted(run: Run, repo: Repo) -> None:
    edit(repo, ("status: accepted", "status: [accepted"), path="docs/decisions/20260102-cite.md")
    said = run("decide", "--staged", "--check", cwd=repo.root)
    assert said.code == 1
    assert "cannot be read" in said.out
    assert "was deleted" not in said.out


def test_a_record_that_is_begun_is_what_to_finish(run: Run, repo: Repo) -> None:
    edit(repo, REWORD)
    assert run("decide", cwd=repo.root).code == 0
    repo.git("add", "-A")
    finish = "help: finish docs/decisions/20260412-cite.md, say `status: accepted`"
    for how in (("--staged",), (), ("--since", "HEAD")):
        assert finish in run("decide", "--check", *how, cwd=repo.root).out
    (repo.root / "docs/decisions/20260412-cite.md").unlink()
    said = run("decide", "--check", "--since", "HEAD", cwd=repo.root)
    assert "help: `promptops decide --since HEAD` writes the record" in said.out


def test_settings_can_be_tightened_but_not_loosened_by_what_they_judge(
    run: Run, repo: Repo
) -> None:
    edit(repo, REWORD)
    repo.write("promptops.toml", "")
    repo.git("add", "-A")
    assert run("decide", "--check", "--staged", cwd=repo.root).code == 1
    repo.commit({"promptops.toml": "nonsense"}, "broken settings")
    edit(repo, ("Greet by name.", "Greet nobody."))
    repo.write("promptops.toml", SETTINGS)
    repo.git("add", "-A")
    assert run("decide", "--check", "--staged", cwd=repo.root).code == 1


def test_outside_a_repository(run: Run, tmp_path: Path) -> None:
    assert run("decide", cwd=tmp_path).code == 2
    assert run("bump", cwd=tmp_path).code == 2


# -- a range of commits --------------------------------------------------------------------------


def since(run: Run, repo: Repo, base: str) -> Any:
    return run("decide", "--check", "--since", base, "--format", "json", cwd=repo.root)


def test_waivers_count_for_their_own_commit(run: Run, repo: Repo) -> None:
    base = repo.head()
    edit(repo, REWORD)
    why = "the plain-language review of March asked for the paragraph sign"
    repo.record(f"Reword\n\nDecision-Waiver: {why}")
    repo.commit({"other": "1"}, "unrelated")
    (need,) = result(since(run, repo, base))["needed"]
    assert need["waiver"] == why
    assert since(run, repo, base).code == 0
    edit(repo, ("Greet by name.", "Greet nobody."))
    repo.record("Another")
    assert [n["waiver"] for n in result(since(run, repo, base))["needed"]] == [why, None]
    checked = run("check", "--since", base, "--format", "json", cwd=repo.root)
    (found,) = [d for d in result(checked)["diagnostics"] if d["code"] == "PO520"]
    assert (found["rule"], found["line"]) == ("greet", 13)
    edit(repo, ("as [§n]", "as (n)"))
    assert [n["waiver"] for n in result(since(run, repo, base))["needed"]] == [None, None]


def test_every_waiver_along_the_way_is_told(run: Run, repo: Repo) -> None:
    base = repo.head()
    for i, text in enumerate(("Cite it.", "Cite § it.", "Cite all.")):
        before = repo.head() if i else base
        edit(repo, (("Cite the policy section.", "Cite it.", "Cite § it.")[i], text))
        repo.record(f"Step {i}\n\nDecision-Waiver: the trial of week {i} showed mistakes")
        assert before != repo.head()
    whole = "; ".join(f"the trial of week {i} showed mistakes" for i in range(3))
    (one,) = result(run("decide", "--check", "--since", base, "--format", "json", cwd=repo.root))[
        "needed"
    ]
    assert one["waiver"] == whole
    said = run("diff", base, "--format", "markdown", cwd=repo.root).out
    assert f"the commit says: {whole}" in said
    repo.git("reset", "-q", "--soft", base)
    bodies = "".join(
        f"* Step {i}\n\nDecision-Waiver: the trial of week {i} showed mistakes\n\n"
        for i in range(3)
    )
    repo.record(f"All in one (#7)\n\n{bodies}Co-authored-by: Bob <b@c>")
    assert (
        f"the commit says: {whole}" in run("diff", base, "--format", "markdown", cwd=repo.root).out
    )
    events = result(run("why", "support/cite", "--format", "json", cwd=repo.root))["events"]
    assert events[-1]["waiver"] == whole


def test_a_record_for_what_is_committed_already(run: Run, repo: Repo) -> None:
    base = repo.head()
    edit(repo, REWORD)
    repo.record(f"Reword\n\nDecision-Waiver: {WHY}")
    edit(repo, ("Greet by name.", "Greet nobody."))
    repo.record("Another")
    said = run("decide", "--since", base, "--format", "json", cwd=repo.root)
    (written,) = result(said)["written"]
    assert [change["rule"] for change in written["changes"]] == ["greet"]


def test_a_rule_waived_once_and_changed_again_is_open(run: Run, repo: Repo) -> None:
    base = repo.head()
    edit(repo, REWORD)
    repo.record("Reword\n\nDecision-Waiver: the review of March asked for the paragraph sign")
    edit(repo, ("as [§n]", "as (n)"))
    repo.record("Again")
    assert since(run, repo, base).code == 1


def test_a_record_anywhere_in_the_range_answers(run: Run, repo: Repo) -> None:
    base = repo.head()
    edit(repo, REWORD)
    repo.record("Reword")
    assert since(run, repo, base).code == 1
    new = RECORD.replace("# Cite the policy", "# Cite as [§n]")
    repo.commit({"docs/decisions/20260412-sign.md": new}, "decide")
    assert since(run, repo, base).code == 0
    repo.git("revert", "--no-edit", "HEAD")
    assert since(run, repo, base).code == 1
    repo.record("Point\n\nDecision: 20260102-cite")
    assert [n["decision"] for n in result(since(run, repo, base))["needed"]] == ["20260102-cite"]


def test_a_broken_step_is_no_hiding_place(run: Run, repo: Repo) -> None:
    base = repo.head()
    repo.commit({FILE: "id: ["}, "break\n\nDecision-Waiver: a file from the other tool came in")
    repo.commit(
        {FILE: PROMPT.replace(*REWORD)}, "mend\n\nDecision-Waiver: it was broken by the import"
    )
    assert since(run, repo, base).code == 1


def test_a_rewritten_record_is_refused(run: Run, repo: Repo) -> None:
    base = repo.head()
    edit(repo, ("Eleven", "Twelve"), path="docs/decisions/20260102-cite.md")
    for arguments in (("--staged",), ("--since", base)):
        checked = run("check", *arguments, "--select", "PO521", "--format", "json", cwd=repo.root)
        assert [d["message"] for d in result(checked)["diagnostics"]] == [
            "decision `20260102-cite` was rewritten; a decided record stays as it is"
        ]
    said = run("decide", "--check", "--staged", cwd=repo.root)
    assert said.code == 1
    assert "git checkout HEAD -- docs/decisions/20260102-cite.md" in said.out


# -- bump ----------------------------------------------------------------------------------------


def test_bump_writes_what_the_change_needs(
    run: Run, repo: Repo, golden: Callable[[str, str], None]
) -> None:
    edit(repo, REWORD, stage=False)
    repo.write(
        "prompts/new.prompt.yaml",
        PROMPT.replace("support", "new").replace("output: {schema: reply.json}\n", ""),
    )
    before = (repo.root / FILE).read_text()
    said = run("bump", "--format", "json", cwd=repo.root)
    golden("bump/major/report.json", said.out)
    assert (repo.root / FILE).read_text() == before.replace("version: 1.0.0", "version: 2.0.0")
    assert run("bump", cwd=repo.root).out == (
        "new: 1.0.0 is enough (new)\n\nsupport: 2.0.0 is enough (major needed, 1.0.0 before)\n"
    )


def test_bump_of_one_prompt_since_a_revision(run: Run, repo: Repo) -> None:
    base = repo.head()
    edit(repo, ("rationale: The survey", "rationale: Our survey"))
    repo.record("rationale")
    assert run("bump", cwd=repo.root).out.startswith("no prompt has changed")
    assert run("bump", "support", "-q", cwd=repo.root).out == ""
    said = run("bump", "support", "--since", base, cwd=repo.root)
    assert said.out == "✓ support: 1.0.0 → 1.0.1 (patch)\n"
    said = run("bump", "suport", cwd=repo.root)
    assert "did you mean `support`?" in said.err
    edit(repo, ("object", "array"), path="prompts/support/reply.json")
    assert "2.0.0 (major)" in run("bump", FILE, "--since", base, cwd=repo.root).out


def test_a_removed_prompt_needs_no_version(run: Run, repo: Repo) -> None:
    repo.git("rm", "-q", "-r", "prompts")
    assert run("bump", cwd=repo.root).out.startswith("no prompt has changed")


# -- retire --------------------------------------------------------------------------------------


def test_retire(run: Run, repo: Repo, golden: Callable[[str, str], None]) -> None:
    why = "Customers found it cold (survey 2026-03)."
    said = run(
        "retire",
        "support/greet",
        "--reason",
        why,
        "--decision",
        "20260102-cite",
        "--format",
        "json",
        cwd=repo.root,
    )
    golden("retire/one/report.json", said.out)
    golden("retire/one/prompt.yaml", (repo.root / FILE).read_text())
    run("bump", cwd=repo.root)
    said = run("retire", f"{FILE}/cite", "--reason", why, cwd=repo.root)
    assert "it was last in 1.0.0" in " ".join(said.out.split())


def test_retire_without_git(run: Run, tmp_path: Path) -> None:
    for path, text in START.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    said = run("retire", "support/greet", "--reason", "Customers found it cold.", cwd=tmp_path)
    assert said.code == 0
    assert "version: 1.0.0\n" in (tmp_path / FILE).read_text().partition("retired:")[2]


def test_retire_in_a_repository_without_a_commit(run: Run, tmp_path: Path) -> None:
    repo = Repo(tmp_path / "new")
    for path, text in START.items():
        repo.write(path, text)
    assert (
        run("retire", "support/greet", "--reason", "Customers found it cold.", cwd=repo.root).code
        == 0
    )


@pytest.mark.parametrize(
    ("target", "reason", "message"),
    [
        ("support", "Customers found it cold.", "names no rule"),
        ("support/", "Customers found it cold.", "names no rule"),
        ("suport/greet", "Customers found it cold.", "did you mean `support`?"),
        ("support/gret", "Customers found it cold.", "did you mean `greet`?"),
        ("support/zzzzzz", "Customers found it cold.", "its rules: cite, greet"),
        ("support/greet", "as discussed", "“as discussed” gives no reason"),
        ("support/greet", "greet by name", "only repeats the text"),
        ("support/cite", "the policy section is cited", "only repeats the text"),
    ],
)
def test_what_retire_cannot_do(
    run: Run, repo: Repo, target: str, reason: str, message: str
) -> None:
    said = run("retire", target, "--reason", reason, cwd=repo.root)
    assert said.code == 2
    assert message in said.err
    assert (repo.root / FILE).read_text() == PROMPT


def test_retire_refuses_what_would_break_the_prompt(run: Run, repo: Repo) -> None:
    why = ("--reason", "Customers found it cold.")
    said = run("retire", "support/greet", *why, "--decision", "20260102-cit", cwd=repo.root)
    assert "did you mean `20260102-cite`?" in said.err
    said = run("retire", "support/greet", *why, "--decision", "zzz", cwd=repo.root)
    assert "`promptops decide` writes one" in said.err
    edit(repo, ("{{ rules }}", "{{ rule('greet') }}"))
    said = run("retire", "support/greet", *why, cwd=repo.root)
    assert "places the rule `greet` by name" in said.err
    assert run("retire", "support/cite", *why, cwd=repo.root).code == 0
    said = run("retire", "support/cite", *why, cwd=repo.root)
    assert "is retired already" in said.err
