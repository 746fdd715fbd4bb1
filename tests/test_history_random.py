"""Random histories with known truth: every event is found, and no other one is reported.

Each history is a short list of operations on files of rules. Rules have ids here, and only here:
what the tracker has to find out from the texts is known, by comparing states.

A quick dose each time; `pytest tests/test_history_random.py --hypothesis-profile thorough` tries
thousands.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from repos import ENVIRON, START, Repo

from promptops.history.align import Grade
from promptops.history.facts import Facts
from promptops.history.git import Repository
from promptops.history.provenance import Spot
from promptops.history.versions import Versions
from promptops.history.walk import follow

MARKDOWN = ("AGENTS.md", "docs/guide.md", "skills/review/SKILL.md", "agents.md")
YAML = "prompts/bot/prompt.yaml"
SYLLABLES = ("ba", "ce", "di", "fo", "gu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo")
QUICK, THOROUGH = 60, 1000  # histories; settings of profiles with at least so many are kept
GLUE = ("the", "of", "with", "before", "when", "to")


def word(number: int) -> str:
    """A word nobody else uses, and unlike its neighbours."""
    mixed = (number + 1) * 7_368_787 % 14**4  # coprime to 14: a permutation
    letters = []
    for _ in range(4):
        mixed, digit = divmod(mixed, len(SYLLABLES))
        letters.append(SYLLABLES[digit])
    return "".join(letters)


@dataclass(frozen=True)
class Known:
    """A rule as the test knows it: an id, its words, and the ids it was made of."""

    id: int
    words: tuple[str, ...]
    origins: tuple[int, ...] = ()
    part: str = ""  # split or merged

    @property
    def text(self) -> str:
        glued = [
            w + (f" {GLUE[ord(w[1]) % len(GLUE)]}" if w[0] in "bcd" else "") for w in self.words
        ]
        return " ".join(glued).capitalize() + "."


WHOLE = slice(0, None)
State = dict[str, tuple[Known, ...]]


@dataclass
class Commit:
    state: State
    parents: tuple[int, ...]  # indices
    subject: str = "change"


@dataclass
class History:
    """Commits under construction; `last` is the tip's index."""

    commits: list[Commit] = field(default_factory=list)
    fresh: Iterator[int] = field(default_factory=lambda: iter(range(10**9)))
    ids: Iterator[int] = field(default_factory=lambda: iter(range(10**9)))

    def __repr__(self) -> str:
        """What a failing example needs to be read."""
        lines = []
        for n, c in enumerate(self.commits):
            files = {p: [f"{r.id}:{r.text}" for r in rules] for p, rules in c.state.items()}
            lines.append(f"{n} {c.parents} {c.subject}: {files}")
        return "\n".join(["", *lines])

    def words(self, count: int) -> tuple[str, ...]:
        return tuple(word(next(self.fresh)) for _ in range(count))

    def rule(self, count: int = 9) -> Known:
        return Known(next(self.ids), self.words(count))

    def add(
        self, state: State, subject: str = "change", parents: tuple[int, ...] | None = None
    ) -> int:
        tip = len(self.commits) - 1
        known = (tip,) if tip >= 0 else ()
        clean = {path: rules for path, rules in state.items() if rules}
        self.commits.append(Commit(clean, known if parents is None else parents, subject))
        return tip + 1


def render(path: str, rules: tuple[Known, ...]) -> str:
    if path.endswith(".yaml"):
        head = "promptops: 1\nid: bot\nversion: 1.0.0\nmessages:\n  - role: system\n    content: |\n      {{ rules }}\nrules:\n"
        return head + "".join(f"  - id: r{r.id}\n    text: {r.text}\n" for r in rules)
    return "# Working here\n\n" + "".join(f"- {r.text}\n" for r in rules)


# -- operations: (history, state, draw) -> the next state, or None where it makes no sense -----------


def pick(draw: st.DrawFn, state: State, least: int = 1) -> tuple[str, int] | None:
    places = [
        (p, i)
        for p, rules in sorted(state.items())
        if len(rules) >= least
        for i in range(len(rules))
    ]
    return draw(st.sampled_from(places)) if places else None


def with_rules(state: State, path: str, rules: tuple[Known, ...]) -> State:
    return {**state, path: rules}


def op_add(history: History, state: State, draw: st.DrawFn) -> State:
    path = draw(st.sampled_from([p for p in MARKDOWN if p in state] or [MARKDOWN[0]]))
    rules = state.get(path, ())
    at = draw(st.integers(0, len(rules)))
    return with_rules(state, path, (*rules[:at], history.rule(), *rules[at:]))


def op_reword(history: History, state: State, draw: st.DrawFn) -> State | None:
    place = pick(draw, state)
    if place is None:
        return None
    path, i = place
    rule = state[path][i]
    if len(rule.words) < 8:
        return None  # a change of one word in four is a new rule as likely as not
    new = list(rule.words)
    for at in draw(st.sets(st.integers(0, len(new) - 1), min_size=1, max_size=2)):
        new[at] = history.words(1)[0]
    changed = replace(rule, words=(*new, *history.words(draw(st.integers(0, 2)))), part="")
    return with_rules(state, path, (*state[path][:i], changed, *state[path][i + 1 :]))


def op_remove(history: History, state: State, draw: st.DrawFn) -> State | None:
    place = pick(draw, state, 2)
    if place is None:
        return None
    path, i = place
    return with_rules(state, path, (*state[path][:i], *state[path][i + 1 :]))


def op_move(history: History, state: State, draw: st.DrawFn) -> State | None:
    place = pick(draw, state, 2)
    if place is None or place[0].endswith(".yaml"):
        return None
    path, i = place
    target = draw(st.sampled_from([p for p in MARKDOWN if p != path]))
    rule = state[path][i]
    left = with_rules(state, path, (*state[path][:i], *state[path][i + 1 :]))
    return with_rules(left, target, (*left.get(target, ()), rule))


def op_rename(history: History, state: State, draw: st.DrawFn) -> State | None:
    sources = sorted(p for p in state if p in MARKDOWN)
    targets = [p for p in MARKDOWN if p not in state]
    if not sources or not targets:
        return None
    source, target = draw(st.sampled_from(sources)), draw(st.sampled_from(targets))
    return {**{p: r for p, r in state.items() if p != source}, target: state[source]}


def op_rename_and_reword(history: History, state: State, draw: st.DrawFn) -> State | None:
    """A file renamed, and one of its rules reworded in the same commit."""
    renamed = op_rename(history, state, draw)
    if renamed is None:
        return None
    (target,) = renamed.keys() - state.keys()
    reworded = op_reword(history, {target: renamed[target]}, draw)
    return {**renamed, **(reworded or {})}


def op_export(history: History, state: State, draw: st.DrawFn) -> State | None:
    """The rules of the YAML prompt become a Markdown file."""
    targets = [p for p in MARKDOWN if p not in state]
    if YAML not in state or not targets:
        return None
    left = {p: r for p, r in state.items() if p != YAML}
    return {**left, draw(st.sampled_from(targets)): state[YAML]}


def op_split_across(history: History, state: State, draw: st.DrawFn) -> State | None:
    """The second half of a rule goes to another file."""
    place = pick(draw, {p: r for p, r in state.items() if p in MARKDOWN})
    if place is None:
        return None
    path, i = place
    rule = state[path][i]
    if len(rule.words) < 8 or rule.part:
        return None
    middle = len(rule.words) // 2
    one = replace(rule, words=rule.words[:middle])  # where it was, it is only shorter now
    two = Known(next(history.ids), rule.words[middle:], (rule.id,), "split")
    target = draw(st.sampled_from([p for p in MARKDOWN if p != path]))
    left = with_rules(state, path, (*state[path][:i], one, *state[path][i + 1 :]))
    return with_rules(left, target, (*left.get(target, ()), two))


def op_import(history: History, state: State, draw: st.DrawFn) -> State | None:
    sources = sorted(p for p in state if p in MARKDOWN)
    if YAML in state or not sources:
        return None
    source = draw(st.sampled_from(sources))
    return {**{p: r for p, r in state.items() if p != source}, YAML: state[source]}


def op_split(history: History, state: State, draw: st.DrawFn) -> State | None:
    place = pick(draw, {p: r for p, r in state.items() if p in MARKDOWN})
    if place is None:
        return None
    path, i = place
    rule = state[path][i]
    middle = len(rule.words) // 2
    halves = tuple(
        Known(next(history.ids), words, (rule.id,), "split")
        for words in (rule.words[:middle], rule.words[middle:])
    )
    if len(rule.words) < 8 or rule.part:
        return None
    return with_rules(state, path, (*state[path][:i], *halves, *state[path][i + 1 :]))


def op_merge_rules(history: History, state: State, draw: st.DrawFn) -> State | None:
    place = pick(draw, {p: r for p, r in state.items() if p in MARKDOWN}, 2)
    if place is None or place[1] == 0:
        return None
    path, i = place
    one, two = state[path][i - 1], state[path][i]
    if one.part or two.part or abs(len(one.words) - len(two.words)) > 1:
        return None
    both = Known(next(history.ids), (*one.words, *two.words), (one.id, two.id), "merged")
    return with_rules(state, path, (*state[path][: i - 1], both, *state[path][i + 1 :]))


OPERATIONS = (op_add, op_add, op_reword, op_reword, op_remove, op_move, op_rename, op_import,
              op_rename_and_reword, op_export, op_split, op_split_across, op_merge_rules)  # fmt: skip
ASIDE = (op_add, op_reword, op_remove)
MERGES = ("octopus", "criss-cross", "evil")


def three_way(base: State, ours: State, theirs: State) -> State | None:
    """What git would make of two sides that touched different rules; None for a conflict."""
    merged: State = {}
    for path in {*base, *ours, *theirs}:
        b, o, t = (side.get(path, ()) for side in (base, ours, theirs))
        if o in (b, t) or t == b:
            merged[path] = t if o == b else o
        else:
            return None
    return merged


@st.composite
def histories(draw: st.DrawFn) -> History:
    history = History()
    first: State = {MARKDOWN[0]: tuple(history.rule() for _ in range(draw(st.integers(2, 4))))}
    history.add({}, "start")
    history.add(first, "rules for agents")
    for _ in range(draw(st.integers(1, 7))):
        kind = draw(
            st.sampled_from((*("plain",) * 5, "revert", "revert", "aside", "pick", *MERGES))
        )
        tip = len(history.commits) - 1
        state = history.commits[tip].state
        if kind == "revert":
            revert(history, tip)
        elif kind in ("aside", *MERGES):
            aside(history, tip, draw, kind)
        elif kind == "pick":
            cherry_pick(history, tip, draw)
        else:
            operation = draw(st.sampled_from(OPERATIONS))
            changed = operation(history, state, draw)
            if (
                changed is not None
            ):  # half a rule that comes home again has more than one true story
                history.add(changed, "parted" if operation is op_split_across else "change")
    return history


def revert(history: History, tip: int) -> None:
    """The last change taken back, or a revert of that."""
    again = {"change": "Revert the last change", "Revert the last change": "Reapply the change"}
    subject = again.get(history.commits[tip].subject)
    if tip > 1 and subject:
        history.add(history.commits[history.commits[tip].parents[0]].state, subject)


def aside(history: History, tip: int, draw: st.DrawFn, kind: str) -> None:
    """Changes on branches and on the main line, and a merge of them all.

    octopus: of two branches at once. criss-cross: each side merges the other, then both. evil: the
    merge itself adds or rewords a rule.
    """
    base = history.commits[tip].state
    sides = [
        draw(st.sampled_from(ASIDE))(history, base, draw) for _ in range(1 + (kind == "octopus"))
    ]
    ours = merged = draw(st.sampled_from(ASIDE))(history, base, draw)
    for side in sides:
        merged = three_way(base, merged, side) if merged and side else None
    if merged is None or ours is None:
        return
    if kind == "evil":
        merged = draw(st.sampled_from((op_add, op_reword)))(history, merged, draw) or merged
    branches = [history.add(side or {}, "aside", (tip,)) for side in sides]
    main = history.add(ours, "meanwhile", (tip,))
    one = history.add(merged, "Merge branch aside", (main, *branches))
    if kind == "criss-cross":
        two = history.add(merged, "Merge branch main", (*branches, main))
        history.add(merged, "Merge again", (one, two))


def cherry_pick(history: History, tip: int, draw: st.DrawFn) -> None:
    """The same change on a branch and on the main line, and a merge."""
    changed = draw(st.sampled_from(ASIDE))(history, history.commits[tip].state, draw)
    if changed is None:
        return
    main = history.add(changed, "change", (tip,))
    side = history.add(changed, "change, cherry-picked", (tip,))
    history.add(changed, "Merge branch aside", (main, side))


# -- truth --------------------------------------------------------------------------------------------


def places(state: State) -> dict[int, tuple[str, Known]]:
    return {rule.id: (path, rule) for path, rules in state.items() for rule in rules}


def truth(
    history: History, rule_id: int, doubts: list[int] | None = None
) -> list[tuple[str, int]] | None:
    """(kind, commit index) of everything that happened to a rule that lives at the tip; newest first.

    Of a rule that is a piece of another one, only what happened to the piece counts. doubts: takes
    the commits in which so much of a piece was new that a weak link is the honest answer. None for
    a piece of what was parted from another rule and had been joined to it: that has two true stories.
    """
    events: list[tuple[str, int]] = []
    at = len(history.commits) - 1
    piece = WHOLE
    while True:
        commit = history.commits[at]
        path, rule = places(commit.state)[rule_id]
        parents = (
            p
            for p in commit.parents
            if places(history.commits[p].state).get(rule_id) == (path, rule)
        )
        same = next(parents, None)
        if same is not None:
            at = same
            continue
        parent = max(commit.parents, key=lambda p: _kept(history.commits[p].state, rule_id, rule))
        before = places(history.commits[parent].state)
        if rule_id in before:
            was = before[rule_id]
            said = rule.words[piece]
            piece = _before(piece, said, was[1].words, doubts if doubts is not None else [], at)
            if was[0] != path or was[1].words[piece] != said:
                events.append(
                    (_kind(history.commits[parent].state, commit.state, was, (path, rule)), at)
                )
            at = parent
            continue
        said_there = set(rule.words)  # what was parted from it and stays away is no half of it now
        halves = [r for _, r in before.values() if rule_id in r.origins and said_there & {*r.words}]
        if halves and piece != WHOLE:
            return None
        if halves:
            longest = max(halves, key=lambda r: len(r.text))
            if longest.part == "split":  # a split taken back: the halves lived in between
                events.append(("merged", at))
                rule_id, at = longest.id, parent
            else:
                merged = _arrival(history, parent, longest.id)
                events += [("split", at), ("merged", merged)]
                at = history.commits[merged].parents[0]
            continue
        gone = _removed_before(history, parent, rule)
        parted = any(o in before for o in rule.origins)  # split or merged, if not the first time
        if gone is not None and not parted:
            events += [("restored", at), ("removed", gone)]
            at = history.commits[gone].parents[0]
            continue
        origins = sorted(
            (o for o in rule.origins if o in before), key=lambda o: -len(before[o][1].text)
        )
        if not origins:
            return [*events, ("introduced", at)]
        events.append((rule.part, at))
        if rule.part == "merged" and piece != WHOLE:  # a piece is the one that it says
            said = set(rule.words[piece])
            origins.sort(key=lambda o: -len(said.intersection(before[o][1].words)))
            piece = WHOLE
        if rule.part == "split":
            start = before[origins[0]][1].words.index(rule.words[0])
            piece = slice(start, start + len(rule.words))
        rule_id, at = origins[0], parent


def _kept(state: State, rule_id: int, rule: Known) -> int:
    """How many of the rule's words a parent of a merge has: its wording is what the merge changed."""
    was = places(state).get(rule_id)
    return len(set(rule.words).intersection(was[1].words)) if was else 0


def _before(
    piece: slice, said: tuple[str, ...], words: tuple[str, ...], doubts: list[int], at: int
) -> slice:
    """Where the piece of a rule that says so stood in the rule's words before commit `at`."""
    if piece == WHOLE:
        return piece
    place = _place(said, words)
    if place >= 0:  # whatever stands beside a piece is no part of it
        return slice(place, place + len(said))
    if 3 * len(set(said).difference(words[piece])) > len(said):
        doubts.append(at)
    return piece


def _place(piece: tuple[str, ...], words: tuple[str, ...]) -> int:
    """Where the piece stands in the words, -1 for nowhere."""
    size = len(piece)
    starts = range(len(words) - size + 1)
    return next((n for n in starts if words[n : n + size] == piece), -1)


def _kind(old: State, new: State, was: tuple[str, Known], now: tuple[str, Known]) -> str:
    if was[0] == now[0]:
        return "reworded"
    if now[0].endswith(".yaml") and not was[0].endswith(".yaml"):
        return "imported"
    return "renamed" if was[0] not in new and now[0] not in old else "moved"


def _arrival(history: History, at: int, rule_id: int) -> int:
    """The commit, on the first-parent line from `at`, that first has the rule."""
    while rule_id in places(history.commits[history.commits[at].parents[0]].state):
        at = history.commits[at].parents[0]
    return at


def _removed_before(history: History, at: int, rule: Known) -> int | None:
    """The commit, on the first-parent line from `at`, that took the rule out."""
    while history.commits[at].parents:
        parent = history.commits[at].parents[0]
        known = places(history.commits[parent].state).get(rule.id)
        if known is not None and rule.id not in places(history.commits[at].state):
            return at if known[1].text == rule.text else None
        at = parent
    return None


# -- the repository -------------------------------------------------------------------------------------


def fast_import(repo: Repo, history: History, branch: str) -> list[str]:
    """Write the history with one git process; the commits' ids."""
    lines: list[bytes] = []
    for index, commit in enumerate(history.commits):
        when = START + 3600 * index
        lines += [f"commit refs/heads/{branch}\nmark :{index + 1}".encode()]
        lines += [
            f"{who} Ada <ada@example.org> {when} +0000".encode() for who in ("author", "committer")
        ]
        lines += [data(commit.subject)]
        links = [f"{'from' if n == 0 else 'merge'} :{p + 1}" for n, p in enumerate(commit.parents)]
        lines += [link.encode() for link in links] + [b"deleteall"]
        for path, rules in {**commit.state, "README": ()}.items():
            content = render(path, rules) if path != "README" else f"{branch}\n"
            lines += [f"M 644 inline {path}".encode(), data(content)]
        lines += [b""]
    marks = repo.root / "marks"
    repo.git(
        "fast-import",
        "--quiet",
        "--force",
        f"--export-marks={marks}",
        given=b"\n".join(lines) + b"\n",
    )
    pairs = (line.split() for line in marks.read_text().splitlines())
    ids = {int(mark[1:]): commit for mark, commit in pairs}
    return [ids[index + 1] for index in range(len(history.commits))]


def data(content: str) -> bytes:
    raw = content.encode()
    return f"data {len(raw)}\n".encode() + raw


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    return Repo(tmp_path_factory.mktemp("random") / "repo", "--bare")


@settings(
    max_examples=QUICK if settings().max_examples < THOROUGH else settings().max_examples,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(history=histories())
def test_every_event_of_every_rule_is_found_and_no_other(many: Repo, history: History) -> None:
    note(repr(history))
    branch = f"h{many.clock}"
    many.clock += 1
    ids = fast_import(many, history, branch)
    environ = {**ENVIRON, "GIT_DIR": str(many.root)}
    kept = str(many.root / "kept.sqlite")
    traces = {}
    with Repository.find(str(many.root), environ) as repository:
        with closing(Versions(repository, Facts(kept))) as versions:
            tree = {e.path: e.blob for e in repository.tree(ids[-1])}
            for rule_id, (path, rule) in places(history.commits[-1].state).items():
                units = versions.units(tree[path], path)
                unit = next(u for u in units if u.text == rule.text)
                trace = follow(versions, ids[-1], Spot(path, tree[path], unit.line))
                got = [(e.kind, ids.index(e.commit.id)) for e in trace.events]
                doubts: list[int] = []
                known = truth(history, rule_id, doubts)
                assert known is None or got == known, rule.text
                assert trace.complete
                assert (
                    known is None or doubts or all(e.grade >= Grade.PROBABLE for e in trace.events)
                )
                traces[path, unit.line] = trace
        with closing(Versions(repository, Facts(kept))) as versions:
            for (path, line), trace in traces.items():
                assert follow(versions, ids[-1], Spot(path, tree[path], line)) == trace


def test_words_are_unique() -> None:
    assert len({word(n) for n in range(2000)}) == 2000


def test_the_repository_is_what_was_said(many: Repo, tmp_path: Path) -> None:
    history = History()
    history.add({MARKDOWN[0]: (history.rule(),)})
    ids = fast_import(many, history, "one")
    shown = many.git("show", f"{ids[0]}:AGENTS.md")
    assert shown.endswith(places(history.commits[0].state)[0][1].text)
