"""A server of our own that speaks the OpenAI chat protocol and counts what it served.

Every figure of a fault scenario is counted here, not by what is tested. A behaviour is a function
`(number of the request, its body) -> Reply`; each fault is a field of `Reply`.

`python tests/loopback.py SECONDS` serves with that latency in a process of its own and prints its
URL; `GET /count` tells how many chats it served, `GET /p50` how long the last ones took there.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import struct
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Reply:
    """body: bytes to send. latency: seconds before. reset: RST after so many bytes of the body.
    drip: seconds a byte. cut: close cleanly after so many bytes."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    latency: float = 0.0
    reset: int | None = None
    cut: int | None = None
    drip: float = 0.0
    chunked: bool = False


Behave = Callable[[int, dict[str, Any]], Reply]
Other = Callable[[str, str, str, bytes], Reply]  # (method, path, head, body): all but chats
USAGE = {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25}


def completion(text: str | None = "ok", **over: Any) -> bytes:
    """The body of a completion; `finish`, `model`, `usage`, `refusal` and `choices` replace parts."""
    message = {"role": "assistant", "content": text}
    if "refusal" in over:
        message["refusal"] = over["refusal"]
    choice = {"index": 0, "message": message, "finish_reason": over.get("finish", "stop")}
    data = {
        "id": "x",
        "object": "chat.completion",
        "model": over.get("model", "m"),
        "choices": over.get("choices", [choice]),
        "usage": over.get("usage", USAGE),
    }
    if data["usage"] is None:
        del data["usage"]
    return json.dumps(data).encode()


def plain(_number: int, body: dict[str, Any]) -> Reply:
    """Echoes the last message, from the model that was asked."""
    return Reply(body=completion(body["messages"][-1]["content"], model=body["model"]))


class Loopback:
    """The server, in a thread of its own: `with Loopback(behave) as server: … server.url`.

    served: (monotonic seconds of arrival, body, headers as sent) of every chat, in order.
    """

    def __init__(self, behave: Behave = plain, other: Other | None = None) -> None:
        self.behave = behave
        self.other = other
        self.served: list[tuple[float, dict[str, Any], str]] = []
        self.connections = 0
        self.transports: set[Any] = set()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Loopback:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    @property
    def count(self) -> int:
        """Chats that arrived."""
        return len(self.served)

    def contents(self) -> list[str]:
        """The last message of every chat that arrived."""
        return [body["messages"][-1]["content"] for _, body, _ in self.served]

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        make = self._loop.create_server(lambda: _Speaker(self), "127.0.0.1", 0, backlog=1024)
        server = self._loop.run_until_complete(make)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for transport in self.transports:
            transport.abort()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0.01))
        self._loop.close()


class _Speaker(asyncio.Protocol):
    def __init__(self, server: Loopback) -> None:
        self.server = server
        self.buffer = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.server.connections += 1
        self.server.transports.add(transport)

    def connection_lost(self, _: Exception | None) -> None:
        self.server.transports.discard(self.transport)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, found, rest = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return
        if self.server.other is not None and b"/chat/completions" not in head.split(b"\r\n")[0]:
            self._other(self.server.other, head, rest)
            return
        if head.startswith(b"GET "):
            self.buffer = b""
            body = str(self.server.count).encode()
            self.transport.write(
                b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
            )
            return
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        if len(rest) < length:
            return
        self.buffer = rest[length:]
        body = json.loads(rest[:length])
        self.server.served.append((time.monotonic(), body, head.decode("latin-1")))
        self._answer(self.server.behave(self.server.count, body))

    def _other(self, other: Other, head: bytes, rest: bytes) -> None:
        _, told, after = head.lower().partition(b"content-length:")
        length = int(after.split(b"\r\n")[0]) if told else 0
        if len(rest) >= length:
            self.buffer = rest[length:]
            method, path, *_ = head.decode("latin-1").split(" ", 2)
            self._answer(other(method, path, head.decode("latin-1"), rest[:length]))

    def _answer(self, reply: Reply) -> None:
        if not (reply.latency or reply.drip or reply.reset is not None or reply.cut is not None):
            self.transport.write(_head(reply) + _body(reply))
        elif not (reply.drip or reply.reset is not None or reply.cut is not None):
            asyncio.get_running_loop().call_later(reply.latency, self._late, reply)
        else:
            self.task = asyncio.get_running_loop().create_task(self._slowly(reply))

    def _late(self, reply: Reply) -> None:
        if not self.transport.is_closing():
            self.transport.write(_head(reply) + _body(reply))

    async def _slowly(self, reply: Reply) -> None:
        await asyncio.sleep(reply.latency)
        self.transport.write(_head(reply))
        end = reply.reset if reply.reset is not None else reply.cut
        body = _body(reply)[:end]
        if reply.drip:
            for byte in body:
                if self.transport.is_closing():
                    return
                self.transport.write(bytes([byte]))
                await asyncio.sleep(reply.drip)
        else:
            self.transport.write(body)
            await asyncio.sleep(0.005)
        if reply.reset is not None:
            linger = struct.pack("ii", 1, 0)
            self.transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, linger
            )
            self.transport.abort()
        elif reply.cut is not None:
            self.transport.close()


def _head(reply: Reply) -> bytes:
    length = "Transfer-Encoding: chunked" if reply.chunked else f"Content-Length: {len(reply.body)}"
    lines = "".join(f"{name}: {value}\r\n" for name, value in reply.headers.items())
    kind = "Content-Type: application/json"
    return f"HTTP/1.1 {reply.status} X\r\n{kind}\r\n{lines}{length}\r\n\r\n".encode()


def _body(reply: Reply) -> bytes:
    if not reply.chunked:
        return reply.body
    parts = [reply.body[i : i + 7] for i in range(0, len(reply.body), 7)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


class _Quick(asyncio.Protocol):
    """Answers every chat alike after so many seconds and reads no JSON, so that a benchmark measures
    the client. `GET /count` tells how many there were, `GET /p50` how long they took in here."""

    def __init__(self, latency: float, took: deque[float], counts: list[int]) -> None:
        self.latency, self.took, self.counts = latency, took, counts
        self.buffer = b""
        self.reply = _head(Reply(body=_OK)) + _OK

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, found, rest = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return
        if head.startswith(b"GET "):
            self.buffer = b""
            told = self.counts[0] if b"/count" in head else median(self.took)
            self.transport.write(b"HTTP/1.1 200 OK\r\n\r\n%s" % str(told).encode())
            self.transport.close()
            return
        if len(rest) < int(_LENGTH.findall(head)[0]):
            return
        self.buffer = b""
        self.counts[0] += 1
        since = time.monotonic()
        if self.latency:
            asyncio.get_running_loop().call_later(self.latency, self.answer, since)
        else:
            self.answer(since)

    def answer(self, since: float) -> None:
        self.took.append(time.monotonic() - since)
        if not self.transport.is_closing():
            self.transport.write(self.reply)


_OK = completion("ok")
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


async def quickly(latency: float) -> None:
    """Serve until standard input ends."""
    took: deque[float] = deque(maxlen=2000)
    loop, counts = asyncio.get_running_loop(), [0]
    server = await loop.create_server(
        lambda: _Quick(latency, took, counts), "127.0.0.1", 0, backlog=1024
    )
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(quickly(float(sys.argv[1]) if len(sys.argv) > 1 else 0.0))
