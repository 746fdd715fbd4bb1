"""One repository of a fleet, at its HEAD, as plain data that travels between processes."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any

from promptops.checking.run import check_files
from promptops.checks import Around
from promptops.config import Settings
from promptops.diagnostic import Diagnostic
from promptops.errors import ConfigError, InputError, PromptopsError
from promptops.history.git import Repository
from promptops.history.knowledge import LEFT, NOBODY, ONE, knowledge
from promptops.history.past import Past
from promptops.history.trees import CommitTree
from promptops.history.versions import Versions
from promptops.model import Prompt
from promptops.render import render
from promptops.source.settings import read_settings
from promptops.source.sidecar_path import sidecar_path
from promptops.source.workspace import INSTRUCTIONS, find_files, read_file
from promptops.tokens.counts import Counter
from promptops.tokens.prices import price
from promptops.tokens.summary import summarize
from promptops.tokens.vocab import Places

MODELS = ("openai/gpt-4o",)  # what plain files are counted for, where no prompt names a model


@dataclass(frozen=True, slots=True)
class Row:
    """One prompt or instruction file.

    tokens: by model, None where unknown. usd_per_month: of the first model. findings: by severity.
    rests_on: how many rules rest on one person, on people who left, on nobody on record.
    retiring: model -> its last day, where its price table has one.
    """

    id: str
    path: str
    governed: bool
    rules: int
    unreasoned: int
    untested: int
    tokens: Mapping[str, int | None]
    usd_per_month: float | None
    findings: Mapping[str, int] = field(default_factory=dict)
    rests_on: Mapping[str, int] = field(default_factory=dict)
    retiring: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Surveyed:
    """One repository. problem: why nothing is known of it, "" where something is.

    people: e-mail -> rules that rest on that person alone.
    """

    folder: str
    head: str = ""
    rows: tuple[Row, ...] = ()
    people: Mapping[str, int] = field(default_factory=dict)
    problem: str = ""


def survey(
    folder: str,
    environ: Mapping[str, str],
    today: date,
    where: Places,
    kept: MutableMapping[str, Any],
    stamp: str,
) -> Surveyed:
    """What HEAD of the repository in `folder` holds; `kept` holds what the last survey found.

    Nothing raises for what a repository is or holds: `problem` says it.
    """
    try:
        named = {**environ, "GIT_DIR": folder}  # the owner of the fleet named it: a bare one counts
        with Repository.find(folder, named) as repository:
            head = repository.head()
            if head is None:
                return Surveyed(folder, problem="it has no commit yet")
            whole = {"head": head, "stamp": stamp, "today": today.isoformat()}
            if kept.get("asked") == whole:
                return _from_data(folder, kept["answer"])
            found = _Survey(repository, head, today, where, kept, stamp).made(folder)
            kept["asked"], kept["answer"] = whole, asdict(found)
            return found
    except PromptopsError as error:
        said = f"{error.path}: {error.message}" if error.path else error.message
        return Surveyed(folder, problem=said)


def _from_data(folder: str, data: Mapping[str, Any]) -> Surveyed:
    rows = tuple(Row(**row) for row in data["rows"])
    return Surveyed(folder, data["head"], rows, data["people"], data["problem"])


class _Survey:
    def __init__(
        self,
        repository: Repository,
        head: str,
        today: date,
        where: Places,
        kept: MutableMapping[str, Any],
        stamp: str,
    ) -> None:
        self.repository, self.head, self.today, self.stamp = repository, head, today, stamp
        self.kept = kept
        self.sizes: dict[str, Any] = {}
        self.tree = CommitTree(repository, head)
        self.settings = self._settings()
        self.counter = Counter(where, self.settings.models)

    def _settings(self) -> Settings:
        return read_settings(self.tree)

    def made(self, folder: str) -> Surveyed:
        files = find_files(self.settings, self.tree.paths())
        found = self._findings(files)
        rows = []
        for path, kind in files.items():
            if kind == "decision":
                continue
            prompt = self._read(path, kind)
            if prompt is not None:
                rows.append(self._row(prompt, path, _by_file(found, path, prompt)))
            else:
                unread = Tally(str(d.severity) for d in found if d.path == path)
                rows.append(Row(path, path, kind == "prompt", 0, 0, 0, {}, None, dict(unread)))
        self.kept["sizes"] = self.sizes  # and none of files that are gone
        knows, alone = self._people([row.path for row in rows])
        placed = tuple(replace(row, rests_on=knows.get(row.path, {})) for row in rows)
        return Surveyed(folder, self.head, placed, alone)

    def _read(self, path: str, kind: str) -> Prompt | None:
        """A prompt, or an instruction file with what stands beside it."""
        reading = read_file(self.tree, path, kind)
        if kind == INSTRUCTIONS and self.tree.exists(sidecar_path(path)):
            from promptops.history.adopted import adopted

            reading = adopted(self.tree, reading)
        return reading.prompt

    def _findings(self, files: Any) -> tuple[Diagnostic, ...]:
        rows: MutableMapping[str, Any] = self.kept.setdefault("check", {})
        around = Around(self.today, self.counter)
        checked = check_files(self.tree, files, self.settings, around, self.stamp, rows)
        return checked.diagnostics

    def _row(self, prompt: Prompt, path: str, findings: Mapping[str, int]) -> Row:
        models = prompt.models or MODELS
        tokens, month = self._size(prompt, path, models)
        return Row(
            prompt.id if prompt.governed else path,
            path,
            prompt.governed,
            len(prompt.rules),
            sum(not rule.rationale.strip() or rule.draft for rule in prompt.rules),
            sum(not rule.tests for rule in prompt.rules),
            tokens,
            month,
            findings,
            retiring=self._retiring(prompt.models),
        )

    def _size(
        self, prompt: Prompt, path: str, models: Iterable[str]
    ) -> tuple[dict[str, int | None], float | None]:
        """Tokens by model, and the first one's dollars a month; kept by the file's blob."""
        key = f"{self.tree.blob_id(path)} {self.stamp} {' '.join(models)}"
        before = self.kept.get("sizes", {})
        self.sizes[key] = before.get(key) or self._sized(prompt, path, tuple(models))
        tokens, month = self.sizes[key]
        return tokens, month

    def _sized(self, prompt: Prompt, path: str, models: tuple[str, ...]) -> list[Any]:
        if not prompt.governed:
            text = self.tree.read(path).decode("utf-8", "replace")
            return [{model: self.counter.count(text, model).tokens for model in models}, None]
        try:
            found = summarize(prompt, models, self.counter, render)
        except PromptopsError:
            return [dict.fromkeys(models), None]
        tokens = {model: figures.measure.total.tokens for model, figures in found.items()}
        return [tokens, found[models[0]].money.month]

    def _retiring(self, models: Iterable[str]) -> dict[str, str]:
        prices = ((model, price(model, self.counter.own)) for model in models)
        return {
            m: found.deprecated.isoformat() for m, found in prices if found and found.deprecated
        }

    def _people(self, paths: Iterable[str]) -> tuple[dict[str, dict[str, int]], dict[str, int]]:
        """(by path how many rules rest on whom, by e-mail how many rest on that person alone)."""
        versions = Versions(self.repository)
        try:
            past = Past(self.repository, versions, self.tree, self.head)
            found = knowledge(past, tuple(paths))
        except (ConfigError, InputError):
            return {}, {}
        finally:
            versions.close()
        by_path: dict[str, Tally[str]] = {}
        alone: Tally[str] = Tally()
        for rule in found.rules:
            if rule.rests_on in (ONE, LEFT, NOBODY):
                by_path.setdefault(rule.path, Tally())[rule.rests_on] += 1
            if rule.rests_on == ONE:
                alone.update(person.email for person in rule.people if person.active)
        return {path: dict(counts) for path, counts in by_path.items()}, dict(alone)


def _by_file(found: Iterable[Diagnostic], path: str, prompt: Prompt) -> dict[str, int]:
    mine = (d for d in found if d.path == path or (prompt.governed and d.prompt == prompt.id))
    return dict(Tally(str(d.severity) for d in mine))
