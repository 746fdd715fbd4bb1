"""Contents of objects through one long-lived `cat-file --batch`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from promptops.errors import GitError
from promptops.history import child
from promptops.history.records import is_hex, text

_AHEAD = 64  # requests in flight: far below what fills a pipe, which would hang both sides
_MOST_HELD = 256


class Objects:
    """Reads objects by id; `start` runs git with the given arguments when it is first needed."""

    def __init__(self, start: Callable[[Sequence[str]], child.Process]) -> None:
        self._start = start
        self._reader: child.Conversation | None = None
        self._held: dict[tuple[str, int], bytes | None] = {}
        self.missing: set[str] = set()  # asked for, and not here; what is too large is

    def begin(self) -> None:
        """Start the child before the first question."""
        if self._reader is None:
            self._reader = child.Conversation(self._start(("cat-file", "--batch")))

    def close(self) -> None:
        """End the child, if there is one; the next question starts another."""
        reader, self._reader = self._reader, None
        if reader is not None:
            child.end(reader.child)

    def hold(self, ids: Sequence[str], limit: int) -> None:
        """Read the first of these in one go, and keep them for who asks for one by one."""
        wanted = [i for i in dict.fromkeys(ids) if (i, limit) not in self._held][:_MOST_HELD]
        found = zip(wanted, self._read(wanted, limit), strict=True)
        self._held |= {(i, limit): content for i, content in found}

    def read(self, ids: Sequence[str], limit: int) -> Iterator[bytes | None]:
        """The contents, in order; None where one is missing here or over `limit` bytes."""
        if len(ids) == 1 and (ids[0], limit) in self._held:
            return iter((self._held[ids[0], limit],))
        return self._read(ids, limit)

    def _read(self, ids: Sequence[str], limit: int) -> Iterator[bytes | None]:
        asked = answered = 0
        try:
            for wanted in ids:
                if asked == answered:
                    self._ask(ids[asked : asked + _AHEAD])
                    asked = min(asked + _AHEAD, len(ids))
                content = self._answer(wanted, limit)
                answered += 1
                if self._reader is None:
                    asked = answered
                yield content
        finally:
            if asked != answered:  # answers that nobody will read are still in the pipe
                self.close()

    def _ask(self, ids: Sequence[str]) -> None:
        for wanted in ids:
            if not is_hex(wanted):
                raise GitError(f"not an object id: {wanted!r}")
        self.begin()
        assert self._reader is not None
        self._reader.ask("\n".join(ids).encode())

    def _answer(self, wanted: str, limit: int) -> bytes | None:
        assert self._reader is not None
        header = text(self._reader.line()).split(" ")
        if header == [wanted, "missing"]:
            self.missing.add(wanted)
            return None
        whole = len(header) == 3 and header[0] == wanted
        if not whole:
            self.missing.add(wanted)
        if not whole or int(header[2]) > limit:
            self.close()  # a refused fetch of a missing object ends git instead of an answer
            return None
        content = self._reader.take(int(header[2]) + 1)
        if len(content) > int(header[2]) and content.endswith(b"\n"):
            return content[:-1]
        self.missing.add(wanted)  # damaged: git has ended before its end, or goes on after less
        self.close()
        return None
