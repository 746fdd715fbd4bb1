"""The answer of a review of two commits that was given before, without loading anything.

Commits never change. A record holds the ids that the names led to, what the terminal can show, and
a stamp of all else that an answer depends on: our own code, the clone's edges, the vocabularies on
this machine. If all of them still hold, so does the answer. Records lie in the user's own cache
folder, where a checkout cannot put one; `PROMPTOPS_HOME` names another.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from promptops.cli._keep import cache_folder, tool_stamp
from promptops.cli._warm import situation
from promptops.digest import digest
from promptops.errors import PromptopsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from promptops.history.git import Repository

MOST_RECORDS, MOST_CHARACTERS = 64, 1 << 21


def revisions_of(arguments: Sequence[str]) -> tuple[str, ...]:
    """BASE and HEAD of `diff BASE HEAD [--format F]`; () for any other call."""
    words = list(arguments[1:])
    if "--format" in words[:-1]:
        at = words.index("--format")
        del words[at : at + 2]
    plain = arguments[:1] == ["diff"] and not any(word.startswith("-") for word in words)
    return tuple(words) if plain and len(words) == 2 else ()


def answer(arguments: Sequence[str]) -> tuple[str, int] | None:
    """(output, exit code) of the same review of the same commits, or None."""
    names = revisions_of(arguments)
    path = _path(arguments) if names else ""
    if not path or not os.path.exists(path):
        return None
    from promptops.history.git import Repository

    found: list[list[str]] = []
    try:
        with Repository.find(
            os.getcwd(), os.environ, names, lambda: found.append([*_read(path), stamp()])
        ) as repository:
            return _same(found, identity(repository, names))
    except PromptopsError:
        return None  # the usual way says what is wrong


def _same(found: list[list[str]], now: str) -> tuple[str, int] | None:
    match found:
        case [[ids, then, code, check, output, stamped]] if now:
            whole = check == _seal(ids, then, code, output)
            if whole and ids == now and then == stamped and code in ("0", "1"):
                return output, int(code)
    return None


def identity(repository: Repository, names: Sequence[str]) -> str:
    """What the names stand for in this clone; "" where that is not sure to last."""
    ids = [repository.known(name) for name in names]
    if not all(ids):
        return ""
    return digest(repr([repository.common_dir, ids, sorted(repository.shallow)]).encode())


def stamp() -> str:
    """Changes whenever our code or a folder that a vocabulary is looked for in does."""
    from promptops.tokens.places import places

    where = places(os.environ)
    times = []
    for folder in (where.cache, *where.folders, *where.path):
        try:
            times.append((folder, os.stat(folder).st_mtime_ns))
        except OSError:
            times.append((folder, 0))
    return digest(repr([tool_stamp(), times]).encode())


def keeper(arguments: Sequence[str], repository: Repository) -> Callable[[str, int], None] | None:
    """What keeps the answer once it is out; None where it is none to be kept."""
    names = revisions_of(arguments)
    path = _path(arguments) if names else ""
    ids = identity(repository, names) if path else ""
    return (lambda output, code: _remember(path, ids, output, code)) if ids else None


def _remember(path: str, ids: str, output: str, code: int) -> None:
    if code not in (0, 1) or len(output) > MOST_CHARACTERS:
        return
    then = stamp()
    lines = [ids, then, str(code), _seal(ids, then, str(code), output), output]
    folder = os.path.dirname(path)
    temporary = f"{path}.{os.getpid()}.new"
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        _drop_oldest(folder)
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(handle, "wb") as file:
            file.write("\n".join(lines).encode("utf-8", "surrogatepass"))
        os.replace(temporary, path)
    except OSError:
        pass  # a full or read-only disk keeps nothing


def _drop_oldest(folder: str) -> None:
    files = sorted((entry.stat().st_mtime_ns, entry.path) for entry in os.scandir(folder))
    for _, path in files[: max(len(files) - MOST_RECORDS + 1, 0)]:
        os.remove(path)


def _read(path: str) -> list[str]:
    """Ids, stamp, exit code, seal and output; [] where they cannot be read."""
    try:
        with open(path, "rb") as file:
            lines = file.read().decode("utf-8", "surrogatepass").split("\n", 4)
    except (OSError, ValueError):
        return []
    return lines if len(lines) == 5 else []


def _seal(*parts: str) -> str:
    return digest("\n".join(parts).encode("utf-8", "surrogatepass"))


def _path(arguments: Sequence[str]) -> str:
    folder = cache_folder(os.environ)
    name = digest(situation(arguments, os.getcwd()).encode("utf-8", "surrogatepass"))
    return os.path.join(folder, "reviews", name) if folder else ""
