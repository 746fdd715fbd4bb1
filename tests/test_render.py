"""Rendering: the bytes a model gets, and the errors where it cannot get any."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace

import pytest

from promptops.errors import TemplateError, UsageError
from promptops.model import Message, Prompt, Rule, Variable
from promptops.render import (
    PlacedError,
    Problem,
    applies,
    placements,
    render,
    render_target,
)

RULES = (
    Rule("cite", "Cite the policy, as [§n].", section="tone", priority=2),
    Rule("brief", "Be brief.\nNo preamble.\n\nNone.\n", section="form"),
    Rule("warm", "Be warm.", section="tone", priority=1),
)


def prompt(*contents: str, rules: tuple[Rule, ...] = RULES, **more: object) -> Prompt:
    names = ("company", "question")
    base = Prompt(
        "support",
        variables={name: Variable(name) for name in names},
        messages=tuple(Message("system", content) for content in contents),
        rules=rules,
    )
    return replace(base, **more)  # type: ignore[arg-type]


def text(content: str, variables: dict[str, str] | None = None, **more: object) -> str:
    return render(prompt(content), variables or {}, **more)[0].content  # type: ignore[arg-type]


def failure(content: str, **variables: str) -> PlacedError:
    with pytest.raises(PlacedError) as caught:
        text(content, variables)
    return caught.value


def test_rules_are_a_bulleted_list() -> None:
    assert text("Rules:\n{{ rules }}\n") == (
        "Rules:\n- Cite the policy, as [§n].\n- Be brief.\n  No preamble.\n\n  None.\n- Be warm.\n"
    )
    assert text("{{ rules }}") == text("{{ rules }}\n")[:-1]


def test_a_rule_placed_one_by_one_is_not_listed_too() -> None:
    assert text('{{ rule("cite") }}\n{{ rules | section("tone") }}') == (
        "Cite the policy, as [§n].\n- Be warm."
    )
    both = render(prompt("{{ rules }}", "{{ rule('brief') }}"), {})
    assert [m.content for m in both] == [
        "- Cite the policy, as [§n].\n- Be warm.",
        "Be brief.\nNo preamble.\n\nNone.",
    ]


def test_values_are_put_in_once_and_never_rendered() -> None:
    assert text("{{ question }}!", {"question": "{{ company }}{% if x %}"}) == (
        "{{ company }}{% if x %}!"
    )
    assert text("{% if 1 %}{{ question }}{% endif %}", {"question": "{{ rules }}"}) == "{{ rules }}"


def test_roles_and_order_of_messages_stay() -> None:
    asked = replace(prompt(), messages=(Message("system", "a"), Message("user", "{{ question }}")))
    assert render(asked, {"question": "why?"}) == (Message("system", "a"), Message("user", "why?"))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("{% for r in rules %}{{ r.id }}={{ r.priority }} {% endfor %}", "cite=2 brief=None warm=1 "),
        (
            '{% for r in rules | section("tone") %}{{ loop.index }}/{{ loop.length }} {{ r }}\n{% endfor %}',
            "1/2 Cite the policy, as [§n].\n2/2 Be warm.\n",
        ),
        ("{% for r in rules if r.section == 'form' %}{{ r.id }}{% endfor %}", "brief"),
        ('{% for r in rules | sort(attribute="priority") %}{{ r.id }} {% endfor %}', "warm cite brief "),
        (
            '{% for r in rules | sort(true, attribute="priority") %}{{ r.id }} {% endfor %}',
            "cite warm brief ",
        ),
        ('{{ rules | join(", ", attribute="id") }}', "cite, brief, warm"),
        ("{% for x in [] %}a{% else %}none{% endfor %}", "none"),
        ("{% set n = rules | length %}{{ n }} rules", "3 rules"),
        ("{% if company is defined %}a{% else %}b{% endif %}", "b"),
        ("{{ company | default('nobody') }}", "nobody"),
        ("{{ question | default('nobody', true) }}", "nobody"),
        ("{{ question | d('nobody') }}", ""),
        ("{% if not question %}empty{% elif company %}x{% endif %}", "empty"),
        ("{%- if question == '' or company -%}  trimmed  {%- endif -%}\n", "trimmed"),
        ("{# a note #}{% raw %}{{ not a tag }}{% endraw %}", "{{ not a tag }}"),
        ("{{ 'x' if question else 'y' }}{{ 'z' if question }}", "y"),
        ("{{ 'ab' | upper ~ (1 + 2) }}", "AB3"),
        ("{{ 'a<b' | tojson }}{{ 1 | tojson }}", '"a\\u003cb"1'),
        ("{{ 'a<b' | e }}", "a&lt;b"),
        ("{{ range(3) | join('-') }} {{ 'a' in range(9) }} {{ 2 in range(9) }}", "0-1-2 False True"),
        ("{{ 'x' in 'xyz' }} {{ 'x' not in ['a'] }} {{ 1 < 2 <= 2 }}", "True True True"),
        ("{{ rules | first }}|{{ (rules | last).id }}", "Cite the policy, as [§n].|warm"),
        ("{{ ' a ' | trim }}{{ 'xax' | trim('x') }}{{ 'a\nb' | indent(2, true) }}", "aa  a\n  b"),
        ("{{ 'aba' | replace('a', 'cc') | capitalize | title | string }}", "Ccbcc"),
        ("{{ 3 is odd }}{{ 2 is even }}{{ none is none }}{{ 1 is eq 1 }}{{ 1 is ne 1 }}", "TrueTrueTrueTrueFalse"),
        ("{{ 'a' is in ['a', 'b'] }}{{ 'a' is equalto 'b' }}{{ 'a' is defined }}", "TrueFalseTrue"),
        ("{% for i in range(2) %}{{ loop.first }}{{ loop.last }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.index0 }} {% endfor %}", "TrueFalse210 FalseTrue101 "),
        ("{{ ['b', 'A'] | sort | join }}{{ ['b', 'A'] | sort(case_sensitive=true) | join }}", "AbAb"),
        ("{{ company is undefined }}{{ 5 - 3 }}{{ 'a' + 'b' }}", "True2ab"),
    ],
)  # fmt: skip
def test_ordinary_jinja_works(content: str, expected: str) -> None:
    assert text(content, {"question": ""}) == expected


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{{ ''.__class__.__mro__ }}", "not allowed in templates: `.__class__`"),
        ("{{ ''['__class__'] }}", "not allowed in templates: `[…]`"),
        ("{{ question.__init__.__globals__ }}", "not allowed in templates: `.__init__`"),
        ("{{ question | attr('__class__') }}", "not allowed in templates: the filter `attr`"),
        ("{{ cycler.__init__ }}", "not allowed in templates: `.__init__`"),
        ("{{ question.format() }}", "not allowed in templates: calling `format`"),
        ("{{ (question)() }}", "not allowed in templates: calling `question`"),
        ("{{ 'a'() }}", "not allowed in templates: a call"),
        ("{% include '/etc/passwd' %}", "not allowed in templates: `{% include %}`"),
        ("{% import 'x' as y %}", "not allowed in templates: `{% import %}`"),
        ("{% macro f() %}{% endmacro %}", "not allowed in templates: `{% macro %}`"),
        ("{% filter upper %}x{% endfilter %}", "not allowed in templates: `{% filter %}`"),
        ("{% set x %}a{% endset %}", "not allowed in templates: `{% set %}` of a block"),
        ("{% set a, b = 1, 2 %}", "not allowed in templates: setting more than one name"),
        ("{% for a, b in rules %}{% endfor %}", "not allowed in templates: setting more than one name"),
        ("{% for a in rules recursive %}{% endfor %}", "not allowed in templates: `recursive`"),
        ("{% set rules = 1 %}", "not allowed in templates: setting `rules`"),
        ("{% for loop in rules %}{% endfor %}", "not allowed in templates: setting `loop`"),
        ("{{ 2 ** 99 }}", "not allowed in templates: `**`"),
        ("{{ 'a' * 10 ** 9 }}", "not allowed in templates: `*`"),
        ("{{ -1 }}", "not allowed in templates: `-` before a value"),
        ("{{ {'a': 1} }}", "not allowed in templates: `{…}`"),
        ("{{ range }}", "not allowed in templates: `range` without what it is called with"),
        ("{{ rule }}", "not allowed in templates: `rule` without what it is called with"),
        ("{{ rule(question) }}", "not allowed in templates: `rule` of anything but an id in quotes"),
        ("{{ rules | section(question) }}", "not allowed in templates: `section` of anything but a name in quotes"),
        ("{{ question | uper }}", "not allowed in templates: the filter `uper`"),
        ("{{ question is foo }}", "not allowed in templates: the test `foo`"),
        ("{{ question.text }}", "not allowed in templates: `.text` of this"),
        ("{% for r in rules %}{{ loop.id }}{% endfor %}", "not allowed in templates: `.id` of this"),
        ("{{ range(3) }}", 'not allowed in templates: a list is no text: say how, as in `| join(", ")`'),
        ("{{ range('a') | join }}", "not allowed in templates: `range` of anything but whole numbers"),
        ("{{ range(1, 2, 0) | join }}", "not allowed in templates: `range` of anything but whole numbers"),
        ("{{ [[]] | length }}", "not allowed in templates: a list inside a list"),
        ("{{ [] | first }}", "not allowed in templates: nothing is first or last in an empty list"),
        ("{% for c in question %}{% endfor %}", "not allowed in templates: only rules and lists have items"),
        ("{{ ['a'] | join(attribute='id') }}", "not allowed in templates: only rules have fields: id, text, section and priority"),
        ("{{ 'a' | section('x') }}", "not allowed in templates: only rules and lists have items"),
        ("{{ ['a'] | section('x') }}", "not allowed in templates: only rules have sections"),
        ("{{ 'a' < 1 }}", "not allowed in templates: comparing values of different kinds"),
        ("{{ 'a' is even }}", "not allowed in templates: the test `even` cannot be used like this"),
        ("{{ 'a' | upper(1) }}", "not allowed in templates: the filter `upper` cannot be used like this"),
        ("{{ 'a' | indent(99999999) }}", "not allowed in templates: a number of 0 to 200 is wanted"),
        ("{{ 'a' - 'b' }}", "not allowed in templates: `+` and `-` of anything but two numbers; `~` joins texts"),
        ("{{ question ", "not a template: unexpected end of template, expected 'end of print statement'"),
        ("{% if question %}", "not a template: unexpected end of template"),
        ("{# never closed", "not a template: missing end of comment tag"),
        ("{% raw %} never closed", "not a template: missing end of raw directive"),
        ("{% do x %}", "not a template: encountered unknown tag 'do'"),
        ("{{ " + "9" * 5000 + " }}", "not a template: a number is too large"),
        ("{{ nope }}", "`nope` is not defined"),
        ("{% if nope %}{% endif %}", "`nope` is not defined"),
        ("{{ 'a' ~ nope | upper }}", "`nope` is not defined"),
        ("{{ company }}", "the variable `company` has no value"),
        ("{% if company %}{% endif %}", "the variable `company` has no value"),
        ("{{ rule('nope') }}", "there is no rule `nope`"),
        ("{{ rule('nope') | upper }}", "there is no rule `nope`"),
    ],
)  # fmt: skip
def test_what_is_refused_says_so(content: str, says: str) -> None:
    error = failure(content, question="q")
    assert error.message.split(". Jinja")[0] == says
    assert error.exit_code == 2
    assert error.hint


@pytest.mark.parametrize(
    "content",
    [
        "{% for i in range(99999) %}{% for i in range(99999) %}{% endfor %}{% endfor %}",
        "{% for i in range(99999) %}{% for i in range(99999) %}x{% endfor %}{% endfor %}",
        "{% for i in range(999999999999) if i == 'a' %}{% endfor %}",
        "{% set x = 'aa' %}" + "{% set x = x ~ x %}" * 60 + "{{ x }}",
        "{% set x = 1 %}" + "{% set x = x + x %}" * 60 + "{{ x }}",
        "{% set x = 'aa' %}" + "{% set x = x | replace('a', 'aaaaaaaaaaaaaaaa') %}" * 60,
        "{% set x = 'a\n' %}" + "{% set x = x ~ x | indent(200) %}" * 60,
        "{% set x = 'aa' %}" + "{% set x = x ~ x %}" * 18 + "{{ x | trim(x) }}",
        "{% set x = 'aa' %}" + "{% set x = [x, x, x, x] | join(x) %}" * 60,
        "{{ range(999999999999) | join }}",
        "{{ range(999999999999) | sort | first }}",
        "{{ 0x" + "f" * 5000 + " }}",
        "{{ " + "1+" * 40_000 + "1 }}",
        "{{ " + "(" * 20_000 + "1" + ")" * 20_000 + " }}",
        "{{ 1" + " | string" * 20_000 + " }}",
        "{{ " + "not " * 20_000 + "1 }}",
        "{% if 1 %}" * 5_000 + "{% endif %}" * 5_000,
        "{{ 'a'|upper }}" * 10_001,
        "{{ rules }}" * 20_000,
        "{% set x = 'aa' %}" + "{% set x = x ~ x %}" * 16 + "{{ x }}" * 9 + "{{ x | upper }}" * 900,
    ],
)
def test_work_is_limited(content: str) -> None:
    started = time.monotonic()
    error = failure(content)
    assert error.message.startswith("template over limit: ")
    assert time.monotonic() - started < 30


def test_a_value_larger_than_the_limit_is_the_programs_business() -> None:
    large = "x" * 3_000_000
    assert text("{{ question }}", {"question": large}) == large
    assert text("{{ question | upper }}", {"question": large}) == large.upper()


def test_nearest_names_are_suggested() -> None:
    assert failure("{{ compny }}").hint == "did you mean `company`?"
    assert failure("{{ ruls }}").hint == "did you mean `rules`?"
    assert failure("{{ zzz }}").hint == "declare it: `variables: {zzz: {}}`"
    assert failure('{{ rule("cit") }}').hint == "did you mean `cite`?"
    assert failure('{{ rule("zzz") }}').hint == "its rules: cite, brief, warm"
    assert failure("{{ question | uper }}").hint == "did you mean `upper`?"
    assert failure("{{ company }}").hint == "give it: company=VALUE"


@pytest.mark.parametrize(
    ("content", "place", "start"),
    [
        ("a\n\n  {{ nope }}", (3, 6), 8),
        ("{% if 1 %}\n{{ 'x' }} {{ 'y' ~ nope }}{% endif %}", (2, 20), 30),
        ("é\n{{ question\n  .foo }}", (3, 4), 17),
        ("{{ 1 }}\nx{{ 1 | foo }}", (2, 9), 16),
        ("{{ 1 }}\r\nx {% endif %}", (2, 3), 11),
        ("{% if 1 %}\n\n{{ rule('nope') }}{% endif %}", (3, 10), 21),
        ("{{ ", (1, 1), 0),
        ("{% for i in range(9999999) %}\n{{ i }}{% endfor %}", (2, 1), 30),
    ],
)
def test_errors_have_a_place(content: str, place: tuple[int, int], start: int) -> None:
    error = failure(content, question="")
    assert ((error.line, error.column), error.problem.start) == (place, start)


def test_the_place_is_in_the_template_as_written() -> None:
    content = 'Before all.\n{{ rule("cite") }}\n- {{ nope }}\n'
    with pytest.raises(PlacedError) as caught:
        render(prompt("fine", content), {}, without=["cite"])
    assert (caught.value.line, caught.value.column, caught.value.problem.at) == (3, 6, 1)


def test_names_that_the_prompt_has_not_are_errors() -> None:
    def hint(variables: dict[str, str], **more: object) -> tuple[str, str]:
        with pytest.raises(UsageError) as caught:
            render(prompt("{{ rules }}"), variables, **more)  # type: ignore[arg-type]
        return caught.value.message, caught.value.hint

    assert hint({"compny": "x"}) == (
        "`support` has no variable `compny`",
        "did you mean `company`?",
    )
    assert hint({"zzz": "x"})[1] == "its variables: company, question"
    assert hint({"company": 3})[0] == "the value of `company` is not text but int"  # type: ignore[dict-item]
    assert hint({}, without=["cit"]) == ("`support` has no rule `cit`", "did you mean `cite`?")
    assert hint({}, only=["zzz"])[1] == "its rules: cite, brief, warm"


def test_an_undeclared_variable_that_is_used_may_be_given() -> None:
    assert text("{{ extra }}", {"extra": "x"}) == "x"


def test_fixed_rules_stay() -> None:
    fixed = prompt("{{ rules }}", rules=(Rule("who", "You are Ada.", position="fixed"), *RULES[2:]))
    with pytest.raises(UsageError) as caught:
        render(fixed, {}, without=["who"])
    assert caught.value.message == "the rule `who` is fixed: it is never left out"
    assert render(fixed, {}, only=[])[0].content == "- You are Ada."
    assert render(fixed, {}, only=["warm"], without=["warm"])[0].content == "- You are Ada."


def test_slices_leave_out_rules_that_do_not_apply() -> None:
    german = Rule("german", "Use Sie.", when={"language": ("de",), "tone": ("formal", "dry")})
    asked = prompt("{{ rules }}", rules=(german, RULES[2]))
    both, warm = "- Use Sie.\n- Be warm.", "- Be warm."
    assert render(asked, {})[0].content == both
    assert render(asked, {}, slices={"language": "de", "tone": "dry"})[0].content == both
    assert render(asked, {}, slices={"segment": "smb"})[0].content == both
    assert render(asked, {}, slices={"language": "en"})[0].content == warm
    assert render(asked, {}, slices={"language": "de", "tone": "lax"})[0].content == warm
    assert applies(RULES[0], {"language": "en"})


def test_line_ends_stay_as_written() -> None:
    content = "a\r\nb\rc\n{{ company }}\r\n"
    assert text(content, {"company": "x\r\n"}) == "a\r\nb\rc\nx\r\n\r\n"
    jinja = content + "{% if 1 %}\r\ny\r\n{%- endif %}{% raw %}\r\n{% endraw %}"
    assert text(jinja, {"company": "x"}) == "a\r\nb\rc\nx\r\n\r\ny\r\n"
    everything = "\x1c\x1d\x1e\x1f\x0b\x0c\x85\r\n{% if 1 %}{% endif %}"
    assert text(everything) == "\x1c\x1d\x1e\x1f\x0b\x0c\x85\n"


def test_a_plain_instruction_file_is_no_template() -> None:
    plain = prompt("Use {{ braces }} and {% these %}.", governed=False)
    assert render(plain, {}) == plain.messages
    assert placements(plain) == placements(prompt())
    with pytest.raises(UsageError, match="plain instruction file"):
        render(plain, {}, without=["cite"])


def test_target() -> None:
    asked = prompt("# Rules\n\n{{ rules }}\n", rules=RULES[2:], target="AGENTS.md")
    assert render_target(asked) == "# Rules\n\n- Be warm.\n"
    with pytest.raises(UsageError, match="has no target"):
        render_target(prompt("x"))
    with pytest.raises(TemplateError, match="has one message, `support` has 2"):
        render_target(prompt("x", "y", target="AGENTS.md"))
    with pytest.raises(PlacedError, match="variables are not allowed") as caught:
        render_target(prompt("For\n{{ company }}", target="AGENTS.md"))
    assert (caught.value.line, caught.value.column) == (2, 4)
    with pytest.raises(PlacedError, match="not allowed in templates"):
        render_target(prompt("{{ company.__class__ }}", target="AGENTS.md"))


def test_placements() -> None:
    found = placements(
        prompt(
            '{{ company }} {{ rule("cite") }}\n{{ rules | section("form") }}',
            "{% set x = question %}{{ x }}{% for r in rules %}{{ r }}{% endfor %}"
            "{{ rule('warm') | upper }}{{ rules | section('tone') | length }}{{ x ** 2 }}",
        )
    )

    def shown(uses: object) -> list[tuple[str, int, int, int]]:
        return [(use.name, use.at, use.start, use.end) for use in uses]  # type: ignore[attr-defined]

    assert shown(found.variables) == [("company", 0, 3, 10), ("question", 1, 11, 19)]
    assert shown(found.rules) == [("cite", 0, 23, 27), ("warm", 1, 77, 81)]
    assert shown(found.lists) == [("form", 0, 53, 57), ("", 1, 41, 46), ("tone", 1, 114, 118)]
    assert [(p.kind, p.at, p.message) for p in found.problems] == [
        ("refused", 1, "not allowed in templates: `**`")
    ]
    assert isinstance(found.problems[0], Problem)


def test_a_simple_template_takes_no_jinja() -> None:
    program = """
import sys
from promptops.model import Message, Prompt, Rule
from promptops.render import placements, render
content = '{{ a }} {{ rules }} {{ rules | section("x") }} {{ rule("r") }}'
prompt = Prompt("p", messages=(Message("system", content),), rules=(Rule("r", "Be."), Rule("s", "Do.")))
assert render(prompt, {"a": "b"}, without=["s"])[0].content == "b   Be."
assert len(placements(prompt).rules) == 1
heavy = {"jinja2", "re2", "ruamel", "yaml", "subprocess", "tempfile", "difflib"} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
