"""Links of an instruction file to files of the repository: those that lead nowhere.

Only what is surely meant as such a file counts: a Markdown link (outside code) to a relative path,
Cursor's `mdc:` links, and `@path` where a tool takes it for a mention. Patterns, placeholders, URLs,
what is made by a build and what lies in a submodule are left in peace.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from promptops.agents.imports import imports, without_code
from promptops.agents.load import Loader
from promptops.source.tree import SKIPPED_FOLDERS

_MADE = SKIPPED_FOLDERS | frozenset(
    ["build", "coverage", "dist", "out", "target", "temp", "tmp", "vendor"]
)
CURSOR = "mdc:"  # a scheme of Cursor's rules, for paths from the root on


class Link(NamedTuple):
    """A link that leads nowhere: the path as written, where it stands (characters), a file of the
    same name elsewhere, relative as the link is, or ""."""

    path: str
    start: int
    end: int
    near: str = ""


def broken_links(loader: Loader, path: str, mentions: bool) -> Iterator[Link]:
    """The links of the file at `path` that lead nowhere; mentions: `@path` counts too."""
    text = loader.text(path)[0]
    if "](" in text:
        for found in _link().finditer(without_code(text)):
            written, start = found["path"].strip("<>"), found.start("path")
            wanted = _file(written)
            if not wanted or _shown(text, found.start()):
                continue
            rooted = written.startswith(CURSOR)
            if not _there(loader, path, wanted, rooted):
                yield Link(written, start, found.end("path"), _near(loader, path, wanted, rooted))
    for one in imports(text) if mentions else ():
        wanted = _file(one.path) if one.surely and not _package(loader, one.path) else ""
        if wanted and not _there(loader, path, wanted) and not _shown(text, one.start):
            yield Link(f"@{one.path}", one.start, one.end, _near(loader, path, wanted))


def _shown(text: str, at: int) -> bool:
    """True if the line calls what stands at `at` an example."""
    return _example().search(text, text.rfind("\n", 0, at) + 1, at) is not None


@cache
def _example() -> re.Pattern[str]:
    return re.compile(r"\b(?:examples?\b|e\.g\.|for instance\b)", re.IGNORECASE)


def _package(loader: Loader, path: str) -> bool:
    """True for what may be a package, `@scope/name.md`: no folder of that name is here."""
    scope, slash, name = path.partition("/")
    if not slash or "/" in name or scope.startswith((".", "doc")):
        return False
    return not any(other.startswith(f"{scope}/") for other in loader.paths())


@cache
def _link() -> re.Pattern[str]:
    """`[text](path "title")`; an image too. Text and path stay on one line."""
    return re.compile(
        r"(?<![\w)\]])\[(?:[^\[\]\n]|\[[^\[\]\n]*\])*\]\((?P<path><[^<>\n]+>|[^\s()<>]+(?:\([^\s()]*\)[^\s()<>]*)?)"
        r"""(?:[ \t]+(?:"[^"\n]*"|'[^'\n]*'))?[ \t]*\)"""
    )


@cache
def _no_file() -> re.Pattern[str]:
    """What is no path of a file: schemes, hosts, anchors, patterns and placeholders."""
    return re.compile(
        r"[a-z][a-z0-9+.-]*:|[/~#?\\]|www\.|[\w-]+\.(?:com|org|io|dev|net|ai|app|sh|co)(?:/|\Z)"
        r"|.*(?:[{}*$<>|\[\]`…]|\.\.\.|path/to|your[-_]|example|placeholder|x{3}|\.local\b)",
        re.IGNORECASE | re.DOTALL,
    )


def _file(written: str) -> str:
    """The path that a link means; "" where it surely means no file of the repository."""
    wanted = written.removeprefix(CURSOR)
    if _no_file().match(wanted):
        return ""
    wanted = re.split("[#?]", wanted, maxsplit=1)[0]
    if "%" in wanted:
        from urllib.parse import unquote

        wanted = unquote(wanted)
    name = wanted.rstrip("/").rpartition("/")[2]
    known = wanted.endswith("/") or re.fullmatch(r"[\w.() +-]*\.\w{1,8}(?::\d+)?", name)
    return re.sub(r":\d+\Z", "", wanted) if known else ""


def _there(loader: Loader, path: str, wanted: str, rooted: bool = False) -> bool:
    """True if the file is there, or cannot be expected: beside the linking file, or from the root."""
    folder = "" if rooted else posixpath.dirname(path)
    beside = posixpath.normpath(posixpath.join(folder, wanted))
    if beside.startswith("../") or not _MADE.isdisjoint(beside.split("/")):
        return True  # out of the repository, or made by a build: nobody can tell
    return _exists(loader, beside) or _exists(loader, posixpath.normpath(wanted))


def _exists(loader: Loader, place: str) -> bool:
    if place in (".", "..") or loader.tree.exists(place):
        return True
    inside = f"{place}/"
    if any(other.startswith(inside) for other in loader.paths()):
        return True
    return any(inside.startswith(f"{one}/") for one in _submodules(loader))


def _submodules(loader: Loader) -> list[str]:
    if not loader.tree.exists(".gitmodules"):
        return []
    return re.findall(r"(?m)^\s*path\s*=\s*(\S+)\s*$", loader.text(".gitmodules")[0])


def _near(loader: Loader, path: str, wanted: str, rooted: bool = False) -> str:
    """The only file of that name, whatever the case, written as the link is."""
    name = posixpath.basename(wanted.rstrip("/")).lower()
    same = [p for p in loader.paths() if posixpath.basename(p).lower() == name]
    if len(same) != 1 or same[0] == path:
        return ""
    if rooted:
        return CURSOR + same[0]
    return posixpath.relpath(same[0], posixpath.dirname(path) or ".")
