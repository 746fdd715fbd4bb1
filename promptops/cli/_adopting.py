"""What `promptops adopt` does: drafts from history, entries beside the file, wordings of today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from promptops.cli._call import Call
from promptops.cli._origins import commit_of, draft_of, origins_of
from promptops.errors import InputError, UsageError
from promptops.history.adopted import adopted
from promptops.history.origins import Origin, Place
from promptops.importing.beside import changed_sidecar, new_sidecar
from promptops.importing.names import Names, slug
from promptops.model import Origin as From
from promptops.model import Rule
from promptops.source.anchor import Anchor
from promptops.source.reading import Reading, read_instructions_file
from promptops.source.shape import nearest
from promptops.source.sidecar_path import SIDECAR, instructions_of, sidecar_path
from promptops.source.tree import DiskTree
from promptops.source.write import replace_file


@dataclass(frozen=True, slots=True)
class Made:
    """What became of one instruction file.

    added: new entries. explained: how many of them quote a commit that speaks of the rule.
    reanchored: ids of entries whose wording was brought up to date. lost, doubtful: ids of entries
    whose rule is not there, or only perhaps. text: of the sidecar, None where nothing changes.
    """

    path: str
    sidecar: str
    rules: int
    added: tuple[Rule, ...]
    explained: int
    reanchored: tuple[str, ...]
    lost: tuple[str, ...]
    doubtful: tuple[str, ...]
    text: str | None
    note: str = ""


def target_of(call: Call, named: str) -> tuple[str, int]:
    """(path of the instruction file, line or 0) that a person named."""
    tree = call.tree()
    name, colon, number = named.rpartition(":")
    line = int(number) if colon and number.isdecimal() and len(number) < 9 else 0
    path = call.inside(name if line else named)
    if path.endswith(SIDECAR):
        path = instructions_of(path, tree) or path
    if path.endswith((".yaml", ".yml")):
        hint = "its rules have `rationale:` of their own; name a file such as AGENTS.md"
        raise UsageError(f"{path} is no plain instruction file", hint)
    tree.read(path)  # says what is wrong with it
    return path, line


def adopt(call: Call, path: str, line: int, accept: Sequence[str], history: bool) -> Made:
    """The entries that one file's rules get, without writing them."""
    tree = call.tree()
    plain = read_instructions_file(tree, path)
    if plain.prompt is None:
        finding = plain.problems[0].finding
        raise InputError(finding.message, finding.help, path=path)
    reading = adopted(tree, plain)
    _refuse_unknown(reading, accept)
    wordings = _wordings(reading, accept)
    fresh = _without_entry(plain, reading, line)
    places = [Place(rule, _begins(rule)) for rule in fresh]
    nowhere = [Origin(place) for place in places], ""
    found, note = origins_of(call, path, places) if history and places else nowhere
    names = Names({anchor.entry.id for anchor in reading.anchors})
    added = tuple(_entry(origin, path, names) for origin in found)
    return Made(
        path,
        sidecar_path(path),
        len(plain.prompt.rules),
        added,
        sum(origin.explains for origin in found),
        tuple(reading.anchors[i].entry.id for i in wordings),
        tuple(a.entry.id for a in reading.anchors if a.rule is None),
        tuple(a.entry.id for i, a in enumerate(reading.anchors) if _waits(a) and i not in wordings),
        _text(tree, path, {i: _said(reading, i) for i in wordings}, added),
        note,
    )


def write(call: Call, made: Made) -> None:
    """Write the sidecar, whole or not at all."""
    if made.text is None:
        return
    tree = call.tree()
    before = tree.read(made.sidecar) if tree.exists(made.sidecar) else None
    replace_file(tree.root, made.sidecar, made.text, before)


def _waits(anchor: Anchor) -> bool:
    """True if a person has to say that an entry still fits its rule."""
    return anchor.rule is not None and (not anchor.sure or bool(anchor.effect))


def _wordings(reading: Reading, accept: Sequence[str]) -> list[int]:
    """Entries whose wording is brought up to date: the sure ones, and those that were accepted."""
    return [
        i
        for i, anchor in enumerate(reading.anchors)
        if anchor.rule is not None
        and anchor.entry.text != _said(reading, i)
        and (not _waits(anchor) or anchor.entry.id in accept)
    ]


def _said(reading: Reading, index: int) -> str:
    rule = reading.anchors[index].rule
    assert reading.prompt is not None
    assert rule is not None
    return reading.prompt.rules[rule].text


def _refuse_unknown(reading: Reading, accept: Sequence[str]) -> None:
    if reading.sidecar is not None and reading.problems:
        finding = reading.problems[0].finding
        span = reading.span(finding)
        raise InputError(
            finding.message,
            finding.help,
            path=reading.sidecar.path,
            line=span.line,
            column=span.column,
        )
    known = {anchor.entry.id: anchor for anchor in reading.anchors}
    for name in accept:
        guess = nearest(name, list(known))
        if name not in known:
            hint = f"did you mean `{guess}`?" if guess else "`promptops check` names the entries"
            raise UsageError(f"no entry `{name}` in {sidecar_path(reading.path)}", hint)
        if known[name].rule is None:
            hint = "delete the entry, or write today's wording into its `text`"
            raise UsageError(f"the rule of entry `{name}` is not in {reading.path}", hint)


def _without_entry(plain: Reading, reading: Reading, line: int) -> list[Rule]:
    """The rules that no entry is about, or the one of a line."""
    assert plain.prompt is not None
    taken = {anchor.rule for anchor in reading.anchors}
    free = [rule for i, rule in enumerate(plain.prompt.rules) if i not in taken]
    if not line:
        return free
    all_of_them = plain.prompt.rules
    wanted = [rule for rule in all_of_them if _begins(rule) <= line < _begins(rule) + _lines(rule)]
    if not wanted:
        raise InputError("no rule stands on that line", "name another", path=plain.path, line=line)
    return [rule for rule in free if rule in wanted]


def _begins(rule: Rule) -> int:
    return int(rule.id.removeprefix("line-"))


def _lines(rule: Rule) -> int:
    return rule.text.count("\n") + 1


def _entry(origin: Origin, path: str, names: Names) -> Rule:
    """The draft of one entry: the commit's own words where they speak of the rule, else none."""
    rule, line = origin.place
    name = names.give(slug(rule.text) or "rule")
    draft = draft_of(origin)
    written = From(path, line, commit_of(origin))
    return Rule(name, rule.text, rationale=draft, draft=bool(draft), imported_from=written)


def _text(tree: DiskTree, path: str, wordings: dict[int, str], added: Sequence[Rule]) -> str | None:
    sidecar = sidecar_path(path)
    if not tree.exists(sidecar):
        return new_sidecar(path, added)
    if not wordings and not added:
        return None
    return changed_sidecar(tree.read(sidecar).decode("utf-8"), sidecar, wordings, added)
