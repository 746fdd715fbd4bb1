"""`fleet.toml`: which repositories."""

from __future__ import annotations

import glob
import os
from dataclasses import dataclass

from promptops.errors import ConfigError
from promptops.source.shape import nearest

MOST = 5_000
_KEYS = ("repositories", "retires_within")


@dataclass(frozen=True, slots=True)
class Manifest:
    """folders: absolute, each once, in the order given. retires_within: days from which on a
    model's end is near."""

    folders: tuple[str, ...]
    retires_within: int = 180


def read_manifest(path: str) -> Manifest:
    """The file at `path`; its folders are relative to it and may be globs. ConfigError with line."""
    import tomllib

    try:
        with open(path, "rb") as file:
            data = tomllib.load(file)
    except OSError as error:
        raise ConfigError(f"cannot read it: {error.strerror}", _EXAMPLE, path=path) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"not TOML: {error}", _EXAMPLE, path=path) from None
    for key in data:
        if key not in _KEYS:
            guess = nearest(key, _KEYS)
            hint = f"did you mean `{guess}`?" if guess else f"known are {', '.join(_KEYS)}"
            raise ConfigError(f"unknown key `{key}`", hint, path=path)
    named = data.get("repositories")
    if not isinstance(named, list) or not named or not all(isinstance(n, str) for n in named):
        raise ConfigError("`repositories` is a list of folders", _EXAMPLE, path=path)
    days = data.get("retires_within", 180)
    if not isinstance(days, int) or isinstance(days, bool) or not 0 <= days <= 3650:
        raise ConfigError("`retires_within` is a number of days", "such as 180", path=path)
    return Manifest(tuple(_folders(path, named)), days)


_EXAMPLE = 'such as: repositories = ["../checkout-service", "../agents/*"]'


def _folders(path: str, named: list[str]) -> list[str]:
    base = os.path.dirname(os.path.abspath(path))
    found: dict[str, None] = {}
    for name in named:
        wanted = os.path.join(base, os.path.expanduser(name))
        if not glob.has_magic(name):
            found[os.path.realpath(wanted)] = None
            continue
        there = [one for one in sorted(glob.glob(wanted)) if _is_repository(one)]
        if not there:
            hint = "a glob names folders that hold a .git, or bare repositories"
            raise ConfigError(f"no repository matches `{name}`", hint, path=path)
        found.update(dict.fromkeys(map(os.path.realpath, there)))
    if len(found) > MOST:
        raise ConfigError(f"{len(found):,} repositories; {MOST:,} is the most", "", path=path)
    return list(found)


def _is_repository(folder: str) -> bool:
    inner = (os.path.join(folder, name) for name in (".git", "HEAD"))
    return os.path.isdir(folder) and any(map(os.path.exists, inner))
