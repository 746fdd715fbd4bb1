"""What every command is told of the world, and how its report comes out."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from itertools import islice

from promptops.cli import _out
from promptops.cli._root import columns, find_root
from promptops.config import Settings
from promptops.errors import UsageError
from promptops.report import Report, Screen
from promptops.source.tree import DiskTree
from promptops.values import dataclass, field

__all__ = ["Call", "emit", "find_root", "make_call", "screen"]


LINES = 200  # in memory at a time, of what comes out line by line


@dataclass(frozen=True, slots=True)
class Call:
    """The world of one command: nothing below the command line reads it for itself.

    folder: where the person stands (after -C); root: of the repository; both absolute.
    afterwards: called with the output and the exit code once the answer is out.
    """

    folder: str
    root: str
    environ: Mapping[str, str]
    today: date
    screen: Screen
    verbosity: int = 0
    afterwards: list[Callable[[str, int], None]] = field(default_factory=list)

    def tree(self) -> DiskTree:
        """The repository's files as they stand on the disk."""
        return DiskTree(self.root)

    def settings(self) -> Settings:
        """The repository's settings; ConfigError where they are wrong."""
        from promptops.source.settings import read_settings

        return read_settings(self.tree())

    def inside(self, name: str) -> str:
        """A path that a person typed, relative to the root; one that leads out stays as typed."""
        path = os.path.normpath(os.path.join(self.folder, name))
        real = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
        if real == self.root:
            return "."
        below = self.root.rstrip(os.sep) + os.sep
        return real[len(below) :].replace(os.sep, "/") if real.startswith(below) else name

    def place(self, name: str) -> str:
        """The real path of a file that a person wants written; UsageError where it is not theirs to
        say: a link in the repository, which others may have committed, leads somewhere else."""
        path = os.path.normpath(os.path.join(self.folder, name))
        real = os.path.realpath(path)
        below = self.root.rstrip(os.sep) + os.sep
        if path.startswith(below) and not (real.startswith(below) and _as_much_of_git(path, real)):
            hint = f"see where it leads (ls -l), remove the link, or name another file than {name}"
            raise UsageError(
                f"{name} is or lies behind a link that leads out of the repository", hint
            )
        return real


def _as_much_of_git(path: str, real: str) -> bool:
    return (".git" in real.split(os.sep)) <= (".git" in path.split(os.sep))


def make_call(chdir: str | None, plain: bool, verbosity: int) -> Call:
    folder = os.path.realpath(os.path.join(os.getcwd(), chdir or "."))
    if not os.path.isdir(folder):
        raise UsageError(f"no such folder: {chdir}", "check what follows -C")
    root = find_root(folder)
    stood = os.path.relpath(folder, root).replace(os.sep, "/")
    below = "" if stood == "." else stood
    return Call(folder, root, os.environ, date.today(), screen(plain, root, below), verbosity)


def screen(plain: bool, root: str, below: str = "") -> Screen:
    """What stdout can show to somebody who stands in the folder `below` the root."""
    terminal = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    forced = bool(os.environ.get("FORCE_COLOR")) and not plain
    colour = forced or (terminal and not plain and not os.environ.get("NO_COLOR"))
    encoding = (getattr(sys.stdout, "encoding", "") or "").lower()
    return Screen(columns(), colour, "utf" in encoding or not terminal, terminal, root, below)


def emit(report: Report, format: str, output: str | None, call: Call) -> None:
    from promptops.report import render

    _out.earned = report.exit_code
    if report.lines is not None:
        return _line_by_line(report.lines(format), output, call)
    text = render(report, format, call.screen)
    if report.raw is not None and format == "text" and (output or not sys.stdout.isatty()):
        text = report.raw
    if output is None:
        _out.write(text)
        for then in call.afterwards:
            then(text, report.exit_code)
        return None
    from promptops.source.write import replace_file

    path = call.place(output)
    if os.path.exists(path) and not os.path.isfile(path):
        return _into(path, (text,))
    folder, name = os.path.split(path)
    before = _bytes(path)
    replace_file(folder, name, text.encode("utf-8", "backslashreplace").decode(), before)
    return _written(output, call)


def _written(output: str, call: Call) -> None:
    if call.verbosity >= 0 and sys.stderr.isatty():
        _out.complain_short(f"written to {output}")


def _line_by_line(lines: Iterator[str], output: str | None, call: Call) -> None:
    """As `emit`, some of it at a time."""
    some = iter(lambda: "".join(f"{line}\n" for line in islice(lines, LINES)), "")
    if output is None:
        for text in some:
            _out.write(text)
        return
    path = call.place(output)
    if os.path.exists(path) and not os.path.isfile(path):
        _into(path, some)
        return
    from promptops.source.write import write_lines

    write_lines(path, lines)
    _written(output, call)


def _into(path: str, texts: Iterable[str]) -> None:
    """Into a pipe or a device: what stands there is neither read nor replaced."""
    try:
        with open(path, "wb") as file:
            for text in texts:
                file.write(text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise _unwritable(path, error) from None


def _unwritable(path: str, error: OSError) -> UsageError:
    return UsageError(f"cannot write {path}: {error.strerror}", "name a file after --output")


def _bytes(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unwritable(path, error) from None
