"""The command line: one file a command, file name = command name; this is the only error boundary.

Exit codes: 0 clean, 1 findings or a verdict of no, 2 we cannot do it, 3 incomplete, 70 our bug,
130 and 143 signals.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from errno import EDQUOT, EIO, EMFILE, ENFILE, ENOMEM, ENOSPC, EROFS

from promptops.errors import (
    EXIT_BUG,
    EXIT_CANNOT,
    EXIT_INTERRUPTED,
    EXIT_TERMINATED,
    Interrupted,
    PromptopsError,
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code. Nothing but a bug in this function raises."""
    if None in (sys.stdin, sys.stdout, sys.stderr):
        from promptops.cli._out import open_closed_streams

        open_closed_streams()
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments == ["--version"]:
        return _guarded(_version)
    if arguments[:1] == ["check"]:
        from promptops.cli import _warm

        known = _warm.answer(arguments)
        if known is not None:
            return _guarded(lambda: _write_out(*known))
    if arguments[:1] == ["diff"]:
        from promptops.cli import _diff_kept

        known = _diff_kept.answer(arguments)
        if known is not None:
            return _guarded(lambda: _write_out(*known))
    _fewer_collections()
    if arguments[:1] == ["tokens"]:
        return _guarded(lambda: _count(arguments))
    if arguments[:1] == ["check"] and not any(word.startswith("-") for word in arguments):
        return _guarded(lambda: _check_files(arguments[1:]))
    if arguments[:1] in (["why"], ["diff"]):
        return _guarded(lambda: _quickly(arguments))
    return _guarded(lambda: _run(arguments))


def _version() -> int:
    """What click would say, which takes three times as long to load as all else here."""
    from promptops import __version__

    return _write_out(f"promptops {__version__}\n", 0)


def _quickly(arguments: list[str]) -> int:
    """`why TARGET` and `diff [BASE [HEAD]]`, with no option but --format."""
    from promptops.cli._bare import bare

    run = bare(arguments)
    return run() if run else _run(arguments)


def _fewer_collections() -> None:
    """Loading modules and reading files makes many objects and no garbage to speak of."""
    import gc

    gc.set_threshold(100_000, 20, 100)


def _check_files(names: list[str]) -> int:
    """`promptops check FILE…`, what a hook calls: no options, so nothing has to be parsed."""
    from promptops.cli._checking import Wanted, check
    from promptops.cli._world import emit, make_call

    call = make_call(None, False, 0)
    report = check(call, Wanted(tuple(call.inside(name) for name in names)))
    emit(report, "text", None, call)
    return report.exit_code


def _count(arguments: list[str]) -> int:
    """`promptops tokens FILE…`: a text counted before click would have been loaded."""
    from promptops.cli._tokens import plain

    wanted = plain.plain(arguments[1:])
    return plain.run(wanted) if wanted else _run(arguments)


def _write_out(output: str, code: int) -> int:
    from promptops.cli import _out

    _out.earned = code
    _out.write(output)
    return code


def _run(arguments: list[str]) -> int:
    import signal

    from promptops.cli._group import group

    def terminated(*_: object) -> None:
        raise Interrupted(EXIT_TERMINATED)

    signal.signal(signal.SIGTERM, terminated)
    code = group().main(arguments, prog_name="promptops", standalone_mode=False)
    return code if isinstance(code, int) else 0


def _guarded(run: object) -> int:
    from promptops.cli import _out

    _out.earned = 0
    try:
        code = run()  # type: ignore[operator]
        _out.write("")
        return int(code)
    except PromptopsError as error:
        _out.complain(error)
        return error.exit_code
    except (KeyboardInterrupt, Interrupted) as error:
        _out.complain_short("interrupted")
        return int(error.code or 0) if isinstance(error, Interrupted) else EXIT_INTERRUPTED
    except _out.ReaderGone:
        _out.leave_stdout()
        return _out.earned
    except SystemExit as error:  # click's own: completion, or nobody read the help to its end
        return int(error.code or 0)
    except Exception as error:
        return _unexpected(error)


def _unexpected(error: Exception) -> int:
    import click

    from promptops.cli import _out

    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.Abort):
        _out.complain_short("interrupted")
        return EXIT_INTERRUPTED
    if isinstance(error, click.ClickException):
        _out.complain_usage(error)
        return EXIT_CANNOT
    if isinstance(error, OSError) and error.errno in _MACHINE:
        _out.leave_stdout()
        place = str(error.filename or "")
        _out.complain(
            PromptopsError(str(error.strerror).lower(), _MACHINE[error.errno], path=place)
        )
        return EXIT_CANNOT
    _out.complain_bug(error)
    return EXIT_BUG


_MACHINE = {
    ENOSPC: "free some space, or write to another place",
    EDQUOT: "free some space, or write to another place",
    EROFS: "write to another place",
    EIO: "the disk or the terminal is in trouble; try another",
    EMFILE: "raise the limit of open files: `ulimit -n`",
    ENFILE: "the machine has too many open files: end other programs",
    ENOMEM: "free some memory",
}
