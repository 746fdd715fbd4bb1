"""Paths that a repository names: inside it, and the same on every platform."""

from __future__ import annotations

from promptops.diagnostic import Place
from promptops.source.shape import WRONG, Log
from promptops.source.value_shapes import Text

TYPE_CHECKING = False  # `typing` costs a check a tenth of its start
if TYPE_CHECKING:
    from typing import Any

_NEVER = frozenset('\\:|<>"?*')
_GLOB = str.maketrans("*?", "xx")
_INSIDE = r"(?=.*\S)(?!/)(?!~)(?!(?:.*/)?\.\.(?:/|$))(?!.*//)(?!.*/$)"  # for the JSON Schema


class PathText(Text):
    """A path inside the repository, with `/`; what means something else on another platform is refused.

    globs: `*` and `?` are allowed.
    """

    def __init__(self, globs: bool = False) -> None:
        super().__init__(empty=False)
        self.globs = globs

    def read(self, node: Any, place: Place, log: Log) -> Any:
        value = super().read(node, place, log)
        if value is WRONG:
            return value
        if not safe_path(value.translate(_GLOB) if self.globs else value):
            return log.add(
                "outside-path",
                place,
                "the path leads outside the repository (a symlink outside, `..` or an absolute path)",
                "name a file inside the repository, with `/` between folders",
            )
        return value

    def schema(self) -> dict[str, Any]:
        allowed = r'[^\\:|<>"]' if self.globs else r'[^\\:|<>"?*]'
        return {"type": "string", "pattern": f"^{_INSIDE}{allowed}+$"}


def safe_path(path: str) -> bool:
    """True if `path` is relative, stays inside, and means the same on every platform."""
    if path.startswith(("/", "~")) or not path.isprintable() or _NEVER & set(path):
        return False
    return all(part == "." or _plain(part) for part in path.split("/"))


def _plain(part: str) -> bool:
    """True for a name that is no device, no spelling of `.git`, and keeps its end on Windows."""
    stem = part.split(".")[0].rstrip(" ").upper()
    device = stem in ("CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$") or (
        stem[:-1] in ("COM", "LPT") and stem[-1:].isdigit()
    )
    git = part.lower().startswith(("git~", ".git~")) or part.lower() == ".git"
    return bool(part) and part == part.rstrip(". ") and not device and not git


PATH = PathText()
GLOB = PathText(globs=True)
