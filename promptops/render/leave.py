"""Taking a placed rule out of a template: its whole line or sentence, and nothing else.

The work is on the template, not on the rendering, so the values of variables never change what
goes. `docs/templates.md` shows it by example:

- A line that holds nothing but placements that go, with or without a list marker, a lead-in that
  is no sentence of its own ("Remember: ") or `{% if %}…{% endif %}` around them, goes whole. A list
  item takes its deeper indented continuation lines along, as long as they place no other rule.
- Where blank lines stood on both sides, one of them goes too.
- Inside a line the sentence goes, with the white space after it (before it at the line's end).
- A list that lists nothing goes with a line that holds nothing else, and is no text elsewhere.
- A sentence that other rules share loses only the word around the placement.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from promptops.render.problem import LIMIT, PlacedError, Problem
from promptops.render.scan import LIST, STATEMENT, TEXT, Segment, word

GONE, PLACED, BLOCK, OTHER = "gone", "placed", "block", "other"
EMPTY = "empty"  # a list that lists nothing: goes where it has a line to itself
_STAYS = 1 << 20  # the depth of a statement whose line is never left out
_FIRST = 0xF0000  # tags become single characters from here on while lines are looked at
_PREFIX = re.compile(r"[ \t]*(?:(?:[-*+•>]|\d{1,9}[.)]|#{1,6})[ \t]+)*")
_ITEM = re.compile(r"([ \t]*)(?:[-*+•]|\d{1,9}[.)])[ \t]")
_WORDS = re.compile(r"(\s+)")
_ENDS = ".!?…"
_WIDE_ENDS = "。！？"  # need no space after them
_CLOSERS = "\"'”’»)]*_`~」』）"
_MAY_END = re.compile(f"[{_ENDS}{_WIDE_ENDS}{chr(_FIRST)}-\U0010ffff][{re.escape(_CLOSERS)}]*")
_ATOMS = re.compile(f"[{chr(_FIRST)}-\U0010ffff]")
_SPACE = re.compile(r"\s*")
_GOES_ON = ",;:.!?)]}-–—&/"


@dataclass(frozen=True, slots=True)
class _Atom:
    """What one character of the skeleton stands for. `ends`: its text ends a sentence so."""

    kind: str
    text: str
    ends: str = ""
    depths: tuple[int, ...] = ()  # of a statement: 1 opens a block, -1 closes one


def leave_out(
    source: str,
    segments: Sequence[Segment],
    gone: Callable[[Segment], bool],
    text_of: Callable[[Segment], str | None],
) -> str:
    """The template without the placements that are `gone`.

    text_of: what a placement renders; None for a segment that places no rule.
    """
    return _Skeleton(source, segments, gone, text_of).without()


class _Skeleton:
    """A template with each tag as one character, so that lines and sentences can be seen."""

    def __init__(
        self,
        source: str,
        segments: Sequence[Segment],
        gone: Callable[[Segment], bool],
        text_of: Callable[[Segment], str | None],
    ) -> None:
        self.atoms: dict[str, _Atom] = {}
        parts: list[str] = []
        for segment in segments:
            text = source[segment.start : segment.end]
            if segment.kind == TEXT:
                private = (c if ord(c) < _FIRST else self._add(_Atom(OTHER, c)) for c in text)
                parts.append(text if text.isascii() else "".join(private))
            else:
                parts.append(self._add(_atom(source, segment, gone, text_of)))
        self.lines = "".join(parts).split("\n")

    def _add(self, atom: _Atom) -> str:
        if len(self.atoms) > 0xFFFF:
            raise PlacedError(
                Problem(LIMIT, "template over limit: too many tags", "make it smaller")
            )
        char = chr(_FIRST + len(self.atoms))
        self.atoms[char] = atom
        return char

    def _kinds(self, text: str) -> set[str]:
        return {self.atoms[c].kind for c in _ATOMS.findall(text)}

    def without(self) -> str:
        """The template's source without what goes."""
        kept: list[str] = []
        lines, at = self.lines, 0
        while at < len(lines):
            line = self._shorten(lines[at])
            at += 1
            if line is not None:
                kept.append(line)
                continue
            at = self._after_item(at)
            first_or_blank = not kept or not kept[-1].strip()
            if at < len(lines) and first_or_blank and not lines[at].strip():
                at += 1
            elif at == len(lines) and kept and first_or_blank:
                kept.pop()
        if kept and not lines[-1].endswith("\r"):
            kept[-1] = kept[-1].removesuffix("\r")
        return _ATOMS.sub(lambda match: self.atoms[match[0]].text, "\n".join(kept))

    def _after_item(self, at: int) -> int:
        """The line after the continuation lines of the list item that stood before line `at`."""
        item = _ITEM.match(self.lines[at - 1])
        if item is None:
            return at
        deeper = len(item[1])
        while at < len(self.lines):
            line = self.lines[at]
            indent = len(line) - len(line.lstrip(" \t"))
            own = line.strip() and indent > deeper and not _ITEM.match(line)
            if not own or self._kinds(line) & {PLACED, EMPTY, BLOCK, GONE}:
                break
            at += 1
        return at

    def _shorten(self, line: str) -> str | None:
        """The line without what goes; None if all of it goes."""
        alone = self.atoms.get(line.strip())
        if alone is not None and alone.kind == EMPTY:
            return None
        if GONE not in self._kinds(line):
            return line
        prefix = _PREFIX.match(line)
        lead = prefix[0] if prefix else ""
        blocks = [c for c in _ATOMS.findall(line) if self.atoms[c].kind == BLOCK]
        depths = list(
            accumulate((d for block in blocks for d in self.atoms[block].depths), initial=0)
        )
        body = line[len(lead) :]
        runs = re.split(f"[{''.join(blocks)}]", body) if blocks else [body]
        runs = [self._run(run) for run in runs]
        whole = min(depths) == depths[-1] == 0  # every block that it closes it has opened
        if whole and not "".join(runs).strip():
            return None
        return lead + runs[0] + "".join(b + r for b, r in zip(blocks, runs[1:], strict=True))

    def _run(self, run: str) -> str:
        """A stretch of a line between statements without what goes."""
        body = run.strip()
        start = run.find(body)
        kept: list[tuple[str, str]] = []
        for sentence, gap in self._sentences(body):
            kinds = self._kinds(sentence)
            if GONE not in kinds:
                kept.append((sentence, gap))
            elif kinds & {PLACED, EMPTY}:
                kept.append((self._words(sentence), gap))
        return run[:start] + _joined(kept) + run[start + len(body) :] if kept else ""

    def _words(self, sentence: str) -> str:
        pieces = [*_WORDS.split(sentence), ""]
        kept: list[tuple[str, str]] = []
        for text, gap in zip(pieces[::2], pieces[1::2], strict=True):
            kinds = self._kinds(text)
            if GONE in kinds and kinds & {PLACED, EMPTY}:
                text = _ATOMS.sub(lambda m: m[0] * (self.atoms[m[0]].kind != GONE), text)
            elif GONE in kinds:
                continue
            kept.append((text, gap))
        return _joined(kept)

    def _sentences(self, body: str) -> list[tuple[str, str]]:
        """The sentences of a line, each with the white space after it."""
        found: list[tuple[str, str]] = []
        start = 0
        for match in _MAY_END.finditer(body):
            at = match.end()
            if at < len(body) and self._ends(match[0][0], body, at):
                gap = _SPACE.match(body, at)
                next_start = gap.end() if gap else at
                found.append((body[start:at], body[at:next_start]))
                start = next_start
        return [*found, (body[start:], "")]

    def _ends(self, last: str, body: str, at: int) -> bool:
        """True if a sentence whose last sign is `last` ends before `body[at]`."""
        atom = self.atoms.get(last)
        if last in _WIDE_ENDS or (atom is not None and atom.ends == _WIDE_ENDS):
            return True
        after = body[at : at + 80].lstrip()[:1]
        if not body[at].isspace() or after == "|":  # the cells of a table row are one unit
            return False
        if last in _ENDS or (atom is not None and atom.ends):
            return True
        return atom is not None and atom.kind in (GONE, PLACED, EMPTY) and not _goes_on(after)


def _atom(
    source: str,
    segment: Segment,
    gone: Callable[[Segment], bool],
    text_of: Callable[[Segment], str | None],
) -> _Atom:
    text = source[segment.start : segment.end]
    if segment.kind == STATEMENT:
        return _Atom(BLOCK, text, depths=_depths(word(source, segment)))
    rendered = text_of(segment)
    if rendered is None:
        return _Atom(OTHER, text)
    last = rendered.rstrip().rstrip(_CLOSERS)[-1:]
    ends = _WIDE_ENDS if last and last in _WIDE_ENDS else _ENDS if last and last in _ENDS else ""
    if gone(segment):
        return _Atom(EMPTY if segment.kind == LIST else GONE, text, ends)
    return _Atom(PLACED, text, ends)


def _depths(statement: str) -> tuple[int, ...]:
    if statement in ("if", "for"):
        return (1,)
    if statement in ("endif", "endfor"):
        return (-1,)
    return (-1, 1) if statement in ("else", "elif") else (_STAYS,)


def _goes_on(char: str) -> bool:
    return char.islower() or (char != "" and char in _GOES_ON)


def _joined(pieces: Sequence[tuple[str, str]]) -> str:
    """The texts with their gaps, but for the last gap."""
    return "".join(text + gap for text, gap in pieces[:-1]) + (pieces[-1][0] if pieces else "")
