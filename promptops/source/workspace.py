"""What there is to govern in a tree: which file is what, and reading each as what it is."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence

from promptops.config import Settings
from promptops.errors import InputError
from promptops.model import Decision
from promptops.source.cases import NAMES as CASES_FILES
from promptops.source.globs import matcher
from promptops.source.reading import (
    Reading,
    read_decision_file,
    read_instructions_file,
    read_prompt,
)
from promptops.source.sidecar_path import SIDECAR, instructions_of
from promptops.source.tree import Tree
from promptops.values import dataclass

PROMPT = "prompt"
INSTRUCTIONS = "instructions"
DECISION = "decision"
ORIGIN = "origin"  # the name of an import's kept copy, before its ending
NOT_RECORDS = ("readme.md", "index.md", "template.md", "adr-template.md")


@dataclass(frozen=True, slots=True)
class Files:
    """Paths by what they are, each sorted."""

    prompts: tuple[str, ...]
    instructions: tuple[str, ...]
    decisions: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.prompts) + len(self.instructions) + len(self.decisions)

    def items(self) -> list[tuple[str, str]]:
        """(path, what it is) of every file."""
        return [
            *((path, PROMPT) for path in self.prompts),
            *((path, INSTRUCTIONS) for path in self.instructions),
            *((path, DECISION) for path in self.decisions),
        ]


def find_files(settings: Settings, paths: Iterable[str]) -> Files:
    """Which of the `paths` are governed, by the settings' globs."""
    is_prompt, is_instructions = matcher(settings.prompts), matcher(settings.instructions)
    listed = sorted(paths)
    prompts = tuple(path for path in listed if is_prompt(path))
    known = set(prompts)
    homes = {path.rpartition("/")[0] for path in prompts if path.endswith("/prompt.yaml")}
    return Files(
        prompts,
        tuple(
            path
            for path in listed
            if is_instructions(path) and path not in known and not _kept_copy(path, homes)
        ),
        tuple(path for path in listed if is_record(settings, path)),
    )


def _kept_copy(path: str, homes: Container[str]) -> bool:
    """True for what an import keeps of another tool's file beside the prompt that was made of it."""
    folder, _, name = path.rpartition("/")
    return name.startswith(f"{ORIGIN}.") and folder in homes


def is_record(settings: Settings, path: str) -> bool:
    """True for a Markdown file right under the decisions folder that is no index or template."""
    folder, _, name = path.rpartition("/")
    return (
        folder == settings.decisions.rstrip("/")
        and name.endswith(".md")
        and name.lower() not in NOT_RECORDS
    )


def named_files(settings: Settings, tree: Tree, named: Sequence[str]) -> Files:
    """The files that a person named: files as they are, folders for all that is governed below.

    InputError for a name that is neither.
    """
    kinds: dict[str, set[str]] = {PROMPT: set(), INSTRUCTIONS: set(), DECISION: set()}
    listed: Sequence[str] | None = None
    for name in named:
        if tree.exists(name):
            path, kind = _what(settings, tree, name)
            kinds[kind].add(path)
            continue
        listed = tree.paths() if listed is None else listed
        prefix = "" if name in ("", ".") else name.rstrip("/") + "/"
        below = [path for path in listed if path.startswith(prefix)]
        if not below:
            tree.read(name)  # says what is wrong with it, where it is refused
            raise InputError("no such file or folder", "check the spelling", path=name)
        for path, kind in find_files(settings, below).items():
            kinds[kind].add(path)
    return Files(*(tuple(sorted(kinds[kind])) for kind in (PROMPT, INSTRUCTIONS, DECISION)))


def _what(settings: Settings, tree: Tree, path: str) -> tuple[str, str]:
    """(path of the file to read, what it is): a cases file stands for its prompt."""
    folder, slash, name = path.rpartition("/")
    if name in CASES_FILES and tree.exists(f"{folder}{slash}prompt.yaml"):
        return f"{folder}{slash}prompt.yaml", PROMPT
    if name.endswith(SIDECAR):
        about = instructions_of(path, tree)
        if about is None:
            what = path.removesuffix(SIDECAR)
            hint = f"it is about a file such as {what}.md: bring that back, or delete this one"
            raise InputError("the instruction file that this is about is gone", hint, path=path)
        return about, INSTRUCTIONS
    if name.endswith((".yaml", ".yml")):
        return path, PROMPT
    return path, DECISION if is_record(settings, path) else INSTRUCTIONS


def read_file(tree: Tree, path: str, kind: str) -> Reading:
    """The file read as what it is; never raises for what it holds."""
    match kind:
        case "prompt":
            return read_prompt(tree, path)
        case "decision":
            return read_decision_file(tree, path)
        case _:
            return read_instructions_file(tree, path)


def read_decisions(settings: Settings, tree: Tree, paths: Iterable[str]) -> dict[str, Decision]:
    """The readable decision records among `paths`, by id."""
    records = (
        read_decision_file(tree, path).decision for path in paths if is_record(settings, path)
    )
    return {record.id: record for record in records if record is not None}
