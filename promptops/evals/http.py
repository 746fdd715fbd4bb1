"""HTTP/1.1 for one purpose: post JSON to one host, many times at once, and read the reply.

An own client because evals wait for nothing else: the usual asynchronous libraries reach a tenth of
this at 64 calls at once. It keeps connections, follows no redirect (that would post the prompt
again, elsewhere), uses no proxy, and reads no more than `MOST_BODY` bytes.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from promptops.errors import UsageError

MOST_HEAD = 1 << 16
MOST_BODY = 2 << 20
READ = 1 << 16
_WAITING, _HEAD, _BODY, _OVER = range(4)


class Broken(Exception):
    """The connection ended, or what came was no HTTP. `sent`: the request was on its way."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sent = sent


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, headers by lower-case name (the last one of a name counts), body."""

    status: int
    headers: dict[str, str]
    body: bytes


class _Connection(asyncio.BufferedProtocol):
    """One connection: a request at a time, and the parser of its reply.

    room: where bytes arrive, for all connections; asyncio itself would take 256 kB for each read.
    """

    def __init__(self, room: bytearray) -> None:
        self.room = room
        self.transport: asyncio.Transport | None = None
        self.open = False
        self.state = _OVER
        self.buffer = bytearray()
        self.reply: asyncio.Future[Reply] | None = None
        self._begin()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        self.open = True

    def connection_lost(self, error: Exception | None) -> None:
        self.open = False
        if self.state == _BODY and self.length is None and not self.chunked and error is None:
            self._finish(bytes(self.buffer))
        else:
            self.end(f"the connection broke: {error or 'closed before the end'}")

    def send(self, data: bytes) -> asyncio.Future[Reply]:
        """Post a request; the future is its reply, or Broken."""
        self.reply = asyncio.get_running_loop().create_future()
        self.state = _WAITING
        self._begin()
        assert self.transport is not None
        self.transport.write(data)
        return self.reply

    def _begin(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.keep = True
        self.length: int | None = None
        self.chunked = False
        self.parts: list[bytes] = []
        self.size = 0

    def close(self) -> None:
        """Drop the connection; what is still to come is of no interest."""
        self.open = False
        self.reply = None
        self.state = _OVER
        if self.transport is not None:
            self.transport.abort()

    def get_buffer(self, _sizehint: int) -> bytearray:
        return self.room

    def buffer_updated(self, nbytes: int) -> None:
        if self.state == _OVER:
            self.close()  # nobody asked
            return
        self.buffer += memoryview(self.room)[:nbytes]
        try:
            self._parse()
        except (ValueError, IndexError):
            self.end("the reply is not HTTP")

    def _parse(self) -> None:
        if self.state == _WAITING:
            self.state = _HEAD
        if self.state == _HEAD:
            self._parse_head()
        if self.state == _BODY:
            self._parse_body()

    def _parse_head(self) -> None:
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self.buffer) > MOST_HEAD:
                raise ValueError
            return None
        first, *lines = bytes(self.buffer[:end]).decode("latin-1").split("\r\n")
        del self.buffer[: end + 4]
        version, status, *_ = first.split(" ")
        self.status = int(status)
        if not version.startswith("HTTP/1.") or not 100 <= self.status <= 599:
            raise ValueError
        if self.status < 200:
            return self._parse_head()  # 100 Continue and the like come before the reply
        for line in lines:
            name, colon, value = line.partition(":")
            if not colon:
                raise ValueError
            self.headers[name.strip().lower()] = value.strip()
        self._begin_body(version)
        return None

    def _begin_body(self, version: str) -> None:
        connection = self.headers.get("connection", "").lower()
        self.keep = "close" not in connection and (
            version != "HTTP/1.0" or "keep-alive" in connection
        )
        self.chunked = "chunked" in self.headers.get("transfer-encoding", "").lower()
        length = self.headers.get("content-length")
        if self.status in (204, 304):
            self.length = 0
        elif length is not None and not self.chunked:
            if not length.isascii() or not length.isdigit():
                raise ValueError
            self.length = int(length)
        self.keep = self.keep and (self.chunked or self.length is not None)
        self.state = _BODY

    def _parse_body(self) -> None:
        if self.chunked:
            self._parse_chunks()
        elif self.length is not None and len(self.buffer) >= self.length:
            body = bytes(self.buffer[: self.length])
            del self.buffer[: self.length]
            self._finish(body)
        if self.state == _BODY and self.size + len(self.buffer) > MOST_BODY:
            self.end("the reply is over 2 MiB")

    def _parse_chunks(self) -> None:
        while (end := self.buffer.find(b"\r\n")) >= 0:
            size = int(bytes(self.buffer[:end]).split(b";")[0], 16)
            if size < 0 or size > MOST_BODY:
                return self.end("the reply is over 2 MiB")
            if size == 0:
                if self.buffer[end : end + 4] == b"\r\n\r\n":
                    del self.buffer[: end + 4]
                    self._finish(b"".join(self.parts))
                elif b"\r\n\r\n" in self.buffer[end:]:
                    self.keep = False  # trailers: read past them on no account
                    self._finish(b"".join(self.parts))
                return None
            if len(self.buffer) < end + 2 + size + 2:
                return None
            self.parts.append(bytes(self.buffer[end + 2 : end + 2 + size]))
            self.size += size
            del self.buffer[: end + 2 + size + 2]
            if self.size > MOST_BODY:
                return self.end("the reply is over 2 MiB")
        if len(self.buffer) > 64 and not self.parts and b"\r\n" not in self.buffer[:64]:
            raise ValueError
        return None

    def _finish(self, body: bytes) -> None:
        reply, self.reply = self.reply, None
        self.state = _OVER
        if not self.keep or self.buffer:
            self.close()
        if len(body) > MOST_BODY and reply is not None and not reply.done():
            reply.set_exception(Broken("the reply is over 2 MiB", sent=True))
        elif reply is not None and not reply.done():
            reply.set_result(Reply(self.status, self.headers, body))

    def end(self, reason: str) -> None:
        """Give the request up, and drop the connection."""
        reply = self.reply
        self.close()
        if reply is not None and not reply.done():
            reply.set_exception(Broken(reason, sent=True))


class Client:
    """Posts to paths below one base URL. UsageError for a URL that is not http or https."""

    def __init__(self, base_url: str, headers: dict[str, str]) -> None:
        url = urlsplit(base_url)
        if url.scheme not in ("http", "https") or not url.hostname:
            raise UsageError("not a base URL", "write it as http://127.0.0.1:8000/v1")
        if url.username or url.password or url.query or url.fragment:
            raise UsageError(
                "the base URL holds a key, a query or a fragment",
                "put the key into an environment variable and name it with --api-key-env",
            )
        self.host = url.hostname
        self.secure = url.scheme == "https"
        self.port = url.port or (443 if self.secure else 80)
        self.path = url.path.rstrip("/")
        self._tls: ssl.SSLContext | None = None
        lines = {"Host": url.netloc, **headers, "Content-Type": "application/json"}
        self._head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self._idle: deque[_Connection] = deque()
        self._room = bytearray(READ)
        self._busy: dict[_Connection, tuple[float, float]] = {}  # deadline, seconds it had
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

    async def _connection(self, seconds: float) -> _Connection:
        while self._idle:
            if (idle := self._idle.pop()).open:
                return idle
        made: tuple[Any, _Connection]
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

    def _made(self) -> _Connection:
        return _Connection(self._room)

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
