"""`promptops tokens` and `promptops vocab`, as people run them."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from token_world import counter, source_of

from promptops.tokens import endpoint

PROMPT = """\
promptops: 1
id: support
version: 1.0.0
owners: ["@acme/support"]
models: [openai/gpt-4o-mini, anthropic/claude-sonnet-4-5]
modalities: {input: [text, image]}
languages: [en, de]
variables:
  company: {examples: [Acme]}
  question: {examples: ["Why was I charged twice?"], max_tokens: 400}
budget: {prompt_tokens: 200, rule_tokens: 12, output_tokens: 300, calls_per_month: 10_000}
output: {schema: reply.schema.json}
messages:
  - role: system
    content: |
      You answer billing questions for {{ company }}.

      {{ rules }}
  - role: user
    content: "{{ question }}"
rules:
  - id: cite-policy
    text: Cite the policy section you rely on, as [§n], in every answer that you ever give.
    rationale: Agents promised refunds that the policy does not allow (INC-231).
    tests: [{cases: all, assert: {regex: '§[0-9]'}}]
  - id: be-brief
    text: Answer in three sentences.
    rationale: The widget shows three lines on a phone without scrolling.
    tests: [{cases: all, assert: {sentence_count: {max: 3}}}]
cases:
  - {id: fee, variables: {question: Why was I charged a late fee?}, slices: {language: en}}
  - {id: fee-de, variables: {question: Warum wurde mir eine Mahngebühr berechnet?}, slices: {language: de}}
"""
SCHEMA = {
    "type": "object",
    "required": ["answer", "section"],
    "properties": {"answer": {"type": "string"}, "section": {"type": "integer"}},
}
Run = Callable[..., Any]


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> str:
    """One home for all of these: the tables are compiled once."""
    return str(tmp_path_factory.mktemp("home"))


@pytest.fixture
def cli(run: Run, home: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("PROMPTOPS_HOME", home)
    return run


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    (folder / "prompts" / "support").mkdir(parents=True)
    (folder / ".git").mkdir()
    (folder / "prompts" / "support" / "prompt.yaml").write_text(PROMPT)
    (folder / "prompts" / "support" / "reply.schema.json").write_text(json.dumps(SCHEMA))
    return folder


def result(said: Any) -> Any:
    assert said.code == 0, said.err
    data = json.loads(said.out)
    return data["result"]


def test_the_figures_of_a_prompt(cli: Run, repo: Path) -> None:
    (found,) = result(cli("tokens", "--format", "json", cwd=repo))["prompts"]
    assert found["id"] == "support"
    mini = found["models"]["openai/gpt-4o-mini"]
    rules = sum(mini["rules"].values())
    assert mini["known"] == "exact"
    assert rules + mini["rest"] + mini["joins"] + mini["framing"] == mini["total"]
    assert mini["text"] + mini["framing"] == mini["total"]
    assert mini["low"] <= mini["total"] <= mini["high"]
    assert mini["text"] == sum(message["tokens"] for message in mini["messages"])
    assert mini["variables"]["question"] == {"min": 6, "max": 11}
    assert mini["static_prefix"] > 5
    assert mini["prefix_ends_at"] == "company"
    assert mini["cacheable"] is False
    assert mini["context_window"] == 128_000
    assert mini["usd_per_month"] == pytest.approx(10_000 * mini["usd_per_call"])
    assert [cost["language"] for cost in mini["languages"]] == ["en", "de"]
    assert mini["images"][0]["low"] == 25501
    assert mini["output"]["compact"] < mini["output"]["pretty"]
    claude = found["models"]["anthropic/claude-sonnet-4-5"]
    assert claude["known"] == "estimated"
    assert claude["low"] < claude["total"] < claude["high"]
    assert [hazard["code"] for hazard in found["hazards"]] == ["PO306"]


def test_json_is_a_contract(cli: Run, repo: Path, golden: Callable[[str, str], None]) -> None:
    said = cli("tokens", "support", "--model", "openai/gpt-4o-mini", "--format", "json", cwd=repo)
    golden("tokens/prompt/json.json", said.out)
    said = cli("tokens", "support", "--model", "gpt-4o", "--model", "gpt-5.5", cwd=repo)
    golden("tokens/prompt/text.txt", said.out)


def test_the_text_for_people(cli: Run, repo: Path) -> None:
    said = cli("tokens", "support", "-v", cwd=repo).out
    for words in (
        "instead of openai/gpt-4o-mini",
        "cite-policy",
        "limit 12 tokens",
        "rules 28 + rest",
        "static prefix",
        "PO306",
        "of its window",
        "least output",
        "answer 4, section 4",
        "language",
    ):
        assert words in said, words
    assert max(map(len, said.splitlines())) <= 80


@pytest.mark.parametrize("name", ["support", "prompts/support", "prompts/support/prompt.yaml"])
def test_a_prompt_is_named_by_id_file_or_folder(cli: Run, repo: Path, name: str) -> None:
    (found,) = result(cli("tokens", name, "--format", "json", cwd=repo))["prompts"]
    assert found["path"] == "prompts/support/prompt.yaml"


def stdin(monkeypatch: pytest.MonkeyPatch, raw: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw), encoding="ascii"))


TEXTS = (
    "",
    "hello world",
    "\ufeffwith a mark\r\n",
    "<|endoftext|> in ünïcode 漢字\x00\x1c",
    "<<<<<<< ours\n",
)


@pytest.mark.parametrize("text", TEXTS)
def test_standard_input_and_files_are_counted_to_the_byte(cli, repo, monkeypatch, text):
    raw = text.encode()
    stdin(monkeypatch, raw)
    (repo / "plain.txt").write_bytes(raw)
    for name in ("-", "plain.txt"):
        arguments = ("tokens", name, "--model", "gpt-4o", "--model", "gpt-4", "--format", "json")
        (found,) = result(cli(*arguments, cwd=repo))["prompts"]
        for model in ("gpt-4o", "gpt-4"):
            row = found["models"][model]
            assert row["text"] == row["total"] == row["low"] == row["high"]
            assert row["text"] == counter().encoder(model).count(text)
            assert row["known"] == "exact"
        stdin(monkeypatch, raw)


def test_a_link_to_an_instruction_file_is_not_counted_again(cli: Run, tmp_path: Path) -> None:
    (tmp_path / "AGENTS.md").write_text("- Be kind.\n")
    (tmp_path / "CLAUDE.md").symlink_to("AGENTS.md")
    found = result(cli("tokens", "--model", "gpt-4o", "--format", "json", cwd=tmp_path))["prompts"]
    assert len(found) == 1


def test_instruction_files_are_plain_files(cli: Run, repo: Path) -> None:
    (repo / "AGENTS.md").write_text("# Rules\n- Run the tests.\n")
    (found,) = result(cli("tokens", "AGENTS.md", "--format", "json", cwd=repo))["prompts"]
    assert list(found["models"]) == ["anthropic/claude-sonnet-4-5", "openai/gpt-4o-mini"]
    assert found["models"]["openai/gpt-4o-mini"]["text"] == 8
    outside = repo.parent / "outside.txt"
    outside.write_text("hello world")
    (found,) = result(cli("tokens", str(outside), "--format", "json", cwd=repo))["prompts"]
    assert found["models"]["openai/gpt-4o-mini"]["text"] == 2


def test_several_texts_in_one_table(cli: Run, repo: Path, monkeypatch) -> None:
    (repo / "a.txt").write_text("hello world")
    stdin(monkeypatch, b"hello")
    models = ("--model", "gpt-4o", "--model", "gemini-2.5-pro", "--model", "gpt-4o-minni")
    said = cli("tokens", "-", "a.txt", *models, cwd=repo).out
    assert "unknown" in said
    assert "gpt-4o-mini?" in said
    assert "exact" in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("suport",), "did you mean `support`?"),
        (("nope.txt",), "no prompt `nope.txt`"),
        (("prompts/none.yaml",), "prompts/none.yaml"),
        (("latin.txt",), "not UTF-8 (byte 1)"),
        (("support", "--image", "12"), "no size of an image"),
        (("support", "--image", "0x5"), "no image is 0x5"),
        (("support", "--tools", "none.json"), "cannot read it"),
        (("support", "--tools", "latin.txt"), "not JSON"),
        (("support", "--tools", "object.json"), "no list of definitions"),
        (("broken",), "no prompt `broken`"),
        (("prompts/broken",), "cannot be read"),
    ],
)
def test_what_cannot_be_done_says_so(cli: Run, repo: Path, arguments, words) -> None:
    (repo / "latin.txt").write_bytes(b"\x61\xe9")
    (repo / "object.json").write_text("{}")
    (repo / "prompts" / "broken").mkdir()
    (repo / "prompts" / "broken" / "prompt.yaml").write_text("id: [")
    said = cli("tokens", *arguments, cwd=repo)
    assert said.code == 2
    assert words in said.err
    assert "Traceback" not in said.err


def test_a_lone_surrogate_in_a_case_is_named_not_counted(cli: Run, repo: Path) -> None:
    cases = repo / "prompts" / "support" / "cases.jsonl"
    cases.write_text('{"id": "odd", "variables": {"question": "\\ud800"}}\n')
    prompt = repo / "prompts" / "support" / "prompt.yaml"
    prompt.write_text(PROMPT[: PROMPT.index("cases:\n  - {id: fee,")])
    said = cli("tokens", "support", cwd=repo)
    assert said.code == 2
    assert "lone surrogate" in said.err
    assert "prompts/support/prompt.yaml" in said.err
    checked = cli("check", cwd=repo)
    assert "Traceback" not in checked.err
    assert "PO3" not in checked.out


def test_without_prompts_a_name_is_needed(cli: Run, tmp_path: Path) -> None:
    said = cli("tokens", cwd=tmp_path)
    assert (said.code, "no prompts are governed here" in said.err) == (2, True)


def test_tools_and_images(cli: Run, repo: Path) -> None:
    tools = [{"name": "f", "parameters": {"properties": {"a": {"type": "string"}}}}]
    (repo / "tools.json").write_text(json.dumps(tools))
    arguments = ("support", "--tools", "tools.json", "--image", "512x512", "--model", "gpt-4o")
    (found,) = result(cli("tokens", *arguments, "--format", "json", cwd=repo))["prompts"]
    row = found["models"]["gpt-4o"]
    (image,) = row["images"]
    assert (image["width"], image["height"], image["count"]) == (512, 512, 1)
    assert (image["low"], image["high"], image["known"]) == (255, 255, "estimated")
    assert row["image_tokens"] == 255
    assert row["total"] == row["text"] + row["framing"] + row["tools"] + 255
    assert row["tools"] > 12
    said = cli("tokens", *arguments, "--model", "gemini-2.5-pro", "--model", "nope", cwd=repo).out
    assert "tools" in said
    assert "unknown" in said


@pytest.mark.parametrize("tool", [{}, {"name": 3}, {"function": 3}, {"name": "a", "parameters": 3}])
def test_tools_that_are_no_definitions(cli: Run, repo: Path, tool: object) -> None:
    (repo / "tools.json").write_text(json.dumps([tool]))
    said = cli("tokens", "support", "--tools", "tools.json", cwd=repo)
    assert (said.code, "a tool is no definition" in said.err) == (2, True)


def test_an_unknown_model_is_told_why_and_what_was_meant(cli: Run, repo: Path) -> None:
    said = cli("tokens", "support", "--model", "gpt-4oo", "--model", "gpt-4", cwd=repo).out
    assert "gpt-4oo: no such model is known; did you mean gpt-4o?" in said
    assert "unknown unpaired" not in said
    assert "gpt-4: no image formula" not in said  # nothing of that size is declared
    said = cli("tokens", "support", "--model", "gpt-4", "--image", "9x9", cwd=repo).out
    assert "gpt-4: no image formula is known for this model" in said


def test_an_output_schema_that_is_no_json(cli: Run, repo: Path) -> None:
    schema = repo / "prompts" / "support" / "reply.schema.json"
    schema.write_text("{")
    assert "the output schema is not JSON" in cli("tokens", "support", cwd=repo).err
    schema.write_text("[]")
    (found,) = result(cli("tokens", "support", "--format", "json", cwd=repo))["prompts"]
    assert found["models"]["openai/gpt-4o-mini"]["output"] is None


def test_the_endpoint_only_when_asked(cli: Run, repo: Path, monkeypatch) -> None:
    asked = []

    def ask(model: Any, messages: object, tools: object) -> int:
        asked.append(model.name)
        return 77

    monkeypatch.setattr(endpoint, "ask_litellm", ask)
    cli("tokens", "support", cwd=repo)
    assert asked == []
    arguments = ("tokens", "support", "--count", "--model", "gemini/gemini-2.5-pro")
    (found,) = result(cli(*arguments, "--format", "json", cwd=repo))["prompts"]
    row = found["models"]["gemini/gemini-2.5-pro"]
    assert (row["total"], row["known"], row["text"]) == (77, "counted", None)
    stdin(monkeypatch, b"hello")
    (text,) = result(
        cli("tokens", "-", "--count", "--model", "gpt-4o", "--format", "json", cwd=repo)
    )["prompts"]
    assert (text["models"]["gpt-4o"]["total"], text["models"]["gpt-4o"]["text"]) == (77, 1)
    assert len(asked) == 2


def test_a_refused_vocabulary_is_named(cli: Run, repo: Path, monkeypatch, tmp_path) -> None:
    wrong = tmp_path / "gym" / "9b5ad71b2ce5302211f9c61530b329a4922fc6a4"
    wrong.parent.mkdir()
    wrong.write_text("not it")
    monkeypatch.setenv("PROMPTOPS_HOME", str(tmp_path / "fresh"))
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(wrong.parent))
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if "site-packages" not in entry])
    (repo / "a.txt").write_text("hello")
    said = cli("tokens", "a.txt", "--model", "gpt-4", cwd=repo).out
    assert "it was left" in said
    assert wrong.name in said.replace("\n", "").replace(" ", "")
    assert wrong.read_text() == "not it"
    assert "estimated" in said


# vocab


def test_vocab_list_add_verify(cli: Run, repo: Path, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("PROMPTOPS_HOME", str(tmp_path / "fresh"))
    monkeypatch.setenv("HOME", str(tmp_path))
    rows = result(cli("vocab", "list", "--format", "json", cwd=repo))["vocabularies"]
    by_name = {row["name"]: row for row in rows}
    assert by_name["o200k_base"]["state"] == "found"
    assert by_name["llama3"]["get"] == "pip install llama-models==0.3.0"
    file = repo / "cl.tiktoken"
    file.write_bytes(source_of("cl100k_base"))
    said = cli("vocab", "add", "cl.tiktoken", cwd=repo)
    assert (said.code, "cl100k_base: 100,256 tokens, ready" in said.out) == (0, True)
    assert "~/fresh/vocab" in cli("vocab", "list", cwd=repo).out
    assert cli("vocab", "verify", "cl100k_base", cwd=repo).code == 0
    kept = next((tmp_path / "fresh" / "vocab").glob("cl100k*"))
    kept.write_bytes(kept.read_bytes()[:-4])
    said = cli("vocab", "verify", "cl100k_base", "--format", "json", cwd=repo)
    assert said.code == 1
    assert json.loads(said.out)["result"]["vocabularies"][0]["state"] == "damaged"


def test_vocab_refusals(cli: Run, repo: Path, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("PROMPTOPS_HOME", str(tmp_path / "fresh"))
    wrong = repo / "wrong.tiktoken"
    wrong.write_text("YQ== 0\n")
    said = cli("vocab", "add", "wrong.tiktoken", cwd=repo)
    assert said.code == 2
    assert str(wrong) in said.err
    assert "left alone" in said.err
    assert wrong.read_text() == "YQ== 0\n"
    assert cli("vocab", "verify", "nope", cwd=repo).code == 2
    assert cli("vocab", "add", "none", cwd=repo).code == 2


def test_vocab_help_says_what_there_is(cli: Run, repo: Path) -> None:
    said = cli("vocab", "--help", cwd=repo).out
    assert all(word in said for word in ("list", "add", "verify"))
    assert "\n    promptops vocab verify\n" in cli("vocab", "verify", "--help", cwd=repo).out


def test_check_counts_and_a_warm_check_counts_nothing(cli: Run, repo: Path, monkeypatch) -> None:
    first = cli("check", cwd=repo)
    assert "PO306" in first.out

    def never(*_: object, **__: object) -> None:
        raise AssertionError("a warm check counted")

    monkeypatch.setattr("promptops.tokens.encode.Encoder.count", never)
    monkeypatch.setattr("promptops.tokens.vocab.table", never)
    assert cli("check", cwd=repo).out == first.out
    assert os.path.isdir(repo)


def _plain_repo(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "plain.txt").write_text("Answer billing questions — briefly, in English.\n" * 9)
    (tmp_path / "größer.md").write_text("Der Bestand: `x = {1: 2}`\n\n" * 5)
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9")
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        ("plain.txt",),
        ("plain.txt", "größer.md"),
        ("plain.txt", "--model", "openai/gpt-4o", "--model=nobody/knows"),
        ("--model", "anthropic/claude-opus-5", "größer.md"),
        ("latin.txt", "--model", "openai/gpt-4o"),
        ("plain.txt", "missing.txt"),
        ("plain.txt", "--model"),
    ],
)
@pytest.mark.parametrize("columns", ["80", "30"])
def test_plain_texts_are_answered_alike_on_both_ways(
    cli: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], columns: str
) -> None:
    """An option that changes nothing takes the long way."""
    folder = _plain_repo(tmp_path)
    monkeypatch.setenv("COLUMNS", columns)
    short, long = cli("tokens", *words, cwd=folder), cli("tokens", "--no-color", *words, cwd=folder)
    assert (short.code, short.out, short.err) == (long.code, long.out, long.err)
    assert short.out or short.err


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("promptops.toml", '[models."openai/gpt-4o"]\ninput_cost_per_token = 1.0\n'),
        ("promptops.toml", "models = ["),
        ("promptops.toml", 'prompts = ["elsewhere/*.yaml"]\n'),
        ("pyproject.toml", '[tool.promptops.models."openai/gpt-4o"]\nmodel = "openai/gpt-4"\n'),
        ("pyproject.toml", "[project]\nname = 'x'\n"),
    ],
)
def test_plain_texts_obey_the_settings(cli: Run, tmp_path: Path, name: str, content: str) -> None:
    folder = _plain_repo(tmp_path)
    (folder / name).write_text(content)
    words = ("plain.txt", "--model", "openai/gpt-4o")
    short, long = cli("tokens", *words, cwd=folder), cli("tokens", "--no-color", *words, cwd=folder)
    assert (short.code, short.out, short.err) == (long.code, long.out, long.err)


def test_a_cold_count_loads_neither_options_nor_reports(home: str, tmp_path: Path) -> None:
    folder = _plain_repo(tmp_path)
    code = (
        "import sys; from promptops.cli import main; main(['tokens', '-', '--model', 'openai/gpt-4o']);"
        "print({'click', 'dataclasses', 'typing', 'yaml', 'tomllib'} & sys.modules.keys())"
    )
    said = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:] = {sys.path!r}; {code}"],
        input="one text",
        capture_output=True,
        text=True,
        cwd=folder,
        env={"PROMPTOPS_HOME": home, "PATH": os.environ["PATH"]},
        check=True,
    )
    assert said.stdout.splitlines()[-1] == "set()"
    assert "openai/gpt-4o" in said.stdout


@pytest.mark.parametrize(("callbacks", "left"), [(0, "at once"), (1, "as usual")])
def test_the_end_of_a_process_waits_for_those_who_asked(monkeypatch, callbacks, left) -> None:
    import atexit

    from promptops import __main__ as entry

    ended = []
    monkeypatch.delitem(sys.modules, "threading")
    monkeypatch.setattr(atexit, "_ncallbacks", lambda: callbacks)
    monkeypatch.setattr(os, "_exit", lambda code: ended.append(("at once", code)))
    monkeypatch.setattr(sys, "exit", lambda code: ended.append(("as usual", code)))
    monkeypatch.setattr(entry, "run", lambda: 3)
    monkeypatch.setattr(sys, "stderr", None)
    entry.main()
    assert ended[0] == (left, 3)


def test_a_count_in_a_process_of_its_own(tmp_path: Path, home: str) -> None:
    """What it wrote has arrived, and its exit code too, however it ends."""
    (tmp_path / "a.txt").write_text("hello world\n" * 3000)
    command = [sys.executable, "-m", "promptops", "tokens", "a.txt", "--model", "gpt-4o"]
    environ = {**os.environ, "PROMPTOPS_HOME": home}
    found = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True)
    assert (found.returncode, found.stderr) == (0, "")
    assert "9,000" in found.stdout
    missing = subprocess.run([*command, "gone.txt"], cwd=tmp_path, env=environ, check=False)
    assert missing.returncode == 2
