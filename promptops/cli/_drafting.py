"""Drafting decision records: what is still open, which files are written, what is told of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from promptops.cli._call import Call
from promptops.cli._decisions import judged_json, need_json
from promptops.config import DECISION_KINDS
from promptops.decisions.draft import Facts, draft, prompts_of, record_id, title_of
from promptops.decisions.found import found
from promptops.decisions.judge import Judged
from promptops.decisions.needed import Need
from promptops.decisions.records import FREE, Record, read_records, shortcomings
from promptops.decisions.supersede import named, superseded
from promptops.errors import GitError, UsageError
from promptops.history.git import Repository
from promptops.report import Block, Items, Report, Text
from promptops.source.tree import DiskTree
from promptops.values import replace


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for; "" and None stand for nothing.

    link: cite the record on the rules; None is where they cite none, or the one it supersedes.
    """

    title: str
    kind: str | None
    supersedes: str
    link: bool | None


@dataclass(slots=True)
class _Done:
    """What was written, by path, and what was there already, with the changes it is about.

    linked: rules that cite a record now; others: those that go on citing another one.
    """

    written: list[tuple[str, Facts]] = field(default_factory=list)
    existing: list[tuple[Record, tuple[Need, ...]]] = field(default_factory=list)
    linked: list[tuple[str, str]] = field(default_factory=list)
    others: list[tuple[str, str, str]] = field(default_factory=list)

    def records(self) -> Iterator[tuple[str, tuple[Need, ...]]]:
        """The id of each record and the changes it is about."""
        yield from ((name, facts.needs) for name, facts in self.written)
        yield from ((record.decision.id, needs) for record, needs in self.existing)


NOTHING: dict[str, Any] = {"written": [], "existing": [], "superseded": None, "linked": []}


class Writing:
    """One run of `promptops decide` that writes."""

    def __init__(self, call: Call, repository: Repository, judged: Judged, wanted: Wanted) -> None:
        self.call = call
        self.repository = repository
        self.change = change = judged.change
        self.settled = {one.need.key for one in judged.found if one.answered}
        self.wanted = wanted
        self.tree = DiskTree(repository.root)
        self.folder = change.settings.decisions.rstrip("/")
        self.records = {**read_records(self.tree, change.settings)[0], **change.after}

    def report(self) -> Report:
        """Write what is needed, and say what was written; nothing beside a record that is broken."""
        for error in self.change.broken:
            raise error
        groups = self._groups()
        done = _Done()
        old = named(self.records, self.wanted.supersedes) if self.wanted.supersedes else None
        for kind, needs in groups.items():
            record = self._begun(kind, needs)
            if record is not None and old is None:
                done.existing.append((record, needs))
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
                "what is staged in prompts is looked at, and no plain instruction file;"
                " --title and --kind name a decision of its own",
            )
        if len(kinds) > 1 and (self.wanted.title or self.wanted.supersedes):
            hint = f"name one of them: --kind {kinds[0]}"
            raise UsageError(f"the change is of {len(kinds)} kinds: {', '.join(kinds)}", hint)
        return {kind: tuple(n for n in open_needs if n.kind == kind) for kind in kinds}

    def _open(self, needs: Iterable[Need]) -> tuple[Need, ...]:
        evidence = replace(self.change.evidence(), records=self.records)
        left = (one.need for one in found(needs, evidence) if not one.answered)
        return tuple(need for need in left if need.key not in self.settled)

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
        if self.wanted.link is not False:
            files.update(self._links(done, old.decision.id if old else ""))
        for path, (text, expected) in files.items():
            replace_file(self.repository.root, path, text, expected)

    def _ended(self, old: Record, by: str) -> tuple[str, bytes]:
        from promptops.source.decision import read_decision
        from promptops.source.shape import Log

        path = old.decision.path
        raw = self.tree.read(path)
        decision, document = read_decision(raw.decode("utf-8"), path, Log())
        return superseded(document, Record(decision, document.text), by), raw

    def _links(self, done: _Done, old: str) -> dict[str, tuple[str, bytes]]:
        files: dict[str, tuple[str, bytes]] = {}
        for name, needs in done.records():
            for need in needs:
                if need.rule and self.tree.exists(need.path):
                    raw = self.tree.read(need.path)
                    text = files[need.path][0] if need.path in files else raw.decode("utf-8")
                    cited = self._cited(text, need, name, old, done)
                    if cited is not None:
                        files[need.path] = (cited, raw)
        return files

    def _cited(self, text: str, need: Need, name: str, old: str, done: _Done) -> str | None:
        """The prompt's text with the record cited on the rule; None where it stays as it is."""
        from promptops.source.rewrite import cited_on, with_decision

        try:
            before = cited_on(text, need.path, need.rule)
        except KeyError:
            return None  # removed and not retired: there is nothing left to cite it on
        if before == name:
            return None
        if before not in ("", old) and not self.wanted.link:
            done.others.append((need.prompt, need.rule, before))
            return None
        done.linked.append((need.prompt, need.rule))
        return with_decision(text, need.path, need.rule, name)

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
                for record, _ in done.existing
            ],
            "superseded": old.decision.id if old else None,
            "linked": [{"prompt": prompt, "rule": rule} for prompt, rule in done.linked],
        }

    def _blocks(self, done: _Done, old: Record | None) -> Iterator[Block]:
        for name, facts in done.written:
            yield Text(f"written: {self.folder}/{name}.md", "good")
            yield Items(tuple(need.sentence for need in facts.needs))
        for record, _ in done.existing:
            yield Text(f"begun already: {record.decision.path}", "warn")
            lacks = tuple(shortcomings(record.decision)) or ("it is only proposed",)
            yield Items(lacks)
        if old is not None:
            yield Text(f"{old.decision.path} now says what supersedes it")
        if done.linked:
            cited = ", ".join(f"{prompt}/{rule}" for prompt, rule in done.linked)
            yield Text(f"cited on {cited}")
        for prompt, rule, before in done.others:
            told = f"{prompt}/{rule} goes on citing {before}; `--link` puts the new one there"
            yield Text(told, "quiet")
        yield Text(
            "\n".join(["next:", *(f"  {n}. {s}" for n, s in enumerate(self._next(done), 1))])
        )

    def _next(self, done: _Done) -> Iterator[str]:
        yield "write what is marked TODO(decide)"
        yield "set `status: accepted` once it is decided"
        rules = any(need.rule for _, needs in done.records() for need in needs)
        if rules and self.wanted.link is False:
            name = next(done.records())[0]
            yield f"cite it on the rule: `decision: {name}`"
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
