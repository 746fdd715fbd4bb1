"""The most useful next steps after a survey, the most harmful thing first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from promptops.checks.form import REFUSED
from promptops.cli._survey import Explained, Survey
from promptops.diagnostic import Diagnostic, Severity
from promptops.excerpt import typed
from promptops.source.sidecar_path import sidecar_path

MOST = 5
_ATTACK = ("PO602", "PO605", "PO607", "PO609", "PO610")  # secrets, and what hides from reviewers
ENOUGH = 5  # rules in common that are no chance
_LARGE = 5000  # tokens at the start of every session that are worth a thought


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: why, and the command that begins it ("" where there is none)."""

    kind: str
    why: str
    command: str = ""


def steps(found: Survey) -> list[Step]:
    """The five that help most."""
    return list(_steps(found))[:MOST]


def _steps(found: Survey) -> Iterator[Step]:
    if not found.files and not found.others:
        why = "no prompt and no instruction file here yet"
        yield Step("start", why, "promptops init")
        return
    yield from _dangers(found)
    yield from _not_arriving(found)
    yield from _contradictions(found)
    yield from _unexplained(found)
    yield from _left(found)
    yield from _unread(found)
    yield from _repeated(found)
    yield from _twins(found)
    yield from _large(found)
    yield from _foreign(found)
    yield from _guard(found)


def _first(found: Survey, codes: Sequence[str]) -> tuple[Diagnostic, int] | None:
    some = [d for d in found.found if d.code.startswith(tuple(codes))]
    return (some[0], len(some)) if some else None


def _at(one: Diagnostic) -> str:
    return f"{one.path}:{one.span.line}"


def _dangers(found: Survey) -> Iterator[Step]:
    one = _first(found, _ATTACK)
    if one is not None:
        more = f", and {one[1] - 1} more like it" if one[1] > 1 else ""
        yield Step("danger", f"{_at(one[0])}: {one[0].message}{more}", _check(one[0]))
    refused = _first(found, (REFUSED,))
    if refused is not None:
        yield Step("unreadable", f"{_at(refused[0])}: {refused[0].message}", _check(refused[0]))


def _check(one: Diagnostic) -> str:
    return f"promptops check {typed(one.path)} --select {one.code}"


def _not_arriving(found: Survey) -> Iterator[Step]:
    for code in ("PO380", "PO381"):
        one = _first(found, (code,))
        if one is not None:
            more = f" (and {one[1] - 1} more)" if one[1] > 1 else ""
            yield Step("lost", f"{_at(one[0])}: {one[0].message}{more}", _check(one[0]))


def _contradictions(found: Survey) -> Iterator[Step]:
    one = _first(found, ("PO402",))
    if one is not None:
        yield Step("contradiction", f"{_at(one[0])}: {one[0].message}", _check(one[0]))


def _unexplained(found: Survey) -> Iterator[Step]:
    silent = [rule for rule in found.explained if not rule.reason]
    if not silent:
        return
    counts = Counter(rule.path for rule in silent)
    path, n = counts.most_common(1)[0]
    whole = f"{n} of them in {path}" if len(counts) > 1 else f"in {path}"
    said = f"{len(silent)} of {len(found.explained)} rules nobody can explain, {whole}"
    mine = [rule for rule in silent if rule.path == path]
    if not all(rule.entry for rule in mine):
        yield Step("unexplained", said, f"promptops adopt {typed(path)}")
        return
    told = f"{said}: say why in {sidecar_path(path)}; of the first, history knows"
    yield Step("unexplained", told, f"promptops why {typed(f'{path}:{mine[0].line}')}")


def _left(found: Survey) -> Iterator[Step]:
    left = [rule for rule in found.explained if rule.left]
    if left:
        who = "rule was" if len(left) == 1 else "rules were"
        said = f"{len(left)} {who} shaped only by people who no longer commit here"
        yield Step("left", said, "promptops people")


def _unread(found: Survey) -> Iterator[Step]:
    """Claude Code reads AGENTS.md only where there is no CLAUDE.md."""
    loads = {one[0].profile.tool: one[0].parts for one in found.loads}
    claude = {part.text for part in loads["claude-code"]}
    others = (part for parts in loads.values() for part in parts)
    agents = next((part for part in others if part.path == "AGENTS.md"), None)
    if agents is not None and agents.text and claude and agents.text not in claude:
        said = "where there is a CLAUDE.md, Claude Code does not read AGENTS.md; the line"
        yield Step("unread", f"{said} `@AGENTS.md` in it brings it in")


def _repeated(found: Survey) -> Iterator[Step]:
    if found.twice:
        title, one = found.twice[0]
        what = "the same file" if one.whole else "the same rule"
        said = f"{title} gets {what} twice: {' and '.join(one.places[:2])}"
        more = f" ({len(found.twice)} such texts)" if len(found.twice) > 1 else ""
        yield Step("repeated", said + more, "promptops tokens --at . -v")


def _twins(found: Survey) -> Iterator[Step]:
    """Two files of one folder that agree in nearly every rule: they drift apart, one edit at a time."""
    rules: dict[str, list[Explained]] = {}
    for rule in found.explained:
        if not rule.path.endswith(".prompty"):  # what a program asks for: no file brings it in
            rules.setdefault(rule.path, []).append(rule)
    for (one, mine), (other, theirs) in combinations(sorted(rules.items()), 2):
        same = {rule.text for rule in mine} & {rule.text for rule in theirs}
        most = max(len(mine), len(theirs))
        beside = one.rpartition("/")[0] == other.rpartition("/")[0]
        if beside and most > len(same) >= max(ENOUGH, 0.8 * most):
            lone = next(r for r in (*mine, *theirs) if r.text not in same)
            said = f"{one} and {other} agree in {len(same)} of {most} rules, not in {lone.path}:{lone.line}"
            yield Step("twins", f"{said}: keep one, and let the other bring it in", "")
            return


def _large(found: Survey) -> Iterator[Step]:
    most = max(found.loads, key=lambda one: one[1], default=None)
    if most is not None and most[1] > _LARGE:
        largest = max(found.sizes, key=lambda path: found.sizes[path])
        said = (
            f"{most[0].profile.title} starts every session with {most[1]:,} tokens of instructions"
        )
        yield Step("large", f"{said}; the largest file is {largest}", "promptops tokens --at .")


def _foreign(found: Survey) -> Iterator[Step]:
    kinds = ("promptfooconfig.yaml", "promptfooconfig.yml", ".prompty", ".prompt", ".prompt.yml")
    foreign = [path for path in found.others if path.endswith(kinds)]
    if foreign:
        n = (
            f"{len(foreign)} prompts of other tools"
            if len(foreign) > 1
            else "a prompt of another tool"
        )
        yield Step(
            "foreign",
            f"{n} could be governed too",
            f"promptops import {typed(foreign[0])} --dry-run",
        )


def _guard(found: Survey) -> Iterator[Step]:
    told = (*_ATTACK, REFUSED, "PO380", "PO381", "PO402")
    rest = [
        d for d in found.found if not d.code.startswith(told) and d.severity is not Severity.INFO
    ]
    if rest:
        said = f"{len(rest)} other finding{'s' * (len(rest) > 1)} of the checks"
        yield Step("findings", said, "promptops check")
    if not found.hooked:
        said = "nothing keeps this from getting worse: let every commit be checked"
        yield Step("guard", said, "promptops install")
