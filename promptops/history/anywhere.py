"""Where a phrase stands, or stood, in files that do not look like prompts by their names.

Many an instruction lives in `docs/`, `rules/` or a file called CRUSH.md. They are asked last, for
there are many of them; git picks those that can hold the phrase.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice

from promptops.errors import GitError
from promptops.history.git import Repository
from promptops.history.past import Past
from promptops.history.promptlike import DOCUMENTS
from promptops.history.records import SYMLINK, split, text
from promptops.history.stream import touched
from promptops.history.units import CODE, Unit
from promptops.history.versions import LARGEST, Versions
from promptops.patterns import later

MAX_FILES = 200  # read of those that hold the words
BATCH = 256  # commits whose contents are asked for at once
_GREP = (
    *("grep", "-I", "-l", "-z", "-i", "-F", "--all-match", "--full-name"),
    *("--no-recurse-submodules", "--no-textconv"),
)
_WORD = later(r"[^\W_]+")

Sides = tuple[str, str, str]  # path, old blob, new blob; zeros where absent


def telling_words(phrase: str) -> list[str]:
    """The longest words of a normalised phrase, as they must stand in the raw text, decorated or not."""
    return sorted(dict.fromkeys(_WORD.findall(phrase)), key=len, reverse=True)[:3]


def holding(versions: Versions, blob: str, path: str, phrase: str) -> list[Unit]:
    """The units of a version that hold the (normalised) phrase; code is passed by."""
    if not _mentions(versions.text(blob).casefold(), phrase):
        return []
    found = [u for u in versions.units(blob, path) if phrase in u.norm]
    versions.code_met = versions.code_met or any(u.kind == CODE for u in found)
    return [u for u in found if u.kind != CODE]


def _mentions(folded: str, phrase: str) -> bool:
    return bool(folded) and all(word in folded for word in telling_words(phrase))


def standing(past: Past, phrase: str) -> list[tuple[str, Unit]]:
    """(path, unit) of every place in HEAD's text files, documents before programs."""
    words = telling_words(phrase)
    if past.head is None or not words:
        return []
    named = sorted(_files(past.repository, past.head, words), key=lambda p: (_rank(p), p))
    entries = [e for e in map(past.entry, named[:MAX_FILES]) if e and e.mode != SYMLINK]
    past.versions.load(entry.blob for entry in entries)
    found = ((e.path, holding(past.versions, e.blob, e.path, phrase)) for e in entries)
    return [(path, unit) for path, units in found for unit in units]


def _files(repository: Repository, commit: str, words: Sequence[str]) -> list[str]:
    """Paths of the commit's text files in which every one of the words stands, in any case.

    None where blobs are missing here: git stops at the first one.
    """
    wanted = (option for word in words for option in ("-e", word))
    try:
        out = repository.run(*_GREP, *wanted, commit, "--")
    except GitError:  # git's way to say that there are none, too
        return []
    return [text(name).partition(":")[2] for name in split(out)]


def _document(path: str) -> bool:
    return not _rank(path)


def _rank(path: str) -> bool:
    return os.path.splitext(path)[1].lower() not in DOCUMENTS


def changes(past: Past, phrase: str) -> Iterator[tuple[str, list[Sides]]]:
    """(commit, its changes of documents that hold the phrase's words on a side), newest first."""
    assert past.head is not None
    known: dict[str, bool] = {}
    with closing(touched(past.repository, past.head, _document)) as commits:
        rows = ((commit, [(t.path, t.olds[0], t.new) for t in all_]) for commit, all_ in commits)
        while batch := list(islice(rows, BATCH)):
            _look_into(
                past, [blob for _, all_ in batch for _, *ids in all_ for blob in ids], phrase, known
            )
            for commit, changed in batch:
                told = [change for change in changed if known[change[1]] or known[change[2]]]
                if told:
                    yield commit, told


def _look_into(past: Past, blobs: Sequence[str], phrase: str, known: dict[str, bool]) -> None:
    """Note of every blob whether the words of the phrase stand in it; contents are not kept."""
    new = [blob for blob in dict.fromkeys(blobs) if blob not in known]
    there = [blob for blob in new if blob.strip("0")]
    known.update((blob, False) for blob in new)
    for blob, content in zip(there, past.repository.blobs(there, LARGEST), strict=True):
        if content is None:
            past.versions.absent.add(blob)
        else:
            known[blob] = _mentions(content.decode("utf-8", "replace").casefold(), phrase)
