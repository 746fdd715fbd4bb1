"""Globs over repository paths: `*` within a folder, `**` over folders, `?` one character."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache


def pattern(globs: Iterable[str]) -> str:
    """One regular expression, to be matched against the whole path, for all the globs.

    It takes time in the product of glob and path: what stands between two stars is tied to the
    first place where it fits (an atomic group), for the star after it takes whatever is left.
    Names looked for in every folder are looked for together.
    """
    listed = list(globs)
    names = [glob[3:] for glob in listed if glob.startswith("**/") and "/" not in glob[3:]]
    names = [name for name in names if name != "**"]
    parts = [f"(?:{_path(glob)})" for glob in listed if glob[3:] not in names or glob[:3] != "**/"]
    if names:
        parts.append(rf"(?:(?:[^/]+/)*(?:{'|'.join(map(_name, names))}))")
    return "|".join(parts) or r"(?!)"


def _path(glob: str) -> str:
    first, *rest = _between(glob.split("/"), "**")
    whole = "/".join(map(_name, first))
    if not rest:
        return whole
    whole += "/" if first else ""
    for names in rest[:-1]:
        if names:
            whole += rf"(?>(?:[^/]+/)*?{'/'.join(map(_name, names))}/)"
    last = "/".join(map(_name, rest[-1]))
    return whole + (rf"(?:[^/]+/)*{last}" if rest[-1] else r"[\s\S]*")


def _name(glob: str) -> str:
    """A glob for the name of one file or folder."""
    first, *rest = ("".join(map(_character, part)) for part in _between(list(glob), "*"))
    if not rest:
        return first
    middle = "".join(rf"(?>[^/]*?{part})" for part in rest[:-1] if part)
    return rf"{first}{middle}[^/]*{rest[-1]}(?![^/])"


def _character(glob: str) -> str:
    return "[^/]" if glob == "?" else re.escape(glob)


def _between(items: list[str], mark: str) -> list[list[str]]:
    """What stands between the marks."""
    parts: list[list[str]] = [[]]
    for item in items:
        if item == mark:
            parts.append([])
        else:
            parts[-1].append(item)
    return parts


def matcher(globs: Iterable[str]) -> Callable[[str], bool]:
    """Says of a path whether any of the globs matches the whole of it."""
    return _matcher(tuple(globs))


@cache
def _matcher(globs: tuple[str, ...]) -> Callable[[str], bool]:
    ends = tuple({_end(glob) for glob in globs})
    compiled: list[Callable[[str], object]] = []

    def matches(path: str) -> bool:
        if not path.endswith(ends):
            return False
        if not compiled:  # takes longer than most questions, which the ends answer
            compiled.append(re.compile(pattern(globs)).fullmatch)
        return compiled[0](path) is not None

    return matches


def _end(glob: str) -> str:
    """The characters that every path which matches ends with."""
    return re.split(r"[*?/]", glob)[-1]


def matching(globs: Iterable[str], paths: Iterable[str]) -> list[str]:
    """The paths that match any of the globs, in their order."""
    return list(filter(matcher(globs), paths))
