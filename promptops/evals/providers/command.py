"""A program of the user's that answers: the request as JSON on its input, the answer on its output.

It is started without a shell, once a call, and sees no variable that looks like a key. Only
`--allow-code` on the command line lets it run; nothing in a repository can.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Mapping

from promptops.errors import UsageError
from promptops.evals import Answer, Request, State
from promptops.evals.keys import secrets
from promptops.evals.providers import Link, Provider, Retry
from promptops.evals.providers.openai_compatible import body_of

MOST_OUTPUT = 2 << 20


def make(link: Link) -> Provider:
    """The program of the command line; UsageError where it names none."""
    if not link.argv:
        raise UsageError("no program", "name it: --command 'python3 answer.py'")
    return Command(link.argv, without_keys(link.environ))


def without_keys(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without variables that look like keys or hold a password."""
    kept_back = {name for name, _ in secrets(environ)}
    return {name: value for name, value in environ.items() if name not in kept_back}


class Command:
    """One process a call. Its output is the answer; another exit code than 0 is a failure."""

    name = "command"
    version = 1

    def __init__(self, argv: tuple[str, ...], environ: Mapping[str, str]) -> None:
        self._argv = argv
        self._environ = dict(environ)

    async def ask(self, request: Request, seconds: float) -> Answer:
        given = json.dumps({**body_of(request), "repeat": request.repeat}).encode()
        loop = asyncio.get_running_loop()
        start = loop.time()
        child = await self._started()
        try:
            async with asyncio.timeout(seconds):
                out, err = await _talk(child, given)
                await child.wait()
        except TimeoutError:
            raise Retry(f"no answer within {seconds:g} s", sent=True, broken=True) from None
        finally:
            await _ended(child)
        if child.returncode:
            said = " ".join(err.decode("utf-8", "replace").split())[:200]
            raise Retry(f"exit code {child.returncode}: {said}", sent=True)
        text = out.decode("utf-8", "replace").removesuffix("\n")
        if len(out) > MOST_OUTPUT or not text.strip():
            return Answer(State.NO_ANSWER, reason="over 2 MiB" if text.strip() else "empty")
        return Answer(State.ANSWER, text, seconds=loop.time() - start, model=request.model)

    async def close(self) -> None:
        pass

    async def _started(self) -> asyncio.subprocess.Process:
        pipe = asyncio.subprocess.PIPE
        try:
            return await asyncio.create_subprocess_exec(
                *self._argv,
                stdin=pipe,
                stdout=pipe,
                stderr=pipe,
                env=self._environ,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise UsageError(f"cannot start {self._argv[0]}: {error}", "mend --command") from None


async def _talk(child: asyncio.subprocess.Process, given: bytes) -> tuple[bytes, bytes]:
    """What it says on both outputs, no more of either than `MOST_OUTPUT` bytes and a little."""
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stderr is not None
    out, err = asyncio.create_task(_read(child.stdout)), asyncio.create_task(_read(child.stderr))
    try:
        child.stdin.write(given)
        await child.stdin.drain()
        child.stdin.close()
    except (BrokenPipeError, ConnectionResetError):
        pass  # it may answer without reading
    return await out, await err


async def _read(stream: asyncio.StreamReader) -> bytes:
    parts = bytearray()
    while len(parts) <= MOST_OUTPUT and (chunk := await stream.read(1 << 16)):
        parts += chunk
    return bytes(parts)


async def _ended(child: asyncio.subprocess.Process) -> None:
    """Leave no process behind, nor those it started."""
    if child.returncode is None:
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        await child.wait()
