"""Every change of a prompt-like file in all of history: what questions without a path need.

Read once from one `git log`, kept between commands, extended by what is new. It says
nothing of who introduced what: a clone that is deepened later must not be told old answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing

from promptops.digest import digest
from promptops.history.past import Past
from promptops.history.promptlike import prompt_like
from promptops.history.stream import touched, touched_asked
from promptops.values import NamedTuple

FORMAT = 1  # of what is kept; a change of `prompt_like` is a new one


class Row(NamedTuple):
    """One commit's changes of prompt-like files: (path, old blob, new blob), zeros where absent."""

    commit: str
    changes: tuple[tuple[str, str, str], ...]


def expect_index(past: Past) -> None:
    """Start on what `path_index` will ask of git, where nothing is kept: git takes longest."""
    if past.head is not None and not past.known:
        past.repository.ahead(*touched_asked(past.head), all_of_it=True)


def path_index(past: Past) -> list[Row]:
    """All rows of HEAD's history, newest first."""
    if past.head is None:
        return []
    key = _key(past)
    tip, rows = _load(past, key)
    if tip == past.head:
        return rows
    known = tip if tip and past.repository.merge_base(tip, past.head) == tip else ""
    rows = [*_read(past, known), *(rows if known else [])]
    _save(past, key, rows)
    return rows


def _read(past: Past, known: str) -> Iterator[Row]:
    """Rows of commits that `known` (a commit, or "") does not lead to, newest first."""
    assert past.head is not None
    is_governed = past.is_governed.fullmatch

    def wanted(path: str) -> bool:
        return prompt_like(path) or is_governed(path) is not None

    with closing(touched(past.repository, past.head, wanted, known)) as commits:
        for commit, touches in commits:
            yield Row(commit, tuple((touch.path, touch.olds[0], touch.new) for touch in touches))


def _key(past: Past) -> str:
    """What the rows depend on beside the tip: our format, the globs, the edge of the clone."""
    parts = [str(FORMAT), past.is_governed.pattern]
    return digest("\0".join([*parts, *sorted(past.repository.shallow)]).encode())


def _load(past: Past, key: str) -> tuple[str, list[Row]]:
    """The tip and rows kept for `key`; nothing where they are missing or damaged."""
    kept = past.known
    try:
        rows = [
            Row(commit, tuple((p, o, n) for p, o, n in changes)) for commit, changes in kept["rows"]
        ]
        return (str(kept["tip"]), rows) if kept["key"] == key else ("", [])
    except (ValueError, TypeError, LookupError):
        return "", []


def _save(past: Past, key: str, rows: Iterable[Row]) -> None:
    kept = [[row.commit, row.changes] for row in rows]
    past.keep({"key": key, "tip": past.head, "rows": kept})
