"""A prompt's life: what each commit that changed its file did, along the first parents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice

from promptops.decisions.slips import KnowsWord
from promptops.errors import PromptopsError
from promptops.history.past import Past
from promptops.history.stream import Commit, log
from promptops.model import Prompt
from promptops.overview.size import Sizing
from promptops.review.part_tree import PartTree
from promptops.review.rules import ADDED, METADATA, MOVED, REMOVED, compare_rules
from promptops.source.evidence import all_evidence
from promptops.source.reading import read_prompt
from promptops.tokens.count import Count

MOST = 100  # commits of one prompt that are read: each is parsed and counted
_MAINLINE = ("--first-parent", "--diff-merges=first-parent")


@dataclass(frozen=True, slots=True)
class Kept:
    """What evidence said at that time: all outcomes of the rules of one file of it."""

    model: str
    passed: int
    n: int


@dataclass(frozen=True, slots=True)
class Moment:
    """One commit. rules: how many it left; size: None where that state cannot be rendered.

    added, removed, reworded: ids of rules. decisions: records that rules name since.
    """

    commit: Commit
    version: str
    rules: int
    size: Count | None
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    reworded: tuple[str, ...] = ()
    decisions: tuple[str, ...] = ()
    kept: tuple[Kept, ...] = ()


@dataclass(frozen=True, slots=True)
class Life:
    """Oldest first. earlier: there are older commits that were not read. unread: commits whose
    state of the file is no prompt."""

    moments: tuple[Moment, ...]
    earlier: bool = False
    unread: int = 0


def life_of(past: Past, path: str, sizing: Sizing, known: KnowsWord) -> Life:
    """The life of the prompt at `path`; empty while nothing of it is committed."""
    if past.head is None:
        return Life(())
    found = list(islice(_commits(past, path), MOST + 1))
    states = [_State.read(past, commit, where) for commit, where in reversed(found[:MOST])]
    readable = [state for state in states if state.prompt is not None]
    befores: list[_State | None] = [None, *readable]
    earlier = len(found) > MOST
    moments = tuple(
        _moment(before, after, sizing, known, counts=bool(before) or not earlier)
        for before, after in zip(befores, readable, strict=False)
    )
    return Life(moments, earlier, len(states) - len(readable))


def _commits(past: Past, path: str) -> Iterator[tuple[Commit, str]]:
    """Commits that changed the file, newest first, with its path then; through renames."""
    assert past.head is not None
    at: str | None = past.head
    while at is not None:
        start, at = at, None
        with closing(log(past.repository, start, path, options=_MAINLINE)) as commits:
            for commit in commits:
                if commit.touches and commit.touches[0].status == "D":
                    return
                yield commit, path
                if commit.touches and commit.touches[0].status == "A" and commit.parents:
                    path = _path_before(past, commit, path)
                    at = commit.parents[0] if path else None
                    break


def _path_before(past: Past, commit: Commit, path: str) -> str:
    """Where a file that a commit brings in was before: the same prompt's, under another name."""
    now = PartTree(past.repository, commit.id)
    before = PartTree(past.repository, commit.parents[0])
    wanted = _prompt(now, path)
    for change in past.versions.changes(commit):
        gone = not change.new.strip("0") and change.path.endswith((".yaml", ".yml"))
        if gone and wanted is not None:
            there = _prompt(before, change.path)
            if there is not None and there.id == wanted.id:
                return change.path
    return ""


def _prompt(tree: PartTree, path: str) -> Prompt | None:
    try:
        return read_prompt(tree, path).prompt
    except PromptopsError:
        return None


@dataclass(frozen=True, slots=True)
class _State:
    commit: Commit
    prompt: Prompt | None
    kept: tuple[Kept, ...]

    @classmethod
    def read(cls, past: Past, commit: Commit, path: str) -> _State:
        tree = PartTree(past.repository, commit.id)
        prompt = _prompt(tree, path)
        return cls(commit, prompt, tuple(_kept(tree, prompt)) if prompt else ())


def _kept(tree: PartTree, prompt: Prompt) -> Iterator[Kept]:
    for one in all_evidence(tree, prompt):
        outcomes = one.data["rules"].values()
        n = sum(int(outcome["n"]) for outcome in outcomes)
        if n:
            yield Kept(one.data["model"], sum(int(o["passed"]) for o in outcomes), n)


def _moment(
    before: _State | None, after: _State, sizing: Sizing, known: KnowsWord, counts: bool
) -> Moment:
    """`counts`: without a state before it, all rules came with this commit."""
    old, new = before.prompt if before else None, after.prompt
    assert new is not None
    changes = compare_rules(old.rules if old else (), new.rules, known) if counts else ()
    words: dict[str, list[str]] = {}
    for change in changes:
        words.setdefault(change.change, []).append(change.id)
    quiet = (ADDED, REMOVED, MOVED, METADATA)
    reworded = [one for word, ids in words.items() if word not in quiet for one in ids]
    return Moment(
        after.commit,
        new.version,
        len(new.rules),
        sizing.of(new),
        tuple(words.get(ADDED, ())),
        tuple(words.get(REMOVED, ())),
        tuple(reworded),
        tuple(sorted(set(_decisions(new)) - set(_decisions(old)))) if counts else (),
        after.kept,
    )


def _decisions(prompt: Prompt | None) -> Sequence[str]:
    if prompt is None:
        return ()
    named = [rule.decision for rule in prompt.rules]
    return list(filter(None, named + [retired.decision for retired in prompt.retired]))
