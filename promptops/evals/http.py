"""HTTP/1.1 for one purpose: post JSON to one host, many times at once, and read the reply.

An own client because evals wait for nothing else: usual libraries reach a tenth of this at 64 calls
at once. It keeps connections, follows no redirect (that would post the prompt again, elsewhere),
uses no proxy, and reads no more of a reply than it may hold.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from typing import Any
from urllib.parse import SplitResult, urlsplit

from promptops.errors import UsageError
from promptops.evals.wire import Broken, Connection, Reply

__all__ = ["Broken", "Client", "Reply"]

READ = 1 << 16


def split(base_url: str) -> SplitResult:
    """A base URL in its parts. UsageError for one that is not http or https, and for one that holds
    more than an address: it is part of every request that is kept."""
    try:
        url = urlsplit(base_url)
        known = url.scheme in ("http", "https") and url.hostname and url.port != 0
    except ValueError:
        known = False
    if not known:
        raise UsageError("not a base URL", "write it as http://127.0.0.1:8000/v1")
    if url.username or url.password or url.query or url.fragment:
        raise UsageError(
            "the base URL holds a key, a query or a fragment",
            "put the key into an environment variable and name it with --api-key-env",
        )
    return url


class Client:
    """Posts to paths below one base URL. UsageError for a URL that is not http or https."""

    def __init__(self, base_url: str, headers: dict[str, str]) -> None:
        url = split(base_url)
        self.host = str(url.hostname)
        self.secure = url.scheme == "https"
        self.port = url.port or (443 if self.secure else 80)
        self.path = url.path.rstrip("/")
        self._tls: ssl.SSLContext | None = None
        lines = {"Host": url.netloc, **headers, "Content-Type": "application/json"}
        self._head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self._idle: deque[Connection] = deque()
        self._room = bytearray(READ)
        self._busy: dict[Connection, tuple[float, float]] = {}  # deadline, seconds it had
        self._alarm: asyncio.TimerHandle | None = None  # for the first of the deadlines

    async def post(self, path: str, body: bytes, seconds: float) -> Reply:
        """One request, one reply, within `seconds` all told. Broken where there is none; whoever
        cancels drops the connection."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        connection = await self._connection(seconds)
        head = f"POST {self.path}{path} HTTP/1.1\r\n{self._head}Content-Length: {len(body)}\r\n\r\n"
        self._busy[connection] = (until, seconds)
        if self._alarm is None or self._alarm.when() > until:
            self._set_alarm(loop, until)
        try:
            reply = await connection.send(head.encode("latin-1") + body)
        except BaseException:
            connection.close()
            raise
        finally:
            del self._busy[connection]
        if connection.open:
            self._idle.append(connection)
        return reply

    def _set_alarm(self, loop: asyncio.AbstractEventLoop, until: float) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = loop.call_at(until, self._ring, loop)

    def _ring(self, loop: asyncio.AbstractEventLoop) -> None:
        """One timer for all calls: a timer a call costs more than reading its reply."""
        self._alarm = None
        now = loop.time()
        for connection, (until, seconds) in list(self._busy.items()):
            if until <= now:
                connection.end(f"no answer within {seconds:g} s")
        left = [until for until, _ in self._busy.values() if until > now]
        if left:
            self._set_alarm(loop, min(left))

    async def _connection(self, seconds: float) -> Connection:
        while self._idle:
            if (idle := self._idle.pop()).open:
                return idle
        made: tuple[Any, Connection]
        try:
            async with asyncio.timeout(seconds):
                made = await asyncio.get_running_loop().create_connection(
                    self._made, self.host, self.port, ssl=self._context()
                )
        except TimeoutError:
            raise Broken(f"no connection within {seconds:g} s", sent=False) from None
        except ssl.SSLError as error:
            raise Broken(f"no secure connection: {error.reason}", sent=False) from None
        except OSError as error:
            raise Broken(f"no connection: {error.strerror or error}", sent=False) from None
        return made[1]

    def _made(self) -> Connection:
        return Connection(self._room)

    def _context(self) -> ssl.SSLContext | None:
        if self.secure and self._tls is None:
            self._tls = ssl.create_default_context()
        return self._tls

    async def close(self) -> None:
        """Drop all idle connections."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        while self._idle:
            self._idle.pop().close()
        await asyncio.sleep(0)
