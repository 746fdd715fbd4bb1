"""Child processes with a deadline and a cap on what they print. No shell, no inherited keys."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, TYPE_CHECKING

from promptops.errors import GitError

if TYPE_CHECKING:
    from subprocess import Popen

    Process = Popen[bytes]

SECONDS = 60.0
MAX_OUTPUT = 1 << 28
MAX_COMPLAINT = 1 << 14
_CHUNK = 1 << 16


def start(argv: Sequence[str], folder: str, env: Mapping[str, str]) -> Process:
    """A child with all three streams piped, in `folder`, with exactly the environment `env`."""
    from subprocess import PIPE, Popen

    try:
        return Popen(argv, cwd=folder, env=env, stdin=PIPE, stdout=PIPE, stderr=PIPE, bufsize=0)
    except (OSError, ValueError) as error:
        raise GitError(f"cannot run {argv[0]}: {error}") from None


def end(child: Process) -> None:
    """Kill it if it still runs, close its pipes, forget it."""
    if child.poll() is None:
        child.kill()
    for pipe in (child.stdin, child.stdout, child.stderr):
        if pipe is not None:
            pipe.close()
    child.wait()


def output(child: Process, given: bytes = b"") -> tuple[int, bytes, bytes]:
    """Exit status, standard output and the start of standard error, once the child has ended."""
    errors = bytearray()
    found: list[bytes] = []
    size = 0
    try:
        _give(child, given)
        for chunk in chunks(child, errors):
            found.append(chunk)
            size += len(chunk)
            if size > MAX_OUTPUT:
                raise GitError(f"git printed more than {MAX_OUTPUT >> 20} MiB")
        return child.wait(SECONDS), b"".join(found), bytes(errors)
    finally:
        end(child)


def _give(child: Process, given: bytes) -> None:
    assert child.stdin is not None
    try:
        child.stdin.write(given)
    except BrokenPipeError:
        pass  # it has ended already; its status says why
    child.stdin.close()


def chunks(child: Process, errors: bytearray) -> Iterator[bytes]:
    """Standard output as it comes; standard error's start goes into `errors`."""
    import selectors

    with selectors.DefaultSelector() as ready:
        for pipe in (child.stdout, child.stderr):
            assert pipe is not None
            ready.register(pipe, selectors.EVENT_READ)
        while ready.get_map():
            events = ready.select(SECONDS)
            if not events:
                raise _silence()
            for key, _ in events:
                data = os.read(key.fd, _CHUNK)
                if not data:
                    ready.unregister(key.fileobj)
                elif key.fileobj is child.stdout:
                    yield data
                else:
                    errors += data[: MAX_COMPLAINT - len(errors)]


def _silence() -> GitError:
    return GitError(f"git has not answered for {SECONDS:.0f} seconds", "is a disk or a lock stuck?")


def complaint(errors: bytes) -> GitError:
    """Git's own words as an error: the first fatal line, the rest (its advice) as the hint."""
    lines = errors.decode("utf-8", "surrogateescape").strip().splitlines() or [
        "git failed and does not say why"
    ]
    first = next((i for i, s in enumerate(lines) if s.startswith(("fatal:", "error:"))), 0)
    message = lines[first].removeprefix("fatal:").removeprefix("error:").strip()
    hint = "\n".join(line.strip() for line in lines[first + 1 :] if line.strip())
    if "safe.bareRepository" in message:
        hint = "set GIT_DIR to this folder to look into a bare repository"
    return GitError(f"git: {message}", hint)


class Conversation:
    """A child that answers line by line. Its standard error is read by nobody: keep it short."""

    def __init__(self, child: Process) -> None:
        assert child.stdin is not None
        assert child.stdout is not None
        self.child = child
        self._stdin: IO[bytes] = child.stdin
        self._stdout = child.stdout.fileno()
        self._buffer = bytearray()

    def ask(self, line: bytes) -> None:
        """Send one line. A child that has ended is noticed when its answer is read."""
        try:
            self._stdin.write(line + b"\n")
        except BrokenPipeError:
            pass

    def line(self) -> bytes:
        """The next line without its end; what is left at the end of the output."""
        while (position := self._buffer.find(b"\n")) < 0:
            if not self._more():
                break
        return self.take(len(self._buffer) if position < 0 else position + 1).rstrip(b"\n")

    def take(self, count: int) -> bytes:
        """The next `count` bytes; fewer at the end of the output."""
        while len(self._buffer) < count and self._more():
            pass
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def _more(self) -> bool:
        import select

        if not select.select([self._stdout], [], [], SECONDS)[0]:
            raise _silence()
        data = os.read(self._stdout, 1 << 20)
        self._buffer += data
        return bool(data)
