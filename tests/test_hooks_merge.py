"""The merge by rule: what it keeps, what it leaves to a person, and that git runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from repos import CLEAN, ENVIRON, Repo

from promptops.history.hooks import driver_settings
from promptops.history.merging import merge_file
from promptops.source.flatten import flattened
from promptops.source.merge import Conflict, Merged, Style, merge
from promptops.source.outline import outline
from promptops.source.yaml import compose

BASE = """\
# yaml-language-server: $schema=../.schema/prompt.schema.json
promptops: 1
id: support
version: 2.0.0   # see the changelog
summary: Answers.

models: [a, b]
budget:
  prompt_tokens: 900
  rule_tokens: 60

messages:
  - role: system
    content: |
      You answer questions.

      # not a comment
      {{ rules }}

rules:
  # legal asked for this one
  - id: cite
    text: Cite the policy.
    rationale: >
      Refunds were
      promised.
    owner: legal

  # --- tone ---

  - id: greet
    text: Greet by name.   # and no title
    rationale: Surveys asked for it.
  - {id: brief, text: Be brief.}

retired:
  - id: no-emoji
    text: No emoji.
    reason: Surveys.
# the end
"""


def by_git(base: str, ours: str, theirs: str) -> tuple[str, bool]:
    sides = [side.encode() for side in (ours, base, theirs)]
    merged, conflicts = merge_file("/", ENVIRON, sides, ("ours", "base", "theirs"), 7)
    return merged.decode(), not conflicts


def merged(ours: str, theirs: str, base: str = BASE) -> Merged | None:
    return merge((base, ours, theirs), "p.yaml", by_git, Style())


def clean(ours: str, theirs: str, base: str = BASE) -> str:
    result = merged(ours, theirs, base)
    assert result is not None
    assert result.conflicts == (), result.text
    return result.text


def put(text: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


RULE_X = "  - id: x\n    text: Say x.\n"
RULE_Y = "  - id: y\n    text: Say y.\n"
END = "  - {id: brief, text: Be brief.}\n"


def test_the_outline_is_the_text() -> None:
    made = outline(BASE, "p.yaml")
    assert made is not None
    assert made.text == BASE
    rules = made.part("rules")
    assert rules is not None
    assert rules.names == ["cite", "greet", "brief"]
    assert rules.parts[0].lead == "  # legal asked for this one\n"
    assert rules.parts[1].lead == "\n  # --- tone ---\n\n"
    assert rules.parts[1].names == ["id", "text", "rationale"]
    assert rules.parts[2].parts == ()
    assert made.tail == "# the end\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a: 1",
        "[1, 2]\n",
        "just text\n",
        "{a: 1}\n",
        "a: 1\rb: 2\r",
        "a: 1\na: 2\n",
        "? a\n: 1\n",
        "? {a: 1}\n: 1\n",
    ],
)
def test_what_has_no_outline(text: str) -> None:
    assert outline(text, "p.yaml") is None


@pytest.mark.parametrize(
    "text",
    [
        "rules:\n  -\n    id: a\n",
        "rules:\n  - [1]\n",
        "rules:\n  - id: a\n  - text: no id\n",
        "rules:\n  - id: a\n  - id: a\n",
        "rules: [{id: a}]\n",
        "rules:\n- id: a\n  text: b\n",
        "\ufeffid: a\nrules: []\n",
        "---\nid: a\n",
    ],
)
def test_parts_are_found_as_far_as_lines_go(text: str) -> None:
    made = outline(text, "p.yaml")
    assert made is not None
    assert made.text == text
    assert made.with_part(made.parts[0]) == made


# -- clean merges --------------------------------------------------------------------------------


@pytest.mark.parametrize("ours_first", [True, False])
def test_two_branches_that_each_add_a_rule_never_conflict(ours_first: bool) -> None:
    one, other = put(BASE, (END, END + RULE_X)), put(BASE, (END, END + RULE_Y))
    ours, theirs = (one, other) if ours_first else (other, one)
    first, second = (RULE_X, RULE_Y) if ours_first else (RULE_Y, RULE_X)
    assert clean(ours, theirs) == put(BASE, (END, END + first + second))


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        # added at the top and at the top; in the middle; at the end without a line end
        (("rules:\n", "rules:\n" + RULE_X), ("rules:\n", "rules:\n" + RULE_Y), ["x", "y", "cite"]),
        (("rules:\n", "rules:\n" + RULE_X), (END, END + RULE_Y), ["x", "cite", "greet", "brief", "y"]),
        # removed here, added there
        ((END, ""), (END, END + RULE_Y), ["cite", "greet", "y"]),
        (("  - id: greet\n    text: Greet by name.   # and no title\n    rationale: Surveys asked for it.\n", ""),
         (END, RULE_Y + END), ["cite", "y", "brief"]),
        # one key here, another key of the same rule there
        (("text: Cite the policy.", "text: Cite it."), ("owner: legal", "owner: sales"), ["cite", "greet", "brief"]),
    ],
)  # fmt: skip
def test_clean_merges(ours: tuple[str, str], theirs: tuple[str, str], expected: list[str]) -> None:
    text = clean(put(BASE, ours), put(BASE, theirs))
    made = outline(text, "p.yaml")
    assert made is not None
    rules = made.part("rules")
    assert rules is not None
    assert rules.names[: len(expected)] == expected
    for line in BASE.splitlines():
        if line.strip().startswith("#"):
            assert line in text


def test_both_keys_of_one_rule_arrive() -> None:
    text = clean(
        put(BASE, ("text: Cite the policy.", "text: Cite it.")),
        put(BASE, ("owner: legal", "owner: sales\n    review_by: 2027-01-01")),
    )
    assert text == put(
        BASE,
        ("text: Cite the policy.", "text: Cite it."),
        ("owner: legal", "owner: sales\n    review_by: 2027-01-01"),
    )


@pytest.mark.parametrize(
    ("ours", "theirs", "result"),
    [("2.1.0", "2.1.0", "2.1.0"), ("2.1.0", "3.0.0", "3.0.0"), ("2.10.0", "2.9.0", "2.10.0")],
)
def test_of_two_versions_the_higher_is_right(ours: str, theirs: str, result: str) -> None:
    text = clean(put(BASE, ("2.0.0", ours)), put(BASE, ("2.0.0", theirs)))
    assert text == put(BASE, ("2.0.0", result))


def test_a_version_that_fell_is_a_conflict() -> None:
    result = merged(put(BASE, ("2.0.0", "1.9.0")), put(BASE, ("2.0.0", "2.1.0")))
    assert result is not None
    assert result.conflicts == (Conflict("`version`", "version"),)


def test_orders_are_followed() -> None:
    moved = put(BASE, (END, ""), ("rules:\n", "rules:\n" + END))
    text = clean(moved, put(BASE, (END, END + RULE_Y)))
    assert text == put(moved, ("rules:\n" + END, "rules:\n" + END + RULE_Y))
    assert clean(put(BASE, (END, END + RULE_Y)), moved) == text


def test_each_side_may_move_another_rule() -> None:
    greet = "  - id: greet\n    text: Greet by name.   # and no title\n    rationale: Surveys asked for it.\n"
    ours = put(BASE, (END, ""), ("rules:\n", "rules:\n" + END))
    theirs = put(BASE, (greet, ""), ("retired:", greet + "\nretired:"))
    text = clean(ours, theirs)
    assert text == clean(theirs, ours)
    made = outline(text, "p.yaml")
    assert made is not None
    rules = made.part("rules")
    assert rules is not None
    assert rules.names == ["brief", "cite", "greet"]


def document_of(names: str) -> str:
    return "id: p\nrules:\n" + "".join(f"  - id: {n}\n    text: Say {n}.\n" for n in names)


def test_orders_that_contradict_are_a_conflict_that_names_its_rules() -> None:
    ours, theirs = document_of("abdce").replace("Say d.", "Say dd."), document_of("acbdexy")
    result = merged(ours, theirs, document_of("abcde"))
    assert result is not None
    assert result.conflicts == (Conflict("the order of rules `b`, `d`, `c`"),)
    rules = {n: f"  - id: {n}\n    text: Say {n}.\n" for n in "abcexy"}
    rules["d"] = "  - id: d\n    text: Say dd.\n"
    bdc, cbd = ("".join(rules[n] for n in names) for names in ("bdc", "cbd"))
    between = f"<<<<<<< ours\n{bdc}=======\n{cbd}>>>>>>> theirs\n"
    assert (
        result.text == f"id: p\nrules:\n{rules['a']}{between}{rules['e']}{rules['x']}{rules['y']}"
    )


def test_what_conflicts_in_itself_stands_on_its_own_side() -> None:
    ours = document_of("bac").replace("Say b.", "Ask b.")
    theirs = document_of("acb").replace("Say b.", "Do b.")
    result = merged(ours, theirs, document_of("abc"))
    assert result is not None
    assert [c.what for c in result.conflicts] == ["rule `b`", "the order of rules `b`, `a`, `c`"]
    mine, _, yours = result.text.partition("=======\n")
    assert ("Ask b." in mine, "Do b." in mine, "Ask b." in yours, "Do b." in yours) == (1, 0, 0, 1)
    assert result.text.count("<<<<<<<") == 1


def test_the_order_of_keys_is_never_a_conflict() -> None:
    result = clean("b: 1\na: 1\nc: 2\n", "a: 1\nc: 1\nb: 1\n", "a: 1\nb: 1\nc: 1\n")
    assert result == "b: 1\na: 1\nc: 2\n"


def test_other_keys_merge_by_key_and_by_line() -> None:
    ours = put(BASE, ("rule_tokens: 60", "rule_tokens: 70"), ("You answer", "You kindly answer"))
    theirs = put(
        BASE,
        ("prompt_tokens: 900", "prompt_tokens: 950"),
        ("      # not", "      Be calm.\n      # not"),
    )
    expected = put(
        BASE,
        ("rule_tokens: 60", "rule_tokens: 70"),
        ("You answer", "You kindly answer"),
        ("prompt_tokens: 900", "prompt_tokens: 950"),
        ("      # not", "      Be calm.\n      # not"),
    )
    assert clean(ours, theirs) == expected


def test_the_first_rules_of_an_empty_list() -> None:
    base = "id: p\nrules: []\n"
    ours, theirs = f"id: p\nrules:\n{RULE_X}", f"id: p\nrules:\n{RULE_Y}"
    assert clean(ours, theirs, base) == f"id: p\nrules:\n{RULE_X}{RULE_Y}"
    assert clean(ours, theirs, "id: p\n") == f"id: p\nrules:\n{RULE_X}{RULE_Y}"


def test_a_list_that_empties() -> None:
    base = f"id: p\nrules:\n{RULE_X}{RULE_Y}"
    ours, theirs = f"id: p\nrules:\n{RULE_X}", f"id: p\nrules:\n{RULE_Y}"
    assert clean(ours, theirs, base) == "id: p\nrules: []\n"
    more = f"id: p\nrules:\n{RULE_X}{RULE_Y}{END}"
    assert clean("id: p\nrules: []\n", more, base) == f"id: p\nrules:\n{END}"


def test_space_above_a_removed_rule_is_no_change_of_it() -> None:
    base = f"rules:\n{RULE_X}{RULE_Y}"
    theirs = f"rules:\n  - id: a\n    text: A.\n\n{RULE_X}{RULE_Y}"
    assert clean(f"rules:\n{RULE_Y}", theirs, base) == f"rules:\n  - id: a\n    text: A.\n{RULE_Y}"


def test_comments_of_both_sides_stay() -> None:
    ours = put(BASE, ("# legal asked", "# on 3 May legal asked"), ("Cite the policy.", "Cite it."))
    theirs = put(
        BASE, ("# legal asked for this one", "# see INC-231"), ("owner: legal", "owner: x")
    )
    text = clean(ours, theirs)
    assert "  # on 3 May legal asked for this one\n  # see INC-231\n  - id: cite\n" in text


def test_the_last_line_end_is_merged_too() -> None:
    bare = BASE.removesuffix("\n# the end\n")
    assert clean(put(bare, (END, END + RULE_X)), put(bare, (END, END + RULE_Y)), bare) == put(
        bare, (END, END + RULE_X + RULE_Y)
    )
    assert clean(bare + "\n", put(bare, (END, END + RULE_Y)), bare).endswith("Surveys.\n")


def test_crlf_stays_crlf() -> None:
    base, ours, theirs = (
        text.replace("\n", "\r\n")
        for text in (BASE, put(BASE, (END, END + RULE_X)), put(BASE, (END, END + RULE_Y)))
    )
    assert clean(ours, theirs, base) == put(BASE, (END, END + RULE_X + RULE_Y)).replace(
        "\n", "\r\n"
    )
    assert merged(ours, put(BASE, (END, END + RULE_Y)), base) is None


# -- conflicts -----------------------------------------------------------------------------------


def test_a_true_conflict_names_the_rule_and_nothing_around_it() -> None:
    ours = put(BASE, ("Cite the policy.", "Cite the policy section."), (END, END + RULE_X))
    theirs = put(BASE, ("Cite the policy.", "Cite the law."))
    result = merged(ours, theirs)
    assert result is not None
    assert result.conflicts == (Conflict("rule `cite`", "text"),)
    before, _, after = result.text.partition("<<<<<<< ours rule `cite`\n")
    assert before.endswith("rules:\n  # legal asked for this one\n")
    inside, _, after = after.partition(">>>>>>> theirs rule `cite`\n")
    assert inside.count("- id: cite") == 2
    assert "greet" not in inside
    assert "  - id: x\n    text: Say x.\n" in after


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (END, "  - {id: brief, text: Be quick.}\n", Conflict("rule `brief`")),
        ("    owner: legal\n", "    owner: x\n", Conflict("rule `cite`", "owner")),
        ("    reason: Surveys.\n", "    reason: Others.\n", Conflict("retired rule `no-emoji`", "reason")),
        ("summary: Answers.\n", "summary: Asks.\n", Conflict("`summary`", "summary")),
        ("  prompt_tokens: 900\n", "  prompt_tokens: 1\n", Conflict("`budget.prompt_tokens`", "prompt_tokens")),
        ("You answer questions.", "You ask.", Conflict("`messages`", "messages")),
    ],
)  # fmt: skip
def test_conflicts_say_what(ours: str, theirs: str, expected: Conflict) -> None:
    other = ours.replace("brief.", "short.").replace("legal", "y").replace("Surveys", "S").replace(
        "Answers", "Knows").replace("900", "2").replace("questions", "nothing")  # fmt: skip
    result = merged(put(BASE, (ours, other)), put(BASE, (ours, theirs)))
    assert result is not None
    assert result.conflicts == (expected,)
    assert result.text.count("<<<<<<<") == 1


def test_removed_here_and_reworded_there() -> None:
    gone = put(BASE, (END, ""))
    changed = put(BASE, ("Be brief.", "Be short."))
    for ours, theirs, side in ((gone, changed, "ours"), (changed, gone, "theirs")):
        result = merged(ours, theirs)
        assert result is not None
        assert result.conflicts == (Conflict("rule `brief`", gone=side),)
        assert result.text.count("id: brief") == 1
    dropped = put(BASE, ("summary: Answers.\n", ""))
    result = merged(dropped, put(BASE, ("summary: Answers.", "summary: Asks.")))
    assert result is not None
    assert result.conflicts == (Conflict("`summary`", "summary", "ours"),)


def test_a_list_in_two_styles_is_merged_by_line() -> None:
    base = "id: p\nrules: # ours\n" + RULE_X
    result = merged("id: p\nrules: # mine\n" + RULE_X, "id: p\nrules: # yours\n" + RULE_X, base)
    assert result is not None
    assert result.conflicts == (Conflict("`rules`", "rules"),)


def test_a_merge_that_would_read_otherwise_is_left_to_git() -> None:
    base = "a: 1\nb: 1\nc: 1\nd: 1\ne: |\n  x\n"
    ours = put(base, ("  x\n", "  x\n  y\n"))
    theirs = put(base, ("e: |\n  x\n", "e: x\n"))
    result = merged(ours, theirs, base)
    assert result is not None
    assert result.conflicts == (Conflict("`e`", "e"),)


def test_the_same_id_added_twice_with_different_words() -> None:
    ours, theirs = (
        put(BASE, (END, END + RULE_X)),
        put(BASE, (END, END + RULE_X.replace("Say", "Do"))),
    )
    result = merged(ours, theirs)
    assert result is not None
    assert result.conflicts == (Conflict("rule `x`"),)
    assert clean(ours, ours) == ours


@pytest.mark.parametrize("broken", ["a: [1\n", "", "id: *x\n", "- 1\n"])
def test_what_cannot_be_read_is_left_to_git(broken: str) -> None:
    assert merged(BASE, broken) is None
    assert merged(broken, BASE) is None


# -- any merge -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class R:
    id: str
    text: str
    owner: str = ""
    note: str = ""
    style: int = 0

    def lines(self) -> str:
        note = f"  # {self.note}\n" if self.note else ""
        if self.style == 1:
            return f"{note}  - {{id: {self.id}, text: {self.text}}}\n"
        text = {0: self.text, 2: f'"{self.text}"', 3: f"|-\n      # {self.text}"}[self.style]
        owner = f"    owner: {self.owner}\n" if self.owner else ""
        gap = "\n" if self.style == 3 else ""
        return f"{gap}{note}  - id: {self.id}\n    text: {text}\n{owner}"


WORDS = st.sampled_from(["Say so.", "Be calm.", "Cite it.", "Ask twice.", "Never guess."])


@st.composite
def sides(draw: Any) -> tuple[list[R], list[R], list[R]]:
    """(base, ours, theirs): both sides edit, add and remove, never the same rule."""
    base = [
        R(f"r{i}", draw(WORDS), draw(st.sampled_from(["", "ann"])), draw(st.sampled_from(["", f"note {i}"])),
          draw(st.integers(0, 3)))
        for i in range(draw(st.integers(0, 5)))
    ]  # fmt: skip
    whose = {rule.id: draw(st.booleans()) for rule in base}
    made = []
    for ours in (True, False):
        mine = []
        for rule in base:
            act = draw(st.sampled_from(["keep", "keep", "remove", "reword"]))
            if whose[rule.id] != ours or act == "keep":
                mine.append(rule)
            elif act == "reword":
                mine.append(replace(rule, text=f"New {rule.id}."))
        for n in range(draw(st.integers(0, 2))):
            at = draw(st.integers(0, len(mine)))
            mine.insert(
                at, R(f"{'a' if ours else 'b'}{n}", draw(WORDS), style=draw(st.integers(0, 3)))
            )
        made.append(mine)
    return base, made[0], made[1]


def document(rules: list[R]) -> str:
    return (
        "id: p\nrules:\n" + "".join(rule.lines() for rule in rules)
        if rules
        else "id: p\nrules: []\n"
    )


@settings(max_examples=150)
@given(sides())
def test_any_two_changes_of_different_rules_merge(three: tuple[list[R], list[R], list[R]]) -> None:
    base, ours, theirs = three
    text = clean(document(ours), document(theirs), document(base))
    known = {rule.id: rule for rule in (*theirs, *ours)}
    known |= {rule.id: rule for rule in theirs if rule not in base}
    left = {rule.id for rule in base} - {r.id for r in ours} | {r.id for r in base} - {
        r.id for r in theirs
    }
    expected = {rule.id for rule in (*ours, *theirs)} - left
    (rules,) = [value for key, value in compose(text, "p").value if key.value == "rules"]
    read = {item.value[0][1].value: item.value[1][1].value for item in rules.value}
    assert set(read) == expected
    for name in expected:
        wanted = known[name].text
        assert read[name].removeprefix("# ") == wanted
        assert known[name].lines().lstrip("\n") in text
    for side in (ours, theirs):
        order = [rule.id for rule in side if rule.id in expected]
        assert [name for name in read if name in order] == order


# -- git -----------------------------------------------------------------------------------------


MEASURED = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE")}


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "repo")
    for name, value in driver_settings(sys.executable, textconv=False).items():
        made.git("config", name, value)
    made.commit(
        {".gitattributes": "*.yaml diff=promptops merge=promptops\n", "p.yaml": BASE}, "one"
    )
    return made


def branches(repo: Repo, ours: str | bytes, theirs: str | bytes) -> None:
    repo.git("checkout", "-q", "-b", "theirs")
    repo.commit({"p.yaml": theirs}, "theirs")
    repo.git("checkout", "-q", "main")
    repo.commit({"p.yaml": ours}, "ours")


def try_merge(repo: Repo) -> tuple[int, str]:
    done = subprocess.run(
        ["git", "merge", "-q", "-m", "merge", "theirs"], cwd=repo.root, capture_output=True, text=True,
        env={**ENVIRON, **MEASURED, **repo.identity("Ada <a@b>")}, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_git_merges_by_rule(repo: Repo) -> None:
    branches(repo, put(BASE, (END, END + RULE_X)), put(BASE, (END, END + RULE_Y)))
    assert try_merge(repo) == (0, "Auto-merging p.yaml\n")
    assert (repo.root / "p.yaml").read_text() == put(BASE, (END, END + RULE_X + RULE_Y))
    repo.git("config", "--remove-section", "merge.promptops")
    repo.git("reset", "-q", "--hard", "HEAD^")
    assert try_merge(repo)[0] == 1  # git alone cannot: the driver has done it


def test_git_stops_at_a_true_conflict_and_names_the_rule(repo: Repo) -> None:
    branches(repo, put(BASE, ("the policy", "the law")), put(BASE, ("the policy", "the book")))
    code, said = try_merge(repo)
    assert code == 1
    assert "CONFLICT (rule `cite`): both sides changed its text in p.yaml" in said
    assert "<<<<<<< ours rule `cite`\n" in (repo.root / "p.yaml").read_text()
    assert repo.git("ls-files", "-u").count("p.yaml") == 3


def test_git_merges_lines_where_rules_cannot_be_read(repo: Repo) -> None:
    base = (repo.root / "p.yaml").read_bytes()
    branches(repo, base + b"x: [\n", base.replace(b"Answers", b"Asks"))
    assert try_merge(repo)[0] == 0
    assert (repo.root / "p.yaml").read_bytes() == base.replace(b"Answers", b"Asks") + b"x: [\n"


def test_git_merges_what_is_no_utf8(repo: Repo) -> None:
    base = (repo.root / "p.yaml").read_bytes()
    branches(repo, base + b"# \xff\n", base.replace(b"Answers", b"Asks"))
    assert try_merge(repo)[0] == 0
    assert (repo.root / "p.yaml").read_bytes().endswith(b"# \xff\n")


def test_git_merges_alone_once_promptops_is_gone(repo: Repo) -> None:
    gone = driver_settings("/nonexistent/python", textconv=True)
    for name, value in gone.items():
        repo.git("config", name, value)
    branches(repo, put(BASE, ("the policy", "the law")), put(BASE, ("the policy", "the book")))
    assert try_merge(repo)[0] == 1
    assert "<<<<<<<" in (repo.root / "p.yaml").read_text()
    assert "+    text: Cite the law." in repo.git("diff", "HEAD^", "HEAD")


def test_hunk_headers_and_line_logs_name_rules(repo: Repo) -> None:
    repo.commit({"p.yaml": put(BASE, ("Surveys asked for it.", "Surveys."))}, "reword")
    assert "@@ greet" in repo.git("diff", "-U0", "HEAD^", "HEAD")
    log = repo.git("log", "-s", "--format=%s", "-L", ":greet:p.yaml")
    assert log.splitlines() == ["reword", "one"]


def test_git_diff_can_show_one_rule_a_line(repo: Repo) -> None:
    for name, value in driver_settings(sys.executable, textconv=True).items():
        repo.git("config", name, value)
    wrapped = put(BASE, ("Refunds were\n      promised.", "Refunds\n      were promised."))
    repo.commit({"p.yaml": wrapped}, "wrap")
    assert "Refunds" not in repo.git("diff", "HEAD^", "HEAD")
    repo.commit({"p.yaml": put(wrapped, ("Refunds", "Rebates"))}, "reword")
    shown = repo.git("diff", "HEAD^", "HEAD")
    assert "-    rationale: Refunds were promised.\n+    rationale: Rebates were promised." in shown


# -- the command ---------------------------------------------------------------------------------

Run = Callable[..., Any]


def three(folder: Path, *texts: str) -> list[str]:
    names = ["base", "ours", "theirs"]
    for name, text in zip(names, texts, strict=True):
        (folder / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    return names


def test_the_command_in_json(run: Run, tmp_path: Path, golden: Callable[[str, str], None]) -> None:
    names = three(tmp_path, BASE, put(BASE, ("policy", "law")), put(BASE, ("policy", "book")))
    said = run("merge-driver", *names, "9", "prompts/p.yaml", "--format", "json", cwd=tmp_path)
    assert said.code == 1
    golden("merge-driver/conflict/report.json", said.out)
    golden("merge-driver/conflict/merged.yaml", (tmp_path / "ours").read_text())


def test_the_command_in_text(run: Run, tmp_path: Path) -> None:
    names = three(tmp_path, BASE, put(BASE, (END, END + RULE_X)), put(BASE, (END, END + RULE_Y)))
    said = run("merge-driver", *names, cwd=tmp_path)
    assert (said.code, said.out) == (0, "")
    names = three(tmp_path, "a\n", "b\n", "c\n")
    said = run("merge-driver", *names, "7", "p.yaml", cwd=tmp_path)
    assert said.code == 1
    assert said.out == "CONFLICT (lines): changed in both in p.yaml\n"
    names = three(tmp_path, BASE, put(BASE, ("Be brief.", "Be short.")), put(BASE, (END, "")))
    said = run("merge-driver", *names, "7", "p.yaml", cwd=tmp_path)
    assert said.out == "CONFLICT (rule `brief`): theirs took it out, ours changed it in p.yaml\n"


@given(sides())
def test_flattening_keeps_every_text_and_comment(three: tuple[list[R], list[R], list[R]]) -> None:
    for rules in three:
        text = document(rules)
        flat = flattened(text, "p.yaml")
        for rule in rules:
            assert f"text: {'# ' if rule.style == 3 else ''}{rule.text}" in flat
        assert [s for s in flat.splitlines() if "# note" in s] == [
            s for s in text.splitlines() if "# note" in s
        ]


def test_the_command_takes_any_bytes(run: Run, tmp_path: Path) -> None:
    names = three(tmp_path, "a: 1\n", "a: 1\n# \udcff\n", "a: 2\n")
    assert run("merge-driver", *names, cwd=tmp_path).code == 1
    names = three(
        tmp_path,
        "a: 1\nb: 1\nc: 1\nd: 1\n",
        "a: \udcff\nb: 1\nc: 1\nd: 1\n",
        "a: 1\nb: 1\nc: 1\nd: 2\n",
    )
    assert run("merge-driver", *names, cwd=tmp_path).code == 0
    assert (tmp_path / "ours").read_bytes() == b"a: \xff\nb: 1\nc: 1\nd: 2\n"


def test_the_command_refuses_what_is_not_there(run: Run, tmp_path: Path) -> None:
    said = run("merge-driver", "a", "b", "c", cwd=tmp_path)
    assert said.code == 2
    assert "cannot read it: No such file or directory" in said.err


def test_a_file_that_git_cannot_merge_is_an_error(tmp_path: Path) -> None:
    from promptops.errors import GitError

    with pytest.raises(GitError, match="Cannot merge binary"):
        merge_file(
            str(tmp_path), {"PATH": CLEAN["PATH"]}, (b"\0a", b"\0b", b"\0c"), ("o", "b", "t"), 7
        )


def test_textconv(run: Run, tmp_path: Path, golden: Callable[[str, str], None]) -> None:
    (tmp_path / "p.yaml").write_text(BASE)
    golden("textconv/prompt.txt", run("textconv", "p.yaml", cwd=tmp_path).out)
    golden("textconv/report.json", run("textconv", "p.yaml", "--format", "json", cwd=tmp_path).out)
    odd = "text: !x y\nsummary:\n  # why\n  a\nrules:\n- id: a\n  text: &b c\n"
    (tmp_path / "p.yaml").write_text(odd)
    assert run("textconv", "p.yaml", cwd=tmp_path).out == odd
    odd = "summary: |  # why\n  a\n  b\nrules:\n- text: [a,\n   b]\n  id: a\n"
    (tmp_path / "p.yaml").write_text(odd)
    assert run("textconv", "p.yaml", cwd=tmp_path).out == odd
    (tmp_path / "p.yaml").write_text("rules:\n- text: a\n    b\n  id: x\n")
    assert run("textconv", "p.yaml", cwd=tmp_path).out == "rules:\n- text: a b\n  id: x\n"
    (tmp_path / "p.yaml").write_text("a: [\n")
    assert run("textconv", "p.yaml", cwd=tmp_path).out == "a: [\n"
    (tmp_path / "p.yaml").write_text("plain")
    assert run("textconv", "p.yaml", cwd=tmp_path).out == "plain\n"
    assert run("textconv", "gone", cwd=tmp_path).code == 2
    assert os.listdir(tmp_path) == ["p.yaml"]
    assert json.loads(run("textconv", "p.yaml", "--format", "json", cwd=tmp_path).out)
