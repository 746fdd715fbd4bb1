"""A coding agent's questions, asked by the protocol's own client over a real pipe."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from repos import ADA, BOB, Repo

pytest.importorskip("mcp")
from mcp import Client, StdioServerParameters, stdio_client

RULES = "# Rules\n\n- Run the tests before you commit.\n"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "r")
    made.commit({"AGENTS.md": RULES}, "Broken main twice this week (#7)", ADA)
    made.commit({"AGENTS.md": RULES.replace("the tests", "all tests")}, "All of them", BOB)
    return made


def asked(repo: Repo, work: Callable[[Client], Awaitable[Any]]) -> Any:
    """What `work` gives, with a client of a server in a process of its own."""
    home = {"PROMPTOPS_HOME": str(repo.root.parent / "home")}
    command = ["-P", "-m", "promptops", "mcp", "-C", str(repo.root)]

    async def go() -> Any:
        server = StdioServerParameters(
            command=sys.executable, args=command, env=home, cwd=str(repo.root)
        )
        async with Client(stdio_client(server), read_timeout_seconds=60) as client:
            return await work(client)

    return asyncio.run(go())


def test_an_agent_asks_before_it_edits(repo: Repo) -> None:
    async def work(client: Client) -> Any:
        tools = (await client.list_tools()).tools
        why = await client.call_tool("why", {"target": "AGENTS.md:3"})
        check = await client.call_tool("check", {"paths": ["AGENTS.md"]})
        tokens = await client.call_tool(
            "tokens", {"names": ["AGENTS.md"], "model": "openai/gpt-4o"}
        )
        (repo.root / "AGENTS.md").write_text(
            RULES.replace("the tests", "all tests") + "- Be kind to everybody.\n"
        )
        diff = await client.call_tool("diff", {})
        return tools, why, check, tokens, diff

    tools, why, check, tokens, diff = asked(repo, work)
    assert {tool.name for tool in tools} == {"why", "check", "diff", "tokens"}
    assert all(tool.annotations.read_only_hint for tool in tools)
    assert why.structured_content["introduced"]["subject"] == "Broken main twice this week (#7)"
    assert [event["kind"] for event in why.structured_content["events"]] == [
        "introduced",
        "reworded",
    ]
    assert check.structured_content["files"] == 1
    (counted,) = tokens.structured_content["prompts"]
    assert counted["models"]["openai/gpt-4o"]["text"] > 5
    (reviewed,) = diff.structured_content["prompts"]
    assert [rule["change"] for rule in reviewed["rules"]] == ["added"]


def test_what_cannot_be_answered_says_why(repo: Repo) -> None:
    async def work(client: Client) -> list[Any]:
        questions = (
            ("why", {"target": "AGENTS.md:99"}),
            ("diff", {"base": "--output=/tmp/x"}),
            ("tokens", {"names": ["-"]}),
            ("check", {"paths": ["../outside.md"]}),
            ("why", {"target": "a\0b"}),
        )
        return [await client.call_tool(*question) for question in questions]

    answers = asked(repo, work)
    assert all(answer.is_error for answer in answers)
    said = ["".join(part.text for part in answer.content) for answer in answers]
    assert "99" in said[0]
    assert "--output=/tmp/x" in said[1]
    assert "name a prompt or a file" in said[2]
    assert "outside" in said[3]
    assert "NUL" in said[4]


def test_what_a_tool_does_not_take_is_refused_and_named(repo: Repo) -> None:
    async def work(client: Client) -> Any:
        tools = (await client.list_tools()).tools
        questions = (
            ("why", {"targets": "AGENTS.md:3"}),
            ("check", {"path": "AGENTS.md"}),
            ("diff", {"since": "HEAD~1\x1b[2J"}),
            ("blame", {"target": "AGENTS.md:3"}),
            ("why", {}),
            ("why", {"target": 7}),
        )
        alone = await client.call_tool("check", {"paths": "AGENTS.md"})
        return tools, alone, [await client.call_tool(*question) for question in questions]

    tools, alone, answers = asked(repo, work)
    assert alone.structured_content["files"] == 1
    assert all(tool.input_schema["additionalProperties"] is False for tool in tools)
    assert all(answer.is_error for answer in answers)
    said = ["".join(part.text for part in answer.content) for answer in answers]
    assert said[0] == "`why` takes no argument `targets`; did you mean `target`?"
    assert said[1] == "`check` takes no argument `path`; did you mean `paths`?"
    assert said[2] == "`diff` takes no argument `since`; it takes `base`, `head`"
    assert said[3] == "there is no tool `blame`; there are `why`, `check`, `diff`, `tokens`"
    assert said[4] == "`why` needs `target`"
    assert "should be a valid string" in said[5]


def test_no_module_of_the_repository_is_run(repo: Repo, tmp_path: Path) -> None:
    """Agents start the server in the repository: nothing there may stand in for what we import."""
    trap = f"open({str(tmp_path / 'trap')!r}, 'w'); raise SystemExit(9)\n"
    for name in ("click.py", "json.py", "promptops/__init__.py"):
        repo.write(name, trap)

    async def work(client: Client) -> Any:
        return await client.call_tool("why", {"target": "AGENTS.md:3"})

    assert asked(repo, work).structured_content["present"]
    assert not (tmp_path / "trap").exists()


def test_questions_too_long_at_once_and_given_up(repo: Repo) -> None:
    async def work(client: Client) -> Any:
        long = await client.call_tool("why", {"target": "x" * 200_000})
        odd = await client.call_tool("why", {"target": "\u202e\x1b[2J"})
        try:
            await asyncio.wait_for(client.call_tool("diff", {}), 0.05)
        except TimeoutError:
            pass
        asked = (client.call_tool("why", {"target": "AGENTS.md:3"}) for _ in range(4))
        return long, odd, await asyncio.gather(*asked)

    long, odd, many = asked(repo, work)
    assert "200,000 characters" in long.content[0].text
    assert odd.is_error
    assert "\x1b" not in odd.content[0].text
    assert [one.structured_content["present"] for one in many] == [True] * 4


def test_without_the_package_it_says_what_to_install(
    run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "mcp"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "mcp", None)
    monkeypatch.delitem(sys.modules, "promptops.cli._mcp", raising=False)
    ran = run("mcp", cwd=tmp_path)
    assert ran.code == 2
    assert "pip install 'promptops-toolkit[mcp]'" in ran.err
