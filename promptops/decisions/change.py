"""A change between two states of a repository, as far as decisions are about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from json import JSONDecodeError, loads

from promptops.config import DEFAULT, Settings
from promptops.decisions.found import Evidence, Found, found, newly_cited
from promptops.decisions.message import SILENT, Trailers
from promptops.decisions.needed import Need, changes_of_meaning
from promptops.decisions.records import Record, read_records, rewritten
from promptops.decisions.slips import KnowsWord, no_word
from promptops.decisions.unread import unread
from promptops.diagnostic import Place
from promptops.errors import ConfigError, InputError, NotHereError
from promptops.history.records import Paths
from promptops.model import Prompt
from promptops.source.reading import Reading, read_prompt
from promptops.source.settings import FILES as SETTINGS_FILES
from promptops.source.settings import read_settings
from promptops.source.tree import Tree
from promptops.source.workspace import find_files
from promptops.values import dataclass, replace

_PLACES: dict[str, Place] = {
    "model": ("models",),
    "modality": ("modalities",),
    "data": ("data",),
    "budget": ("budget",),
    "output": ("output",),
}


class NoTree:
    """The files of a repository that has no commit yet: none."""

    def paths(self) -> Sequence[str]:
        return ()

    def listed(self, folder: str) -> Sequence[str]:  # noqa: ARG002
        return ()

    def exists(self, path: str) -> bool:  # noqa: ARG002
        return False

    def read(self, path: str) -> bytes:
        raise InputError("no such file", path=path)


@dataclass(frozen=True, slots=True)
class Pair:
    """One prompt in both states; None where it is not there."""

    before: Reading | None
    after: Reading | None
    contract_changed: bool = False

    @property
    def prompts(self) -> tuple[Prompt | None, Prompt | None]:
        """The prompts themselves."""
        return (
            self.before.prompt if self.before else None,
            self.after.prompt if self.after else None,
        )

    @property
    def path(self) -> str:
        """The path of its file, the later one where it moved."""
        reading = self.after or self.before
        return reading.path if reading else ""

    @property
    def id(self) -> str:
        """The prompt's id, the later one where it changed."""
        before, after = self.prompts
        prompt = after or before
        return prompt.id if prompt else ""


@dataclass(frozen=True, slots=True)
class Change:
    """What differs between two trees: prompts in pairs, decision records on both sides by id.

    settings: those that judge. A change can tighten what judges it, never loosen it.
    unreadable: why prompts that are there after it cannot be read; what they change is not known.
    broken: why records that it writes cannot be read.
    """

    pairs: tuple[Pair, ...]
    before: dict[str, Record]
    after: dict[str, Record]
    settings: Settings
    known: KnowsWord = no_word
    unreadable: tuple[InputError, ...] = ()
    broken: tuple[InputError, ...] = ()

    def meanings(self) -> tuple[Need, ...]:
        """Every change of meaning in it, whether or not the settings ask for a record."""
        return tuple(need for pair in self.pairs for need in self._of(pair))

    def needs(self) -> tuple[Need, ...]:
        """The changes of meaning that need a record."""
        wanted = self.settings.require_decision_for
        return tuple(need for need in self.meanings() if need.kind in wanted)

    def found(self, said: Trailers = SILENT) -> tuple[Found, ...]:
        """Each need with what answers it."""
        return found(self.needs(), self.evidence(said))

    def evidence(self, said: Trailers = SILENT) -> Evidence:
        """What may answer for it."""
        decided = (i for i, record in self.before.items() if record.decision.status == "accepted")
        cited = dict(c for pair in self.pairs for c in newly_cited(*pair.prompts))
        return Evidence(self.after, frozenset(decided), cited, said)

    def rewritten(self) -> tuple[tuple[Record, str], ...]:
        """(record as it was, what was done to it) for each decided record that was tampered with."""
        said = ((r, rewritten(r, self.after.get(name))) for name, r in sorted(self.before.items()))
        unread = {error.path for error in self.broken}
        return tuple((r, what) for r, what in said if what and r.decision.path not in unread)

    def place_of(self, need: Need) -> Place:
        """Where the change stands in the prompt's file; the whole file where it is gone."""
        if need.kind != "rule":
            return _PLACES.get(need.kind, ())
        for pair in self.pairs:
            prompt = pair.prompts[1]
            if prompt is not None and prompt.id == need.prompt and need.rule:
                ids = [rule.id for rule in prompt.rules]
                return ("rules", ids.index(need.rule)) if need.rule in ids else ("rules",)
        return ("messages",) if need.what else ()

    def line_of(self, need: Need) -> int:
        """The 1-based line of the change in the prompt's file, 0 where the file is gone."""
        for pair in self.pairs:
            prompt = pair.prompts[1]
            if pair.after is not None and prompt is not None and prompt.id == need.prompt:
                document = pair.after.document
                return document.lines.position(document.locate(self.place_of(need))[0])[0]
        return 0

    def _of(self, pair: Pair) -> tuple[Need, ...]:
        return changes_of_meaning(
            *pair.prompts, contract_changed=pair.contract_changed, known=self.known
        )


def concerns_decisions(settings: Settings, paths: Iterable[str]) -> bool:
    """True if a change of these paths may need a decision or touch a record: cheap, no file read."""
    listed = list(paths)
    files = find_files(settings, listed)
    if files.prompts or files.decisions:
        return True
    return any(path.endswith(".json") or path in SETTINGS_FILES for path in listed)


def read_change(before: Tree, after: Tree, paths: Paths, known: KnowsWord = no_word) -> Change:
    """What the change of `paths` from one tree to the other means.

    InputError where a prompt cannot be read after it: what cannot be read cannot be judged.
    """
    change = read_what_can_be(before, after, paths, known)
    if change.unreadable:
        raise change.unreadable[0]
    return change


def read_what_can_be(before: Tree, after: Tree, paths: Paths, known: KnowsWord = no_word) -> Change:
    """The same, with the prompts that cannot be read put aside."""
    changed = sorted((*paths.present, *paths.deleted))
    old, new = settings_before(before), read_settings(after)
    wanted = old.require_decision_for | new.require_decision_for
    readings = _prompts(before, old, changed), _prompts(after, new, changed)
    lost = unread((before, after), readings, find_files(new, paths.present).prompts)
    pairs = _pairs((before, after), readings, {error.path for error in lost})
    records, broken = read_records(after, new)
    return Change(
        tuple(sorted(pairs, key=lambda pair: pair.path)),
        read_records(before, old)[0],
        records,
        replace(new, require_decision_for=wanted),
        known,
        tuple(sorted(lost, key=lambda error: error.path or "")),
        tuple(error for error in broken if error.path in paths.present),
    )


def settings_before(tree: Tree) -> Settings:
    """The settings before the change; broken ones judge nothing and are no reason to stop.

    NotHereError where this clone does not have them: they may ask for more than the new ones.
    """
    try:
        return read_settings(tree)
    except NotHereError:
        raise
    except (ConfigError, InputError):
        return DEFAULT


# -- prompts in pairs ----------------------------------------------------------------------------


def _pairs(
    trees: tuple[Tree, Tree], readings: tuple[list[Reading], list[Reading]], lost: set[str | None]
) -> Iterator[Pair]:
    """Changed prompts matched by id, then by path; those whose output contract changed as well.

    lost: paths of prompts of which one state cannot be read: neither added nor removed.
    """
    left = [r for r in readings[0] if r.prompt is not None and r.path not in lost]
    new = [r for r in readings[1] if r.prompt is not None and r.path not in lost]
    ids = {reading.prompt.id for reading in left if reading.prompt}
    new.sort(key=lambda reading: reading.prompt is None or reading.prompt.id not in ids)
    for reading in new:
        match = _match(reading, left)
        if match is not None:
            left.remove(match)
        yield Pair(match, reading, _contract_changed(*trees, match, reading))
    yield from (Pair(reading, None) for reading in left)


def _prompts(tree: Tree, settings: Settings, changed: list[str]) -> list[Reading]:
    folders = {path.rpartition("/")[0] for path in changed if path.endswith(".json")}
    names = set(changed)
    candidates = tree.paths() if folders else [path for path in changed if tree.exists(path)]
    return [
        read_prompt(tree, path)
        for path in find_files(settings, candidates).prompts
        if path in names or _above(path.rpartition("/")[0], folders)
    ]


def _above(folder: str, folders: Iterable[str]) -> bool:
    return any(f"{other}/".startswith(f"{folder}/") for other in folders)


def _match(reading: Reading, left: list[Reading]) -> Reading | None:
    """The same prompt before: of the same id and path, of the same id, of the same path."""
    assert reading.prompt is not None
    same_id = [r for r in left if r.prompt is not None and r.prompt.id == reading.prompt.id]
    same_path = [r for r in left if r.path == reading.path]
    both = [r for r in same_id if r.path == reading.path]
    return next(iter((*both, *same_id, *same_path)), None)


def _contract_changed(before: Tree, after: Tree, old: Reading | None, new: Reading) -> bool:
    if old is None or old.prompt is None or new.prompt is None:
        return False
    return _contract(before, old.prompt) != _contract(after, new.prompt)


def _contract(tree: Tree, prompt: Prompt) -> object:
    """The JSON Schema that answers must meet, as data: its spelling does not count."""
    if not prompt.output_schema:
        return None
    folder, slash, _ = prompt.path.rpartition("/")
    path = f"{folder}{slash}{prompt.output_schema}"
    try:
        text = tree.read(path).decode("utf-8", "replace")
    except InputError:
        return None
    try:
        return loads(text)
    except (JSONDecodeError, RecursionError):
        return text
