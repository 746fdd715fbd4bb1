"""Prompts for programs: `promptops.load("support-agent").render(question=…)`.

A program takes the messages to whichever model it likes, and logs the provenance with each call:
two years later a log line still says which prompt, in which version, gave which answer. Nothing is
imported here that rendering the prompt at hand does not need; no git runs, nothing is written.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from promptops.errors import UsageError
from promptops.model import Message, Prompt

if TYPE_CHECKING:
    from promptops.render import PlacedError
    from promptops.source.reading import Reading
    from promptops.source.tree import Tree

ENDS = ("/prompt.yaml", ".prompt.yaml")
ROOT_MARKS = (".git", "promptops.toml")
FORGIVEN = frozenset(
    {"unquoted-text", "scattered-cases"}
)  # `check` says so; they change no message
_NONE: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Rendered:
    """What goes to the model, and what to log with the call.

    messages: {"role", "content"} each. prompt, version: of the prompt.
    prompt_digest: SHA-256 of the prompt file's bytes, as `sha256sum` prints it.
    digest: SHA-256 of the messages as JSON in UTF-8 with sorted keys and no white space.
    commit: HEAD of the repository when the prompt was loaded; None where there is none, as in an
        installed package. It does not say that the file was committed: `prompt_digest` tells.
    """

    messages: list[dict[str, str]]
    prompt: str
    version: str
    prompt_digest: str
    digest: str
    commit: str | None

    @property
    def provenance(self) -> dict[str, str | None]:
        """All but the messages, ready for a log record."""
        names = ("prompt", "version", "prompt_digest", "digest", "commit")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True)
class Loaded:
    """A prompt as it stood in its file when it was loaded."""

    prompt: Prompt
    prompt_digest: str
    commit: str | None
    reading: Reading

    def render(self, slices: Mapping[str, str] = _NONE, /, **variables: str) -> Rendered:
        """The messages for these values, with every rule that applies to `slices`.

        PromptopsError where a value is missing or unknown, with the place in the prompt's file.
        """
        rendered = self.render_messages(variables, slices=slices)
        messages = [{"role": m.role, "content": m.content} for m in rendered]
        return Rendered(
            messages,
            self.prompt.id,
            self.prompt.version,
            self.prompt_digest,
            messages_digest(rendered),
            self.commit,
        )

    def render_messages(
        self,
        variables: Mapping[str, str],
        *,
        without: Collection[str] = (),
        only: Collection[str] | None = None,
        slices: Mapping[str, str] = _NONE,
    ) -> tuple[Message, ...]:
        """`promptops.render.render`, with errors placed in the prompt's file."""
        from promptops.render import PlacedError, render

        try:
            return render(self.prompt, variables, without=without, only=only, slices=slices)
        except PlacedError as error:
            raise self.placed(error) from None

    def placed(self, error: PlacedError) -> PlacedError:
        """The error at its line and column of the prompt's file."""
        problem = error.problem
        document = self.reading.document
        start, _ = document.locate(
            ("messages", problem.at, "content"), (problem.start, problem.end)
        )
        error.path = self.prompt.path
        error.line, error.column = document.lines.position(start)
        return error


def load(
    prompt_id: str, root: str | os.PathLike[str] | None = None, *, package: str | None = None
) -> Loaded:
    """The governed prompt of that id.

    root: the repository, or any folder in it; by default the current folder. The nearest folder
        upwards with `.git` or `promptops.toml` counts, else the folder itself.
    package: an importable package that holds the prompts as data, such as "my_app.prompts";
        it works from a wheel too.
    UsageError where there is no such prompt, InputError where its file has errors, ConfigError
    where the settings have that say where prompts are.
    """
    if package is not None:
        from promptops.source.package import PackageTree

        return load_from(PackageTree(package), prompt_id, None)
    from promptops.history.head import head_commit
    from promptops.source.tree import DiskTree

    folder = find_root(os.fspath(root) if root is not None else os.getcwd())
    return load_from(DiskTree(folder), prompt_id, head_commit(folder))


def load_from(tree: Tree, name: str, commit: str | None) -> Loaded:
    """The prompt of that id, or of that path, in a tree."""
    from promptops.source.reading import read_prompt

    ids: set[str] = set()
    for path in _candidates(tree, name):
        reading = read_prompt(_WithoutCases(tree), path)
        prompt_id = reading.prompt.id if reading.prompt else ""
        if name in (path, path.removesuffix("/prompt.yaml"), prompt_id or _named(path)):
            _refuse_broken(reading)
            assert reading.prompt is not None  # a reading without a prompt has problems
            return Loaded(reading.prompt, _sha256(tree.read(path)), commit, reading)
        ids.add(prompt_id)
    from promptops.render.problem import did_you_mean

    known = sorted(ids - {""})
    hint = f"its prompts: {', '.join(known)}" if known else "there are no prompts here"
    raise UsageError(f"no prompt `{name}`", did_you_mean(name, known, hint))


def find_root(folder: str) -> str:
    """The nearest folder upwards that is a repository's root, else `folder` itself."""
    at = start = os.path.abspath(folder)
    while True:
        if any(os.path.lexists(os.path.join(at, mark)) for mark in ROOT_MARKS):
            return at
        above = os.path.dirname(at)
        if above == at:
            return start
        at = above


def _candidates(tree: Tree, name: str) -> Iterator[str]:
    """Paths of prompts, the likely ones first."""
    likely = [
        *(f"{folder}{name}{end}" for folder in ("prompts/", "") for end in ENDS),
        *([name] if name.endswith((".yaml", ".yml")) else []),
    ]
    for path in likely:
        if tree.exists(path):
            yield path
    from promptops.source.settings import read_settings
    from promptops.source.workspace import find_files

    governed = find_files(read_settings(tree), tree.paths()).prompts
    others = (path for path in tree.paths() if path.endswith(ENDS) and path not in governed)
    yield from (path for path in (*governed, *others) if path not in likely)


def _named(path: str) -> str:
    """The id that a prompt's path speaks of."""
    folder, _, name = path.rpartition("/")
    return folder.rpartition("/")[2] if name == "prompt.yaml" else name.split(".")[0]


def _refuse_broken(reading: Reading) -> None:
    for problem in reading.problems:
        finding = problem.finding
        if problem.kind not in FORGIVEN and finding.path[:1] != ("cases",):
            raise reading.refusal(finding)


class _WithoutCases:
    """A tree that shows no file beside the prompt: rendering needs no cases."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    def exists(self, path: str) -> bool:  # noqa: ARG002
        return False

    def read(self, path: str) -> bytes:
        return self._tree.read(path)

    def paths(self) -> Sequence[str]:
        return ()

    def listed(self, folder: str) -> Sequence[str]:  # noqa: ARG002
        return ()


def messages_digest(messages: Sequence[Message]) -> str:
    """SHA-256 of the messages as JSON in UTF-8 with sorted keys and no white space."""
    import json

    plain = [{"role": message.role, "content": message.content} for message in messages]
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return _sha256(text.encode("utf-8", "surrogatepass"))


def _sha256(data: bytes) -> str:
    from hashlib import sha256

    return sha256(data).hexdigest()
