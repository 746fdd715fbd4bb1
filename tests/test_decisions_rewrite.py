"""What `bump`, `retire` and `decide --link` do to a file: their own bytes, and no other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptops.errors import InputError
from promptops.model import Prompt, Retired
from promptops.source.decision import read_decision
from promptops.source.rewrite import with_decision, with_retired, with_version
from promptops.source.scalars import flow_list, scalar
from promptops.source.schema import PROMPT
from promptops.source.shape import Log
from promptops.source.yaml import compose

HEAD = """\
# the prompt
promptops: 1
id: p
version: "1.2.3"  # ours
messages: [{role: user, content: "{{ rules }}"}]

"""
RULES = """\
rules:
  # legal asked for it
  - id: cite
    text: Cite the policy.   # never the law
    rationale: Refunds were promised.
    tests:
      - {cases: all, assert: {contains: §}}

  # ----- tone -----
  - id: greet
    text: >-
      Greet
      by name.
    owner: x

  - {id: brief, text: Be brief.}
  # end of the rules
"""
RETIRED = """\

retired:
  # kept for the audit
  - id: old
    text: Old.
    reason: Gone.

  - id: older
    text: Older.
# the end
"""
WHOLE = HEAD + RULES + RETIRED


def read(text: str) -> Prompt:
    log = Log()
    prompt = PROMPT.read(compose(text, "p"), (), log)
    assert isinstance(prompt, Prompt), log.problems
    return prompt


def entry(text: str, rule: str, **more: str) -> Retired:
    return Retired(rule, read(text).rule(rule).text, **{"reason": "Nobody read it.", **more})


# -- versions ------------------------------------------------------------------------------------


@pytest.mark.parametrize("written", ["1.2.3", "'1.2.3'", '"1.2.3"', "1.2.3   # note"])
def test_a_version_is_replaced_in_its_quotes(written: str) -> None:
    text = WHOLE.replace('"1.2.3"', written)
    for bom in ("", "\ufeff"):
        for end in ("\n", "\r\n"):
            before = (bom + text).replace("\n", end)
            after = with_version(before, "p", "2.0.0")
            assert after == before.replace("1.2.3", "2.0.0")


def test_what_is_no_prompt_is_left_alone() -> None:
    with pytest.raises(InputError, match="not a valid prompt"):
        with_version("id: x\n", "p", "2.0.0")
    with pytest.raises(InputError, match="not a valid prompt"):
        with_version("", "p", "2.0.0")


# -- citing a decision ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "line", "after"),
    [
        ("cite", "    decision: 20260101-a\n", "    rationale: Refunds were promised.\n"),
        ("greet", "    decision: 20260101-a\n", "      by name.\n"),
        ("old", "    decision: 20260101-a\n", "    reason: Gone.\n"),
        ("brief", ", decision: 20260101-a", "text: Be brief."),
    ],
)
def test_a_decision_is_cited_below_the_reason(rule: str, line: str, after: str) -> None:
    expected = WHOLE.replace(after, after + line)
    assert with_decision(WHOLE, "p", rule, "20260101-a") == expected
    again = with_decision(expected, "p", rule, "20260202-b")
    assert again == expected.replace("20260101-a", "20260202-b")


def test_citing_keeps_a_missing_line_end_missing() -> None:
    text = HEAD + "rules:\n  - id: a\n    text: A."
    cited = HEAD + "rules:\n  - id: a\n    text: A.\n    decision: 20260101-a"
    assert with_decision(text, "p", "a", "20260101-a") == cited


@pytest.mark.parametrize(
    "rules", ["rules: [{id: a, text: A.}]\n", "rules:\n  -\n    id: a\n    text: A.\n"]
)
def test_what_is_not_written_by_lines_is_refused(rules: str) -> None:
    for change in (
        lambda: with_decision(HEAD + rules, "p", "a", "20260101-a"),
        lambda: with_retired(HEAD + rules, "p", entry(HEAD + rules, "a")),
    ):
        with pytest.raises(InputError, match="without touching other lines"):
            change()


def test_flow_at_the_root_is_refused_too() -> None:
    text = "{promptops: 1, id: p, version: 1.0.0, messages: [{role: user, content: x}], rules: [{id: a, text: A.}]}\n"
    with pytest.raises(InputError, match="without touching other lines"):
        with_retired(text, "p", entry(text, "a"))


def test_a_change_that_reads_otherwise_is_refused() -> None:
    text = HEAD + "rules:\n  - {id: a, text: A. }}\n".replace("}}", "} # }")
    with pytest.raises(InputError, match="without touching other lines"):
        with_decision(text, "p", "a", "20260101-a")


def test_an_unknown_rule() -> None:
    with pytest.raises(KeyError):
        with_decision(WHOLE, "p", "nobody", "20260101-a")
    with pytest.raises(KeyError):
        with_retired(WHOLE, "p", Retired("nobody", "x"))


# -- retiring ------------------------------------------------------------------------------------


def test_a_rule_goes_with_its_own_comment_and_no_other() -> None:
    after = with_retired(WHOLE, "p", entry(WHOLE, "cite", version="1.2.3", decision="20260101-a"))
    assert after == (
        HEAD
        + "rules:\n  # ----- tone -----\n"
        + RULES.partition("tone -----\n")[2]
        + RETIRED.replace(
            "# the end\n",
            "\n  # legal asked for it\n  - id: cite\n    text: Cite the policy.   # never the law\n"
            "    reason: Nobody read it.\n    decision: 20260101-a\n    version: 1.2.3\n# the end\n",
        )
    )


def test_a_heading_above_a_rule_stays() -> None:
    after = with_retired(WHOLE, "p", entry(WHOLE, "greet"))
    assert after == WHOLE.replace(
        "  - id: greet\n    text: >-\n      Greet\n      by name.\n    owner: x\n\n", ""
    ).replace(
        "# the end\n",
        "\n  - id: greet\n    text: >-\n      Greet\n      by name.\n    reason: Nobody read it.\n# the end\n",
    )


def test_the_last_rule_of_all() -> None:
    text = HEAD + "rules: # by us\n  # mine\n  - id: a\n    text: |\n      A.\n"
    after = with_retired(text, "p", entry(text, "a"))
    assert after == (
        HEAD + "rules: [] # by us\n\nretired:\n  # mine\n  - id: a\n    text: |\n      A.\n"
        "    reason: Nobody read it.\n"
    )


def test_the_last_of_several_and_an_empty_list_to_go_to() -> None:
    text = HEAD + RULES + "retired: []  # none yet\n"
    after = with_retired(text, "p", entry(text, "brief"))
    assert after == text.replace("\n  - {id: brief, text: Be brief.}\n", "").replace(
        "retired: []  # none yet\n",
        "retired:  # none yet\n  - id: brief\n    text: Be brief.\n    reason: Nobody read it.\n",
    )


def test_lines_end_as_they_did() -> None:
    text = (HEAD + RULES).replace("\n", "\r\n")
    after = with_retired(text, "p", entry(text, "cite"))
    assert "\n" not in after.replace("\r\n", "")
    bare = (HEAD + RULES).removesuffix("  # end of the rules\n").removesuffix("\n")
    assert with_retired(bare, "p", entry(bare, "cite")).endswith("reason: Nobody read it.")


def test_text_written_before_the_id_is_written_anew() -> None:
    text = HEAD + "rules:\n- text: 'Say: no.'\n  id: a\n- {id: b, text: B.}\n"
    after = with_retired(text, "p", entry(text, "a"))
    assert after.endswith(
        'rules:\n- {id: b, text: B.}\n\nretired:\n- id: a\n  text: "Say: no."\n  reason: Nobody read it.\n'
    )


TEXTS = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufeff\u2028\u2029\x85"),
    min_size=1,
).filter(str.strip)


@st.composite
def prompts(draw: Any) -> tuple[str, str, list[str]]:
    """(file, a rule of it, the comments that are nobody's but their own)."""
    count = draw(st.integers(1, 4))
    notes, lines = [], []
    indent = draw(st.sampled_from(["", "  ", "    "]))
    for i in range(count):
        if draw(st.booleans()):
            notes.append(f"# heading {i}")
            lines.append(f"{indent}# heading {i}\n\n")
        if draw(st.booleans()):
            lines.append(f"{indent}# about r{i}\n")
        form = draw(st.integers(0, 3))
        text = draw(TEXTS)
        quoted = scalar(text)
        match form:
            case 0:
                lines.append(f"{indent}- {{id: r{i}, text: {quoted}}}\n")
            case 1:
                lines.append(f"{indent}- text: {quoted}\n{indent}  id: r{i}\n")
            case 2:
                plain = "".join(c for c in text if c.isalnum()) or "x"
                lines.append(f"{indent}- id: r{i}\n{indent}  text: |\n{indent}     {plain}\n\n")
            case _:
                lines.append(
                    f"{indent}- id: r{i}\n{indent}  text: {quoted}  # said r{i}\n{indent}  owner: me\n"
                )
        if draw(st.booleans()):
            lines.append("\n")
    retired = draw(
        st.sampled_from(
            [
                "",
                "retired: []\n",
                "retired:\n- {id: z, text: Z.}\n",
                "retired:\n   - id: z\n     text: Z.\n",
            ]
        )
    )
    text = HEAD + "rules:\n" + "".join(lines) + retired + draw(st.sampled_from(["", "# the end\n"]))
    return text, f"r{draw(st.integers(0, count - 1))}", notes


@settings(max_examples=150)
@given(prompts(), TEXTS)
def test_retiring_changes_the_rule_and_nothing_else(
    made: tuple[str, str, list[str]], reason: str
) -> None:
    text, rule, notes = made
    before = read(text)
    gone = entry(text, rule, reason=reason, version="1.2.3")
    after = with_retired(text, "p", gone)
    assert read(after) == replace(
        before,
        rules=tuple(r for r in before.rules if r.id != rule),
        retired=(*before.retired, gone),
    )
    for note in notes:
        assert after.count(note) == 1
    own = [line for line in text.splitlines() if f"said {rule}" not in line]
    kept = [line.strip() for line in own if line.strip().startswith(("#", "- {", "owner"))]
    for line in kept:
        if "owner" not in line and f"id: {rule}," not in line:
            assert line in after
    others = text.split("rules:\n", 1)[0].splitlines()
    assert after.splitlines()[: len(others)] == others


@given(prompts())
def test_citing_changes_one_rule_and_nothing_else(made: tuple[str, str, list[str]]) -> None:
    text, rule, _ = made
    before = read(text)
    after = with_decision(text, "p", rule, "20260101-a")
    assert read(after).rule(rule) == replace(before.rule(rule), decision="20260101-a")
    added = after.replace(", decision: 20260101-a", "")
    assert [s for s in added.splitlines() if "decision: 20260101-a" not in s] == text.splitlines()


# -- scalars -------------------------------------------------------------------------------------


@given(TEXTS)
def test_a_scalar_reads_as_its_text(text: str) -> None:
    root = compose(f"a: {scalar(text)}\nb: {flow_list([text, 'x'])}\n", "p")
    assert root.value[0][1].value == text
    assert [node.value for node in root.value[1][1].value] == [text, "x"]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("support-agent", "support-agent"),
        ("20260412-cite", "20260412-cite"),
        ("no", '"no"'),
        ("1.10", '"1.10"'),
        ("@acme", '"@acme"'),
        ("a: b", '"a: b"'),
        ("a #b", '"a #b"'),
        ("x\u2028y\x85", '"x\\u2028y\\u0085"'),
    ],
)
def test_scalars_are_plain_where_nobody_reads_them_otherwise(text: str, written: str) -> None:
    assert scalar(text) == written


def test_headings_of_a_crlf_record_are_headings() -> None:
    text = "---\r\nstatus: accepted\r\n---\r\n# Cite\r\n\r\n## Context\r\n\r\nSo.\r\n"
    decision, _ = read_decision(text, "docs/decisions/a.md", Log())
    assert (decision.title, dict(decision.sections)) == ("Cite", {"Context": "So."})
