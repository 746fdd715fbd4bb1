"""Files that came with an installed package, from a folder or a zip."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from promptops.errors import InputError
from promptops.source.tree import MAX_BYTES

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


class PackageTree:
    """The data files of an importable package, from a folder or a zip."""

    def __init__(self, package: str) -> None:
        from importlib.resources import files

        try:
            self._files = files(package)
        except (ImportError, TypeError, ValueError):
            raise InputError(
                f"no package `{package}`", "name an importable package that holds the prompts"
            ) from None
        except OSError:  # a folder without __init__.py, in a zip
            raise InputError(
                f"the files of `{package}` cannot be read", "give the package an __init__.py"
            ) from None

    def paths(self) -> Sequence[str]:
        return sorted(_below(self._files, ""))

    def listed(self, folder: str) -> Sequence[str]:
        return [path for path in self.paths() if path.rpartition("/")[0] == folder.rstrip("/")]

    def exists(self, path: str) -> bool:
        return ".." not in path and self._files.joinpath(path).is_file()

    def read(self, path: str) -> bytes:
        try:
            data = self._files.joinpath(path).read_bytes()
        except OSError:
            raise InputError("no such file in the package", path=path) from None
        if len(data) > MAX_BYTES:
            raise InputError(f"the file is over 1 MiB ({len(data):,} bytes)", path=path)
        return data


def _below(folder: Traversable, prefix: str) -> Sequence[str]:
    found: list[str] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _below(entry, f"{prefix}{entry.name}/")
        elif entry.is_file():
            found.append(prefix + entry.name)
    return found
