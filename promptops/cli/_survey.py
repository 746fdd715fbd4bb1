"""What `promptops doctor` finds in a repository, whether or not anything is configured there."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from promptops.agents.load import Load, Loader
from promptops.agents.profiles import PROFILES
from promptops.agents.repeated import Repeated, repeated
from promptops.checking.run import check_files
from promptops.checking.scope import without_links
from promptops.checks import Around
from promptops.cli._keep import paths_keeper
from promptops.cli._waiting import WAITING, Waiting
from promptops.cli._world import Call
from promptops.config import Settings
from promptops.diagnostic import Diagnostic
from promptops.errors import GitError, InputError
from promptops.history.knowledge import Known, knowledge
from promptops.history.past import Past, open_past
from promptops.history.promptlike import prompt_like
from promptops.history.why import introduced, off_topic
from promptops.source.reading import read_instructions_file, read_prompt
from promptops.source.settings import read_settings
from promptops.source.sidecar_path import SIDECAR, instructions_of, sidecar_path
from promptops.source.tree import DiskTree, Tree
from promptops.source.workspace import Files, find_files
from promptops.tokens.counts import Counter
from promptops.tokens.vocab import places

MOST_FILES = 300  # that are checked; a repository of more has other problems
MOST_RULES = 120  # whose history is looked up
MOST_FOLDERS = 60  # in which loads are computed
_FOREIGN = ("promptfooconfig.yaml", "promptfooconfig.yml", "flow.dag.yaml")
_FOREIGN_ENDS = (".prompt", ".prompty", ".prompt.yml", ".prompt.md")


@dataclass(frozen=True, slots=True)
class Explained:
    """A rule and what is known of why it is there.

    reason: "written" (a rationale that a person wrote stands beside it), "commit" (the commit that
    brought it in speaks of it), "" (nobody said). left: nobody who shaped it is still here.
    entry: a sidecar has a place for its reason.
    """

    path: str
    line: int
    text: str
    reason: str
    left: bool
    entry: bool = False


@dataclass(frozen=True, slots=True)
class Survey:
    """All that was found. sizes: tokens of each instruction file on `model`. loads: of each agent
    at the root and where it is largest. rules: how many there are in all; explained: those looked
    up. note: why history says nothing, or not all."""

    root: str
    files: Files
    others: tuple[str, ...]
    model: str
    sizes: Mapping[str, int]
    loads: tuple[tuple[Load, int, Load, int], ...]
    twice: tuple[tuple[str, Repeated], ...]
    found: tuple[Diagnostic, ...]
    rules: int
    explained: tuple[Explained, ...]
    note: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)
    hooked: bool = False


class ListedTree(DiskTree):
    """The disk, with the paths that git lists: none that are ignored, no walk over all folders."""

    def __init__(self, root: str, listed: Sequence[str]) -> None:
        super().__init__(root)
        self._listed = tuple(sorted(listed))

    def paths(self) -> Sequence[str]:
        return self._listed


def survey(call: Call, model: str) -> Survey:
    """Look at the repository; nothing is configured, nothing is written."""
    with _opened(call) as (past, problem):
        tree: Tree = DiskTree(call.root)
        if past is not None and not past.repository.bare:
            entries = past.repository.index()
            listed = {entry.path for entry in entries} | set(past.repository.untracked())
            tree = ListedTree(past.repository.root, sorted(listed))
        settings = read_settings(tree)
        files = without_links(tree, find_files(settings, tree.paths()))
        rules, explained = _rules(call, tree, files.instructions, past)
        counter = Counter(places(call.environ), settings.models)
        loader = Loader(tree)
        loads = tuple(_loads(loader, counter, model, files.instructions))
        checked = _checked(call, tree, files, settings, counter)
        return Survey(
            os.path.basename(call.root),
            files,
            tuple(_others(tree, files)),
            model,
            {path: _tokens(counter, loader.text(path)[0], model) for path in files.instructions},
            loads,
            tuple(_twice(loads)),
            checked[0],
            rules,
            explained,
            problem or _shallow(past) or _partly(rules, explained),
            checked[1],
            _hooked(tree, call.root),
        )


@contextmanager
def _opened(call: Call) -> Iterator[tuple[Past | None, str]]:
    """(the repository's past, "") or (None, why there is none)."""

    try:
        opened = open_past(call.folder, call.environ, paths_keeper(call.environ))
        past = opened.__enter__()
    except GitError as error:
        yield None, f"no history: {error.message}"
        return
    try:
        yield past, ""
    finally:
        opened.__exit__(None, None, None)


def _shallow(past: Past | None) -> str:
    shallow = past is not None and past.repository.shallow
    return (
        "a shallow clone: `git fetch --unshallow` brings the reasons before it" if shallow else ""
    )


def _partly(rules: int, explained: Sequence[Explained]) -> str:
    if len(explained) < rules:
        looked_up = f"of {rules} rules, the {len(explained)} nearest the root were looked up"
        return f"{looked_up}; `promptops why FILE:LINE` tells of any other"
    return ""


def _others(tree: Tree, files: Files) -> Iterator[str]:
    """Files that look like prompts and that nobody governs: no cases, copies and targets of ours."""
    readings = (read_prompt(tree, path).prompt for path in files.prompts[:MOST_FILES])
    rendered = {prompt.target for prompt in readings if prompt is not None}
    governed = {path for path, _ in files.items()} | rendered
    homes = {path.rpartition("/")[0] for path in files.prompts if path.endswith("/prompt.yaml")}
    for path in tree.paths():
        folder, _, name = path.rpartition("/")
        foreign = name in _FOREIGN or path.endswith(_FOREIGN_ENDS)
        ours = path in governed or folder in homes or name.endswith(".schema.json")
        ours = ours or (path.endswith(SIDECAR) and instructions_of(path, tree) is not None)
        if (foreign or prompt_like(path)) and not ours and not _link(tree, path):
            yield path


def _link(tree: Tree, path: str) -> bool:
    """True for another name of a file that is told already, or of one that is elsewhere."""
    return isinstance(tree, DiskTree) and os.path.islink(os.path.join(tree.root, path))


def _tokens(counter: Counter, text: str, model: str) -> int:
    return counter.count(text, model).tokens or 0


# -- what is loaded ------------------------------------------------------------------------------


def _loads(
    loader: Loader, counter: Counter, model: str, paths: Sequence[str]
) -> Iterator[tuple[Load, int, Load, int]]:
    """Each agent's load at the root and in the folder where it is largest, with their tokens."""
    folders = {path.rpartition("/")[0] for path in paths if "/." not in f"/{path}"}
    deepest = sorted(folders - {""}, key=lambda folder: (-folder.count("/"), folder))
    for profile in PROFILES:
        at_root = loader.load(profile, "")
        most, size = at_root, _size(at_root)
        for folder in deepest[:MOST_FOLDERS]:
            load = loader.load(profile, folder)
            if _size(load) > size:
                most, size = load, _size(load)
        yield at_root, _counted(counter, at_root, model), most, _counted(counter, most, model)


def _size(load: Load) -> int:
    return sum(len(part.text) for part in load.arrives)


def _counted(counter: Counter, load: Load, model: str) -> int:
    return _tokens(counter, "\n\n".join(part.text for part in load.arrives), model)


def _twice(loads: Sequence[tuple[Load, int, Load, int]]) -> Iterator[tuple[str, Repeated]]:
    """Texts that one agent gets twice, each once."""
    seen: set[str] = set()
    for _, _, load, _ in loads:
        for one in repeated(load.arrives):
            if one.text not in seen:
                seen.add(one.text)
                yield load.profile.title, one


# -- what is wrong, and why rules are there ------------------------------------------------------


def _checked(
    call: Call, tree: Tree, files: Files, settings: Settings, counter: Counter
) -> tuple[tuple[Diagnostic, ...], Mapping[str, str]]:
    some = Files(
        files.prompts[:MOST_FILES], files.instructions[:MOST_FILES], files.decisions[:MOST_FILES]
    )
    checked = check_files(tree, some, settings, Around(call.today, counter), "", {})
    return checked.diagnostics, checked.sources


def _rules(
    call: Call, tree: Tree, paths: Sequence[str], past: Past | None
) -> tuple[int, tuple[Explained, ...]]:
    """(rules in all instruction files, what is known of those in the first files)."""
    counts = {path: _count(tree, path) for path in paths}
    total = sum(counts.values())
    if past is None:
        return total, ()
    chosen: list[str] = []
    room = MOST_RULES
    for path in sorted(paths, key=lambda p: (p.count("/"), p)):
        if counts[path] and room > 0:  # the last one may be over: half a file helps nobody
            chosen.append(path)
            room -= counts[path]
    with Waiting(call, WAITING) as waiting:
        known = knowledge(past, chosen, waiting.at).rules if chosen else ()
    entries = {path: _entries(past, path) for path in chosen}
    return total, tuple(_explained(past, rule, entries[rule.path]) for rule in known)


def _count(tree: Tree, path: str) -> int:
    try:
        prompt = read_instructions_file(tree, path).prompt
    except InputError:
        return 0
    return len(prompt.rules) if prompt is not None else 0


def _entries(past: Past, path: str) -> Mapping[int, bool]:
    """Lines of the rules that have an entry in the sidecar: True where a person wrote the reason."""
    if not past.tree.exists(sidecar_path(path)):
        return {}
    from promptops.history.adopted import entries_of

    entries = entries_of(past.tree, path)
    return {line: bool(rule.rationale and not rule.draft) for line, rule in entries}


def _explained(past: Past, rule: Known, entries: Mapping[int, bool]) -> Explained:
    event = introduced(rule.shaping)
    reason = "written" if entries.get(rule.line) else ""
    if not reason and event is not None and not off_topic(event, past.message(event.commit.id)):
        reason = "commit"
    left = rule.rests_on == "left"
    return Explained(rule.path, rule.line, rule.text, reason, left, rule.line in entries)


def _hooked(tree: Tree, root: str) -> bool:
    """True if commits are checked by us."""
    for path in (".pre-commit-config.yaml", ".git/hooks/pre-commit"):
        try:
            with open(os.path.join(root, path), "rb") as file:
                if b"promptops" in file.read(1 << 20):
                    return True
        except OSError:
            continue
    return tree.exists("promptops.toml")
