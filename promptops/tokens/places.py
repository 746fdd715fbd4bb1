"""Where vocabularies are looked for, and where their tables are kept: loads nothing."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping


class Places:
    """Where to look and where to keep: `cache` is "" where nothing may be written.

    folders: of tiktoken's cache; path: of installed packages.
    """

    __slots__ = ("cache", "folders", "path")

    def __init__(
        self, cache: str, folders: tuple[str, ...] = (), path: tuple[str, ...] = ()
    ) -> None:
        self.cache = cache
        self.folders = folders
        self.path = path


def places(environ: Mapping[str, str], path: tuple[str, ...] | None = None) -> Places:
    """The places that an environment names; `path` stands in for `sys.path`.

    tiktoken's folders are its own: TIKTOKEN_CACHE_DIR, else DATA_GYM_CACHE_DIR, else
    `data-gym-cache` among the temporary files.
    """
    home = environ.get("PROMPTOPS_HOME", "")
    if not home:
        base = environ.get("XDG_CACHE_HOME", "")
        if not os.path.isabs(base):
            base = os.path.join(environ["HOME"], ".cache") if environ.get("HOME") else ""
        home = os.path.join(base, "promptops") if base else ""
    default = os.path.join(environ.get("TMPDIR") or "/tmp", "data-gym-cache")
    folder = environ.get("TIKTOKEN_CACHE_DIR", environ.get("DATA_GYM_CACHE_DIR", default))
    return Places(
        os.path.join(home, "vocab") if home else "",
        (folder,) if folder else (),
        tuple(sys.path) if path is None else path,
    )
