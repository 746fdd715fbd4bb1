"""`promptops decide`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import click

from promptops.cli._call import Call, define
from promptops.cli._decisions import judged_json, need_json, refusal
from promptops.config import DECISION_KINDS
from promptops.decisions.change import Change, read_records
from promptops.decisions.draft import Facts, draft, prompts_of, record_id, title_of
from promptops.decisions.found import Found, found
from promptops.decisions.judge import Judged, judge_range, of_disk, of_staged
from promptops.decisions.needed import Need
from promptops.decisions.records import FREE, Record, shortcomings
from promptops.decisions.spelling import speller
from promptops.decisions.supersede import named, superseded
from promptops.errors import EXIT_CLEAN, EXIT_FINDINGS, GitError, UsageError
from promptops.history.git import Repository
from promptops.report import Block, Items, Report, Text
from promptops.source.tree import DiskTree


@define(
    examples=(
        "promptops decide --staged",
        "promptops decide --title 'Answer in the language of the question' --supersedes 0007",
    )
)
@click.option("--staged", is_flag=True, help="The change that the next commit would make.")
@click.option("--title", default="", metavar="TEXT", help="The decision in one sentence.")
@click.option("--kind", type=click.Choice(DECISION_KINDS), help="Only this kind of change.")
@click.option("--supersedes", default="", metavar="ID", help="The record it takes the place of.")
@click.option("--link", is_flag=True, help="Cite the record on the rules it is about.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where a decision is missing.")
@click.option("--since", metavar="REV", help="With --check: the commits since this revision.")
def command(call: Call, check: bool, since: str | None, staged: bool, **wanted: Any) -> Report:
    """Write the decision record that the present change needs, filled in as far as facts go.

    What only people know is marked TODO(decide), and `promptops check` refuses a record with marks
    left in it. Without --staged: what the files on the disk change against the last commit.
    """
    with Repository.find(call.folder, call.environ) as repository:
        if since and not check:
            raise UsageError("--since goes with --check", "without it the last commit is compared")
        if check:
            return _check(call, repository, since, staged)
        _refuse_half_way(repository)
        change = _change(call, repository, staged)
        return _Writing(call, repository, change, _Wanted(**wanted)).report()


def _change(call: Call, repository: Repository, staged: bool) -> Change:
    known = speller(call.environ)
    if staged:
        change = of_staged(repository, known)
        return Change((), {}, {}, call.settings(), known) if change is None else change
    return of_disk(repository, known, repository.head())


def _refuse_half_way(repository: Repository) -> None:
    busy = repository.under_way()
    if busy:
        raise GitError(f"a {busy} is under way", "finish or abort it, then decide")
    unmerged = repository.unmerged_paths()
    if unmerged:
        hint = "resolve it and git add it"
        raise GitError("there is an unresolved merge conflict", hint, path=unmerged[0])


# -- only looking --------------------------------------------------------------------------------


def _check(call: Call, repository: Repository, since: str | None, staged: bool) -> Report:
    known = speller(call.environ)
    if since:
        head = repository.resolve("HEAD")
        base = repository.base_of(repository.resolve(since))
        judged = judge_range(repository, base, head, known)
    else:
        change = _change(call, repository, staged)
        judged = Judged(change, change.found(), change.rewritten())
    blocks = tuple(refusal(judged) if judged.refused else _settled(call, judged.found))
    code = EXIT_FINDINGS if judged.refused else EXIT_CLEAN
    return Report("decide", {**_NOTHING, **judged_json(judged)}, blocks, code)


def _settled(call: Call, all_found: Sequence[Found]) -> Iterator[Block]:
    if call.verbosity < 0:
        return
    if not all_found:
        yield Text("no change here needs a decision", "good")
    for one in all_found:
        by = f"decided in `{one.decision}`" if one.decision else f"waived: {one.waiver}"
        yield Text(f"{one.need.sentence}: {by}", "good")


# -- writing -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Wanted:
    title: str
    kind: str | None
    supersedes: str
    link: bool


@dataclass(slots=True)
class _Done:
    """What was written, by path, and what was there already."""

    written: list[tuple[str, Facts]] = field(default_factory=list)
    existing: list[Record] = field(default_factory=list)
    linked: list[tuple[str, str]] = field(default_factory=list)


_NOTHING: dict[str, Any] = {"written": [], "existing": [], "superseded": None, "linked": []}


class _Writing:
    def __init__(self, call: Call, repository: Repository, change: Change, wanted: _Wanted) -> None:
        self.call = call
        self.repository = repository
        self.change = change
        self.wanted = wanted
        self.tree = DiskTree(repository.root)
        self.folder = change.settings.decisions.rstrip("/")
        self.records = {**read_records(self.tree, change.settings), **change.after}

    def report(self) -> Report:
        groups = self._groups()
        done = _Done()
        old = named(self.records, self.wanted.supersedes) if self.wanted.supersedes else None
        for kind, needs in groups.items():
            record = self._begun(kind, needs)
            if record is not None and old is None:
                done.existing.append(record)
            else:
                done.written.append(self._draft(kind, needs, old, done))
        self._write(done, old)
        result = self._result(done, old)
        return Report("decide", result, tuple(self._blocks(done, old)))

    def _groups(self) -> dict[str, tuple[Need, ...]]:
        """The needs that nobody has answered, by kind: those the settings ask for, else all."""
        open_needs = self._open(self.change.needs())
        if not open_needs or self.wanted.kind:
            open_needs = self._open(self.change.meanings())
        if self.wanted.kind:
            open_needs = tuple(need for need in open_needs if need.kind == self.wanted.kind)
        kinds = [kind for kind in DECISION_KINDS if any(n.kind == kind for n in open_needs)]
        if not kinds and self.wanted.title:
            return {self.wanted.kind or "rule": ()}
        if not kinds:
            raise UsageError(
                "no change here needs a decision",
                "stage one first (git add), or name a decision of its own with --title and --kind",
            )
        if len(kinds) > 1 and (self.wanted.title or self.wanted.supersedes):
            hint = f"name one of them: --kind {kinds[0]}"
            raise UsageError(f"the change is of {len(kinds)} kinds: {', '.join(kinds)}", hint)
        return {kind: tuple(n for n in open_needs if n.kind == kind) for kind in kinds}

    def _open(self, needs: Iterable[Need]) -> tuple[Need, ...]:
        evidence = replace(self.change.evidence(), records=self.records)
        return tuple(one.need for one in found(needs, evidence) if not one.answered)

    def _begun(self, kind: str, needs: Sequence[Need]) -> Record | None:
        """A record that was begun for these changes and is only proposed."""
        for record in self.records.values():
            decision = record.decision
            covers = all(
                need.prompt in decision.prompts and need.rule in (*decision.rules, "")
                for need in needs
            )
            if needs and decision.status == FREE and decision.kind == kind and covers:
                return record
        return None

    def _draft(
        self, kind: str, needs: tuple[Need, ...], old: Record | None, done: _Done
    ) -> tuple[str, Facts]:
        facts = Facts(
            kind,
            " ".join(self.wanted.title.split()) or title_of(needs),
            self.call.today,
            needs,
            _author(self.repository, self.call),
            self.repository.head() or "",
            old.decision.id if old else "",
        )
        names = {path.rpartition("/")[2] for path in self.tree.listed(self.folder)}
        taken = {name.removesuffix(".md") for name in names} | {name for name, _ in done.written}
        return record_id(facts, taken), facts

    def _write(self, done: _Done, old: Record | None) -> None:
        """Everything is worked out before the first file is touched."""
        from promptops.source.write import replace_file

        files: dict[str, tuple[str, bytes | None]] = {
            f"{self.folder}/{name}.md": (draft(facts, self.change), None)
            for name, facts in done.written
        }
        if old is not None:
            files[old.decision.path] = self._ended(old, done.written[0][0])
        if self.wanted.link:
            files.update(self._links(done))
        for path, (text, expected) in files.items():
            replace_file(self.repository.root, path, text, expected)

    def _ended(self, old: Record, by: str) -> tuple[str, bytes]:
        from promptops.source.decision import read_decision
        from promptops.source.shape import Log

        path = old.decision.path
        raw = self.tree.read(path)
        decision, document = read_decision(raw.decode("utf-8"), path, Log())
        return superseded(document, Record(decision, document.text), by), raw

    def _links(self, done: _Done) -> dict[str, tuple[str, bytes]]:
        from promptops.source.rewrite import with_decision

        files: dict[str, tuple[str, bytes]] = {}
        for name, facts in done.written:
            for need in facts.needs:
                if not need.rule or not self.tree.exists(need.path):
                    continue
                raw = self.tree.read(need.path)
                text = files[need.path][0] if need.path in files else raw.decode("utf-8")
                try:
                    text = with_decision(text, need.path, need.rule, name)
                except KeyError:
                    continue  # removed and not retired: there is nothing left to cite it on
                files[need.path] = (text, raw)
                done.linked.append((need.prompt, need.rule))
        return files

    # -- telling ---------------------------------------------------------------------------------

    def _result(self, done: _Done, old: Record | None) -> dict[str, Any]:
        return {
            **judged_json(None),
            "written": [
                {
                    "id": name,
                    "path": f"{self.folder}/{name}.md",
                    "kind": facts.kind,
                    "title": facts.title,
                    "prompts": list(prompts_of(facts.needs)),
                    "changes": [need_json(need) for need in facts.needs],
                }
                for name, facts in done.written
            ],
            "existing": [
                {
                    "id": record.decision.id,
                    "path": record.decision.path,
                    "lacks": list(shortcomings(record.decision)),
                }
                for record in done.existing
            ],
            "superseded": old.decision.id if old else None,
            "linked": [{"prompt": prompt, "rule": rule} for prompt, rule in done.linked],
        }

    def _blocks(self, done: _Done, old: Record | None) -> Iterator[Block]:
        for name, facts in done.written:
            yield Text(f"written: {self.folder}/{name}.md", "good")
            yield Items(tuple(need.sentence for need in facts.needs))
        for record in done.existing:
            yield Text(f"begun already: {record.decision.path}", "warn")
            lacks = tuple(shortcomings(record.decision)) or ("it is only proposed",)
            yield Items(lacks)
        if old is not None:
            yield Text(f"{old.decision.path} now says what supersedes it")
        if done.linked:
            cited = ", ".join(f"{prompt}/{rule}" for prompt, rule in done.linked)
            yield Text(f"cited on {cited}")
        yield Text(
            "\n".join(["next:", *(f"  {n}. {s}" for n, s in enumerate(self._next(done), 1))])
        )

    def _next(self, done: _Done) -> Iterator[str]:
        yield "write what is marked TODO(decide)"
        yield "set `status: accepted` once it is decided"
        rules = [n.rule for _, facts in done.written for n in facts.needs if n.rule]
        if rules and not self.wanted.link:
            name = done.written[0][0]
            yield f"cite it on the rule: `decision: {name}` (`--link` would have done it)"
        yield f"git add {self.folder} and the prompts it is about, then commit"


def _author(repository: Repository, call: Call) -> str:
    """`Name <e-mail>` as git would sign a commit, "" where git does not know."""
    names = [call.environ.get(f"GIT_AUTHOR_{what}", "") for what in ("NAME", "EMAIL")]
    if all(names):
        return f"{names[0]} <{names[1]}>"
    try:
        said = repository.run("var", "GIT_AUTHOR_IDENT").decode("utf-8", "replace")
    except GitError:
        return ""
    return said.rsplit(" ", 2)[0].strip()
