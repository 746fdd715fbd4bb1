"""Settings: TOML read strictly, every error at its line."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trees import MemoryTree

from promptops.config import DEFAULT, Settings
from promptops.errors import ConfigError, InputError
from promptops.source.settings import read_settings


def settings(text: str, path: str = "promptops.toml") -> Settings:
    return read_settings(MemoryTree({path: text}))


def refused(text: str, path: str = "promptops.toml") -> list[str]:
    """`path:line:column: message — hint` of every error, the first one first."""
    with pytest.raises(ConfigError) as caught:
        settings(text, path)
    error = caught.value
    first = f"{error.path}:{error.line}:{error.column}: {error.message} — {error.hint}"
    return [first, *getattr(error, "__notes__", [])]


def test_nothing_written_is_the_default() -> None:
    assert read_settings(MemoryTree({})) == DEFAULT
    assert settings("[tool.black]\nline-length = 100\n", "pyproject.toml") == DEFAULT
    assert settings('[tool.black]\nx = "promptops"\n', "pyproject.toml") == DEFAULT
    assert settings('tool = "promptops"\n', "pyproject.toml") == DEFAULT
    assert settings("[[tool]]\npromptops = 1\n", "pyproject.toml") == DEFAULT
    assert settings("").path == "promptops.toml"


def test_everything_can_be_set() -> None:
    text = """\
prompts = "agents/*.yaml"
decisions = "adr"
instructions = ["AGENTS.md"]
select = ["PO1", "PO2"]
ignore = "PO104"
baseline = "known.txt"
require_decision_for = ["rule"]
people.left = ["Ada@Example.org"]
[per_file_ignores]
"legacy/**" = ["PO1"]
[models.fast]
model = "openai/gpt-4o-mini"
input_cost_per_token = 1.5e-7
"""
    found = settings(text)
    assert found.prompts == ("agents/*.yaml",)
    assert found.decisions == "adr"
    assert found.instructions == ("AGENTS.md",)
    assert (found.select, found.ignore) == (("PO1", "PO2"), ("PO104",))
    assert found.per_file_ignores == {"legacy/**": ("PO1",)}
    assert found.require_decision_for == {"modality", "data", "rule"}
    assert found.people_left == {"ada@example.org"}
    assert found.models == {"fast": {"model": "openai/gpt-4o-mini", "input_cost_per_token": 1.5e-7}}
    assert found.baseline == "known.txt"
    inside = "[tool.promptops]\n" + text.replace("[per", "[tool.promptops.per").replace(
        "[models", "[tool.promptops.models"
    )
    assert settings(inside, "pyproject.toml").prompts == found.prompts
    assert settings("\ufeff" + text).models == found.models


def test_every_error_comes_at_once_in_the_order_of_the_file() -> None:
    text = """\
# settings
promts = ["x"]
prompts = [
    "ok/*.yaml",
    "../outside/*.yaml",
]
baseline = "/etc/passwd"
select = ["PO1", "E501"]
people.gone = "x"
[per_file_ignores]
"a" = 5
"b c" = ["PO1", "nope"]
"""
    assert refused(text) == [
        "promptops.toml:2:1: unknown key `promts` — did you mean `prompts`?",
        "promptops.toml:5:6: the path leads outside the repository (a symlink outside, `..` or an absolute path)"
        " — name a file inside the repository, with `/` between folders",
        "promptops.toml:7:13: the path leads outside the repository (a symlink outside, `..` or an absolute path)"
        " — name a file inside the repository, with `/` between folders",
        "promptops.toml:8:19: `E501` is not a code or the beginning of one, such as PO104 or PO1"
        " — write a code or the beginning of one, such as PO104 or PO1",
        "promptops.toml:9:1: unknown key `gone` — known here: left",
        "promptops.toml:11:1: expected text, found `5` — write text",
        "promptops.toml:12:18: `nope` is not a code or the beginning of one, such as PO104 or PO1"
        " — write a code or the beginning of one, such as PO104 or PO1",
    ]  # fmt: skip


def test_errors_in_pyproject_are_found_in_our_table() -> None:
    text = """\
[tool.ruff]
select = ["E"]
[tool.promptops]
select = ["E"]
[tool.promptops.people]
lefft = "x"
"""
    first, second = refused(text, "pyproject.toml")
    assert first.startswith("pyproject.toml:4:12: `E` is not a code")
    assert second == "pyproject.toml:6:1: unknown key `lefft` — did you mean `left`?"
    (only,) = refused("[tool]\npromptops = 5\n", "pyproject.toml")
    assert only.startswith("pyproject.toml:2:1: expected a mapping, found `5`")
    (only,) = refused("[tool.promptops]\n[[tool.promptops.models]]\n", "pyproject.toml")
    assert only.startswith("pyproject.toml:2:1: expected a mapping, found a list")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = \n", "promptops.toml:1:5: not TOML: Invalid value — mend this line"),
        ("a = 1\na = 2\n", "promptops.toml:2:6: not TOML: Cannot overwrite a value — mend this line"),
        ('ok = 1\na = "x', "promptops.toml:2:7: not TOML: Unterminated string — mend this line"),
        ("models = " + "[" * 5000, "promptops.toml:1:1: not TOML: "),
        ("models.a = " + "[" * 90 + "]" * 90, "promptops.toml:1:1: nested deeper than 50"),
        ("models.a = 0x" + "f" * 9000, "promptops.toml:1:1: Exceeds the limit"),
        ("models.a = " + "1" * 9000, "promptops.toml:1:1: not TOML: Exceeds the limit"),
        ("models.a.max_input_tokens = " + "1" * 90, "promptops.toml:1:1: number too large — write a number one can read"),
        ("models.a.max_input_tokens = true", "promptops.toml:1:1: expected a whole number, 0 or more, found `true`"),
        ("models.a.input_cost_per_token = -1e-6", "promptops.toml:1:1: "),
        ("models.a.input_cost_per_token = inf", "promptops.toml:1:1: "),
        ("models.a.api_base = 'http://e'", "promptops.toml:1:1: unknown key `api_base` — known here: model, "),
        ("models.a.input_cost_per_tokens = 1", "promptops.toml:1:1: unknown key `input_cost_per_tokens` — did you mean `input_cost_per_token`?"),
        ("a." * 200_000 + "b = 1", "promptops.toml:1:1: a key of too many parts — mend this line"),
        ('x = 1\n["a". ' + "'b' ." * 90 + "c]", "promptops.toml:2:2: a key of too many parts — mend this line"),
    ],
)  # fmt: skip
def test_broken_toml_has_its_place(text: str, said: str) -> None:
    began = time.process_time()
    (only,) = refused(text)
    assert only.startswith(said)
    assert time.process_time() - began < 3


def test_what_is_no_text_is_refused() -> None:
    for raw in (b"\xff", b"a = 1\x00"):
        with pytest.raises(InputError) as caught:
            read_settings(MemoryTree({"promptops.toml": raw}))
        assert caught.value.path == "promptops.toml"


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"k{i} = 1\n" for i in range(40_000)),
        "[" + "a." * 60 + "b]\n" + "".join(f"k{i} = 1\n" for i in range(40_000)),
        "".join(f"[t{i}]\n" for i in range(40_000)),
        "[[a]]\n" * 60_000,
        "a = [" + "[]," * 100_000 + "]",
        "a = {" + ",".join(f"k{i}=1" for i in range(40_000)) + "}",
        'a = """' + "\\\n" * 100_000 + '"""',
        "a = '" + "x.y " * 100_000 + "'",
        "x" * 500_000,
        '"' * 500_000,
        "a" + " " * 500_000 + "b",
    ],
)
def test_large_settings_end(text: str) -> None:
    began = time.process_time()
    try:
        settings(text)
    except ConfigError:
        pass
    assert time.process_time() - began < 15


@given(st.text(st.sampled_from("abpromts[]{}=.,\"'#\n 1-_é"), max_size=80))
def test_any_text_is_settings_or_an_error_with_a_place(text: str) -> None:
    for path in ("promptops.toml", "pyproject.toml"):
        head = "[tool.promptops]\n" if path == "pyproject.toml" else ""
        error = None
        try:
            settings(head + text, path)
        except ConfigError as caught:
            error = caught
        if error is not None:
            assert error.path == path
            assert error.line >= 1
            assert error.column >= 1
