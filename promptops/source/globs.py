"""Globs over repository paths: `*` within a folder, `**` over folders, `?` one character."""

from __future__ import annotations

import re
from collections.abc import Iterable


def pattern(globs: Iterable[str]) -> str:
    """One regular expression, to be matched against the whole path, for all the globs."""
    return "|".join(f"(?:{_one(glob)})" for glob in globs) or r"(?!)"


def _one(glob: str) -> str:
    out = ""
    at = 0
    while at < len(glob):
        if glob.startswith("**/", at):
            out, at = out + r"(?:[^/]+/)*", at + 3
        elif glob.startswith("**", at):
            out, at = out + r".*", at + 2
        elif glob[at] == "*":
            out, at = out + r"[^/]*", at + 1
        elif glob[at] == "?":
            out, at = out + r"[^/]", at + 1
        else:
            out, at = out + re.escape(glob[at]), at + 1
    return out


def matching(globs: Iterable[str], paths: Iterable[str]) -> list[str]:
    """The paths that match any of the globs, in their order."""
    match = re.compile(pattern(globs)).fullmatch
    return [path for path in paths if match(path)]
