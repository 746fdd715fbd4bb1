"""The tools that agents get: our own read-only commands, each in a process of its own.

A process may fail, run long or be large without harm to the server, and what it prints never mixes
with the protocol. Names that an agent gives come after `--`: none of them is taken for an option.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterable
from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import Tool, ToolAnnotations

from promptops import __version__
from promptops.errors import EXIT_FINDINGS, EXIT_INCOMPLETE
from promptops.report.safe import one_line
from promptops.source.shape import nearest

SECONDS = 120.0
LONGEST = 200_000  # characters of an answer; an agent's context holds no more
MOST_ASKED = 30_000  # characters of names; systems take no more on a command line
READ_ONLY = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
INSTRUCTIONS = """Prompts and instruction files here are governed: rules have reasons, tests and \
budgets. Before you edit or remove a rule, ask `why` for it. After an edit, `check` it and `diff` it."""


class _Strict(MCPServer):
    """A server whose tools refuse arguments that they do not have: an agent learns of its slip."""

    async def list_tools(self) -> list[Tool]:
        """All tools; the schema of each says that it takes nothing more."""
        tools = await super().list_tools()
        for tool in tools:
            tool.input_schema = {**tool.input_schema, "additionalProperties": False}
        return tools

    async def call_tool(self, name: str, arguments: dict[str, Any], context: Any = None) -> Any:
        """The tool's answer; ToolError where there is no such tool or argument."""
        tools = {tool.name: tool for tool in await self.list_tools()}
        if name not in tools:
            raise ToolError(f"there is no tool `{one_line(name)}`; there are {_listed(tools)}")
        schema = tools[name].input_schema
        known = schema["properties"]
        for given in arguments:
            if given not in known:
                guess = nearest(given, list(known))
                meant = f"did you mean `{guess}`?" if guess else f"it takes {_listed(known)}"
                raise ToolError(f"`{name}` takes no argument `{one_line(given)}`; {meant}")
        missing = [needed for needed in schema.get("required", ()) if needed not in arguments]
        if missing:
            raise ToolError(f"`{name}` needs {_listed(missing)}")
        return await super().call_tool(name, arguments, context)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def serve(folder: str) -> None:
    """Answer until standard input ends."""
    made_server(folder).run("stdio")


def made_server(folder: str) -> MCPServer:
    """The server of the repository that `folder` lies in."""
    server = _Strict("promptops", version=__version__, instructions=INSTRUCTIONS)
    ask = _Asker(folder)

    @server.tool(annotations=READ_ONLY)
    async def why(target: str) -> dict[str, Any]:
        """Why a rule or sentence is there: who brought it in, when, in which commit and words, what
        it said before, which decisions and tests hold it. Ask before you change or remove one.

        target: PROMPT/RULE (`support-agent/cite-policy`), FILE:LINE (`AGENTS.md:12`), or a phrase
        of it, living or removed.
        """
        return await ask("why", target)

    @server.tool(annotations=READ_ONLY)
    async def check(paths: list[str] | str | None = None) -> dict[str, Any]:
        """What is wrong with prompts, instruction files and decision records: each finding with
        file, line, what it is and what to do. Without paths: the whole repository.
        """
        return await ask("check", *_many(paths))

    @server.tool(annotations=READ_ONLY)
    async def diff(base: str = "", head: str = "") -> dict[str, Any]:
        """What a change does to rules, tokens, money, cache, tests and decisions. Without
        revisions: the files on the disk against the last commit; with `base`: against it.
        """
        return await ask("diff", *filter(None, (base, head)))

    @server.tool(annotations=READ_ONLY)
    async def tokens(names: list[str] | str | None = None, model: str = "") -> dict[str, Any]:
        """What prompts (by id) or files cost in tokens and money, and how that is known; without
        names: every prompt. model: such as openai/gpt-4o, else the models the prompts name.
        """
        if "-" in _many(names):
            raise ToolError("`-` is nothing here: name a prompt or a file")
        options = (f"--model={model}",) if model else ()
        return await ask("tokens", *_many(names), options=options)

    return server


def _many(names: list[str] | str | None) -> list[str]:
    """The names; one alone needs no list around it."""
    return [names] if isinstance(names, str) else names or []


class _Asker:
    """Runs one of our commands and gives what its JSON says."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    async def __call__(
        self, command: str, *names: str, options: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        if any("\0" in word for word in (*names, *options)):
            raise ToolError("a name holds a NUL character")
        if sum(map(len, names)) > MOST_ASKED:
            raise ToolError(f"the question has {sum(map(len, names)):,} characters: ask for less")
        asked = (command, "--format=json", "-C", self.folder, *options, "--", *names)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "promptops", *asked,  # -P: nothing from the folder it runs in
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            out, said = await asyncio.wait_for(process.communicate(), SECONDS)
        except TimeoutError:
            raise ToolError(f"{command} took longer than {SECONDS:.0f} s") from None
        finally:
            if process.returncode is None:
                process.kill()
        return _answer(command, process.returncode, out, said.decode("utf-8", "replace"))


def _answer(command: str, code: int | None, out: bytes, said: str) -> dict[str, Any]:
    """The result; ToolError in the command's own words where it has none.

    A check that could not use a file still says so in its result.
    """
    text = out.decode("utf-8", "replace")
    if len(text) > LONGEST:
        raise ToolError(f"the answer has {len(text):,} characters: ask for less, such as one file")
    if text.startswith("{"):
        result = json.loads(text)["result"]
        return {"exit_code": code, **result}
    if code in (0, EXIT_FINDINGS, EXIT_INCOMPLETE):
        said = said or "it answered nothing"
    raise ToolError(said.strip() or f"{command} ended with exit code {code}")
