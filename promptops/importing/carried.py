"""What a sidecar says of an instruction file's rules goes along when the file becomes a prompt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from promptops.importing.interface import Left, Source
from promptops.model import Case, Rule
from promptops.source.sidecar import read_sidecar
from promptops.source.sidecar_path import sidecar_path


@dataclass(frozen=True, slots=True)
class Carried:
    """A sidecar's entries by the wording they are for. path: "" where there is no sidecar."""

    path: str = ""
    owners: tuple[str, ...] = ()
    cases: tuple[Case, ...] = ()
    entries: tuple[Rule, ...] = ()

    @property
    def known(self) -> dict[str, str]:
        """Id of a rule by its text."""
        return {entry.text: entry.id for entry in self.entries}

    def onto(self, rules: Sequence[Rule]) -> tuple[Rule, ...]:
        """The rules with what their entries say; `imported_from` stays the import's."""
        by_id = {entry.id: entry for entry in self.entries}
        return tuple(
            replace(
                by_id[rule.id],
                text=rule.text,
                section=rule.section,
                imported_from=rule.imported_from,
            )
            if rule.id in by_id
            else rule
            for rule in rules
        )

    def left(self, rules: Sequence[Rule]) -> Iterator[Left]:
        """Entries that found no rule, and the sidecar itself."""
        found = {rule.id for rule in rules}
        for entry in self.entries:
            if entry.id not in found:
                why = "no rule of the file has this wording any more"
                yield Left(f"entry `{entry.id}` of {self.path}", why)
        if self.path:
            yield Left(self.path, "its entries are in the prompt now: delete it")


def carried(source: Source) -> Carried:
    """The entries of a file's sidecar; none where there is no sidecar that can be read."""
    path = sidecar_path(source.path)
    if not source.files.exists(path):
        return Carried()
    found, _, log = read_sidecar(source.files, path)
    if log.all():
        return Carried()
    return Carried(path, tuple(found.owners), tuple(found.cases), tuple(found.rules))
