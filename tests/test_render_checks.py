"""PO7: what `check` says of templates and targets, at the line and column where it stands."""

from __future__ import annotations

from dataclasses import replace

import pytest
from check_examples import AROUND, examined

from promptops.checks import Around

HEAD = """\
promptops: 1
id: example
version: 1.0.0
owners: ["@acme/support"]
cases: [{id: hello, assert: {contains: hi}}]
rules:
  - id: greet
    text: Greet the customer by name.
    section: tone
    rationale: Eleven tickets in May turned on greet.
    tests: [{cases: all, assert: {contains: greet}}]
"""


def found(rest: str, around: Around = AROUND) -> list[tuple[str, int, int, str]]:
    diagnostics = examined(HEAD + rest, "prompts/example/prompt.yaml", "prompt", around)
    return [(d.code, d.span.line, d.span.column, d.message) for d in diagnostics]


def content(template: str) -> str:
    lines = "".join(f"      {line}\n" for line in template.split("\n"))
    return f"messages:\n  - role: system\n    content: |\n{lines}"


def test_names_are_found_where_they_stand() -> None:
    template = 'a {{ nope }}\n{% if nah %}{{ rules }}{% endif %}\n{{ rule("gret") }}'
    assert found(content(template)) == [
        ("PO701", 15, 12, "`nope` is not defined"),
        ("PO701", 16, 13, "`nah` is not defined"),
        ("PO706", 17, 16, "there is no rule `gret`"),
    ]


@pytest.mark.parametrize(
    ("template", "line", "column", "message"),
    [
        ("{{ rules }}\n{{ 'x'.__class__ }}", 16, 14, "not allowed in templates: `.__class__`"),
        ("{{ rules }}\n{% if 1 %}", 16, 7, "not a template: unexpected end of template"),
        (
            "{{ rules }}\n{% for i in range(99999) %}\n{% for i in range(99999) %}{% endfor %}{% endfor %}",
            17,
            7,
            "template over limit: it takes too much work",
        ),
        ("{{ rules }}{{ rules.text }}", 15, 27, "not allowed in templates: `.text` of this"),
    ],
)
def test_refused_templates(template: str, line: int, column: int, message: str) -> None:
    ((code, at, start, said),) = found(content(template))
    assert (code, at, start, said.split(". Jinja")[0]) == ("PO704", line, column, message)


def test_what_other_checks_say_is_not_said_twice() -> None:
    assert [code for code, *_ in found(content("{% if nope %}{% endif %}{{ rules }}"))] == ["PO701"]
    assert [code for code, *_ in found(content('{{ rule("x") | upper }}{{ rules }}'))] == ["PO706"]
    sections = '{{ rules | section("tone") }}{{ rules | section("none") }}'
    assert [code for code, *_ in found(content(sections))] == ["PO706"]


def target(template: str, held: bytes | None) -> list[tuple[str, str]]:
    around = replace(AROUND, targets={"AGENTS.md": held})
    return [
        (code, message) for code, *_, message in found("target: AGENTS.md\n" + content(template), around)
    ]  # fmt: skip


def test_targets() -> None:
    rendered = b"# R\n- Greet the customer by name.\n"
    assert target("# R\n{{ rules }}", rendered) == []
    drifted = [("PO705", "`AGENTS.md` is not what this prompt renders")]
    assert target("# R\n{{ rules }}", rendered + b" ") == drifted
    assert target("# R\n{{ rules }}", rendered.replace(b"\n", b"\r\n")) == drifted
    assert target("# R\n{{ rules }}", None) == [("PO705", "`AGENTS.md` does not exist")]
    elsewhere = replace(AROUND, targets={})
    assert found("target: AGENTS.md\n" + content("{{ rules }}"), elsewhere) == []


def test_targets_that_cannot_be_rendered() -> None:
    with_variable = "variables: {who: {examples: [Ada]}}\n"
    said = found(with_variable + "target: AGENTS.md\n" + content("{{ who }} {{ rules }}"))
    assert said == [
        ("PO705", 17, 10, "`who` has no value in a target: variables are not allowed there")
    ]
    second = "  - role: user\n    content: hi\n"
    (two,) = found("target: AGENTS.md\n" + content("{{ rules }}") + second)
    assert two == ("PO705", 12, 9, "a prompt with a target has one message, `example` has 2")
    assert target("{{ rules }}{{ x.y }}", b"")[-1][0] == "PO704"
    assert [code for code, _ in target('{{ rules }}{{ rule("x") }}', b"")] == ["PO706"]
