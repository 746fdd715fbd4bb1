"""What a person asks about: `PROMPT/RULE`, `FILE:LINE` or a phrase, found where it stands now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from promptops.errors import InputError, UsageError
from promptops.excerpt import excerpt, typed
from promptops.history.anywhere import standing, telling_words
from promptops.history.past import Past
from promptops.history.promptlike import prompt_like
from promptops.history.provenance import Spot
from promptops.history.records import SYMLINK
from promptops.history.units import CODE, Unit, is_block, normalised
from promptops.history.versions import read_version
from promptops.patterns import later
from promptops.source.sidecar_path import sidecar_path
from promptops.source.text import decode
from promptops.values import NamedTuple

_PLACE = later(r"(?P<path>.+?):(?P<line>[1-9]\d{0,7})(?::\d+)?")
_RULE = later(r"(?P<prompt>[^\s:]+)/(?P<rule>[a-z0-9][a-z0-9._-]*)")


class Target(NamedTuple):
    """What was asked about. present: it stands in a file now, at `path` in `unit`.

    prompt, rule: ids where it is a rule of a governed prompt, else "". phrase: normalised, "" if
    it was named otherwise. said: the (normalised) line that was named. others: `FILE:LINE` of further places of the phrase.
    """

    named: str
    path: str = ""
    unit: Unit | None = None
    prompt: str = ""
    rule: str = ""
    phrase: str = ""
    others: tuple[str, ...] = ()
    said: str = ""

    @property
    def present(self) -> bool:
        """True if it stands in a file now."""
        return self.unit is not None


def find_target(past: Past, named: str, inside: Callable[[str], str]) -> Target:
    """What `named` means; `inside` turns a path as typed into one relative to the root.

    A phrase that stands nowhere is a target too, not present. UsageError or InputError where a
    file, line, prompt or rule is named that never was.
    """
    place = _PLACE.fullmatch(named)
    if place is not None and (past.tree.exists(inside(place["path"])) or " " not in named):
        return _at_line(past, named, inside(place["path"]), int(place["line"]))
    rule = _RULE.fullmatch(named)
    if rule is not None and past.tree.exists(sidecar_path(inside(rule["prompt"]))):
        return _of_sidecar(past, named, inside(rule["prompt"]), rule["rule"])
    if rule is not None:
        found = _of_prompt(past, named, rule["prompt"], rule["rule"])
        if found is not None:
            return found
    if past.tree.exists(inside(named)):
        raise UsageError(f"{named} is a file", f"name one of its lines: `{named}:1`")
    _refuse_prompt(past, named)
    target = _phrase(past, named)
    if rule is None or target.present:
        return target
    return _of_lost(past, named, rule["prompt"], rule["rule"]) or target


def spot_in_head(past: Past, target: Target) -> tuple[Spot, str, float] | None:
    """Where the target stands in HEAD's version of its file, how it differs there, likeness 0-100.

    None where nothing in HEAD corresponds: it is not committed yet.
    """
    assert target.unit is not None
    entry = past.entry(target.path)
    if entry is None or entry.mode == "120000":
        return None
    now = units_now(past, target.path)
    then = past.versions.units(entry.blob, target.path)
    if now == then:
        return (
            past.versions.spot(target.path, entry.blob, then[now.index(target.unit)]),
            "same",
            100.0,
        )
    from promptops.history.align import align

    ours = now.index(target.unit)
    mine = [link for link in align(then, now) if link.new == ours and link.how != "replaced"]
    if not mine:
        return None
    best = max(mine, key=lambda link: (link.grade, link.score))
    return past.versions.spot(target.path, entry.blob, then[best.old]), best.how, best.score


def units_now(past: Past, path: str) -> list[Unit]:
    """The units of a file as it stands; InputError where it cannot be read."""
    text = decode(past.tree.read(path), path)
    entry = past.entry(path)
    if entry is not None and entry.mode != SYMLINK and past.versions.text(entry.blob) == text:
        return past.versions.units(entry.blob, path)
    return read_version(text, path, past.versions.by_line)


def _at_line(past: Past, named: str, path: str, line: int) -> Target:
    if not past.tree.exists(path):
        past.tree.read(path)  # says why it is refused
    path = _followed(past, path)
    units = units_now(past, path)
    unit = next((u for u in units if u.line <= line <= u.end_line), None)
    if unit is not None and _in_block(past, path, unit):
        units = units_now(past, path)  # the block has a life of its own, and was not asked about
        unit = next((u for u in units if u.line == line), None)
    if unit is None:
        place = _PLACE.fullmatch(named)
        hint = _nearest_text(place["path"] if place else path, units, line)
        raise InputError("no text stands on that line", hint, path=path, line=line)
    if unit.id:
        return _of_path(past, named, path, unit)
    said = ""
    if unit.line < unit.end_line:
        said = normalised(decode(past.tree.read(path), path).split("\n")[line - 1])
    return Target(named, path, unit, said=said)


def _nearest_text(file: str, units: Sequence[Unit], line: int) -> str:
    """The line to name instead of one that is empty: the text that follows it, else the last."""
    after = next((unit for unit in units if unit.line > line), None)
    unit = after or max(units, key=lambda unit: unit.end_line, default=None)
    if unit is None:
        return "the file holds no text"
    where = "the next text is" if after else "the last text is"
    return f"{where} `{file}:{unit.line}`: {excerpt(unit.text, 40)}"


def _in_block(past: Past, path: str, unit: Unit) -> bool:
    """True, and blocks are read line by line from now on, if the unit is one."""
    if unit.line == unit.end_line or past.versions.by_line:
        return False
    past.versions.by_line = is_block(unit, decode(past.tree.read(path), path))
    return past.versions.by_line


def _followed(past: Past, path: str) -> str:
    """The file that a committed symbolic link leads to, inside the repository only."""
    for _ in range(8):
        entry = past.entry(path)
        if entry is None or entry.mode != "120000":
            break
        import posixpath

        step = (past.repository.blob(entry.blob, 4096) or b"").decode("utf-8", "surrogateescape")
        path = posixpath.normpath(posixpath.join(posixpath.dirname(path), step))
    return path


def _of_path(past: Past, named: str, path: str, unit: Unit) -> Target:
    from promptops.source.reading import read_prompt

    prompt = read_prompt(past.tree, path).prompt
    return Target(named, path, unit, prompt.id if prompt else "", unit.id if prompt else "")


def _of_prompt(past: Past, named: str, prompt_id: str, rule_id: str) -> Target | None:
    """The rule of a governed prompt; None where no such prompt is known (it may be a phrase)."""
    from promptops.source.reading import read_prompt

    known = []
    for path in filter(past.is_prompt.fullmatch, _likely_first(past, prompt_id)):
        prompt = read_prompt(past.tree, path).prompt
        if prompt is None and path in _usual(prompt_id):
            hint = f"`promptops check {typed(path)}` says what is wrong with it"
            raise InputError("the prompt cannot be read as it stands", hint, path=path)
        if prompt is None:
            continue
        known.append(prompt.id)
        if prompt_id in (prompt.id, path):
            units = units_now(past, path)
            unit = next((u for u in units if u.id == rule_id), None)
            return Target(named, path, unit, prompt.id, rule_id)
    from promptops.source.shape import nearest

    guess = nearest(prompt_id, known)
    if guess:
        raise UsageError(f"no prompt `{prompt_id}`", f"did you mean `{guess}/{rule_id}`?")
    return None


def _of_lost(past: Past, named: str, prompt_id: str, rule_id: str) -> Target | None:
    """A rule of a prompt whose file is gone; None where none of that name had such a rule."""
    from promptops.history.removed import in_head, last_seen

    for path in filter(past.is_prompt.fullmatch, _usual(prompt_id)):
        if in_head(past, path, rule_id, "") or last_seen(past, path, rule_id):
            return Target(named, path, prompt=prompt_id, rule=rule_id)
    return None


def _usual(prompt_id: str) -> tuple[str, ...]:
    """Where a prompt of that id lies most of the time, and the id itself: it may be a path."""
    return f"prompts/{prompt_id}/prompt.yaml", f"prompts/{prompt_id}.prompt.yaml", prompt_id


def _refuse_prompt(past: Past, named: str) -> None:
    """UsageError for a prompt's id: its rules have lives, and words like it stand in many a text."""
    if " " in named:
        return
    ends = f"/{named}/prompt.yaml", f"/{named}.prompt.yaml"
    path = next((path for path in past.governed_paths() if f"/{path}".endswith(ends)), "")
    if path:
        rule = next((unit.id for unit in units_now(past, path) if unit.id), "RULE")
        hint = f"name one of its rules: `{named}/{rule}`; `promptops report {named}` has them all"
        raise UsageError(f"`{named}` is a prompt", hint)


def _of_sidecar(past: Past, named: str, path: str, rule_id: str) -> Target:
    """The rule of a plain file that its sidecar calls by that id."""
    from promptops.history.adopted import entries_of  # with YAML and the whole format

    entries = entries_of(past.tree, path)
    line = next((line for line, rule in entries if rule.id == rule_id), 0)
    if not line:
        from promptops.source.shape import nearest

        guess = nearest(rule_id, [rule.id for _, rule in entries])
        hint = f"did you mean `{path}/{guess}`?" if guess else "`promptops check` names the entries"
        raise UsageError(f"no rule `{rule_id}` in {sidecar_path(path)}", hint)
    return _at_line(past, named, path, line)


def _likely_first(past: Past, prompt_id: str) -> list[str]:
    """Paths of governed prompts, those named after the id first: most need no listing at all."""
    there = [path for path in _usual(prompt_id) if past.tree.exists(path)]
    return there or past.governed_paths()


def _phrase(past: Past, named: str) -> Target:
    wanted = normalised(named)
    if len(wanted) < 3:
        raise UsageError(f"too little to look for: {named!r}", "name a few words of the rule")
    governed = past.governed_paths()
    places = [*_holding(past, governed, wanted)]
    if not places:
        from promptops.history.index import expect_index

        expect_index(past)
        near = (path for path in past.paths if prompt_like(path) and path not in governed)
        places = [*_holding(past, sorted(near), wanted)]
    if not places:
        return Target(named, phrase=wanted)
    path, unit = places[0]
    if _in_block(past, path, unit):
        lines = [*_holding(past, [path], wanted)]
        past.versions.by_line = bool(lines)  # a phrase of two lines is the block's
        path, unit = (lines or places)[0]
    others = tuple(f"{path}:{unit.line}" for path, unit in places[1:])
    target = _of_path(past, named, path, unit) if unit.id else Target(named, path, unit)
    return target._replace(phrase=wanted, others=others)


def anywhere(past: Past, wanted: str) -> list[tuple[str, Unit]]:
    """(path, unit) of every place of the (normalised) phrase as the files of HEAD stand now."""
    paths = [path for path, _ in standing(past, wanted) if past.tree.exists(path)]
    return list(_holding(past, dict.fromkeys(paths), wanted))


def _holding(past: Past, paths: Iterable[str], wanted: str) -> Iterator[tuple[str, Unit]]:
    """The units of these files that hold a (normalised) phrase."""
    words = telling_words(wanted)
    for path in paths:
        try:
            text = past.tree.read(path).decode("utf-8", "replace")
        except InputError:
            continue  # a link that leads out, a file over 1 MiB: no place of a phrase
        folded = text.casefold()
        if all(word in folded for word in words):
            units = read_version(text, path, past.versions.by_line)
            found = (u for u in units if wanted in u.norm and u.kind != CODE)
            yield from ((path, unit) for unit in found)
