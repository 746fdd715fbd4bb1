"""`promptops hook`: what git's hooks and pre-commit run."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import click

from promptops.cli._call import Call, define
from promptops.errors import EXIT_CLEAN, EXIT_FINDINGS, unreadable
from promptops.report import Block, Report, Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from promptops.decisions.judge import Judged

MAX_MESSAGE = 1 << 20
_KINDS = (".yaml", ".yml", ".md", ".json", ".toml")  # files that decisions can be about


@click.group(
    epilog="\b\nExamples:\n  promptops install\n  promptops hook commit-msg .git/COMMIT_EDITMSG"
)
def command() -> None:
    """Entry points for git's hooks; `promptops install` and pre-commit call them.

    Each is silent when all is well.
    """


@define(
    formats=("text", "json", "github"),
    examples=("promptops hook pre-commit", "promptops hook pre-commit AGENTS.md"),
)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
def pre_commit(call: Call, paths: tuple[str, ...]) -> Report:
    """Check what the next commit holds: the index, never the work tree.

    Without PATH: what the staged change touches. Exit code 1 where there are errors or warnings.
    """
    from promptops.cli._checking import Wanted, check

    report = check(call, Wanted(tuple(call.inside(path) for path in paths), staged=True))
    return report if report.exit_code else replace(report, blocks=())


@define(
    examples=(
        "promptops hook commit-msg .git/COMMIT_EDITMSG",
        "git commit  # once `promptops install` has run",
    )
)
@click.argument("file")
def commit_msg(call: Call, file: str) -> Report:
    """Refuse a commit that changes what a prompt means while nobody has decided it.

    FILE holds the commit message. A decision record, or a line `Decision-Waiver: why` in the
    message, lets it pass.
    """
    message = _read(call, file)
    judged = _judged(call, message)
    if judged is None:
        return Report("hook-commit-msg", {"needed": [], "rewritten": []})
    from promptops.cli._decisions import DECIDE, judged_json, refusal

    if not judged.refused:
        return Report("hook-commit-msg", judged_json(judged))
    mend, amend = ("promptops decide --since HEAD^", " --amend") if judged.amended else (DECIDE, "")
    blocks = tuple(refusal(judged, mend, f"git commit{amend} -e -F {file}"))
    return Report("hook-commit-msg", judged_json(judged), blocks, EXIT_FINDINGS)


def _judged(call: Call, message: str) -> Judged | None:
    """The next commit with its message; a commit of other kinds of files costs two calls of git."""
    from promptops.history.git import Repository
    from promptops.history.standing import next_commit

    with Repository.find(call.folder, call.environ) as repository:
        on = next_commit(repository, call.environ, time.time())
        staged = repository.staged_paths(on.base)
        paths = (*staged.present, *staged.deleted)
        if not any(path.endswith(_KINDS) for path in paths) and not _own_names(repository.root):
            return None
        from promptops.decisions.judge import judge_staged
        from promptops.decisions.spelling import speller

        return judge_staged(repository, message, speller(call.environ), on)


def _own_names(root: str) -> bool:
    """True if the settings say where prompts are: they may have any ending then."""
    for name in ("promptops.toml", "pyproject.toml"):
        try:
            with open(os.path.join(root, name), "rb") as file:
                if any(line.split(b"=")[0].strip() == b"prompts" for line in file):
                    return True
        except OSError:
            continue
    return False


@define(
    examples=(
        "promptops hook prepare-commit-msg .git/COMMIT_EDITMSG",
        "git commit  # once `promptops install --hook prepare-commit-msg` has run",
    )
)
@click.argument("file")
@click.argument("source", default="")
@click.argument("commit", default="")
def prepare_commit_msg(call: Call, file: str, source: str, commit: str) -> Report:  # noqa: ARG001
    """Say in the message's comments what still has to be decided, before the editor opens.

    A message that comes from somewhere else (-m, -F, a merge, an amended commit) is left alone.
    """
    from promptops.source.write import replace_file

    source = source or call.environ.get("PRE_COMMIT_COMMIT_MSG_SOURCE", "")
    text = _read(call, file)
    mark = _comment_mark(text)
    sentences: list[str] = []
    if not source and mark:
        judged = _judged(call, "")
        sentences = [one.need.sentence for one in judged.missing] if judged else []
    if sentences:
        lines = "".join(f"{mark} {line}\n" for line in _reminder(sentences))
        at = text.index(mark)
        path = os.path.realpath(os.path.join(call.folder, file))
        folder, name = os.path.split(path)
        replace_file(folder, name, text[:at] + lines + text[at:], text.encode("utf-8"))
    return Report("hook-prepare-commit-msg", {"missing": sentences})


def _reminder(sentences: Sequence[str]) -> Iterator[str]:
    yield "promptops: no decision record says why"
    yield from (f"  {sentence}" for sentence in sentences)
    yield "`promptops decide --staged` writes the record. If there is nothing to decide, say so:"
    yield "Decision-Waiver: "


def _comment_mark(text: str) -> str:
    """The character that git's own lines begin with; "" where there is a message already."""
    from promptops.decisions.message import above_scissors

    lines = [line for line in above_scissors(text).splitlines() if line.strip()]
    marks = {line[0] for line in lines}
    mark = marks.pop() if len(marks) == 1 else ""
    return "" if mark.isalnum() else mark


@define(
    examples=(
        "promptops hook pre-push origin < refs",
        "git push  # once `promptops install --hook pre-push` has run",
    )
)
@click.argument("remote", default="origin")
@click.argument("url", default="")
def pre_push(call: Call, remote: str, url: str) -> Report:  # noqa: ARG001
    """Refuse to push commits that change what a prompt means while nobody has decided it.

    Reads from standard input what git says it is about to push, or from pre-commit's variables.
    """
    from promptops.cli._decisions import judged_json, refusal
    from promptops.decisions.judge import judge_push
    from promptops.decisions.spelling import speller
    from promptops.history.git import Repository

    refs, blocks = [], list[Block]()
    with Repository.find(call.folder, call.environ) as repository:
        for name, local, there in _pushes(call.environ):
            judged = judge_push(repository, remote, local, there, speller(call.environ))
            refs.append({"ref": name, **judged_json(judged)})
            if judged is not None and judged.refused:
                mend = f"promptops decide --since {judged.base[:12]}"
                blocks += [Text(f"{name}:"), *refusal(judged, mend)]
    return Report(
        "hook-pre-push", {"refs": refs}, tuple(blocks), EXIT_FINDINGS if blocks else EXIT_CLEAN
    )


def _pushes(environ: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """(what it is called, the commit here, the commit there) of each ref that is pushed."""
    here, there = environ.get("PRE_COMMIT_TO_REF"), environ.get("PRE_COMMIT_FROM_REF")
    if here and there:
        yield environ.get("PRE_COMMIT_LOCAL_BRANCH", here), here, there
        return
    for line in sys.stdin.read(MAX_MESSAGE).splitlines():
        words = line.split()
        if len(words) == 4:
            yield words[0], words[1], words[3]


def _read(call: Call, file: str) -> str:
    try:
        with open(os.path.join(call.folder, file), "rb") as opened:
            return opened.read(MAX_MESSAGE).decode("utf-8", "replace")
    except OSError as error:
        hint = "name the file that holds the commit message"
        raise unreadable(error, file, hint) from None


for _name, _hook in (
    ("pre-commit", pre_commit),
    ("commit-msg", commit_msg),
    ("prepare-commit-msg", prepare_commit_msg),
    ("pre-push", pre_push),
):
    command.add_command(_hook, _name)
