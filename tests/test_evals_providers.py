"""Providers that need no server: litellm's exceptions, HTTP corner by corner, the simulated world."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import types
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from loopback import Loopback, Reply, completion

from promptops.errors import UsageError
from promptops.evals import Answer, Request, State
from promptops.evals.assertions import Context, judge, registry
from promptops.evals.http import Broken, Client
from promptops.evals.patience import Limits, Patience
from promptops.evals.plan import Target, plan
from promptops.evals.providers import Link, Retry, Stop, provider
from promptops.evals.providers import litellm as adapter
from promptops.evals.providers._chat import same_model
from promptops.evals.sampler import Draft, add, matching
from promptops.evals.world import World
from promptops.model import Assertion, Case, CaseSelection, Message, Prompt, Rule
from promptops.model import Test as RuleTest

ASKED = Request("litellm", "openai/m", (Message("user", "hi"),), {"max_tokens": 5}, 0, "http://b")


@pytest.mark.parametrize(
    ("asked", "answered", "same"),
    [
        ("gpt-4o-mini", "gpt-4o-mini-2024-07-18", True),
        ("openai/gpt-4", "gpt-4-0613", True),
        ("gpt-4", "gpt-4o-mini", False),
        ("gpt-4o", "gpt-4", False),
        ("claude-3-5-sonnet-latest", "claude-3-5-sonnet-20241022", True),
        ("llama3:8b", "llama3", True),
        ("meta/Llama-3", "llama-3.gguf", True),
        ("m", "other", False),
    ],
)
def test_a_dated_name_is_the_same_model_and_another_is_not(
    asked: str, answered: str, same: bool
) -> None:
    assert same_model(asked, answered) is same
    assert same_model(asked, answered, (answered,))


# -- litellm -------------------------------------------------------------------------------------


class Fake(types.ModuleType):
    """Stands in for litellm: records how it is asked, and does as it is told."""

    def __init__(self) -> None:
        super().__init__("litellm")
        self.asked: dict[str, Any] = {}
        self.does: Any = None
        self.closed = False
        handler = types.SimpleNamespace(AsyncHTTPHandler=type("Handler", (), {}))
        self.llms = types.SimpleNamespace(custom_httpx=types.SimpleNamespace(http_handler=handler))

    async def acompletion(self, **asked: Any) -> Any:
        if "mock_response" in asked:
            return None
        self.asked = asked
        if isinstance(self.does, Exception):
            raise self.does
        if self.does == "hang":
            await asyncio.sleep(60)
        return self.does

    async def close_litellm_async_clients(self) -> None:
        self.closed = True


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[Fake]:
    made = Fake()
    monkeypatch.setitem(sys.modules, "litellm", made)
    monkeypatch.setattr("importlib.metadata.version", lambda _: "1.106.2")
    for name in adapter.SWITCHES:
        monkeypatch.setenv(name, "")
    before = gc.get_threshold()
    yield made
    gc.set_threshold(*before)
    gc.unfreeze()


def by_litellm(seconds: float = 5) -> Answer:
    async def go() -> Answer:
        one = provider("litellm", Link(key="sk-x"))
        try:
            return await one.ask(ASKED, seconds)
        finally:
            await one.close()

    return asyncio.run(go())


class Said(dict[str, Any]):
    def model_dump(self) -> dict[str, Any]:
        return dict(self)


def test_litellm_is_asked_once_without_its_own_retries(fake: Fake) -> None:
    message = {"message": {"content": "hello"}, "finish_reason": "stop"}
    fake.does = Said(choices=[message], model="m-2024-01-01", usage={"prompt_tokens": 3})
    got = by_litellm()
    assert (got.state, got.text, got.usage.input) == (State.ANSWER, "hello", 3)
    assert fake.asked["max_retries"] == fake.asked["num_retries"] == 0
    assert (fake.asked["api_base"], fake.asked["api_key"]) == ("http://b", "sk-x")
    assert fake.asked["max_tokens"] == 5
    assert fake.closed
    assert sys.modules["litellm"].num_retries == 0  # type: ignore[attr-defined]


def error(name: str, status: int | None = None, headers: dict[str, str] | None = None) -> Exception:
    made: Exception = type(name, (Exception,), {})("said so")
    made.status_code = status  # type: ignore[attr-defined]
    made.response = types.SimpleNamespace(headers=headers or {})  # type: ignore[attr-defined]
    return made


@pytest.mark.parametrize(
    "raised", [error("AuthenticationError", 401), error("X", 404), error("X", 402)]
)
def test_litellm_stops_where_no_call_can_succeed(fake: Fake, raised: Exception) -> None:
    fake.does = raised
    with pytest.raises(Stop):
        by_litellm()


@pytest.mark.parametrize(
    ("raised", "sent", "broken", "after"),
    [
        (error("RateLimitError", 429, {"retry-after": "3"}), False, False, 3.0),
        (error("RateLimitError", 429, {"retry-after": "soon"}), False, False, None),
        (error("InternalServerError", 500), True, False, None),
        (error("ServiceUnavailableError", 503, {"retry-after": "1"}), True, False, 1.0),
        (error("APIConnectionError", 500), True, True, None),
        (error("Timeout", 408), True, True, None),
        (ValueError("odd"), True, False, None),
    ],
)
def test_litellm_errors_say_whether_they_may_have_been_paid(
    fake: Fake, raised: Exception, sent: bool, broken: bool, after: float | None
) -> None:
    fake.does = raised
    with pytest.raises(Retry) as caught:
        by_litellm()
    retry = caught.value
    assert (retry.sent, retry.broken, retry.after) == (sent, broken, after)


def test_litellm_refusals_and_bad_requests_are_no_broken_rules(fake: Fake) -> None:
    fake.does = error("ContentPolicyViolationError", 400)
    assert by_litellm().state is State.NO_ANSWER
    fake.does = error("BadRequestError", 400)
    assert by_litellm().state is State.FAILED


def test_litellm_has_a_deadline_for_the_whole_call(fake: Fake) -> None:
    fake.does = "hang"
    with pytest.raises(Retry, match=r"no answer within 0\.05 s"):
        by_litellm(0.05)


def test_a_bad_release_of_litellm_is_refused(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.version", lambda _: "1.82.8")
    with pytest.raises(UsageError, match="malware"):
        by_litellm()


def test_a_release_of_litellm_that_would_follow_redirects_is_refused(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.metadata.version", lambda _: "1.106.1")
    with pytest.raises(UsageError, match=r"litellm 1\.106\.1 is too old") as caught:
        by_litellm()
    assert "promptops-toolkit[litellm]" in caught.value.hint


def test_without_litellm_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in adapter.SWITCHES:
        monkeypatch.setenv(name, "")
    monkeypatch.setitem(sys.modules, "litellm", None)
    with pytest.raises(UsageError) as caught:
        provider("litellm", Link())
    assert "promptops-toolkit[litellm]" in caught.value.hint


def test_an_unknown_provider_is_an_error() -> None:
    with pytest.raises(UsageError, match="no provider `x`"):
        provider("x", Link())


# -- HTTP ----------------------------------------------------------------------------------------


def raw(*chunks: bytes) -> Any:
    """What the client makes of these bytes, sent one after the other before the end."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        try:
            for chunk in chunks:
                writer.write(chunk)
                await writer.drain()
                await asyncio.sleep(0.002)
        except ConnectionError:
            pass  # the client has heard enough
        finally:
            writer.close()

    async def go() -> Any:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        client = Client(f"http://127.0.0.1:{port}", {})
        try:
            async with asyncio.timeout(5):
                return await client.post("/x", b"", 30)
        except Broken as broken:
            return broken.reason
        finally:
            await client.close()
            server.close()
            await server.wait_closed()

    return asyncio.run(go())


OK = b"HTTP/1.1 200 OK\r\n"


def test_replies_in_pieces_are_put_together() -> None:
    got = raw(
        b"HTTP/1.1 100 Continue\r\n\r\nHT",
        b"TP/1.1 200 OK\r\ncontent-le",
        b"ngth: 4\r\n\r\nab",
        b"cd",
    )
    assert (got.status, got.body) == (200, b"abcd")
    got = raw(
        OK + b"Transfer-Encoding: chunked\r\n\r\n2;x=y\r\nab\r", b"\n3\r\ncde\r\n0\r\n", b"\r\n"
    )
    assert got.body == b"abcde"
    got = raw(OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nX: y\r\n\r\n")
    assert got.body == b"ab"
    assert raw(OK + b"\r\nuntil ", b"the end").body == b"until the end"
    assert raw(b"HTTP/1.0 204 No\r\n\r\n").body == b""
    assert raw(OK + b"Connection: close\r\nContent-Length: 2\r\n\r\nab").body == b"ab"


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ((b"SSH-2.0 hello\r\n\r\n",), "not HTTP"),
        ((b"HTTP/1.1 abc\r\n\r\n",), "not HTTP"),
        ((b"HTTP/1.1 999 x\r\n\r\n",), "not HTTP"),
        ((OK + b"no colon\r\n\r\n",), "not HTTP"),
        ((OK + b"Content-Length: 1_0\r\n\r\n",), "not HTTP"),
        ((OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",), "not HTTP"),
        ((OK + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n",), "2 MiB"),
        ((OK + b"Transfer-Encoding: chunked\r\n\r\nffffffff\r\n",), "2 MiB"),
        ((OK + b"x: " + b"y" * 70_000,), "not HTTP"),
        ((OK + b"Content-Length: 9\r\n\r\nab",), "closed before the end"),
        ((OK,), "closed before the end"),
        ((), "closed before the end"),
        ((OK + b"\r\n" + b"x" * (3 << 20),), "2 MiB"),
    ],
)
def test_what_is_no_reply_is_broken(sent: tuple[bytes, ...], said: str) -> None:
    assert said in raw(*sent)


def test_one_timer_serves_deadlines_of_different_lengths() -> None:
    """The long wait is asked for first, then a short one; others are answered in time."""

    def behave(_: int, body: dict[str, Any]) -> Reply:
        return Reply(body=b"ok", latency=0 if body["messages"][0]["content"] == "quick" else 60)

    def asked(content: str) -> bytes:
        return json.dumps({"messages": [{"content": content}]}).encode()

    async def go(url: str) -> None:
        client = Client(url, {})
        await asyncio.gather(*(client.post("", asked("quick"), 30) for _ in range(2)))
        long = asyncio.create_task(client.post("", asked("a"), 0.3))
        await asyncio.sleep(0)
        short = asyncio.create_task(client.post("", asked("b"), 0.05))
        assert (await client.post("", asked("quick"), 30)).body == b"ok"
        with pytest.raises(Broken, match=r"no answer within 0\.05 s") as caught:
            await short
        assert caught.value.sent
        with pytest.raises(Broken, match=r"no answer within 0\.3 s"):
            await long
        assert (await client.post("", asked("quick"), 30)).body == b"ok"
        await client.close()

    with Loopback(behave) as server:
        asyncio.run(go(server.url))


def test_a_connection_that_is_never_made_was_never_paid_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def go() -> None:
        async def never(*_: Any, **__: Any) -> None:
            await asyncio.sleep(60)

        monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", never)
        with pytest.raises(Broken, match=r"no connection within 0\.01 s") as caught:
            await Client("http://127.0.0.1:1", {}).post("/", b"", 0.01)
        assert not caught.value.sent

    asyncio.run(go())


def test_a_server_that_does_not_speak_tls_is_no_connection() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async def go() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        try:
            await Client(f"https://127.0.0.1:{port}", {}).post("/", b"", 30)
        finally:
            server.close()
            await server.wait_closed()

    with pytest.raises(Broken, match="no secure connection") as caught:
        asyncio.run(go())
    assert not caught.value.sent


def test_retry_after_in_milliseconds_and_by_date() -> None:
    async def go(url: str) -> None:
        one = provider("openai_compatible", Link(url))
        try:
            await one.ask(Request("x", "m", (Message("user", "q"),)), 5)
        finally:
            await one.close()

    for headers, after in (
        ({"retry-after-ms": "250"}, 0.25),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        ({"Retry-After": "-1"}, None),
    ):
        with Loopback(lambda *_, h=headers: Reply(429, b"[]", h)) as server:
            with pytest.raises(Retry) as caught:
                asyncio.run(go(server.url))
            assert caught.value.after == after


def test_content_in_parts_is_read() -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}, 3]
    choice = {"message": {"content": parts}, "finish_reason": "stop"}

    async def go(url: str) -> Answer:
        one = provider("openai_compatible", Link(url))
        try:
            return await one.ask(Request("x", "m", (Message("user", "q"),)), 5)
        finally:
            await one.close()

    with Loopback(lambda *_: Reply(body=completion(choices=[choice]))) as server:
        assert asyncio.run(go(server.url)).text == "ab"


# -- patience ------------------------------------------------------------------------------------


@given(st.integers(1, 40), st.floats(0, 100) | st.none())
def test_waits_grow_have_jitter_and_a_ceiling(tried: int, after: float | None) -> None:
    patience = Patience(Limits(first_wait=0.5, longest_wait=20))
    wait = patience.wait_after(tried, Retry("x", after))
    if after is None:
        assert 0.5 * min(0.5 * 2 ** (tried - 1), 20) <= wait <= min(0.5 * 2 ** (tried - 1), 20)
    else:
        assert after <= wait <= after + 1


# -- the simulated world -------------------------------------------------------------------------


def rate(world: World, rule: str, present: list[str], n: int = 3000) -> float:
    edges = world.edges([f"r{i}" for i in range(60)])
    return sum(world.kept(rule, present, edges, f"c{i % 100}", str(i)) for i in range(n)) / n


def test_rules_are_kept_more_with_them_than_without_and_less_beside_an_offender() -> None:
    world = World(seed=1)
    rules = [f"r{i}" for i in range(60)]
    offender, target = world.edges(rules)[0]
    alone = rate(world, target, [target])
    harmed = rate(world, target, [target, offender])
    assert alone > 0.75
    assert 0.2 < alone - harmed < 0.4
    assert rate(world, target, []) < 0.7
    assert World(interference=False).edges(rules) == ()
    assert world.edges(rules[:2]) == ()


def test_capacity_costs_all_rules_once_there_are_too_many() -> None:
    world = World(interference=False, capacity=True)
    many = [f"r{i}" for i in range(60)]
    assert rate(world, "r0", many[:40]) - rate(world, "r0", many) > 0.25


@pytest.mark.parametrize(
    "pattern", [r"\[§[0-9]+\]", r"^(yes|no)$", r"\d{4}-\d{2}", "[^x]a?b*", r"(?i)hello\s\w+", "a.c"]
)
def test_a_text_that_a_pattern_matches(pattern: str) -> None:
    import re

    assert re.search(pattern, matching(pattern))


@pytest.mark.parametrize("pattern", ["(", r"(?=x)y", r"[^ab]"])
def test_a_pattern_beyond_it_gives_nothing(pattern: str) -> None:
    assert matching(pattern) == ""


ASSERTIONS = [
    Assertion("contains", "word"),
    Assertion("contains", "word", negated=True),
    Assertion("contains_any", ["a1", "b2"]),
    Assertion("contains_all", ["a1", "b2"]),
    Assertion("starts_with", "Dear"),
    Assertion("ends_with", "bye."),
    Assertion("regex", r"\[§[0-9]+\]"),
    Assertion("word_count", {"max": 30}),
    Assertion("word_count", {"min": 30}),
    Assertion("json", True),
    Assertion("equals", "x"),
]


@pytest.mark.skipif("contains" not in registry(), reason="no assertions here")
@pytest.mark.parametrize("assertion", ASSERTIONS, ids=str)
def test_drafts_satisfy_what_they_are_made_for(assertion: Assertion) -> None:
    for holds in (True, False):
        draft = Draft()
        add(draft, assertion, holds)
        if assertion.kind == "word_count" and "min" in assertion.argument and not holds:
            continue
        assert judge(draft.text(), assertion, Context()).passed is holds, draft.text()


def test_the_simulated_model_reads_which_rules_are_there() -> None:
    selection = CaseSelection(all=True)
    rule = Rule("r", "Say word.", tests=(RuleTest(selection, (Assertion("contains", "word"),)),))
    cases = tuple(Case(f"c{i}", {"q": f"question {i:03}"}) for i in range(200))
    prompt = Prompt(
        "p",
        rules=(rule,),
        cases=cases,
        messages=(Message("system", "{{ rules }}"), Message("user", "{{ q }}")),
    )

    async def kept(requests: tuple[Request, ...]) -> int:
        one = provider("simulated", Link(prompts=(prompt,)))
        texts = [(await one.ask(request, 1)).text for request in requests]
        return sum("word" in text for text in texts)

    target = Target("simulated", "simulated/plain", {"seed": 3})
    whole = plan(prompt, target).requests
    without = tuple(
        Request(r.provider, r.model, (Message("system", ""), r.messages[1]), r.parameters)
        for r in whole
    )
    assert asyncio.run(kept(whole)) > asyncio.run(kept(without)) + 30
    stranger = Request("simulated", "simulated", (Message("user", "who are you"),))
    assert asyncio.run(kept((stranger,))) == 0
