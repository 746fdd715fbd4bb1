"""`promptops bump`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import click

from promptops.cli._call import Call, define
from promptops.cli._prompts import find_prompt
from promptops.decisions.change import Change, Pair
from promptops.decisions.judge import of_disk
from promptops.decisions.spelling import speller
from promptops.errors import GitError
from promptops.history.bump import Bump, bumped, made_bump, needed_bump
from promptops.history.git import Repository
from promptops.report import Block, Report, Text
from promptops.source.rewrite import with_version
from promptops.source.tree import DiskTree
from promptops.source.write import replace_file


@define(examples=("promptops bump", "promptops bump support-agent --since main"))
@click.argument("prompts", nargs=-1, metavar="[PROMPT]...")
@click.option("--since", metavar="REV", help="Compare with the merge base of REV; default HEAD.")
def command(call: Call, prompts: tuple[str, ...], since: str | None) -> Report:
    """Write the version that each prompt's change needs: patch, minor or major.

    PROMPT is an id or a file; without any, all that differ from the last commit. Only the version
    is written. A version that has grown enough already is left as it is.
    """
    with Repository.find(call.folder, call.environ) as repository:
        if repository.under_way():
            raise GitError(f"a {repository.under_way()} is under way", "finish or abort it first")
        base = repository.base_of(repository.resolve(since)) if since else repository.head()
        change = of_disk(repository, speller(call.environ), base)
        rows = [_row(pair) for pair in _chosen(call, repository, change, prompts)]
        for row in rows:
            if row.after != row.written:
                _write(repository.root, row)
    return Report("bump", {"prompts": [_json(row) for row in rows]}, tuple(_blocks(call, rows)))


@dataclass(frozen=True, slots=True)
class _Row:
    """One prompt: its version at the base ("" if new), on the disk, and after this command."""

    id: str
    path: str
    before: str
    after: str
    needed: Bump
    written: str


def _chosen(
    call: Call, repository: Repository, change: Change, named: Sequence[str]
) -> Iterator[Pair]:
    pairs = [pair for pair in change.pairs if pair.prompts[1] is not None]
    if not named:
        yield from pairs
        return
    tree = DiskTree(repository.root)
    for name in named:
        path = find_prompt(call, tree, change.settings, name).path
        yield from (pair for pair in pairs if pair.after and pair.after.path == path)


def _row(pair: Pair) -> _Row:
    before, after = pair.prompts
    assert after is not None
    if before is None:
        return _Row(after.id, after.path, "", after.version, Bump.NONE, after.version)
    needed = Bump.MAJOR if pair.contract_changed else needed_bump(before, after)
    enough = made_bump(before.version, after.version) >= needed
    written = after.version if enough else bumped(before.version, needed)
    return _Row(after.id, after.path, before.version, after.version, needed, written)


def _write(root: str, row: _Row) -> None:
    raw = DiskTree(root).read(row.path)
    replace_file(root, row.path, with_version(raw.decode("utf-8"), row.path, row.written), raw)


def _json(row: _Row) -> dict[str, object]:
    return {
        "id": row.id,
        "path": row.path,
        "version": {
            "before": row.before or None,
            "after": row.written,
            "needed": row.needed.word,
            "written": row.after != row.written,
        },
    }


def _blocks(call: Call, rows: Sequence[_Row]) -> Iterator[Block]:
    changed = [row for row in rows if row.after != row.written]
    for row in changed:
        yield Text(f"{row.id}: {row.after} → {row.written} ({row.needed.word})", "good")
    if call.verbosity < 0:
        return
    for row in rows:
        if row not in changed:
            why = "new" if not row.before else f"{row.needed.word} needed, {row.before} before"
            yield Text(f"{row.id}: {row.after} is enough ({why})")
    if not rows:
        yield Text("no prompt has changed since then (`--since REV` looks further back)")
