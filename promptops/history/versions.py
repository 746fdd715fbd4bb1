"""File versions as units, read once each: immutable, so kept by blob id."""

from __future__ import annotations

import os

from promptops.history.git import Repository
from promptops.history.units import Unit, source_units, text_units

LARGEST = 400_000  # bytes; no prompt is that long, and source files that are cost seconds

_KINDS = {".yaml": "yaml", ".yml": "yaml"} | dict.fromkeys(
    (
        ".py",
        ".js",
        ".ts",
        ".tsx",
        ".jsx",
        ".go",
        ".rs",
        ".rb",
        ".java",
        ".kt",
        ".cs",
        ".php",
        ".sh",
    ),
    "source",
)


class Versions:
    """Units and texts by blob id, as long as one command runs."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.absent: set[str] = set()  # ids that this clone does not have
        self._texts: dict[str, str] = {}
        self._units: dict[tuple[str, str], list[Unit]] = {}

    def text(self, blob: str) -> str:
        """The blob as text, BOM and line ends as they are; "" where missing, binary or too large."""
        if blob not in self._texts:
            self.load([blob])
        return self._texts[blob]

    def load(self, blobs: list[str]) -> None:
        """Read several blobs at once."""
        wanted = [b for b in dict.fromkeys(blobs) if b not in self._texts and b.strip("0")]
        self._texts.update((b, "") for b in blobs if not b.strip("0"))
        for blob, content in zip(wanted, self.repository.blobs(wanted, LARGEST), strict=True):
            if content is None:
                self.absent.add(blob)
            binary = content is None or b"\0" in content[:8000]
            self._texts[blob] = (
                "" if binary or content is None else content.decode("utf-8", "replace")
            )

    def units(self, blob: str, path: str) -> list[Unit]:
        """The units of a version of the file at `path`; none where it cannot be read."""
        kind = _KINDS.get(os.path.splitext(path)[1].lower(), "")
        if (blob, kind) not in self._units:
            self._units[blob, kind] = _read(self.text(blob), kind)
        return self._units[blob, kind]

    def unit_at(self, blob: str, path: str, line: int) -> Unit | None:
        """The unit that covers a 1-based line, None where there is none."""
        units = self.units(blob, path)
        return next((u for u in units if u.line <= line <= u.end_line), None)


def _read(text: str, kind: str) -> list[Unit]:
    if kind == "yaml":
        from promptops.history.yaml_units import yaml_units

        return yaml_units(text)
    return source_units(text) if kind == "source" else text_units(text)
