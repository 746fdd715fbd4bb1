"""What an import is given and what it gives back, whatever the format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from promptops.model import Prompt
from promptops.source.tree import Tree


@dataclass(frozen=True, slots=True)
class Piece:
    """One stretch of the text and what it was taken for.

    line: in the imported file, 1-based. label: rule, fact, example, command, heading, code, table
    or markup; confidence in [0.5, 1]. rule: the id of the rule it became, "" where it stays prose.
    """

    line: int
    label: str
    confidence: float
    text: str
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Left:
    """What a file says that its import, or a prompt that its export, cannot: where, what and why."""

    what: str
    why: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Imported:
    """One prompt found in a foreign file.

    prompt: without `path`; `target` is the file it came from where it renders back to it.
    left: what the prompt does not hold; the kept copy of the file does.
    files: texts of further files for the prompt's folder, by name.
    whole: True where rendering gives the file without a kept copy: its text is the one message.
    """

    format: str
    prompt: Prompt
    pieces: tuple[Piece, ...] = ()
    left: tuple[Left, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """A file to import. path: relative to the repository; files: what lies
    beside it, kept inside the repository; name: what follows `FILE:`, "" for all."""

    path: str
    text: str
    files: Tree
    name: str = ""

    @property
    def folder(self) -> str:
        """Its folder, "" for the root."""
        return self.path.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class Exported:
    """A prompt in another tool's format. path: where that tool looks for it; left: what it lacks."""

    path: str
    text: str
    left: tuple[Left, ...] = ()
