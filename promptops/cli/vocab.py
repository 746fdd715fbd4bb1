"""`promptops vocab`: the vocabularies that make counts exact."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import click

from promptops.cli._call import Call, define
from promptops.errors import EXIT_CLEAN, EXIT_FINDINGS, UsageError
from promptops.report import Report, Table, Text
from promptops.tokens import shelf
from promptops.tokens.shelf import DAMAGED, MISSING, UNPROVEN, Standing
from promptops.tokens.vocab import known, places


@click.group(name="vocab")
def command() -> None:
    """The vocabularies that make counts exact: what is here, add a file, prove the tables.

    Nothing is downloaded. A file must have the SHA-256 that is pinned for its vocabulary.
    """


@define(examples=("promptops vocab list", "promptops vocab list --format json"))
def list_command(call: Call) -> Report:
    """Which vocabularies are known, and which are on this machine."""
    found = shelf.listing(places(call.environ))
    words = Text(
        "a missing one is estimated with bounds, or unknown; the command beside it makes it exact"
    )
    table = _table(found, call)
    missing = any(one.state == MISSING for one in found)
    result = {"vocabularies": [_data(one) for one in found]}
    return Report("vocab", result, (table, words) if missing else (table,))


@define(
    examples=(
        "promptops vocab add ~/o200k_base.tiktoken",
        "promptops vocab add tokenizer.json --name ours",
    )
)
@click.argument("file", metavar="FILE")
@click.option("--name", default="", help="What to call a vocabulary that is not pinned.")
@click.option("--like", default="", help="The known vocabulary whose pattern splits its texts.")
def add_command(call: Call, file: str, name: str, like: str) -> Report:
    """Compile a vocabulary file; the file itself is left as it is.

    A pinned one is known by its hash. One of your own needs a name: `base64 id` lines or tekken JSON,
    with --like; a Hugging Face tokenizer.json or a SentencePiece model, counted by its own library.
    Use it by `models: {NAME: {encoding: …}}` in the settings.
    """
    where = places(call.environ)
    path = os.path.join(call.folder, os.path.expanduser(file))
    added = shelf.add(path, where, name, like, call.today)
    found = [one for one in shelf.listing(where) if one.vocabulary.name == added.name]
    words = Text(f"{added.name}: {added.tokens:,} tokens, ready", "good")
    return Report("vocab", {"vocabularies": [_data(one) for one in found]}, (words,))


@define(examples=("promptops vocab verify", "promptops vocab verify o200k_base"))
@click.argument("names", nargs=-1, metavar="[NAME]...")
def verify_command(call: Call, names: tuple[str, ...]) -> Report:
    """Prove that each table holds exactly the pinned vocabulary; exit code 1 where one does not.

    A damaged table is removed and built again when it is needed; your own files are never touched.
    """
    where = places(call.environ)
    shelved = known(where.cache)
    for name in names:
        if name not in shelved:
            raise UsageError(f"no vocabulary `{name}` is known", f"known: {', '.join(shelved)}")
    found = [shelf.verify(shelved[name], where) for name in names or shelved]
    failed = any(one.state in (DAMAGED, UNPROVEN) for one in found)
    result = {"vocabularies": [_data(one) for one in found]}
    return Report("vocab", result, (_table(found, call),), EXIT_FINDINGS if failed else EXIT_CLEAN)


for _name, _made in (("list", list_command), ("add", add_command), ("verify", verify_command)):
    command.add_command(_made, _name)


def _table(found: Sequence[Standing], call: Call) -> Table:
    home = call.environ.get("HOME", "")
    rows = tuple(
        (
            one.vocabulary.name,
            f"{one.vocabulary.tokens:,}",
            one.state,
            one.note or _place(one, home) or one.vocabulary.get,
        )
        for one in found
    )
    return Table(("vocabulary", "tokens", "state", "where, or how to get it"), rows, "lrll")


def _place(one: Standing, home: str) -> str:
    inside = home and one.path.startswith(home + os.sep)
    return "~" + one.path[len(home) :] if inside else one.path


def _data(one: Standing) -> dict[str, Any]:
    vocabulary = one.vocabulary
    return {
        "name": vocabulary.name,
        "sha256": vocabulary.sha256,
        "tokens": vocabulary.tokens,
        "state": one.state,
        "path": one.path,
        "note": one.note,
        "get": vocabulary.get,
        "source": vocabulary.source,
        "as_of": vocabulary.as_of,
    }
