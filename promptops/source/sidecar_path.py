"""Where the sidecar of an instruction file lies; loads nothing."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from promptops.source.tree import Tree

SIDECAR = ".rules.yaml"
_ABOUT = ("", ".md", ".mdc", ".prompty", ".markdown", ".txt")  # what a file with a sidecar ends in


def sidecar_path(path: str) -> str:
    """Where the sidecar of an instruction file lies: `AGENTS.md` has `AGENTS.rules.yaml`."""
    folder, slash, name = path.rpartition("/")
    stem, dot, _ = name.rpartition(".")
    return f"{folder}{slash}{stem if stem and dot else name}{SIDECAR}"


def instructions_of(sidecar: str, tree: Tree) -> str | None:
    """The instruction file that a sidecar is about; None where it is gone."""
    stem = sidecar.removesuffix(SIDECAR)
    return next((stem + end for end in _ABOUT if tree.exists(stem + end)), None)
