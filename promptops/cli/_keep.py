"""Results kept between runs, in the user's own cache folder.

Not under `.git`: what arrives with a checkout must not be able to say that all is well.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping

from promptops.digest import digest

TYPE_CHECKING = False  # `typing` costs a check a tenth of its start
if TYPE_CHECKING:
    from typing import Any


def cache_folder(environ: Mapping[str, str]) -> str:
    """`PROMPTOPS_HOME`, or `promptops` in the user's cache folder; "" where there is none."""
    home = environ.get("PROMPTOPS_HOME")
    if home:
        return os.path.abspath(home)
    base = environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "promptops") if os.path.isabs(base) else ""


# Where all modules lie that `check` and `diff` can load; a test follows their imports.
ANSWERING = (
    *("", "agents", "checking", "checks", "cli", "cli/_tokens", "decisions", "evals"),
    *("evals/judging", "history", "importing", "render", "report", "review", "source"),
    *("tokens", "tokens/data"),
)
READING_HISTORY = "", "history", "source"


def tool_stamp(folders: tuple[str, ...] = ANSWERING) -> str:
    """Changes whenever a module or a table of these folders or the Python that runs them does."""
    from promptops import __version__

    package = os.path.dirname(os.path.dirname(__file__))
    stamps = [__version__, sys.version]
    for folder in folders:
        path = os.path.join(package, folder)
        if os.path.isdir(path):
            files = (e for e in os.scandir(path) if e.name.endswith((".py", ".json", ".txt")))
            stamps.append(repr(sorted((e.name, e.stat().st_mtime_ns) for e in files)))
    return digest("".join(stamps).encode())


class Kept:
    """One JSON file of rows by name; damage counts as nothing kept, and never fails a run."""

    def __init__(self, environ: Mapping[str, str], kind: str, root: str) -> None:
        folder = cache_folder(environ)
        name = digest(os.fsencode(root), 8)
        self.path = os.path.join(folder, f"{kind}-{name}.json") if folder else ""

    @property
    def database(self) -> str:
        """The path of a database for more than a file of rows is good for, "" for nowhere."""
        return self.path and self.path.removesuffix(".json") + ".sqlite"

    @property
    def stamp(self) -> str:
        """Changes whenever the code that reads history does."""
        return tool_stamp(READING_HISTORY)

    def load(self) -> dict[str, Any]:
        """The rows; empty where there are none."""
        import json

        try:
            with open(self.path, "rb") as file:
                data = json.load(file)
        except (OSError, ValueError, RecursionError):
            return {}
        return data if isinstance(data, dict) else {}

    def save(self, rows: Mapping[str, Any]) -> None:
        """Keep the rows, atomically, readable by the user alone; a full disk keeps nothing."""
        if not self.path:
            return
        import json

        temporary = f"{self.path}.{os.getpid()}.new"
        try:
            os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
            with open(
                os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w"
            ) as file:
                json.dump(rows, file, separators=(",", ":"))
            os.replace(temporary, self.path)
        except OSError:
            try:
                os.remove(temporary)
            except OSError:
                pass


def paths_keeper(environ: Mapping[str, str]) -> Callable[[str], Kept]:
    """Where `open_past` keeps what is slow to find of a repository, named by its git directory."""
    return lambda folder: Kept(environ, "paths", folder)
