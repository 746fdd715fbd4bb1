"""Child processes with a deadline and a cap on what they print. No shell, no inherited keys."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from time import monotonic, sleep

from promptops.errors import GitError
from promptops.history.horizon import COMPLETE

SECONDS = 60.0
MAX_OUTPUT = 1 << 28
MAX_COMPLAINT = 1 << 14
_CHUNK = 1 << 16
_WIDE = 1 << 20


class Process:
    """A running child and our ends of its three streams, as file descriptors; -1 once closed.

    `subprocess` would do the same, and takes as long to load as git to answer. Somebody waits for
    every child here, and a first question starts seven.
    """

    def __init__(self, argv: list[str], env: Mapping[str, str]) -> None:
        pipes = [os.pipe() for _ in range(3)]  # not inherited, but for what is copied onto 0, 1, 2
        (theirs_in, ours_in), (ours_out, theirs_out), (ours_err, theirs_err) = pipes
        theirs = (theirs_in, theirs_out, theirs_err)
        actions = [(os.POSIX_SPAWN_DUP2, end, at) for at, end in enumerate(theirs)]
        try:  # git itself puts back the signal for a broken pipe, which Python ignores
            self.pid = os.posix_spawn(argv[0], argv, env, file_actions=actions)
        except BaseException:
            for pipe in (ours_in, ours_out, ours_err):
                os.close(pipe)
            raise
        finally:
            for pipe in theirs:
                os.close(pipe)
        self.stdin, self.stdout, self.stderr = ours_in, ours_out, ours_err
        self._status: int | None = None

    def ended(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        if self._status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._status = os.waitstatus_to_exitcode(status)
        return self._status

    def wait(self) -> int:
        """The exit status of a child that has nothing more to say. GitError if it stays."""
        pause, until = 0.0002, monotonic() + SECONDS
        while (status := self.ended()) is None:
            if monotonic() > until:
                raise _silence()
            sleep(pause)
            pause = min(2 * pause, 0.05)
        return status

    def kill(self) -> None:
        """Make it end, and forget it."""
        if self.ended() is None:
            os.kill(self.pid, 9)
            self._status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def write(self, data: bytes) -> None:
        """Give it something to read. A child that has ended is noticed when its answer is read."""
        try:
            while data:
                data = data[os.write(self.stdin, data) :]
        except BrokenPipeError:
            pass

    def widen(self) -> None:
        """Let it print more before anybody reads, where the system can."""
        import fcntl

        if hasattr(fcntl, "F_SETPIPE_SZ"):
            with suppress(OSError):  # the user has as many of those as the system grants
                fcntl.fcntl(self.stdout, fcntl.F_SETPIPE_SZ, _WIDE)

    def close(self) -> None:
        """Close our ends of its streams."""
        for pipe in (self.stdin, self.stdout, self.stderr):
            if pipe >= 0:
                os.close(pipe)
        self.stdin = self.stdout = self.stderr = -1

    def close_stdin(self) -> None:
        """Say that there is no more to read."""
        os.close(self.stdin)
        self.stdin = -1


def start(argv: Sequence[str], folder: str, env: Mapping[str, str]) -> Process:
    """git, with all three streams piped, in `folder`, with exactly the environment `env`."""
    try:
        return Process([argv[0], "-C", folder, *argv[1:]], env)
    except (OSError, ValueError) as error:
        raise GitError(f"cannot run {argv[0]}: {error}") from None


def end(child: Process) -> None:
    """Kill it if it still runs, close its pipes, forget it."""
    child.kill()
    child.close()


def output(child: Process, given: bytes = b"") -> tuple[int, bytes, bytes]:
    """Exit status, standard output and the start of standard error, once the child has ended."""
    errors = bytearray()
    found: list[bytes] = []
    size = 0
    try:
        child.write(given)
        child.close_stdin()
        for chunk in chunks(child, errors):
            found.append(chunk)
            size += len(chunk)
            if size > MAX_OUTPUT:
                raise GitError(f"git printed more than {MAX_OUTPUT >> 20} MiB")
        return child.wait(), b"".join(found), bytes(errors)
    finally:
        end(child)


def chunks(child: Process, errors: bytearray) -> Iterator[bytes]:
    """Standard output as it comes; standard error's start goes into `errors`."""
    from select import POLLIN, poll

    ready, waiting = poll(), 2
    for pipe in (child.stdout, child.stderr):
        ready.register(pipe, POLLIN)
    while waiting:
        events = ready.poll(SECONDS * 1000)
        if not events:
            raise _silence()
        for pipe, _ in events:
            data = os.read(pipe, _CHUNK)
            if not data:
                ready.unregister(pipe)
                waiting -= 1
            elif pipe == child.stdout:
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
    if "promisor remote" in message:
        hint = f"this is a partial clone, and nothing is fetched unasked: {COMPLETE}"
    if not hint and message.startswith("not a git repository"):
        hint = "`git init` begins one, -C names another folder; `check`, `tokens` and `render` need none"
    return GitError(f"git: {message}", hint)


class Conversation:
    """A child that answers line by line. Its standard error is read by nobody: keep it short."""

    def __init__(self, child: Process) -> None:
        self.child = child
        self._buffer = bytearray()

    def ask(self, line: bytes) -> None:
        """Send one line. A child that has ended is noticed when its answer is read."""
        self.child.write(line + b"\n")

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

        if not select.select([self.child.stdout], [], [], SECONDS)[0]:
            raise _silence()
        data = os.read(self.child.stdout, 1 << 20)
        self._buffer += data
        return bool(data)
