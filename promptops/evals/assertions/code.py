"""Assertions that are programs of the user's."""

from __future__ import annotations

import json
import sys
from typing import IO, Any

from promptops.errors import ConfigError
from promptops.evals import Judgement
from promptops.evals.assertions import Context, assertion
from promptops.evals.assertions._finding import short

SECONDS = 10.0
_FAILED, _BROKE = 10, 11
_CHILD = f"""
import json, sys
told = json.load(sys.stdin)
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 24, 1 << 24))
except (ImportError, OSError, ValueError):
    pass
program = told.pop("program")
try:
    exec(compile(program, "assertion", "exec"), told)
except AssertionError as error:
    sys.stderr.write("\\n" + str(error))
    sys.exit({_FAILED})
except BaseException as error:
    sys.stderr.write("\\n" + type(error).__name__ + ": " + str(error))
    sys.exit({_BROKE})
"""


@assertion("python")
def python(answer: str, argument: str, context: Context) -> Judgement:
    """The Python program given runs to its end; where an `assert` in it fails, so does the answer, and
    after any other error, or ten seconds, the answer is not judged.

    It has `answer`, `cut`, `case` (its id), `variables` and `slices`, and runs only with `--allow-code`: in
    a process of its own, in an empty folder, without this one's environment and so without its keys.
    That is no sandbox: allow only code that you have read.
    """
    if not context.allow_code:
        raise ConfigError(
            "`python` runs code that the prompt's files bring",
            "read it, then allow it with `--allow-code` on the command line",
        )
    case = context.case
    told: dict[str, Any] = {
        "program": argument,
        "answer": answer,
        "cut": context.cut,
        "case": case.id if case else "",
        "variables": dict(case.variables) if case else {},
        "slices": dict(case.slices) if case else {},
    }
    return _judgement(*_run(json.dumps(told).encode()))


def _judgement(code: int | None, said: str) -> Judgement:
    match code:
        case 0:
            return Judgement(True, "the program ran to its end")
        case int() if code == _FAILED:
            return Judgement(False, short(said) if said else "an `assert` of the program failed")
        case None:
            return Judgement(None, f"the program took longer than {SECONDS:g} s")
    return Judgement(None, f"the program broke: {short(said) if said else f'exit code {code}'}")


def _run(told: bytes) -> tuple[int | None, str]:
    """(exit code, or None where it took too long; the last line of its complaints)."""
    from subprocess import DEVNULL, PIPE, Popen, TimeoutExpired
    from tempfile import TemporaryDirectory, TemporaryFile

    with TemporaryDirectory(prefix="promptops-") as folder, TemporaryFile() as complaints:
        child = Popen(  # an argument list, and only with --allow-code
            [sys.executable, "-I", "-X", "utf8", "-c", _CHILD],
            stdin=PIPE,
            stdout=DEVNULL,
            stderr=complaints,
            cwd=folder,
            env={},
            start_new_session=True,
        )
        try:
            child.communicate(told, SECONDS)
        except TimeoutExpired:
            return None, ""
        finally:
            _end(child.pid)
            child.wait()
        return child.returncode, _last_line(complaints)


def _end(group: int) -> None:
    """Kill what the program may have started besides, and the program if it still runs."""
    import os
    import signal

    try:
        os.killpg(group, signal.SIGKILL)
    except (AttributeError, OSError):  # Windows has no groups; nobody is left in it
        pass


def _last_line(complaints: IO[bytes]) -> str:
    size = complaints.seek(0, 2)
    complaints.seek(max(0, size - 4096))
    lines = complaints.read().decode("utf-8", "replace").split("\n")
    return lines[-1].strip()
