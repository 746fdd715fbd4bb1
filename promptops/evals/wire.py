"""One connection of HTTP/1.1: a request at a time, and the parser of its reply."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

MOST_HEAD = 1 << 16
MOST_BODY = 2 << 20
_WAITING, _HEAD, _BODY, _OVER = range(4)


class Broken(Exception):
    """The connection ended, or what came was no HTTP. `sent`: the request was on its way."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sent = sent


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, headers by lower-case name (the last one of a name counts), body.

    seconds: until its last byte was here, not until somebody had time for it.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float = 0.0


class Connection(asyncio.BufferedProtocol):
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
        loop = asyncio.get_running_loop()
        self.reply = loop.create_future()
        self.state = _WAITING
        self._begin()
        assert self.transport is not None
        self.clock = loop.time
        self.since = loop.time()
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
            took = self.clock() - self.since
            reply.set_result(Reply(self.status, self.headers, body, took))

    def end(self, reason: str) -> None:
        """Give the request up, and drop the connection."""
        reply = self.reply
        self.close()
        if reply is not None and not reply.done():
            reply.set_exception(Broken(reason, sent=True))
