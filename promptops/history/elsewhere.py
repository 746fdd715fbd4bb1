"""Where else a unit may have come from in one commit: files that lost it, files it was copied from."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing

from promptops.history.likeness import resembles
from promptops.history.links import Grade, Link
from promptops.history.messages import says_it_is_back
from promptops.history.promptlike import prompt_like
from promptops.history.records import SYMLINK, Change
from promptops.history.similarity import Weights, may_be_part, ratio, tokens
from promptops.history.stream import Commit, log
from promptops.history.units import PROSE, Unit
from promptops.history.versions import Versions
from promptops.values import NamedTuple

MAX_FILES = 400
WORDS = 16  # of a text, the longest ones: those by which a file that may hold it is told
MAX_COPIED_FROM = 200
MAX_DELETIONS = 400  # commits that delete files; what comes back has not been away for long
RECENTLY = 45 * 86_400  # seconds; a change that is taken back and made again is so within weeks
SHED = 25  # characters of a piece that is found again in another file
CLOSE = 60.0  # 0-100; a text of another file that is less like this one is no earlier wording
FAINT = 0.09  # a chance that no neighbours that went along (+1.9 in its logit) make one of 0.4
ALIKE = 90.0  # 0-100; a text of another file that is less like this one is no copy of it
TELLING = 40  # characters; shorter texts stand in two files by chance


_SAME = Link(0, 0, "same", 100.0, Grade.CERTAIN)


class Found(NamedTuple):
    """A unit of another file, before the commit, that the one looked for grew out of.

    gone: it vanished there (a move); otherwise it lives on (a copy).
    whole: the other file disappeared in the commit.
    """

    path: str
    blob: str
    unit: Unit
    link: Link
    gone: bool
    whole: bool = False


class Search(NamedTuple):
    """The best origin among a commit's files; suspects: some lost text might still be another."""

    found: Found | None
    suspects: bool


class Arrival(NamedTuple):
    """The units that appeared together in a file, in order: neighbours that moved along are evidence.

    path, blob: the file as it is now. key: names the units, so that what was found out of them is
    found out once; "" for nothing of that.
    """

    fresh: list[Unit]
    path: str
    blob: str
    key: str = ""


def search(versions: Versions, changes: Sequence[Change], arrival: Arrival, wanted: Unit) -> Search:
    """Look for the origin of `wanted`, one that arrived, among the files a commit changed."""
    best: Found | None = None
    suspects = False
    for change in _candidates(versions, changes, arrival, wanted):
        found, suspected = _in_file(versions, change, arrival, wanted)
        suspects = suspects or suspected
        if found and (best is None or _rank(found, arrival) > _rank(best, arrival)):
            best = found
    return Search(best, suspects)


def _rank(found: Found, arrival: Arrival) -> tuple[int, float, bool, tuple[bool, int]]:
    near = nearness(arrival.path, found.path)
    return found.link.grade, found.link.score, found.gone, near


def nearness(path: str, other: str) -> tuple[bool, int]:
    """How much two paths say that they are one file: the same name, folders shared. More is nearer."""
    ours, theirs = path.split("/"), other.split("/")
    return ours[-1] == theirs[-1], -len({*ours} ^ {*theirs})


def _candidates(
    versions: Versions, changes: Sequence[Change], arrival: Arrival, wanted: Unit
) -> Iterator[Change]:
    lost = [c for c in changes if c.status in "MDT" and c.old_mode != SYMLINK]
    lost.sort(key=lambda c: nearness(arrival.path, c.path), reverse=True)
    whole = [c for c in lost if c.status == "D" and c.old == arrival.blob]
    lost.sort(key=lambda c: not (prompt_like(c.path) or nearness(arrival.path, c.path)[0]))
    lost = whole or lost[:MAX_FILES]
    versions.load([c.old for c in lost])
    for change in lost:
        share = 1 / 3 if prompt_like(change.path) else 0.55
        if mentions(versions.text(change.old), wanted, share):
            yield change


def mentions(text: str, wanted: Unit, share: float = 1 / 3) -> bool:
    """True if that share of the unit's longest words is in the text: else parsing it is in vain."""
    words = sorted(tokens(wanted.norm), key=lambda word: (-len(word), word))[:WORDS]
    folded = text.casefold()
    return bool(folded) and sum(word in folded for word in words) >= share * len(words)


def _in_file(
    versions: Versions, change: Change, arrival: Arrival, wanted: Unit
) -> tuple[Found | None, bool]:
    """The origin in one file, and whether something it lost without an heir resembles the text."""
    gone, whole = versions.gone(change), change.status == "D"
    equal = _equal(gone, wanted)
    if equal is None and len(wanted.norm) >= TELLING:
        equal = _equal(versions.units(change.old, change.path), wanted)
    if equal is not None:
        left = any(unit is equal for unit in gone)
        return Found(change.path, change.old, equal, _SAME, left, whole), False
    links: list[Link] = []
    if may_link(gone, arrival.fresh, wanted):
        links = versions.crossed(change, arrival.fresh, arrival.key)
    ours = arrival.fresh.index(wanted)
    mine = [k for k in links if k.new == ours and _crosses(k)]
    shed = None if mine else _shed(versions, change, wanted)
    if shed is not None:
        return shed, False
    if not mine:
        heirs = {k.old for k in links if _crosses(k)}  # a faint link explains nothing
        rest = [u for i, u in enumerate(gone) if i not in heirs and u.kind == PROSE]
        return None, resembles(wanted, rest, (*gone, *arrival.fresh), foreign=True)
    link = max(mine, key=lambda k: (k.grade, k.score))
    return Found(change.path, change.old, gone[link.old], link, True, whole), False


def _crosses(link: Link) -> bool:
    """True if the link may lead to another file: faint ones did in none of 200 questions."""
    if link.how in ("replaced", "rewritten"):
        return False
    return link.how != "reworded" or link.score >= CLOSE


def may_link(gone: Sequence[Unit], fresh: Sequence[Unit], wanted: Unit) -> bool:
    """False if no alignment of the two finds an origin of `wanted`: far quicker than to align them."""
    if wanted.id and any(unit.id == wanted.id for unit in gone):
        return True
    around, prose = (*gone, *fresh), [unit for unit in gone if unit.kind == PROSE]
    if resembles(wanted, prose, around, foreign=True, least=FAINT):
        return True
    weights = Weights(unit.norm for unit in around)
    return any(may_be_part(weights, unit.norm, wanted.norm) for unit in prose)


def _shed(versions: Versions, change: Change, wanted: Unit) -> Found | None:
    """A unit that lives on in its file without the piece that is looked for: that went its own way."""
    piece = wanted.norm.rstrip(" .,;:")
    if len(piece) < SHED or not change.new_mode.startswith("100"):
        return None
    if any(piece in u.norm for u in versions.units(change.new, change.path)):
        return None
    for unit in versions.units(change.old, change.path):
        if unit.kind == wanted.kind and piece in unit.norm:
            grade = Grade.CERTAIN if len(piece) >= TELLING else Grade.PROBABLE
            return Found(change.path, change.old, unit, Link(0, 0, "split", 100.0, grade), True)
    return None


def copied(versions: Versions, commit: Commit, path: str, wanted: Unit) -> Found | None:
    """The same text, or nearly, in a file that the commit did not touch: a prompt, or a namesake."""
    versions.expect(commit.parents[0], path, *_deletions(commit))  # is asked next, of another git
    if len(wanted.norm) < TELLING:
        return None
    entries = versions.prompts(commit.parents[0], posixpath.basename(path))
    near = [e for e in entries if e.path != path and e.mode != SYMLINK]
    near.sort(key=lambda e: nearness(path, e.path), reverse=True)
    versions.load([e.blob for e in near[:MAX_COPIED_FROM]])
    for entry in near[:MAX_COPIED_FROM]:
        if mentions(versions.text(entry.blob), wanted):
            for unit in versions.units(entry.blob, entry.path):
                link = _copy(unit, wanted) if unit.kind == wanted.kind else None
                if link is not None:
                    return Found(entry.path, entry.blob, unit, link, False)
    return None


def _copy(unit: Unit, wanted: Unit) -> Link | None:
    if unit.norm == wanted.norm:
        return _SAME
    if wanted.norm in unit.norm:
        return Link(0, 0, "split", 100.0, Grade.CERTAIN)
    shorter, longer = sorted((len(unit.norm), len(wanted.norm)))
    if 2 * shorter < ALIKE / 100 * (shorter + longer):
        return None  # texts of such different lengths are never that alike
    score = ratio(wanted.norm, unit.norm)
    return Link(0, 0, "reworded", score, Grade.PROBABLE) if score >= ALIKE else None


def deleted(
    versions: Versions, commit: Commit, path: str, wanted: Unit
) -> tuple[Commit, Found] | None:
    """The newest deletion, before `commit`, of a file that held the very text; and that commit.

    Of `path` itself, not long before (what was taken back is made again within weeks), or, where
    the commit says that it brings something back, of any prompt-like file or namesake.
    """
    repository, parent = versions.repository, commit.parents[0]
    here = versions.stream(parent, path, *_deletions(commit))
    found = _deleted(versions, here, wanted, path.__eq__)
    if found is None and says_it_is_back(commit.subject):
        options = ("--diff-filter=D", f"-{MAX_DELETIONS}")
        gone, name = log(repository, parent, options=options), posixpath.basename(path)
        found = _deleted(versions, gone, wanted, lambda p: prompt_like(p) or p.endswith(name))
    return found


def _deletions(commit: Commit) -> tuple[str, ...]:
    """Options for git: deletions of the last weeks before the commit."""
    since = max((commit.time or 0) - RECENTLY, 0)
    return "--diff-filter=D", f"--since=@{since}"


def _deleted(
    versions: Versions, commits: Generator[Commit], wanted: Unit, likely: Callable[[str], bool]
) -> tuple[Commit, Found] | None:
    with closing(commits) as stream:
        for earlier in stream:
            near = [t for t in earlier.touches if len(t.olds) == 1 and likely(t.path)]
            versions.load([t.olds[0] for t in near[:MAX_FILES]])
            for touch in near[:MAX_FILES]:
                if mentions(versions.text(touch.olds[0]), wanted):
                    unit = _equal(versions.units(touch.olds[0], touch.path), wanted)
                    if unit is not None:
                        return earlier, Found(touch.path, touch.olds[0], unit, _SAME, True, True)
    return None


def _equal(units: Sequence[Unit], wanted: Unit) -> Unit | None:
    return next((u for u in units if u.norm == wanted.norm and u.kind == wanted.kind), None)
