"""Prompts of which one state cannot be read: what became of them cannot be judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from promptops.errors import InputError, NotHereError
from promptops.source.reading import Reading
from promptops.source.tree import Tree


def unread(
    trees: tuple[Tree, Tree],
    readings: tuple[Sequence[Reading], Sequence[Reading]],
    present: Iterable[str],
) -> list[InputError]:
    """Why, a prompt each. present: paths of prompts that are there after the change."""
    before, after = trees
    lost = [*_unreadable(readings[1]), *_led_away(after, present)]
    told = {error.path for error in lost}
    return [*lost, *(e for e in _unknown(before, readings[0]) if e.path not in told)]


def _unknown(tree: Tree, readings: Iterable[Reading]) -> Iterator[InputError]:
    """Prompts of which it is not known here what they said before."""
    for reading in readings:
        if reading.prompt is None:
            try:
                tree.read(reading.path)
            except NotHereError as error:
                said = f"cannot judge what it changes: {error.message}"
                yield NotHereError(said, error.hint, path=reading.path)
            except InputError:
                pass  # it was no prompt then


def _unreadable(readings: Iterable[Reading]) -> Iterator[InputError]:
    for reading in readings:
        if reading.prompt is None:
            problem = reading.problems[0].finding
            span = reading.span(problem)
            yield InputError(
                f"cannot judge what it changes: {problem.message}",
                problem.help or "`promptops check` says what is wrong with it",
                path=reading.path,
                line=span.line,
                column=span.column,
            )


def _led_away(tree: Tree, present: Iterable[str]) -> Iterator[InputError]:
    """Prompts that are there, and lead nowhere or out of the repository: no removed ones."""
    for path in present:
        if not tree.exists(path):
            try:
                tree.read(path)
            except InputError as error:
                yield error
