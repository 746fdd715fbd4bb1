"""Taking prompts to other tools: promptfoo both ways, what each format lacks, files for agents."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from promptops.errors import UsageError
from promptops.importing import Exported, Source, exports, read_foreign
from promptops.importing.formats._promptfoo_asserts import assertion, written
from promptops.importing.models import from_dotprompt, from_promptfoo, to_dotprompt, to_promptfoo
from promptops.importing.neutral import as_handlebars, as_jinja, turns
from promptops.model import (
    Assertion,
    Budget,
    Case,
    CaseSelection,
    Message,
    Prompt,
    Rule,
    Test,
    Variable,
)
from promptops.source.foreign_yaml import load_foreign
from tests.test_importing import Files, Run, repo

__all__ = ["repo"]
ROOT = Path(__file__).parents[1]

PROMPT = Prompt(
    "support",
    version="2.0.0",
    summary="Answers: billing",
    owners=("@acme",),
    models=("openai/gpt-4o-mini", "anthropic/claude-sonnet-4-5"),
    variables={
        "question": Variable("question", ("Why?",), untrusted=True, summary="what is asked"),
        "tone": Variable("tone"),
    },
    budget=Budget(prompt_tokens=100),
    messages=(
        Message(
            "system",
            "# Rules\n{{ rules }}\n\n{% if tone %}Be {{ tone }}.{% else %}Hi.{% endif %}\n",
        ),
        Message("user", "{{ question }}"),
    ),
    rules=(
        Rule(
            "cite-policy",
            "Cite the policy, as {{n}}.",
            rationale="Agents promised refunds.",
            tests=(
                Test(CaseSelection(all=True), (Assertion("regex", r"\[\d\]"),)),
                Test(
                    CaseSelection(ids=("hello",)), (Assertion("regex", r"\[", True),), fires=False
                ),
                Test(CaseSelection(slice={"language": ("de",)}), (Assertion("language", "de"),)),
            ),
        ),
        Rule("short", "Be short."),
    ),
    cases=(
        Case(
            "late-fee",
            {"question": "Why a fee?"},
            {"language": "de"},
            asserts=(Assertion("contains", "fee"),),
        ),
        Case("hello", {"question": "{{hi}}"}, history=(Message("user", "Yo"),)),
    ),
)


def export(to: str, prompt: Prompt = PROMPT) -> Exported:
    return exports()[to](prompt)


def lefts(made: Exported) -> str:
    return "\n".join(f"{left.what}: {left.why}" for left in made.left)


def back(made: Exported) -> Prompt:
    return read_foreign(Source(made.path, made.text, Files({})))[0].prompt


def filled(prompt: Prompt) -> list[Any]:
    return turns(prompt)[0]


@pytest.mark.parametrize("to", ["promptfoo", "prompty", "dotprompt"])
def test_what_goes_out_comes_back_as_the_same_messages(to: str) -> None:
    system = Message("system", PROMPT.messages[0].content.rstrip())  # an end is layout there
    plain = (Rule("cite-policy", "Cite the policy, as [n]."), PROMPT.rules[1])
    bare = replace(PROMPT, rules=plain, messages=(system, PROMPT.messages[1]))
    again = back(export(to, bare))
    assert filled(again) == filled(bare)
    assert again.models[0] == "openai/gpt-4o-mini"
    assert again.variables.keys() == bare.variables.keys()


def test_promptfoo_keeps_ids_reasons_tests_and_slices() -> None:
    again = back(export("promptfoo"))
    rule = again.rule("cite-policy")
    assert (rule.rationale, rule.draft) == ("Agents promised refunds.", False)
    assert rule.tests == (
        Test(CaseSelection(ids=("late-fee", "hello")), (Assertion("regex", r"\[\d\]"),)),
        Test(CaseSelection(ids=("hello",)), (Assertion("regex", r"\[", True),)),
    )
    assert again.cases[0] == PROMPT.cases[0]
    assert again.summary == PROMPT.summary


def test_promptfoo_says_what_it_lacks() -> None:
    made = export("promptfoo")
    assert made.path == "promptfooconfig.yaml"
    said = lefts(made)
    for part in ("`language` of rule `cite-policy`", "earlier turns", "untrusted", "the budget"):
        assert part in said
    data = yaml.safe_load(made.text)
    assert data["providers"] == ["openai:gpt-4o-mini", "anthropic:messages:claude-sonnet-4-5"]
    assert json.loads(data["prompts"][0]["raw"])[1] == {"role": "user", "content": "{{ question }}"}
    assert data["tests"][1]["vars"] == {"question": "{{ '{{' }}hi}}"}
    alone = replace(PROMPT, models=(), messages=(Message("user", "Hi {{ question }}."),), rules=())
    made = export("promptfoo", alone)
    assert yaml.safe_load(made.text)["prompts"][0]["raw"] == "Hi {{ question }}."
    assert "`echo` stands in" in lefts(made)


def test_prompty_and_dotprompt_say_who_and_what() -> None:
    text = export("prompty").text
    meta = yaml.safe_load(text.split("---\n")[1])
    assert meta["model"] == {"id": "gpt-4o-mini", "provider": "openai", "apiType": "chat"}
    assert meta["inputs"][0] == {
        "name": "question",
        "kind": "string",
        "description": "what is asked",
        "example": "Why?",
    }
    assert "model `anthropic/claude-sonnet-4-5`: one model a file there" in lefts(export("prompty"))
    made = export("dotprompt", replace(PROMPT, output_schema="reply.json"))
    assert '{{role "system"}}\n# Rules\n- Cite the policy, as \\{{n}}.\n- Be short.' in made.text
    assert "{{#if tone}}Be {{tone}}.{{else}}Hi.{{/if}}" in made.text
    assert "the output's schema" in lefts(made)
    assert "model:" not in export("prompty", replace(PROMPT, models=())).text.replace(
        "model: {", ""
    )


def test_github_models_has_evaluators_for_what_holds_everywhere() -> None:
    everywhere = Assertion("contains", "fee")
    cases = tuple(replace(case, asserts=(everywhere,)) for case in PROMPT.cases)
    rule = replace(
        PROMPT.rules[1], tests=(Test(CaseSelection(all=True), (Assertion("equals", "x"),)),)
    )
    made = export("github-models", replace(PROMPT, cases=cases, rules=(*PROMPT.rules[:1], rule)))
    data = yaml.safe_load(made.text)
    assert data["evaluators"] == [
        {"name": "contains", "string": {"contains": "fee"}},
        {"name": "short", "string": {"equals": "x"}},
    ]
    assert data["testData"] == [{"question": "Why a fee?"}, {"question": "{{hi}}"}]
    said = lefts(made)
    for part in (
        "braces meant as text",
        "the condition on `tone`",
        "`regex` of rule",
        "a test of rule",
    ):
        assert part in said
    assert "`contains` on case `late-fee`" in lefts(export("github-models"))


def test_templates_that_compute_are_written_as_they_render() -> None:
    computed = replace(
        PROMPT,
        messages=(
            Message("system", "{% for r in rules %}{{ r }};{% endfor %} {{ tone | upper }}"),
        ),
    )
    said, left = turns(computed)
    assert said[0].tokens[0].value.startswith("Cite the policy, as {{n}}.;Be short.;")
    assert "computes" in left[0].what
    placed = replace(
        PROMPT,
        messages=(
            Message(
                "system",
                '{# c #}{{ rule("short") }}{% raw %}{{x}}{% endraw %}{{ "{" }}{{ tone }}{{ rules | section("no") }}',
            ),
        ),
    )
    tokens = turns(placed)[0][0].tokens
    assert as_jinja(tokens) == 'Be short.{% raw %}{{x}}{% endraw %}{{ "{" }}{{ tone }}'
    assert as_handlebars(tokens, verbatim=True) == "Be short.{{x}}{{{tone}}"


def test_one_source_for_many_agents() -> None:
    plain = Prompt(
        "team",
        summary="How we work",
        messages=(Message("system", "---\nx: y\n---\n# T\n\n{{ rules }}\n"), Message("user", "Hi")),
        rules=(Rule("tabs", "Use tabs."),),
        cases=(Case("a"),),
    )
    body = "# T\n\n- Use tabs.\n"
    assert export("agents", plain).text == export("claude", plain).text == body
    assert export("copilot", plain).path == ".github/copilot-instructions.md"
    cursor = export("cursor", plain)
    assert cursor.path == ".cursor/rules/team.mdc"
    assert cursor.text == f"---\ndescription: How we work\nalwaysApply: true\n---\n{body}"
    said = lefts(cursor)
    for part in ("the user message", "cases and tests", "front matter of another tool"):
        assert part in said
    with pytest.raises(
        UsageError, match=r"has variables \(question, tone\)|has variables \(tone\)"
    ):
        export("agents")


# -- assertions and models, one by one -----------------------------------------------------------

BOTH_WAYS: list[Mapping[str, Any]] = [
    {"type": "equals", "value": "x"},
    {"type": "not-contains", "value": "x"},
    {"type": "icontains", "value": "x"},
    {"type": "contains-any", "value": ["x", "y"]},
    {"type": "icontains-all", "value": ["x"]},
    {"type": "starts-with", "value": "x"},
    {"type": "not-regex", "value": "x+"},
    {"type": "is-json"},
    {"type": "is-json", "value": {"type": "object"}},
    {"type": "llm-rubric", "value": "Is kind"},
    {"type": "similar", "value": "x", "threshold": 0.5},
    {"type": "not-is-refusal"},
    {"type": "word-count", "value": {"max": 9}},
    {"type": "word-count", "value": 3},
]


@pytest.mark.parametrize("given", BOTH_WAYS, ids=str)
def test_assertions_go_both_ways(given: Mapping[str, Any]) -> None:
    made, left = assertion(load_foreign(json.dumps(given), ""), {})
    assert (made is not None, left) == (True, None)
    assert made is not None
    assert written(made) == given


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"type": "javascript", "value": "1"}, "code is never run"),
        ({"type": "contains", "value": "file://x.py"}, "code is never run"),
        ({"type": "latency", "threshold": 3}, "time and money"),
        ({"type": "factuality", "value": "x"}, "no assertion here says it"),
        ({"type": "contains"}, "no assertion here says it"),
        ({"type": "similar", "value": "x", "threshold": "high"}, "no assertion here says it"),
        ({"type": "word-count", "value": "many"}, "no assertion here says it"),
        ({"type": "word-count", "value": {"most": 1}}, "no assertion here says it"),
        ({"type": "regex", "value": ""}, "no assertion here says it"),
        ({"type": "g-eval", "value": ["a"]}, "no assertion here says it"),
    ],
)
def test_assertions_that_stay_behind(given: Mapping[str, Any], why: str) -> None:
    made, left = assertion(load_foreign(json.dumps(given), ""), {})
    assert made is None
    assert left is not None
    assert why in left.why


def test_assertions_take_values_and_leave_weights() -> None:
    made, left = assertion(
        load_foreign("{type: icontains-any, value: 'a, {{x}}', weight: 2, transform: y}", ""),
        {"x": "b"},
    )
    assert made == Assertion("contains_any", ("a", "b"), options={"ignore_case": True})
    assert left is not None
    assert left.what == "`transform`, `weight` of a `icontains-any` assertion"
    made, _ = assertion(load_foreign("{type: is-json, value: '{\"minLength\": 3}'}", ""), {})
    assert made == Assertion("json_schema", {"minLength": 3})
    made, _ = assertion(load_foreign("{type: is-json, value: 'no json', x: 1}", ""), {})
    assert made == Assertion("json", True)


@pytest.mark.parametrize(
    "one",
    [
        Assertion("ends_with", "x.", options={"ignore_case": True}),
        Assertion("json_path", {"path": "$.x"}),
        Assertion("contains", "x", options={"whole_words": True}),
        Assertion("regex", "(?i)x"),
    ],
)
def test_assertions_that_promptfoo_lacks(one: Assertion) -> None:
    assert written(one) is None


def test_ends_with_goes_out_as_a_pattern() -> None:
    assert written(Assertion("ends_with", "x."), "m") == {
        "type": "regex",
        "value": r"x\.\s*$",
        "metric": "m",
    }


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("openai:gpt-4o", "openai/gpt-4o"),
        ("anthropic:messages:claude-x", "anthropic/claude-x"),
        ("azure:chat:dep", "azure/dep"),
        ("google:gemini-2.5-flash", "gemini/gemini-2.5-flash"),
    ],
)
def test_names_of_models_go_both_ways(theirs: str, ours: str) -> None:
    assert from_promptfoo(theirs) == ours
    assert to_promptfoo(ours) == theirs


def test_names_of_models_that_differ() -> None:
    assert from_promptfoo("openai:chat:gpt-4o") == "openai/gpt-4o"
    assert from_promptfoo("openai:chat") == from_promptfoo("exec:x") == from_promptfoo("x") == ""
    assert to_promptfoo("gpt-4o") == "openai:gpt-4o"
    assert to_promptfoo("watsonx/x") == "litellm:watsonx/x"
    assert from_dotprompt("vertexai/x") == "vertex_ai/x"
    assert to_dotprompt("gemini/x") == "googleai/x"
    assert to_dotprompt("x") == from_dotprompt("x") == "x"


# -- promptfoo's tests ---------------------------------------------------------------------------

CONFIG = """\
description: Demo
prompts:
  - file://prompts.txt
  - {id: chat, label: Chat one, raw: '[{"role": "system", "content": "Never lie."}, {"role": "user", "content": "{{q}}"}]'}
  - "- role: user\\n  content: Hm {{q}}"
providers: [openai:gpt-4o, {id: 'anthropic:messages:c'}, {openai:gpt-5: {config: {}}}, ws://x]
defaultTest:
  vars: {lang: de}
  assert: [{type: latency, threshold: 5}]
  options: {}
scenarios:
  - config: [{vars: {q: one}}, {vars: {q: two}}]
    tests: [{description: both, assert: [{type: contains, value: '{{q}}'}]}]
assertionTemplates: {kind: {type: llm-rubric, value: Is kind}}
tests:
  - file://tests.csv
  - file://tests.jsonl
  - file://tests.yaml
  - file://missing.csv
  - file://tests.xml
  - vars: {q: [a, b], n: 1.10}
    metadata: {slice: x}
    assert:
      - {$ref: '#/assertionTemplates/kind'}
      - {type: assert-set, threshold: 0.5, assert: [{type: contains, value: z}]}
      - {type: equals, value: y, metric: Never Lie}
      - {type: equals, value: w, metric: unknown}
  - vars: file://vars.yaml
    threshold: 0.5
  - vars: {q: file://q.txt}
outputPath: out.csv
"""


def test_promptfoo_configs_with_everything() -> None:
    files = {
        "d/prompts.txt": "First {{q}}.\n---\nNever lie about {{q}}.\n",
        "d/tests.csv": "q,__expected,__expected2,__description,__metric\nx,contains: hi,similar(0.9): ho,Named,m\ny,plain,,,\n",
        "d/tests.jsonl": '{"vars": {"q": "l"}}\n\n',
        "d/tests.yaml": "- vars: {q: m}\n",
        "d/tests.xml": "<x/>",
        "d/vars.yaml": "q: from file\n",
        "d/q.txt": "long\ntext",
    }
    source = Source("d/promptfooconfig.yaml", CONFIG, Files(files))
    found = read_foreign(source)
    assert [one.prompt.id for one in found] == ["d-promptfooconfig"] * 2 + [
        "chat-one",
        "d-promptfooconfig",
    ]
    assert [one.prompt.target for one in found] == [source.path, "", "", ""]
    chat = found[2].prompt
    assert [m.role for m in chat.messages] == ["system", "user"]
    assert chat.models == ("openai/gpt-4o", "anthropic/c", "openai/gpt-5")
    cases = {case.id: case for case in chat.cases}
    assert (
        list(cases)
        == [
            "named",
            "y-de",
            "l-de",
            "m-de",
            "de-1-10",
            "de-b-1-10",
            "from-file-de",
            "de-long-text",
            "both",
            "both-2",
        ]
        or len(cases) == 10
    )
    assert cases["named"].variables == {"q": "x"}
    assert [a.kind for a in cases["named"].asserts] == ["contains", "similar_to"]
    assert cases["both"].asserts == (Assertion("contains", "one"),)
    listed = [case for case in chat.cases if case.slices]
    assert [case.variables["q"] for case in listed] == ["a", "b"]
    assert [a.kind for a in listed[0].asserts] == ["judge", "contains", "equals"]
    tied = chat.rule("never-lie").tests
    assert tied == (
        Test(CaseSelection(ids=tuple(c.id for c in listed)), (Assertion("equals", "y"),)),
    )
    said = "\n".join(f"{left.what}: {left.why}" for left in found[2].left)
    for part in (
        "`latency` assertion: time and money",
        "`options` of defaultTest",
        "the threshold of an `assert-set`",
        "metric `unknown`: no rule has this id",
        "`threshold` of a test",
        "`file://missing.csv`: no such file",
        "`file://tests.xml`: tests of this kind are not read",
        "provider `ws://x`",
        "`outputPath`",
        "variable `lang` of the tests",
    ):
        assert part in said


def test_promptfoo_configs_with_little() -> None:
    (one,) = read_foreign(Source("promptfooconfig.yaml", "tests: [{vars: {a: b}}]\n", Files({})))
    assert one.prompt.messages == (Message("user", ""),)
    assert one.prompt.variables["a"].examples == ("b",)
    assert "the prompt's text" in one.left[-1].what
    only = "prompts: Say hi\nproviders: echo\ndefaultTest: {assert: [{type: equals, value: x}]}\n"
    (one,) = read_foreign(Source("some.yaml", only, Files({})))
    assert (one.format, one.prompt.messages[0].content) == ("promptfoo", '{{ rule("say-hi") }}')
    assert "there is no test they look at" in "".join(left.why for left in one.left)
    many = (
        "prompts: [x]\ntests: [{vars: {a: ["
        + ",".join(map(str, range(600)))
        + "], b: [1, 2, 3]}}]\n"
    )
    (one,) = read_foreign(Source("promptfooconfig.yaml", many, Files({})))
    assert len(one.prompt.cases) == 1000


# -- the command ---------------------------------------------------------------------------------


def govern(repo: Path) -> None:
    (repo / "AGENTS.md").write_text("# Style\n\n- Use tabs.\n")


def test_export_prints_writes_and_lists(run: Run, repo: Path) -> None:
    govern(repo)
    assert run("import", "AGENTS.md", cwd=repo).code == 0
    ran = run("export", "agents", "--to", "claude", cwd=repo)
    assert (ran.code, ran.out, ran.err) == (0, "# Style\n\n- Use tabs.\n", "")
    ran = run("export", "agents", "--to", "cursor", "--write", cwd=repo)
    assert ran.code == 0
    assert ".cursor/rules/agents.mdc holds agents" in ran.out
    text = (repo / ".cursor/rules/agents.mdc").read_text()
    assert text.endswith("---\n# Style\n\n- Use tabs.\n")
    assert run("export", "agents", "--to", "cursor", "--write", cwd=repo).code == 0  # as it is
    (repo / ".cursor/rules/agents.mdc").write_text("mine")
    ran = run("export", "agents", "--to", "cursor", "--write", cwd=repo)
    assert (ran.code, "it exists: nothing was written" in ran.err) == (2, True)
    assert run("export", "agents", "--to", "cursor", "--write", "--force", cwd=repo).code == 0
    assert (repo / ".cursor/rules/agents.mdc").read_text() == text
    assert run("export", "agents", "--to", "claude", "--force", cwd=repo).code == 2
    ran = run("export", "agents", "--to", "promptfoo", cwd=repo)
    assert "note: left out: no model is named" in ran.err
    ran = run("export", "agents", "--to", "promptfoo", "--write", cwd=repo)
    assert "left out, because there is no place for it there" in ran.out
    told = json.loads(run("export", "agents", "--to", "prompty", "--format", "json", cwd=repo).out)
    assert told["result"]["path"] == "agents.prompty"


def test_the_index_of_decisions(run: Run, repo: Path) -> None:
    govern(repo)
    assert run("import", "AGENTS.md", cwd=repo).code == 0
    ran = run("export", "agents", "--to", "madr-index", cwd=repo)
    assert ran.out.startswith("# Decisions about agents\n")
    assert "rule `use-tabs`: no record speaks of it" in ran.err
    folder = repo / "docs/decisions"
    folder.mkdir(parents=True)
    (folder / "20260412-tabs.md").write_text(
        "---\nstatus: accepted\ndate: 2026-04-12\nprompts: [agents]\nrules: [use-tabs]\n---\n# Use | tabs\n"
    )
    (folder / "20260101-old.md").write_text(
        "---\nstatus: superseded by 20260412-tabs\nprompts: [agents]\n---\n# Spaces\n"
    )
    ran = run("export", "agents", "--to", "madr-index", cwd=repo)
    assert ran.err == ""
    assert ran.out.splitlines()[4:] == [
        "|  | [Spaces](20260101-old.md) | superseded by 20260412-tabs |  |",
        "| 2026-04-12 | [Use \\| tabs](20260412-tabs.md) | accepted | use-tabs |",
    ]
