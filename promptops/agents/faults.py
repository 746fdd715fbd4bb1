"""What of an instruction file never reaches an agent: cut off, imported from nowhere, never loaded."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from promptops.agents.front import front_matter
from promptops.agents.imports import imports
from promptops.agents.links import broken_links
from promptops.agents.load import Load, Loader
from promptops.agents.profiles import PROFILES, Profile, RuleFiles
from promptops.values import NamedTuple

OVER_CAP, BROKEN_IMPORT, NEVER_LOADED = "over-cap", "broken-import", "never-loaded"
BROKEN_LINK = "broken-link"
TEXTS = (".md", ".mdc", ".cursorrules", ".windsurfrules", ".clinerules")  # in which a link is one


class Fault(NamedTuple):
    """One text that does not arrive: what and where (characters of the file), and what may help."""

    kind: str
    message: str
    start: int
    end: int
    help: str = ""


def faults(loader: Loader, path: str) -> tuple[Fault, ...]:
    """Everything of the file at `path` that a tool would drop without a word."""
    return tuple(_faults(loader, path))


def _faults(loader: Loader, path: str) -> Iterator[Fault]:
    name = posixpath.basename(path)
    imported = False
    for profile in map(loader.profile, PROFILES):
        chained = any(name in group for group in profile.chain)
        text = loader.text(path)[0] if chained else ""
        if chained and (profile.total or (profile.hops and "@" in text)):
            load = loader.load(profile, posixpath.dirname(path))
            imported |= bool(profile.hops)
            yield from _cut_off(load, path, text)
            yield from _broken(load, path, text)
        for rules in profile.rules:
            if _is_rule_file(path, rules):
                yield from _rule_file(loader, profile, rules, path)
    if path.endswith(TEXTS):
        yield from _links(loader, path, mentions=not imported)


def _links(loader: Loader, path: str, mentions: bool) -> Iterator[Fault]:
    for one in broken_links(loader, path, mentions):
        help = f"did you mean `{one.near}`?" if one.near else ""
        yield Fault(BROKEN_LINK, f"`{one.path}` leads to no file", one.start, one.end, help)


def _cut_off(load: Load, path: str, text: str) -> Iterator[Fault]:
    part = next((part for part in load.parts if part.path == path and part.lost), None)
    if part is None:
        return
    above = sum(p.size for p in load.parts[: load.parts.index(part)])
    what = "nothing of it reaches" if part.lost == part.size else ""
    what = what or f"the last {part.lost:,} bytes never reach"
    message = f"{what} {load.profile.title}, which reads {load.profile.total:,} bytes in all"
    message += f", {above:,} of them above this file" if above else ""
    yield Fault(OVER_CAP, message, len(part.text), len(text))


def _broken(load: Load, path: str, text: str) -> Iterator[Fault]:
    reasons = {wanted: why for importer, wanted, why in load.broken if importer == path}
    for one in imports(text) if reasons else ():
        if one.path in reasons and not one.path.startswith(("~", "/")):
            title = load.profile.title
            message = f"`@{one.path}` imports nothing into {title}: {reasons[one.path]}"
            yield Fault(BROKEN_IMPORT, message, one.start, one.end)


def _is_rule_file(path: str, rules: RuleFiles) -> bool:
    folder, _, ending = rules.glob.partition("/**/*")
    inside = path.startswith(folder + "/") or (rules.everywhere and f"/{folder}/" in path)
    return inside and path.endswith(ending)


def _rule_file(loader: Loader, profile: Profile, rules: RuleFiles, path: str) -> Iterator[Fault]:
    text, _, _ = loader.text(path)
    values, begins = front_matter(text)
    keys = [key for key in (rules.always, rules.paths, rules.about) if key]
    said = values.get(rules.always, ())[:1]
    asked = any(values.get(key) for key in (rules.paths, rules.about))
    if rules.bare == "manual" and not asked and said not in (("true",), ("always_on",)):
        listed = ", ".join(f"`{key}`" for key in keys)
        message = f"nothing says when {profile.title} loads this: no {listed}"
        yield Fault(NEVER_LOADED, message, 0, begins)
    over = begins + rules.largest
    if rules.largest and len(text) > over:
        message = f"the last {len(text) - over:,} characters never reach {profile.title}, which"
        message += f" reads {rules.largest:,} of a rule file"
        yield Fault(OVER_CAP, message, over, len(text))
