"""`promptops tokens --at DIR`: what each coding agent loads there, and what that costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promptops.agents.load import FILES, START, Load, Loader, Part
from promptops.agents.profiles import PROFILES, Profile
from promptops.agents.repeated import Repeated, repeated
from promptops.cli._tokens.plain import refused
from promptops.cli._tokens.text import shown_count
from promptops.errors import UsageError
from promptops.report import Block, Heading, Items, Report, Table, Text
from promptops.source.shape import nearest
from promptops.tokens.count import Count

if TYPE_CHECKING:
    from promptops.cli._tokens.work import Work

SHOWN = 5  # repeated texts of a load, unless more are asked for
_WHEN = {START: "", FILES: "", "asked": "only if the agent asks for it, ", "manual": ""}


@dataclass(frozen=True, slots=True)
class Costed:
    """A load with its tokens: of each part, and of all that arrives, by model."""

    load: Load
    parts: Mapping[str, Mapping[str, Count]]
    total: Mapping[str, Count]
    twice: tuple[Repeated, ...]


def load_report(work: Work, at: str, names: Sequence[str], tools: Sequence[str]) -> Report:
    """The answer; UsageError for a place that is not there or a tool nobody knows."""
    loader = Loader(work.call.tree())
    place = place_of(work, loader, at)
    wanted = {work.call.inside(name) for name in names}
    models = work.models or work.usual()
    loads = [loader.load(profile, place) for profile in profiles(tools)]
    shown = [load for load in loads if not wanted or wanted & {p.path for p in load.parts}]
    costed = [cost(work, load, models) for load in shown]
    blocks = [*_blocks(costed, place, models, work.call.verbosity > 0), *refused(work.counter)]
    if wanted and not shown:
        blocks = [Text(f"no agent that is known here loads {', '.join(sorted(wanted))} there")]
    result = {"at": place or ".", "tools": [as_json(one) for one in costed]}
    return Report("tokens", {"prompts": [], "load": result}, tuple(blocks))


def place_of(work: Work, loader: Loader, at: str) -> str:
    """The folder or file that --at names, relative to the root, "" for the root itself."""
    place = work.call.inside(at)
    place = "" if place == "." else place.rstrip("/")
    known = not place or loader.tree.exists(place)
    if not known and not any(path.startswith(place + "/") for path in loader.paths()):
        raise UsageError(f"no such folder in the repository: {at}", "name one that holds files")
    return place


def profiles(tools: Sequence[str]) -> list[Profile]:
    """The profiles of these tools, all of them for none; UsageError for an unknown one."""
    known = {profile.tool: profile for profile in PROFILES}
    for tool in tools:
        if tool not in known:
            guess = nearest(tool, list(known))
            hint = f"did you mean `{guess}`?" if guess else f"known: {', '.join(known)}"
            raise UsageError(f"no agent `{tool}` is known here", hint)
    return [known[tool] for tool in dict.fromkeys(tools)] or list(PROFILES)


def cost(work: Work, load: Load, models: Sequence[str]) -> Costed:
    """The load, counted for each model."""
    count = work.counter.count
    parts = {part.path: {m: count(part.text, m) for m in models} for part in load.parts}
    whole = "\n\n".join(part.text for part in load.arrives)
    total = {model: count(whole, model) for model in models}
    return Costed(load, parts, total, repeated(load.arrives))


# -- for people ----------------------------------------------------------------------------------


def _blocks(
    costed: Sequence[Costed], place: str, models: Sequence[str], detail: bool
) -> Iterator[Block]:
    groups: dict[tuple[object, ...], list[Costed]] = {}
    for one in costed:
        if one.load.parts:
            shape = tuple((p.path, p.when, p.lost, p.problem) for p in one.load.parts)
            groups.setdefault((shape, one.load.broken), []).append(one)
    for same in groups.values():
        yield Heading(", ".join(one.load.profile.title for one in same))
        yield _table(same[0], models)
        yield from _said(same[0], detail)
    nothing = [one.load.profile.title for one in costed if not one.load.parts]
    if nothing:
        yield Text(f"nothing is loaded in {place or 'the root'} by {', '.join(nothing)}", "quiet")
    dates = sorted({one.load.profile.as_of for one in costed})
    if groups:
        yield Text(
            f"by the agents' loading rules as of {dates[-1]}; what users keep outside the"
            " repository comes on top",
            "quiet",
        )


def _table(one: Costed, models: Sequence[str]) -> Table:
    rows = [
        (
            part.path,
            _why(part),
            *(_figure(part, one.parts[part.path][model]) for model in models),
        )
        for part in one.load.parts
    ]
    if len(one.load.arrives) > 1 or len(rows) > 1:
        rows.append(("together", "", *(shown_count(one.total[model]) for model in models)))
    columns = ("file", "why", *(model.rpartition("/")[2] for model in models))
    return Table(columns, tuple(rows), "ll" + "r" * len(models))


def _figure(part: Part, count: Count) -> str:
    """Its tokens, in brackets where it is not there without somebody asking."""
    shown = shown_count(count) if part.text else "0"
    return shown if part.when in (START, FILES) else f"({shown})"


def _why(part: Part) -> str:
    if part.problem:
        return f"not read: {part.problem}"
    cut = f"; {part.lost:,} of {part.size:,} bytes cut off" if part.lost else ""
    return f"{_WHEN[part.when]}{part.why}{cut}"


def _said(one: Costed, detail: bool) -> Iterator[Block]:
    lost = sum(part.lost for part in one.load.parts)
    if lost:
        yield Text(f"{lost:,} bytes never arrive: over the cap, cut off without a word", "warn")
    for importer, wanted, why in one.load.broken:
        yield Text(f"{importer} imports @{wanted}, and {why}", "warn")
    if one.twice:
        shown = one.twice if detail else one.twice[:SHOWN]
        more = f", the longest {len(shown)} of them" if len(shown) < len(one.twice) else ""
        n = len(one.twice)
        yield Text(f"said more than once: {n} text{'s' * (n > 1)}{more}", "warn")
        yield Items(tuple(f"{_named(twice)}: {', '.join(twice.places)}" for twice in shown))


def _named(twice: Repeated) -> str:
    flat = " ".join(twice.text.split())
    return "a whole file" if twice.whole else f"“{flat if len(flat) < 70 else flat[:69] + '…'}”"


# -- for programs --------------------------------------------------------------------------------


def as_json(one: Costed) -> dict[str, Any]:
    """One agent's load as other tools read it."""
    profile = one.load.profile
    return {
        "tool": profile.tool,
        "title": profile.title,
        "as_of": profile.as_of,
        "sources": list(profile.sources),
        "beyond": profile.beyond,
        "parts": [
            {
                "path": part.path,
                "why": part.why,
                "when": part.when,
                "bytes": part.size,
                "lost_bytes": part.lost,
                "problem": part.problem or None,
                "models": {m: _count(c) for m, c in one.parts[part.path].items()},
            }
            for part in one.load.parts
        ],
        "models": {model: _count(count) for model, count in one.total.items()},
        "broken_imports": [
            {"path": path, "import": wanted, "why": why} for path, wanted, why in one.load.broken
        ],
        "repeated": [
            {"text": twice.text[:500], "places": list(twice.places), "whole": twice.whole}
            for twice in one.twice
        ],
    }


def _count(count: Count) -> dict[str, Any]:
    return {
        "tokens": count.tokens,
        "low": count.low,
        "high": count.high,
        "known": count.known,
    }
