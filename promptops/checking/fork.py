"""The same work in several processes: the answers are those of one, in the same order."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence

from promptops.checking.rows import FileOutcome, from_row, to_row

PARALLEL_FROM = 64  # items; below that a second process costs more than it saves
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    T = TypeVar("T")


def outcomes_of(
    work: Callable[[T], FileOutcome], items: Sequence[T], processes: int
) -> list[FileOutcome]:
    """`work` done on every item. What a child fails at is done again here, where its error counts."""
    processes = 1 if len(items) < PARALLEL_FROM else processes
    parts = [items[n::processes] for n in range(processes)]
    children = [_start(work, part) for part in parts[1:]]
    try:
        done = [[work(item) for item in parts[0]]]
        for part, (_, pipe) in zip(parts[1:], children, strict=True):
            done.append(_answer(pipe, len(part)) or [work(item) for item in part])
    finally:
        for child, _ in children:
            _end(child)
    return [done[n % processes][n // processes] for n in range(len(items))]


def _start(work: Callable[[T], FileOutcome], part: Sequence[T]) -> tuple[int, int]:
    """(process id, the pipe its answer comes through) of a child that does `part`."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    try:  # the child: whatever happens, it says nothing and does not go on as the parent would
        os.close(reading)
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(json.dumps([to_row(work(item)) for item in part]).encode())
    finally:
        os._exit(0)


def _answer(pipe: int, wanted: int) -> list[FileOutcome]:
    """The outcomes a child sent; none where it sent anything but all of them."""
    with os.fdopen(pipe, "rb") as file:
        try:
            rows = json.loads(file.read())
        except ValueError:
            return []
    return [from_row(row) for row in rows] if len(rows) == wanted else []


def _end(child: int) -> None:
    """No child outlives the command; one that has answered is only waited for."""
    import signal

    try:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    except OSError:
        pass
