"""The only place that writes to the terminal: reports to stdout, complaints to stderr."""

from __future__ import annotations

import os
import sys

from promptops.errors import PromptopsError

TYPE_CHECKING = False  # `typing` costs a cold count a tenth of its time
if TYPE_CHECKING:
    from typing import Any


earned = 0  # the exit code already earned, should the reader of our output go away
named: set[str] = set()  # variables that hold keys because the command line says so


class ReaderGone(Exception):
    """Whoever read our output has gone away; click would end the run in silence."""


def write(text: str) -> None:
    """`text`, as it is, to stdout in UTF-8; nothing of it may be lost to the terminal's encoding."""
    try:
        sys.stdout.flush()
        out = getattr(sys.stdout, "buffer", None)
        if out is None:
            sys.stdout.write(text)
            return
        out.write(text.encode("utf-8", "backslashreplace"))
        out.flush()
    except BrokenPipeError:
        raise ReaderGone from None


def open_closed_streams() -> None:
    """Started with a closed stream (`>&-`), our next file would take its place and be written to."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(number, True)
    os.close(number)
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


def leave_stdout() -> None:
    """What stdout still holds goes nowhere: Python's own last flush would fail once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def complain(error: PromptopsError) -> None:
    """What we cannot do, where, and what to do about it."""
    from promptops.report.safe import one_line

    lines = [f"error: {error.message}"]
    if error.path:
        place = [one_line(error.path), *(str(n) for n in (error.line, error.column) if n)]
        lines.append(f"  --> {':'.join(place)}")
    if error.hint:
        lines.append(f"  = help: {error.hint}")
    _stderr("\n".join(lines))


def complain_usage(error: Any) -> None:
    """A click usage error, in our own form; a group that is called without a command is its help."""
    from click.exceptions import NoArgsIsHelpError

    if isinstance(error, NoArgsIsHelpError):
        _stderr(error.format_message())
        return
    lines = [f"error: {_in_our_form(error.format_message())}"]
    context = getattr(error, "ctx", None)
    if context is not None:
        hint = f"`{context.command_path} --help` shows what it takes"
        if context.parent is None and hasattr(error, "option_name"):
            hint = f"options stand after the command: `promptops check {error.option_name} …`"
        lines.append(f"  = help: {hint}")
    _stderr("\n".join(lines))


def _in_our_form(message: str) -> str:
    """Click's sentence in one line, without its capital and full stop."""
    import re

    flat = " ".join(message.split()).replace(". Choose from:", ": choose from")
    flat = re.sub(r"\. \((Did you mean .*\?)\)$", lambda m: f"; {m[1].lower()}", flat)
    lower = flat[:1].lower() + flat[1:] if flat[1:2].islower() else flat
    return lower.removesuffix(".")


def complain_short(text: str) -> None:
    """One line."""
    _stderr(text)


def complain_bug(error: BaseException) -> None:
    """Our fault: the traceback with versions, keys taken out, and where to report it."""
    import platform
    import traceback

    from promptops import __version__
    from promptops.distribution import address

    issues = address("Issues") or "to whoever gave you promptops"
    trace = "".join(traceback.format_exception(error))
    _stderr(
        f"{trace}\npromptops {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
        "error: this is a bug in promptops, not in your prompts\n"
        f"  = help: please report the lines above: {issues}"
    )


def _stderr(text: str) -> None:
    from promptops.report.safe import powerless, safe  # the quickest answers need no report

    try:
        sys.stderr.write(powerless(safe(redacted(text))) + "\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        pass


def redacted(text: str) -> str:
    """`text` without the keys of the environment, and the passwords in its URLs, however spelt."""
    from promptops.evals.keys import hider

    return hider(os.environ, named)(text)
