"""Draft rationales: what the commits that left a rule's lines say of themselves, cited, not explained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from promptops.cli._call import Call
from promptops.errors import GitError
from promptops.history.git import Repository
from promptops.history.lines import Said, line_commits, said
from promptops.history.origins import quote
from promptops.model import Prompt, Rule
from promptops.source.tree import MAX_BYTES


class Drafts:
    """The commits of one repository, asked once each. Closed by `with`."""

    def __init__(self, call: Call) -> None:
        self.note = ""
        self.repository: Repository | None = None
        self.head: str | None = None
        self._said: dict[str, Said] = {}
        try:
            self.repository = Repository.find(call.folder, call.environ)
            self.head = self.repository.head()
        except GitError as error:
            self.note = f"no draft rationales: {error.message}"
            return
        if self.head is None:
            self.note = "no draft rationales: nothing is committed yet"
        elif self.repository.shallow:
            self.note = (
                "a shallow clone: draft rationales name the newest commit it has; "
                "`git fetch --unshallow` brings the rest"
            )

    def __enter__(self) -> Drafts:
        return self

    def __exit__(self, *_: object) -> None:
        if self.repository is not None:
            self.repository.close()

    def fill(self, prompt: Prompt, text: str) -> Prompt:
        """The prompt with a draft rationale on each rule whose line is committed."""
        paths = {rule.imported_from.path for rule in prompt.rules if rule.imported_from}
        lines = {path: self._lines(path, text) for path in paths}
        return replace(prompt, rules=tuple(self._drafted(rule, lines) for rule in prompt.rules))

    def _drafted(self, rule: Rule, lines: Mapping[str, Mapping[int, str]]) -> Rule:
        origin = rule.imported_from
        commit = lines[origin.path].get(origin.line, "") if origin else ""
        if not commit or origin is None or (rule.rationale and not rule.draft):
            return rule
        if commit not in self._said:
            assert self.repository is not None  # it named the commit
            self._said[commit] = said(self.repository, commit)
        found = self._said[commit]
        words = quote(found.author, found.date, commit, found.message)
        return replace(
            rule, rationale=words, draft=True, imported_from=replace(origin, commit=commit)
        )

    def _lines(self, path: str, text: str) -> Mapping[int, str]:
        """The commit of each line of the file as it stands on the disk, where it is committed."""
        if self.repository is None or self.head is None:
            return {}
        try:
            commits = line_commits(self.repository, self.head, path)
            entry = self.repository.entry(self.head, path) if commits else None
            blob = self.repository.blob(entry.blob, MAX_BYTES) if entry else None
        except GitError:
            return {}
        before = (blob or b"").decode("utf-8", "replace").split("\n")
        return _mapped(before, text.split("\n"), commits)


def _mapped(before: Sequence[str], now: Sequence[str], commits: Sequence[str]) -> dict[int, str]:
    """Line number now -> commit; lines that differ from what is committed have none."""
    before, now = [s.rstrip("\r") for s in before], [s.rstrip("\r") for s in now]
    if before == now:
        return dict(enumerate(commits, 1))
    found = {}
    for a, b, size in SequenceMatcher(None, before, now, autojunk=False).get_matching_blocks():
        for i in range(size):
            if a + i < len(commits):
                found[b + i + 1] = commits[a + i]
    return found
