"""What one tool loads for a folder or a file: which texts, in which order, why, and what it drops.

Every tool's rules are data (`profiles`); this follows them over the files of one tree. Nothing
outside the tree is read: what leads out is named and left.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from promptops.agents.front import front_matter
from promptops.agents.imports import imports, resolved
from promptops.agents.profiles import Profile, RuleFiles
from promptops.agents.settings import adjusted
from promptops.errors import InputError
from promptops.source.globs import pattern
from promptops.source.tree import Tree

START, FILES, ASKED, MANUAL = "start", "files", "asked", "manual"
MOST_IMPORTS = 500  # of one tool for one folder: more is a mistake, or an attack
_YES = frozenset({"true", "always_on"})


@dataclass(frozen=True, slots=True)
class Part:
    """One file that a tool loads. text: what of it arrives. size, lost: bytes, of the whole file
    and of what is cut off at its end.

    when: "start" (always), "files" (with files that match), "asked" (when the agent thinks it
    relevant) or "manual" (when a person names it). why: in words. problem: why nothing arrives.
    skipped: lines of front matter before the text.
    """

    path: str
    text: str
    size: int
    why: str
    when: str = START
    lost: int = 0
    problem: str = ""
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Load:
    """What a tool loads at one place: parts in their order, and imports that lead nowhere."""

    profile: Profile
    at: str
    parts: tuple[Part, ...]
    broken: tuple[tuple[str, str, str], ...] = ()  # importing file, path as written, why

    @property
    def arrives(self) -> tuple[Part, ...]:
        """The parts in the context without anybody asking: at the start, or with the files here."""
        return tuple(part for part in self.parts if part.when in (START, FILES) and part.text)


class Loader:
    """Reads each file of a tree once, for every tool and folder that asks."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._texts: dict[str, tuple[str, int, str]] = {}
        self._paths: Sequence[str] | None = None
        self._profiles: dict[str, Profile] = {}

    def profile(self, profile: Profile) -> Profile:
        """The profile as this repository's own settings for the tool have it."""
        if profile.tool not in self._profiles:
            self._profiles[profile.tool] = adjusted(profile, self.tree)
        return self._profiles[profile.tool]

    def load(self, profile: Profile, at: str) -> Load:
        """What the tool loads for the folder or file `at`, "" for the root."""
        return _Loading(self, self.profile(profile), at).run()

    def text(self, path: str) -> tuple[str, int, str]:
        """(text, bytes, why there is none)."""
        if path not in self._texts:
            try:
                raw = self.tree.read(path)
                self._texts[path] = raw.decode("utf-8", "replace"), len(raw), ""
            except InputError as error:
                self._texts[path] = "", 0, error.message
        return self._texts[path]

    def paths(self) -> Sequence[str]:
        """Every file of the tree."""
        if self._paths is None:
            self._paths = self.tree.paths()
        return self._paths

    def folders(self, at: str) -> list[str]:
        """The root and every folder down to the one `at` is, or lies in."""
        folder = posixpath.dirname(at) if self.tree.exists(at) else at
        names = folder.split("/") if folder else []
        return ["", *("/".join(names[:n]) for n in range(1, len(names) + 1))]


@dataclass(slots=True)
class _Loading:
    loader: Loader
    profile: Profile
    at: str
    parts: list[Part] = field(default_factory=list)
    broken: list[tuple[str, str, str]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    used: int = 0

    def run(self) -> Load:
        folders = self.loader.folders(self.at)
        chain = self.profile.chain
        if self.profile.instead and not any(self._holds(folder) for folder in folders):
            chain = self.profile.instead
        for folder in folders:
            for group in self.profile.at_root if not folder else ():
                self._first(folder, group)
            for group in chain:
                self._first(folder, group)
            for rules in self.profile.rules:
                if rules.everywhere or not folder:
                    self._rules(folder, rules)
        return Load(self.profile, self.at, tuple(self.parts), tuple(self.broken))

    def _holds(self, folder: str) -> bool:
        """True if the folder has a file of the chain."""
        names = (name for group in self.profile.chain for name in group)
        return any(self.loader.tree.exists(posixpath.join(folder, name)) for name in names)

    def _first(self, folder: str, group: tuple[str, ...]) -> None:
        prefix = f"{folder}/" if folder else ""
        for name in group:
            if self.loader.tree.exists(prefix + name):
                others = [n for n in group if n != name and self.loader.tree.exists(prefix + n)]
                instead = f", instead of {', '.join(others)}" if others else ""
                self._chained(prefix + name, f"in {folder or 'the root'}{instead}")
                return

    def _chained(self, path: str, why: str) -> None:
        """One file of the chain, under the cap that its files share."""
        text, size, problem = self.loader.text(path)
        if not text.strip() or path in self.seen:
            if problem:
                self.parts.append(Part(path, "", size, why, problem=problem))
            return
        lost = 0
        if self.profile.total and self.used + size > self.profile.total:
            room = self.profile.total - self.used
            text, lost = _cut(text, room), size - room
        self.used += size - lost
        self._add(Part(path, text, size, why, lost=lost))

    def _add(self, part: Part) -> None:
        self.seen.add(part.path)
        self.parts.append(part)
        if self.profile.hops and part.text:
            self._imported(part, self.profile.hops)

    def _imported(self, part: Part, hops: int) -> None:
        """The files that a part imports, right after it, each once."""
        for wanted in imports(part.text):
            path = resolved(wanted.path, part.path)
            why = self._refusal(path, wanted.surely, hops)
            if why:
                self.broken.append((part.path, wanted.path, why))
            if why or path is None or path in self.seen or not self.loader.tree.exists(path):
                continue
            text, size, problem = self.loader.text(path)
            self.seen.add(path)
            whose = f"imported by {part.path}"
            imported = Part(path, text, size, whose, part.when, problem=problem)
            self.parts.append(imported)
            self._imported(imported, hops - 1)

    def _refusal(self, path: str | None, surely: bool, hops: int) -> str:
        if not surely and (path is None or not self.loader.tree.exists(path)):
            return ""  # a person, a package, a decorator
        if path is None:
            return "it leads out of the repository"
        if not self.loader.tree.exists(path):
            return "there is no such file"
        if path in self.seen:
            return ""
        if hops <= 0:
            return f"it is more than {self.profile.hops} imports deep"
        return f"more than {MOST_IMPORTS} imports" if len(self.seen) > MOST_IMPORTS else ""

    def _rules(self, folder: str, rules: RuleFiles) -> None:
        prefix = f"{folder}/" if folder else ""
        for path in matching_paths(self.loader, prefix, rules.glob):
            text, size, problem = self.loader.text(path)
            values, begins = front_matter(text)
            when, why = applies(values, rules, prefix, self.at, self.loader)
            if when and path not in self.seen:
                kept = text[begins:][: rules.largest or None]
                lost = len(text[begins + len(kept) :].encode("utf-8", "replace"))
                above = text.count("\n", 0, begins)
                self._add(Part(path, kept, size, why, when, lost, problem, above))


def matching_paths(loader: Loader, prefix: str, glob: str) -> Iterator[str]:
    """The rule files below a folder."""
    fixed = prefix + glob.partition("*")[0]
    match = re.compile(re.escape(prefix) + pattern([glob])).fullmatch
    return (path for path in loader.paths() if path.startswith(fixed) and match(path))


def applies(
    values: Mapping[str, tuple[str, ...]], rules: RuleFiles, prefix: str, at: str, loader: Loader
) -> tuple[str, str]:
    """(when, why) a rule file is loaded at a place; ("", "") where its globs match nothing there."""
    if rules.always and _YES & set(values.get(rules.always, ())):
        return START, f"`{rules.always}: {values[rules.always][0]}`"
    globs = values.get(rules.paths, ())
    if globs:
        matched = _matched(globs, prefix, at, loader)
        return (FILES, f"`{rules.paths}` matches {matched}") if matched else ("", "")
    if rules.about and any(values.get(rules.about, ())):
        return ASKED, f"by its `{rules.about}`"
    return rules.bare, "always" if rules.bare == START else "when somebody names it"


def _matched(globs: Sequence[str], prefix: str, at: str, loader: Loader) -> str:
    """A file at the place that a glob matches, "" if there is none; `*.ts` is any folder's."""
    wide = [glob for one in globs for glob in _braces(one.removeprefix("./").removeprefix("/"))]
    wide += [f"**/{glob}" for glob in wide if not glob.startswith("**/")]
    wide += [f"{glob.rstrip('/')}/**" for glob in wide if "*" not in glob.rpartition("/")[2]]
    match = re.compile(pattern([prefix + glob for glob in wide])).fullmatch
    if loader.tree.exists(at):
        return at if match(at) else ""
    below = at + "/" if at else ""
    inside = (path for path in loader.paths() if path.startswith(below))
    return next((path for path in inside if match(path)), "")


def _braces(glob: str) -> list[str]:
    """`*.{ts,tsx}` as `*.ts` and `*.tsx`; at most 64 of them."""
    made = [glob]
    while len(made) < 64:
        found = re.search(r"\{([^{}]*)\}", made[0])
        if found is None:
            break
        first = made.pop(0)
        made += [first[: found.start()] + one + first[found.end() :] for one in found[1].split(",")]
    return made


def _cut(text: str, room: int) -> str:
    """The beginning of a text, `room` bytes of it."""
    return text.encode("utf-8", "replace")[: max(room, 0)].decode("utf-8", "ignore")
