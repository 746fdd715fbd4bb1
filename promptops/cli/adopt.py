"""`promptops adopt`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import click

from promptops.cli._adopting import Made, adopt, target_of, write
from promptops.cli._call import Call, define
from promptops.errors import UsageError
from promptops.excerpt import typed
from promptops.report import Block, Report, Text


@define(
    examples=(
        "promptops adopt AGENTS.md",
        "promptops adopt AGENTS.md:12; promptops adopt AGENTS.md --accept no-push-to-main",
    )
)
@click.argument("files", nargs=-1, required=True, metavar="FILE[:LINE]…")
@click.option("--accept", multiple=True, metavar="ID", help="This entry fits its reworded rule.")
@click.option("--dry-run", is_flag=True, help="Print what would be written, and write nothing.")
@click.option("--no-history", is_flag=True, help="Don't ask git for draft rationales.")
def command(call: Call, files: tuple[str, ...], **options: Any) -> Report:
    """Write down beside an instruction file why its rules are there; the file itself stays as it is.

    AGENTS.md gets AGENTS.rules.yaml: an entry for each rule without one, with the words of the
    commit that brought the rule in as a draft to finish. An entry whose rule was reworded gets
    today's wording; where the meaning may have changed only --accept does that.
    """
    accept = options["accept"]
    if accept and len(files) > 1:
        raise UsageError("--accept names entries of one file", "name that file alone")
    targets = [target_of(call, name) for name in files]
    made = [adopt(call, path, line, accept, not options["no_history"]) for path, line in targets]
    dry = options["dry_run"]
    if not dry:
        for one in made:
            write(call, one)
    blocks = (block for one in made for block in _blocks(one, dry))
    return Report("adopt", _result(made, dry), tuple(blocks))


def _result(made: Sequence[Made], dry: bool) -> dict[str, Any]:
    return {
        "written": not dry,
        "files": [
            {
                "path": one.path,
                "sidecar": one.sidecar,
                "rules": one.rules,
                "added": [
                    {"id": rule.id, "text": rule.text, "rationale": rule.rationale or None}
                    for rule in one.added
                ],
                "reanchored": list(one.reanchored),
                "doubtful": list(one.doubtful),
                "lost": list(one.lost),
                "note": one.note or None,
            }
            for one in made
        ],
    }


def _blocks(one: Made, dry: bool) -> Iterator[Block]:
    if dry and one.text is not None:
        yield Text(one.text.rstrip("\n"), verbatim=True)
        return
    if one.text is None:
        yield Text(f"{one.sidecar}: nothing to add, every rule of {one.path} has its entry", "good")
    else:
        yield Text(f"{one.sidecar}: {_counted(len(one.added), 'entry', 'entries')} added", "good")
    if one.reanchored:
        yield Text(f"brought up to date: {', '.join(one.reanchored)}")
    if one.added:
        silent = len(one.added) - one.explained
        yield Text(
            f"{one.explained} with a draft: what the commit that brought the rule in says of"
            f" itself; {silent} without: {'its' if silent == 1 else 'their'} commit was about"
            " something else, or there is none"
        )
    for name in one.doubtful:
        again = f"`promptops adopt {typed(one.path)} --accept {name}`"
        yield Text(f"{name}: its rule changed; if the reason still holds, {again}", "warn")
    for name in one.lost:
        yield Text(f"{name}: its rule is no longer in {one.path}", "warn")
    if one.note:
        yield Text(one.note, "warn")
    if one.added:
        yield Text(
            "next: finish the drafts one by one (`promptops check` lists what is missing);"
            " `promptops check --add-baseline` accepts today's gaps, so that only new ones are told"
        )


def _counted(n: int, one: str, many: str) -> str:
    return f"{n} {one if n == 1 else many}"
