"""`promptops merge-driver`: what git runs for files with `merge=promptops`."""

from __future__ import annotations

from collections.abc import Iterator

import click

from promptops.cli._call import Call, define
from promptops.errors import EXIT_CLEAN, EXIT_FINDINGS, InputError, unreadable
from promptops.report import Block, Report, Text
from promptops.source.merge import Conflict, Merged, MergeLines, Style, merge


@define(
    examples=(
        "promptops install --drivers",
        "git config merge.promptops.driver 'promptops merge-driver %O %A %B %L %P'",
    ),
    hidden=True,
)
@click.argument("base")
@click.argument("ours")
@click.argument("theirs")
@click.argument("size", type=click.IntRange(1, 1000), default=7)
@click.argument("path", default="")
def command(call: Call, base: str, ours: str, theirs: str, size: int, path: str) -> Report:
    """Merge three versions of a prompt by rule: git's own driver, set up by `promptops install`.

    The result is written to OURS. Exit code 1 where both sides changed the same rule.
    """
    import os

    names = [os.path.join(call.folder, name) for name in (base, ours, theirs)]
    sides = [_read(name) for name in names]
    style = Style(size)
    shown = path or ours
    merged = _by_rule(call, sides, shown, style)
    by_rule = merged is not None
    content, conflicts = merged or _by_line(call, sides, style)
    _write(names[1], content)
    result = {
        "path": shown,
        "by_rule": by_rule,
        "conflicts": [{"what": c.what, "key": c.key, "removed": c.gone or None} for c in conflicts],
    }
    code = EXIT_FINDINGS if conflicts else EXIT_CLEAN
    return Report("merge-driver", result, tuple(_blocks(shown, conflicts)), code)


Outcome = tuple[bytes, list[Conflict]]


def _blocks(path: str, conflicts: list[Conflict]) -> Iterator[Block]:
    for one in conflicts:
        yield Text(f"CONFLICT ({one.what}): {_how(one)} in {path}")


def _how(one: Conflict) -> str:
    if one.gone:
        other = "theirs" if one.gone == "ours" else "ours"
        return f"{one.gone} took it out, {other} changed it"
    named = one.key and f"`{one.key}`" != one.what
    return f"both sides changed its {one.key}" if named else "changed in both"


def _by_rule(call: Call, sides: list[bytes], path: str, style: Style) -> Outcome | None:
    try:
        base, ours, theirs = (side.decode("utf-8") for side in sides)
    except UnicodeDecodeError:
        return None
    made: Merged | None = merge((base, ours, theirs), path, _lines(call, style), style)
    if made is None:
        return None
    return made.text.encode("utf-8"), list(made.conflicts)


def _by_line(call: Call, sides: list[bytes], style: Style) -> Outcome:
    from promptops.history.merging import merge_file

    order = (sides[1], sides[0], sides[2])
    labels = (style.ours, "base", style.theirs)
    content, count = merge_file(call.root, call.environ, order, labels, style.size)
    return content, [Conflict("lines")] * count


def _lines(call: Call, style: Style) -> MergeLines:
    def lines(base: str, ours: str, theirs: str) -> tuple[str, bool]:
        sides = [side.encode("utf-8") for side in (base, ours, theirs)]
        content, conflicts = _by_line(call, sides, style)
        return content.decode("utf-8"), not conflicts

    return lines


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise unreadable(error, path) from None


def _write(path: str, content: bytes) -> None:
    """git made the file for this merge and reads it next: nobody else knows its name."""
    try:
        with open(path, "wb") as file:
            file.write(content)
    except OSError as error:
        raise InputError(f"cannot write it: {error.strerror}", path=path) from None
