"""Other tools' prompts: what comes in, what is left and said so, and the file back to the byte."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from promptops.errors import InputError, PromptopsError, TemplateError, UsageError
from promptops.importing import Imported, Source, read_foreign, readable
from promptops.importing.pico import fields, json_schema
from promptops.importing.registry import formats
from promptops.importing.restore import target_text
from promptops.importing.syntax import SYNTAXES
from promptops.model import Message, Prompt, Rule
from promptops.render import render
from promptops.source.foreign_yaml import load_foreign
from promptops.source.tree import DiskTree
from tests.test_importing import Files, Run, brought, repo

__all__ = ["repo"]


def found(path: str, text: str, name: str = "", **files: str) -> tuple[Imported, ...]:
    named = {key.replace("__", "/").replace("_dot_", "."): value for key, value in files.items()}
    return read_foreign(Source(path, text, Files({path: text, **named}), name))


def said(prompt: Prompt, **values: str) -> list[tuple[str, str]]:
    return [(message.role, message.content) for message in render(prompt, values)]


def lefts(one: Imported) -> str:
    return "\n".join(f"{left.line} {left.what}: {left.why}" for left in one.left)


# -- every member of the room --------------------------------------------------------------------

SAMPLES = {
    "text": ("AGENTS.md", "# A\n\n- Never push.\n"),
    "prompty": (
        "a.prompty",
        "---\nname: x\nmodel: gpt-4\n---\nsystem:\nNever push.\n\nuser:\n{{q}}\n",
    ),
    "dotprompt": ("a.prompt", '---\nmodel: googleai/g\n---\n{{role "system"}}\nNever push.\n'),
    "github-models": ("a.prompt.yml", "messages:\n  - role: system\n    content: Never push.\n"),
    "promptfoo": ("promptfooconfig.yaml", "prompts: ['Say {{x}}.']\ntests: [{vars: {x: hi}}]\n"),
    "langchain": ("p.yaml", "_type: prompt\ntemplate: 'Say {x}.'\n"),
    "semantic-kernel": ("k.yaml", "template: 'Say {{$x}}.'\ntemplate_format: semantic-kernel\n"),
    "promptflow": (
        "flow.dag.yaml",
        "nodes:\n- {name: a, type: llm, source: {type: code, path: a.jinja2}}\n",
    ),
    "jinja": ("a.j2", "Never push.\n{% if x %}{{ x }}{% endif %}\n"),
}


@pytest.mark.parametrize("form", [form for form in readable() if form != "constant"])
def test_every_format_is_told_and_comes_back(form: str) -> None:
    path, text = SAMPLES[form]
    assert found(path, text)[0].format == form
    prompt, rendered = brought(path, text, **{"a.jinja2": "system:\nNever push.\n"})
    assert rendered == text
    assert prompt.messages


@pytest.mark.parametrize("form", [form for form in readable() if form != "constant"])
@pytest.mark.parametrize(
    "text", ["", "\n", "- a\n", "a: b\n", "{", "---\n: [\n---\nx", "\ufeff", "a: &a [*a]"]
)
def test_no_format_crashes(form: str, text: str) -> None:
    try:
        found = read_foreign(Source(SAMPLES[form][0], text, Files({})), form)
    except PromptopsError:
        return  # refused, with a sentence
    assert found


def test_modules_say_what_they_are() -> None:
    for name, module in formats().items():
        assert name == module.NAME
        assert module.__doc__
        assert hasattr(module, "recognises") == hasattr(module, "read")


# -- prompty -------------------------------------------------------------------------------------

PROMPTY = """\
---
name: Shopper
description: Helps customers
authors: [ada]
model:
  api: chat
  configuration: {type: azure_openai, azure_deployment: gpt-35-turbo}
  parameters: {max_tokens: 3000}
sample:
  firstName: Jane
  rows: [1, 2]
inputs:
  question: {type: string, description: What is asked, sample: "Why?"}
---
system:
You are a helpful agent. Never lie.

{% for row in rows %}
- {{ row }}
{% endfor %}
# Customer
{{firstName}}

user[name="Ada"]:
{{question}}
"""


def test_prompty() -> None:
    one = found("shop.prompty", PROMPTY)[0]
    prompt = one.prompt
    assert (prompt.summary, prompt.models) == ("Helps customers", ("azure/gpt-35-turbo",))
    assert prompt.variables["firstName"].examples == ("Jane",)
    assert prompt.variables["question"].summary == "What is asked"
    assert [rule.text for rule in prompt.rules] == ["You are a helpful agent. Never lie."]
    assert said(prompt, firstName="Bo", question="Hm") == [
        (
            "system",
            "You are a helpful agent. Never lie.\n\n{% for row in rows %}\n- {{ row }}\n{% endfor %}\n"
            "# Customer\nBo",
        ),
        ("user", "Hm"),
    ]
    assert "the model's options" in lefts(one)
    assert "18 `{% for row in rows %}" in lefts(one)


def test_prompty_changed_prompts_are_put_back() -> None:
    path, text = "shop.prompty", PROMPTY
    prompt, _ = brought(path, text)
    mine = replace(prompt, rules=(replace(prompt.rules[0], text="You are a pirate."),))
    changed = target_text(mine, Files({"prompts/x/origin.prompty": text}))
    assert changed == text.replace("You are a helpful agent. Never lie.", "You are a pirate.")
    with pytest.raises(TemplateError, match="cannot be put into"):
        target_text(
            replace(mine, messages=mine.messages[:1]), Files({"prompts/x/origin.prompty": text})
        )


def test_prompty_in_mustache_and_of_the_second_version() -> None:
    text = (
        "---\nmodel: {id: gpt-4o, provider: openai, connection: '${env:KEY}'}\n"
        "inputSchema:\n  properties:\n    - {name: q, default: Hi}\n    - {name: 'not a name'}\n"
        "template: {format: {kind: mustache}}\ntools: []\n---\nHello {{q}} {{#each x}}y{{/each}}\n"
    )
    one = found("a.prompty", text)[0]
    assert one.prompt.models == ("openai/gpt-4o",)
    assert said(one.prompt, q="Bo") == [("system", "Hello Bo {{#each x}}y{{/each}}")]
    assert "`${env:KEY}`: not resolved" in lefts(one)
    assert "`tools`: prompts have no such key" in lefts(one)


# -- dotprompt -----------------------------------------------------------------------------------

DOTPROMPT = """\
---
model: googleai/gemini-2.5-flash
config: {temperature: 0.7}
input:
  schema:
    name: string, The user's name
    style?: string
    n?: integer, How many
  default: {style: short}
output:
  format: json
  schema:
    title: string
    tags(array, some): string
---
{{! a comment }}
{{role "system"}}
Never lie to {{name}}.

{{#if style}}
Use a {{style}} style.
{{else}}
Use prose.
{{/if}}
{{#unless n}}Ask how many.{{/unless}}
{{>partial}}
{{role "user"}}
{{{name}}} {{history}}
{{role "model"}}
Fine.
"""


def test_dotprompt() -> None:
    one = found("a.prompt", DOTPROMPT)[0]
    prompt = one.prompt
    assert prompt.models == ("gemini/gemini-2.5-flash",)
    assert prompt.variables["n"].summary == "How many (integer)"
    assert prompt.variables["style"].examples == ("short",)
    assert prompt.output_schema == "output.schema.json"
    schema = json.loads(one.files["output.schema.json"])
    assert schema["properties"]["tags"] == {
        "type": "array",
        "items": {"type": "string"},
        "description": "some",
    }
    assert [message.role for message in prompt.messages] == ["system", "user", "assistant"]
    values = {"name": "Bo", "style": "", "n": "1"}
    assert said(prompt, **values)[0][1] == "Never lie to Bo.\n\nUse prose.\n\n{{>partial}}"
    assert said(prompt, **values)[1][1] == "Bo {{history}}"
    assert "`{{>partial}}`: templates here have no such thing" in lefts(one)
    assert "`config`: belongs to the call" in lefts(one)


def test_dotprompt_changed_prompts_are_put_back() -> None:
    prompt, same = brought("a.prompt", DOTPROMPT)
    assert same == DOTPROMPT
    content = prompt.messages[2].content.replace("Fine", "Good")
    mine = replace(prompt, messages=(*prompt.messages[:2], Message("assistant", content)))
    changed = target_text(mine, Files({"prompts/x/origin.prompt": DOTPROMPT}))
    assert changed == DOTPROMPT.replace("Fine.", "Good.")


def test_dotprompt_schemas_by_name_and_broken_front_matter() -> None:
    one = found("a.prompt", "---\noutput: {schema: Reply}\n---\nHi\n")[0]
    assert one.prompt.output_schema == ""
    assert "`Reply`" in lefts(one)
    broken = found("a.prompt", "---\na: [\n---\nHi {{x}}\n")[0]
    assert "the front matter (not YAML" in lefts(broken)
    assert said(broken.prompt, x="you") == [("user", "Hi you")]


def test_picoschema() -> None:
    schema = load_foreign(
        "name: string, who\nage?: any\nrole(enum, what): [a, b]\nhome(object): {street: string}\n(*): integer\n",
        "",
    )
    assert json_schema(schema) == {
        "type": "object",
        "properties": {
            "name": {"type": "string", "description": "who"},
            "age": {},
            "role": {"enum": ["a", "b"], "description": "what"},
            "home": {
                "type": "object",
                "properties": {"street": {"type": "string"}},
                "additionalProperties": False,
                "required": ["street"],
            },
        },
        "additionalProperties": {"type": "integer"},
        "required": ["name", "role", "home"],
    }
    plain = load_foreign(
        "type: object\nproperties: {a: {type: string, description: it}, b: true}\n", ""
    )
    assert json_schema(plain)["properties"]["a"]["description"] == "it"
    assert fields(plain) == [("a", "it"), ("b", "")]
    assert fields("string") == []
    assert json_schema("free text") == {"description": "free text"}


# -- GitHub Models -------------------------------------------------------------------------------


def test_github_models() -> None:
    one = found(
        "a.prompt.yml",
        """\
name: Sum
model: openai/gpt-4o-mini
modelParameters: {temperature: 0}
messages:
  - {role: system, content: Never add facts.}
  - {role: user, content: "Sum up {{input}}."}
testData:
  - {input: The fox, expected: fox}
  - {input: The fox, expected: ""}
evaluators:
  - {name: has, string: {contains: "{{expected}}", weird: x}}
  - {name: like, uses: github/similarity}
""",
    )[0]
    assert one.prompt.models == ("openai/gpt-4o-mini",)
    first, second = one.prompt.cases
    assert (first.id, second.id) == ("fox", "fox-2")
    assert [(a.kind, a.argument) for a in first.asserts] == [("contains", "fox")]
    assert second.asserts == ()
    assert "evaluator `like`" in lefts(one)
    assert "evaluator `weird: x`" in lefts(one)
    assert "`modelParameters`" in lefts(one)


# -- LangChain, Semantic Kernel, promptflow ------------------------------------------------------


def test_langchain_formats() -> None:
    text = "_type: prompt\ninput_variables: [x]\ntemplate: 'Say {x} in {{braces}} {0}.'\nvalidate: true\n"
    one = found("p.yaml", text)[0]
    assert said(one.prompt, x="hi") == [("user", "Say hi in {braces} {0}.")]
    assert "`validate`" in lefts(one)
    few = found(
        "f.yaml",
        """\
_type: few_shot
prefix: Give the opposite.
examples: [{in: tall, out: short}, {in: hot, out: cold}]
example_prompt: {_type: prompt, template: "{in} -> {out} {x}"}
suffix: "{word} ->"
partial_variables: {word: big}
""",
    )[0]
    expected = "Give the opposite.\n\ntall -> short {x}\n\nhot -> cold {x}\n\n{word} ->"
    assert few.prompt.variables["word"].examples == ("big",)
    assert said(few.prompt, word="{word}", x="{x}") == [("user", expected)]
    chat = found(
        "c.json",
        '{"_type": "chat", "messages": [{"role": "human", "prompt": {"template": "Hi {x}"}}, {"type": "ai", "content": "Yo"}]}',
    )[0]
    assert said(chat.prompt, x="Bo") == [("user", "Hi Bo"), ("assistant", "Yo")]


def test_langchain_files_beside_stay_inside() -> None:
    text = "_type: prompt\ntemplate_format: jinja2\ntemplate_path: {}\n"
    one = found("p.yaml", text.format("t.txt"), t_dot_txt="Hi {{ x }}")[0]
    assert said(one.prompt, x="Bo") == [("user", "Hi Bo")]
    outside = found("p.yaml", text.format("../../etc/passwd"))[0]
    assert "`../../etc/passwd`: no such file" in lefts(outside)
    listed = found("f.yaml", "_type: few_shot\nsuffix: x\nexamples: e.json\n")[0]
    assert "a file of examples is not read" in lefts(listed)


def test_semantic_kernel() -> None:
    text = """\
name: chat
template: |
  <message role="system">You must be brief. {{time.now}}</message>
  <message role="user">{{$input}}</message>
template_format: semantic-kernel
input_variables: [{name: input, description: the text, default: Hi}, {name: 'no name'}]
execution_settings: {}
"""
    one = found("sk.yaml", text)[0]
    assert said(one.prompt, input="Yo") == [
        ("system", "You must be brief. {{time.now}}"),
        ("user", "Yo"),
    ]
    assert one.prompt.variables["input"].examples == ("Hi",)
    assert "a call is code" in lefts(one)
    assert one.prompt.rules == ()  # what has a call in it is no rule


def test_promptflow() -> None:
    flow = """\
inputs: {question: {type: string, default: "Why?"}}
nodes:
  - {name: fmt, type: python, source: {type: code, path: fmt.py}}
  - name: answer
    type: llm
    source: {type: code, path: answer.jinja2}
    inputs: {deployment_name: gpt-4o, question: "${inputs.question}"}
  - {name: judge, type: prompt, source: {type: code, path: missing.jinja2}}
"""
    answer = "# system:\nYou must be brief.\n\n# user:\n{{question}}\n"
    first, second = found("chat/flow.dag.yaml", flow, chat__answer_dot_jinja2=answer)
    assert (first.prompt.id, second.prompt.id) == ("chat-answer", "chat-judge")
    assert (first.prompt.target, second.prompt.target) == ("chat/flow.dag.yaml", "")
    assert first.prompt.models == ("azure/gpt-4o",)
    assert first.prompt.variables["question"].examples == ("Why?",)
    assert [m.role for m in first.prompt.messages] == ["system", "user"]
    assert "python node `fmt`: code is never run" in lefts(first)
    assert "`missing.jinja2`: no such file" in lefts(second)
    with pytest.raises(InputError, match="no node"):
        found("flow.dag.yaml", "nodes: []\n")


# -- constants of programs -----------------------------------------------------------------------

PYTHON = '''\
from textwrap import dedent
PROMPT: str = "You must answer " "briefly.\\n" + "Never use {{literal}} braces."
LINE = ("a"
  + f"Say {name} and {self.x!r}.")
class Agent:
    TEXT = dedent("""\\
        Never push.
          Ask {who}.
        """).strip()
N = len("x")
a.b = "no"
'''


def test_python_constants_are_read_and_never_run() -> None:
    one = found("src/agent.py", PYTHON, "PROMPT")[0]
    assert said(one.prompt) == [
        ("system", "You must answer briefly.\nNever use {{literal}} braces.")
    ]
    assert one.prompt.target == ""
    assert one.prompt.rules[0].imported_from is not None
    line = found("src/agent.py", PYTHON, "LINE")[0]
    assert said(line.prompt, name="Bo") == [("system", "aSay Bo and {self.x!r}.")]
    assert "`{self.x!r}`: an expression is never run" in lefts(line)
    inner = found("src/agent.py", PYTHON, "Agent.TEXT")[0]
    assert said(inner.prompt) == [("system", "Never push.\n  Ask {who}.")]
    for name, hint in (
        ("PROMPTS", "did you mean `PROMPT`"),
        ("N", "it has PROMPT, LINE, Agent.TEXT"),
    ):
        with pytest.raises(InputError, match="no text constant") as error:
            found("src/agent.py", PYTHON, name)
        assert hint in error.value.hint
    with pytest.raises(UsageError, match="not imported whole") as usage:
        found("src/agent.py", PYTHON)
    assert "src/agent.py:NAME; it has PROMPT" in usage.value.hint
    with pytest.raises(InputError, match="not Python") as error:
        found("a.py", "x = (\n", "x")
    assert error.value.line == 1
    with pytest.raises(InputError, match="no text constant"):
        found("a.py", "x = " + "-" * 50 + "1\n", "x")


TYPESCRIPT = r"""
// NO = 'commented'
/* NO = "too" */
import x from "y";
const re = /`'"[/]/g, half = 1 / 2;
export const PROMPT: string = `You are a ${role} bot.
Never reveal \`keys\`: ${a.b({c: `x ${y}`})}.` + 'Always\tcite \u{1F600}\x41\u00e9\
.';
const tagged = dedent`Never push.`;
let called = "x".trim();
const other = 5, open = fn("x");
obj = { key: 'v' };
export default PROMPT;
"""


def test_typescript_constants_are_read_and_never_run() -> None:
    one = found("src/agent.ts", TYPESCRIPT, "PROMPT")[0]
    assert said(one.prompt, role="R") == [
        (
            "system",
            "You are a R bot.\nNever reveal `keys`: ${a.b({c: `x ${y}`})}.Always\tcite \U0001f600Aé.",
        )
    ]
    assert "an expression is never run" in lefts(one)
    assert said(found("a.ts", TYPESCRIPT, "tagged")[0].prompt) == [("system", "Never push.")]
    for name in ("NO", "called", "other", "open", "key", "re"):
        with pytest.raises(InputError, match="no text constant"):
            found("a.ts", TYPESCRIPT, name)
    for broken in ("const a = `x", "const a = `x ${ b", "const a = `" + "${`" * 200):
        with pytest.raises(InputError, match="never closed"):
            found("a.ts", broken, "a")


def test_the_command_takes_file_and_name(run: Run, repo: Path) -> None:
    (repo / "agent.ts").write_text("export const SYSTEM_PROMPT = 'Never push.'\n")
    ran = run("import", "agent.ts:SYSTEM_PROMPT", cwd=repo)
    assert ran.code == 0, ran.err
    text = (repo / "prompts/system-prompt/prompt.yaml").read_text()
    assert text.startswith("# imported from agent.ts:SYSTEM_PROMPT\n")
    assert run("import", "agent.ts", cwd=repo).code == 2


# -- template languages --------------------------------------------------------------------------


def test_template_languages_keep_what_ours_has_and_leave_the_rest() -> None:
    def one(syntax: str, text: str) -> tuple[list[str], int]:
        parsed = SYNTAXES[syntax](text)
        return list(parsed.variables), len(parsed.left)

    assert one("jinja2", "{{ a }} {{ b | upper }} {# c #} {% raw %}{{ d }}{% endraw %}")[0][:1] == [
        "a"
    ]
    assert one("jinja2", "{% if a %}{% for x in y %}{{ x }}{% endfor %}{% endif %}{{ z }}") == (
        ["z"],
        1,
    )
    assert one("jinja2", "{{ a.b }} {{ rules }} {{ rule('x') }} {{ c") == ([], 4)
    assert one("jinja2", "{% if a %}{{ b }}{% endif %}") == (["a", "b"], 0)
    assert one("jinja2", "{% endif %}") == ([], 1)
    assert one("handlebars", "{{a}} {{&b}} {{this}} {{/if}} {{else}} {{#each x}}{{c}}") == (
        ["a", "b"],
        4,
    )
    assert one("handlebars", "{{#if a}}{{#if b}}x{{/if}}{{/if}}") == (["a", "b"], 0)
    assert one("handlebars", "{{#if a}}{{json b}}{{/if}}{{#x}}y{{/x}}") == ([], 2)
    assert one("f-string", "{a} {{b}} {c.d} {}") == (["a"], 0)
    assert one("semantic-kernel", "{{$a}} {{f $b}}") == (["a"], 1)


# -- foreign YAML --------------------------------------------------------------------------------


def test_foreign_yaml_reads_what_others_write() -> None:
    data = load_foreign("a: &x {b: 1.10, c: yes}\nd:\n  <<: *x\n  c: no\n  e: [~, true]\n", "")
    assert data == {
        "a": {"b": "1.10", "c": "yes"},
        "d": {"b": "1.10", "c": "no", "e": [None, True]},
    }
    assert (data.lines, data["d"]["e"].lines) == ({"a": 1, "d": 2}, [5, 5])
    assert load_foreign("a: !!str 1\n", "") == {"a": "1"}
    assert load_foreign("x: {<<: [{a: b}, {a: c}]}\n", "") == {"x": {"a": "b"}}


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(8)
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BOMB, "more than 200,000 values"),
        ("a: " + "[" * 20_000, "nested deeper than 50"),
        ("a: &a [*a]", "holds itself"),
        ("a: !!python/object/apply:os.system ['x']", "tags are not allowed"),
        ("a: 1\na: 2", "stands twice"),
        ("[a]: b", "a key is no text"),
        ("a: {<<: 1}", "merges mappings only"),
        ("a: b: c", "not YAML"),
        ("a: *b", "not YAML"),
        ("a: \x85\x80", "not YAML"),
    ],
)
def test_foreign_yaml_is_bounded(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as error:
        load_foreign(text, "x.yaml", 5)
    assert error.value.line >= 5


# -- what a newcomer's repository holds --------------------------------------------------------


def test_a_rule_of_a_prompt_in_its_own_file_comes_from_there(run: Run, repo: Path) -> None:
    folder = repo / "bot"
    folder.mkdir()
    (folder / "promptfooconfig.yaml").write_text("prompts: [file://p.txt]\nproviders: [openai:o]\n")
    (folder / "p.txt").write_text("\nYou help.\n\n- Be brief.\n\n---\n\n- Never push.\n")
    assert run("import", "bot/promptfooconfig.yaml", cwd=repo).code == 0
    written = "".join(path.read_text() for path in (repo / "prompts").rglob("prompt.yaml"))
    assert sorted(re.findall(r"imported_from: \{(.*?line: \d+)", written)) == [
        "path: bot/p.txt, line: 4",
        "path: bot/p.txt, line: 8",
    ]


def test_the_kept_copy_beside_a_prompt_is_no_file_of_its_own(run: Run, repo: Path) -> None:
    (repo / "a.prompty").write_text("---\nname: a\n---\nsystem:\n- Answer when appropriate.\n")
    assert run("import", "a.prompty", cwd=repo).code == 0
    assert (repo / "prompts/a/origin.prompty").exists()
    checked = json.loads(run("check", "--format", "json", cwd=repo).out)["result"]["diagnostics"]
    assert {d["path"] for d in checked} == {"prompts/a/prompt.yaml"}, "nor is the target's wording"
    assert "appropriate" in run("check", "a.prompty", cwd=repo).out
    (repo / "prompts/other").mkdir()
    (repo / "prompts/other/origin.prompty").write_text("system:\n- Answer when appropriate.\n")
    checked = json.loads(run("check", "--format", "json", cwd=repo).out)["result"]["diagnostics"]
    assert "prompts/other/origin.prompty" in {d["path"] for d in checked}


def test_json_that_is_no_prompt_is_not_taken_for_one_rule(run: Run, repo: Path) -> None:
    (repo / "x.json").write_text('{"summary": {"template": "Never add facts."}}\n')
    ran = run("import", "x.json", cwd=repo)
    assert (ran.code, "no tool's prompt" in ran.err, "--as text" in ran.err) == (2, True, True)
    assert run("import", "x.json", "--as", "text", cwd=repo).code == 0
    checked = json.loads(run("check", "--format", "json", cwd=repo).out)["result"]["diagnostics"]
    assert not [d for d in checked if d["severity"] == "error"]


def test_fields_that_a_program_fills_in_are_told(run: Run, repo: Path) -> None:
    (repo / "a.py").write_text('S = "You help {company} and {company}; {{no}} {0}."\n')
    said = " ".join(run("import", "a.py:S", cwd=repo).out.split())
    assert said.count("`{company}`: stays as text") == 1
    assert "write {{ company }}" in said
    assert "`{no}`" not in said


# -- hostile files through the command -----------------------------------------------------------


def test_hostile_configs_run_nothing_and_read_nothing_outside(run: Run, repo: Path) -> None:
    secret = repo.parent / "secret.txt"
    secret.write_text("top secret")
    (repo / "inside.txt").symlink_to(secret)
    (repo / "promptfooconfig.yaml").write_text(
        """\
prompts:
  - file://../secret.txt
  - file://inside.txt
  - file:///etc/passwd
  - exec:touch PWN
  - file://p.py:run
  - 'Say {{x}}.'
providers: [openai:gpt-4o, 'exec:touch PWN', file://p.js]
tests:
  - vars: {x: file://../secret.txt, y: hm}
    assert:
      - {type: javascript, value: "require('child_process').execSync('touch PWN')"}
      - {type: python, value: "open('PWN', 'w')"}
      - {type: equals, value: file://x.js}
      - {type: contains, value: hi}
  - file://../secret.csv
  - https://example.org/tests.csv
"""
    )
    ran = run("import", "promptfooconfig.yaml", "-v", cwd=repo)
    assert ran.code == 0, ran.err
    assert not (repo / "PWN").exists()
    written = "".join(p.read_text() for p in (repo / "prompts").rglob("*") if p.is_file())
    assert "top secret" not in written + ran.out
    out = " ".join(ran.out.split())
    assert out.count("the path leads outside the repository") >= 4
    assert out.count("code is never run") >= 3
    assert "code and networks are never asked" in out
    assert "`exec:touch PWN`" in out
    assert (
        run("render", "promptfooconfig", "--target", cwd=repo).out
        == (repo / "promptfooconfig.yaml").read_text()
    )


def test_what_a_program_obeys_is_printed_and_not_written(run: Run, repo: Path) -> None:
    text = "prompts: ['Say {{x}}.']\nproviders: [openai:gpt-4o]\n"
    (repo / "promptfooconfig.yaml").write_text(text)
    assert run("import", "promptfooconfig.yaml", cwd=repo).code == 0
    checked = json.loads(run("check", "--format", "json", cwd=repo).out)["result"]["diagnostics"]
    assert not [d for d in checked if d["severity"] == "error"]
    ran = run("render", "promptfooconfig", "--write", cwd=repo)
    assert (ran.code, "a program obeys it" in ran.err) == (2, True)
    (repo / "promptfooconfig.yaml").write_text(text + "# changed\n")
    drift = json.loads(run("check", "--format", "json", cwd=repo).out)["result"]["diagnostics"]
    assert "PO705" in {d["code"] for d in drift}
    path = repo / "prompts/promptfooconfig/prompt.yaml"
    path.write_text(path.read_text().replace("Say", "Shout"))
    changed = json.loads(run("check", "--format", "json", cwd=repo).out)["result"]["diagnostics"]
    assert "cannot be put into" in str(changed)
    (repo / "a.prompty").write_text("---\nname: a\n---\nsystem:\nNever push.\n")
    assert run("import", "a.prompty", cwd=repo).code == 0
    (repo / "a.prompty").unlink()
    assert run("render", "a", "--write", cwd=repo).code == 0
    assert (repo / "a.prompty").read_text() == "---\nname: a\n---\nsystem:\nNever push.\n"


def test_a_folder_with_a_flow_is_imported(run: Run, repo: Path) -> None:
    (repo / "chat").mkdir()
    (repo / "chat/flow.dag.yaml").write_text(
        "nodes:\n- {name: a, type: llm, source: {type: code, path: a.jinja2}}\n"
    )
    (repo / "chat/a.jinja2").write_text("system:\nNever push.\n")
    assert run("import", "chat", cwd=repo).code == 0
    assert (repo / "prompts/chat-a/prompt.yaml").is_file()


def test_disk_trees_serve_as_files(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("- Never push.\n")
    tree = DiskTree(str(tmp_path))
    (one,) = read_foreign(Source("a.md", "- Never push.\n", tree))
    assert isinstance(one.prompt.rules[0], Rule)


HOSTILE = [
    "{{!--",
    "{{#if a}}",
    "{% if a %}",
    "{% for x in y %}",
    "{{x.y}}",
    "`${",
    "\n\n",
    "system:\n",
]
HOSTILE += [
    '<message role="user">',
    "{% raw %}",
    "{{ 'a",
    "/* ",
    "- {x: y}\n",
    "{role}",
    "\r",
    "(((",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_texts_take_linear_time(piece: str) -> None:
    """The longest took minutes before; a quadratic reader would run into the time-out."""
    text = piece * (20_000 // len(piece))
    block = text.replace("\n", "\n  ")
    kernel = f"template: |\n  {block}\ntemplate_format: handlebars\n"
    for path, content in (
        ("A.md", text),
        ("a.prompty", text),
        ("a.prompt", text),
        ("a.j2", text),
        ("k.yaml", kernel),
        ("a.ts", f"const a = `{text}"),
        ("promptfooconfig.yaml", text),
    ):
        with suppress(InputError):  # refused, with a sentence
            assert found(path, content, "a" if path == "a.ts" else "")


def test_too_many_tags_stay_text() -> None:
    for path in ("a.j2", "a.prompt"):
        text = "{{ a }} " * 6000
        one = found(path, text)[0]
        assert one.prompt.variables == {}
        assert "more than 5,000 tags: all of it stays text" in lefts(one)
        assert brought(path, text)[1] == text


def test_github_models_without_messages_are_refused() -> None:
    with pytest.raises(InputError, match="no `messages`"):
        found("a.prompt.yml", "name: x\n")
    assert read_foreign(Source("a.prompt.yml", "name: x\n", Files({})), "text")
