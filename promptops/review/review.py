"""The whole review of a change: what judges it, then every prompt that differs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promptops.decisions.change import Change, Pair, read_what_can_be
from promptops.decisions.judge import Judged
from promptops.decisions.slips import KnowsWord
from promptops.errors import InputError
from promptops.history.records import Paths
from promptops.model import Prompt
from promptops.review.evidence import Measured, affected_evidence
from promptops.review.facts import affected_tests, compare_facts
from promptops.review.figures import Figuring
from promptops.review.judgement import (
    Setting,
    Waved,
    compare_settings,
    new_ignores,
    new_in_baseline,
)
from promptops.review.moves import Listed, moved_between
from promptops.review.plain import named, read_plain
from promptops.review.prompts import CHANGED, NO_BUDGET, Reviewed, new_words, status_of, version_of
from promptops.review.rules import compare_rules
from promptops.review.states import States
from promptops.source.cases import NAMES as CASES_FILES
from promptops.source.document import Document
from promptops.source.evidence_files import ALONE, FOLDER, prompts_beside
from promptops.source.plain_document import PlainDocument
from promptops.source.sidecar_path import SIDECAR, instructions_of
from promptops.source.workspace import find_files
from promptops.values import dataclass, replace

MODELS = ("openai/gpt-4o", "anthropic/claude-sonnet-4-5")  # for plain files where nothing names one


@dataclass(frozen=True, slots=True)
class Review:
    """What a change does. settings, waved: to what judges it; judged: to what was to be decided."""

    settings: tuple[Setting, ...]
    waved: tuple[Waved, ...]
    prompts: tuple[Reviewed, ...]
    judged: Judged

    @property
    def refused(self) -> bool:
        """True if a decision is missing, a decided record was altered, or a version says too little."""
        return self.judged.refused or any(not one.version.enough for one in self.prompts)

    @property
    def incomplete(self) -> bool:
        """True if a prompt cannot be read after the change: the rest of the review stands."""
        return bool(self.judged.change.unreadable)


def read_states(states: States, known: KnowsWord) -> Change:
    """The governed prompts and records that differ."""
    looked_at = _with_prompts(states)
    there = tuple(path for path in looked_at if path in states.present)
    gone = tuple(path for path in looked_at if path not in states.present)
    return read_what_can_be(states.before, states.after, Paths(there, gone), known)


def review(states: States, judged: Judged, figuring: Figuring) -> Review:
    """The review of a change that has been read and judged."""
    work = _Work(states, judged, figuring)
    prompts = [*(work.governed(pair) for pair in judged.change.pairs), *work.plain_files()]
    prompts += [_unreadable(error) for error in judged.change.unreadable]
    moved = moved_between([Listed(one.id, one.rules) for one in prompts])
    prompts = [replace(one, rules=rules) for one, rules in zip(prompts, moved, strict=True)]
    trees = states.before, states.after
    return Review(
        tuple(compare_settings(*states.settings)),
        tuple(new_in_baseline(trees, states.settings)),
        tuple(sorted((one for one in prompts if _matters(one, states)), key=lambda one: one.path)),
        judged,
    )


def _unreadable(error: InputError) -> Reviewed:
    path = error.path or ""
    where = f" (line {error.line})" if error.line else ""
    return Reviewed(path, path, CHANGED, True, problem=f"{error.message}{where}")


def _matters(one: Reviewed, states: States) -> bool:
    """True unless the prompt was only looked at for what lies beside it, and that changed nothing."""
    return not one.empty or one.path in states.paths


def _with_prompts(states: States) -> list[str]:
    """The paths that differ, and the prompts beside cases and evidence that do."""
    found = [path for path in states.paths if "/evidence/" not in f"/{path}"]
    for path in states.paths:
        folder, slash, name = path.rpartition("/")
        if folder.rpartition("/")[2] == FOLDER:
            home = folder.removesuffix(FOLDER)
            trees = (states.before, states.after) if home else ()
            found += prompts_beside(path, {p for tree in trees for p in tree.listed(home)})
        elif name in CASES_FILES:
            found.append(f"{folder}{slash}{ALONE}")
    return list(dict.fromkeys(found))


class _Work:
    def __init__(self, states: States, judged: Judged, figuring: Figuring) -> None:
        self.states, self.judged, self.figuring = states, judged, figuring
        self.known = judged.change.known

    def governed(self, pair: Pair) -> Reviewed:
        """One governed prompt."""
        before, after = pair.prompts
        some = after or before
        assert some is not None  # a pair has a prompt on one side at least
        rules = compare_rules(
            before.rules if before else (), after.rules if after else (), self.known
        )
        moved = before is not None and after is not None and before.path != after.path
        touched = new_words(rules, after)
        return Reviewed(
            some.id,
            some.path,
            status_of(before, after, moved),
            True,
            path_before=before.path if before and moved else "",
            version=version_of(pair),
            rules=rules,
            facts=compare_facts(before, after),
            figures=self.figuring.compare(before, after),
            tests=affected_tests(before, after, touched),
            evidence=self._evidence(before, after),
            found=tuple(one for one in self.judged.found if one.need.path == some.path),
            waved=tuple(
                new_ignores(
                    pair.before.document if pair.before else None,
                    pair.after.document if pair.after else None,
                )
            ),
            problem=self.figuring.problems.get(some.path, ""),
            budget_before=before.budget if before else NO_BUDGET,
            default_models=(_default(before), _default(after)),
        )

    def _evidence(self, before: Prompt | None, after: Prompt | None) -> tuple[Measured, ...]:
        trees = self.states.before, self.states.after
        return affected_evidence(trees, (before, after), self.states.paths)

    # -- plain files -------------------------------------------------------------------------

    def plain_files(self) -> Iterator[Reviewed]:
        """Every plain instruction file that differs, or whose sidecar does."""
        touched = [*self.states.paths, *self._beside_sidecars()]
        listed = [find_files(one, touched) for one in self.states.settings]
        governed = {path for files in listed for path in files.prompts}
        paths = {path for files in listed for path in files.instructions} - governed
        models = self._models()
        yield from (self._plain(path, models) for path in sorted(paths))

    def _beside_sidecars(self) -> Iterator[str]:
        """The instruction files that the sidecars which differ are about, before or after."""
        for path in self.states.paths:
            if path.endswith(SIDECAR):
                trees = self.states.before, self.states.after
                yield from filter(None, (instructions_of(path, tree) for tree in trees))

    def _plain(self, path: str, models: Sequence[str]) -> Reviewed:
        try:
            before = read_plain(self.states.before, path)
            after = read_plain(self.states.after, path, path in self.states.present)
        except InputError as error:
            return Reviewed(path, path, "changed", False, problem=error.message)
        if before and after and after.broken:
            before = before.bare  # what it said is not gone, it is not known
        texts = before.text if before else None, after.text if after else None
        was, now = before.prompt if before else None, after.prompt if after else None
        rules = compare_rules(
            was.rules if was else (), now.rules if now else (), self.known, plain=True
        )
        return Reviewed(
            path,
            path,
            status_of(before, after, False),
            False,
            rules=rules,
            facts=compare_facts(was, now),
            figures=self.figuring.text(texts[0], texts[1], models),
            tests=affected_tests(_entries(was), _entries(now), ()),
            waved=tuple(new_ignores(_document(path, texts[0]), _document(path, texts[1]))),
            problem=after.problem if after else "",
            default_models=(models[0], models[0]),
        )

    def _models(self) -> Sequence[str]:
        """The models of the prompts that differ, for files that name none."""
        prompts = (prompt for pair in self.judged.change.pairs for prompt in pair.prompts)
        return tuple(dict.fromkeys(m for p in prompts if p for m in p.models)) or MODELS


def _entries(prompt: Prompt | None) -> Prompt | None:
    """The same with those rules alone that a sidecar speaks of."""
    return None if prompt is None else replace(prompt, rules=tuple(filter(named, prompt.rules)))


def _document(path: str, text: str | None) -> Document | None:
    return None if text is None else PlainDocument(path, text)


def _default(prompt: Prompt | None) -> str:
    return prompt.models[0] if prompt and prompt.models else ""
