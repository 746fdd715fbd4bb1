"""`promptops comment`."""

from __future__ import annotations

import os

import click

from promptops.cli._call import Call, define
from promptops.errors import UsageError
from promptops.report import Report, Text

LONGEST = 65_000  # characters; GitHub refuses more than 65,536


@define(
    examples=(
        "promptops diff origin/main HEAD --format markdown --output review.md",
        "promptops comment review.md",
    )
)
@click.argument("file", metavar="FILE")
def command(call: Call, file: str) -> Report:
    """Post a Markdown review on the pull request that CI runs for, or update the one there.

    FILE begins with the marker line that `diff --format markdown` writes; the comment of this
    account that begins with it is replaced. It takes what GitHub Actions and GitLab CI set in the
    environment, and a token from GITHUB_TOKEN or PROMPTOPS_GITLAB_TOKEN. Where the token may not
    write, as on a pull request from a fork, it says so and exits with 0.
    """
    from promptops.cli._comment import host_of, post

    text = _read(os.path.join(call.folder, file), file)
    said, where = post(host_of(call.environ), text)
    return Report("comment", {"posted": bool(where), "url": where or None}, (Text(said),))


def _read(path: str, named: str) -> str:
    try:
        with open(path, encoding="utf-8") as handle:
            text = handle.read(LONGEST + 1)
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise UsageError(f"cannot read {named}: {why}", "write it with --output first") from None
    if not text.startswith("<!-- promptops-"):
        hint = "`promptops diff BASE HEAD --format markdown --output FILE` writes one"
        raise UsageError(f"{named} does not begin with a marker of ours", hint)
    if len(text) > LONGEST:
        raise UsageError(f"{named} is longer than {LONGEST:,} characters", "no host takes that")
    return text
