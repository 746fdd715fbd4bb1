"""What a unit came from in the version before: another unit, or a piece of one.

A rule may begin as half a sentence, or as a line of a JSON string. Once it is known to be a piece,
it is the piece that is followed: what happens to the rest of the whole is no event of its.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promptops.history.links import SURE, Grade, Link
from promptops.history.provenance import Spot
from promptops.history.similarity import part_ratio, ratio, tokens, window
from promptops.history.units import Unit, normalised
from promptops.history.versions import Versions
from promptops.values import NamedTuple

MORE = 1.3  # times its length: a text longer than that was more than the piece
MOST_SENTENCES = 3  # of a piece that is looked for as sentences
LIKE = 60.0  # a piece less alike than this is not the same piece


class Origin(NamedTuple):
    """A unit of an older version (`blob`), the link to it, and the piece of it that is meant.

    piece: "" where it is all of the unit. others: units that were merged with it. meant:
    False where something else, that is not followed, may as well be what was asked about.
    """

    blob: str
    unit: Unit
    link: Link
    piece: str = ""
    others: tuple[Unit, ...] = ()
    meant: bool = True

    @property
    def text(self) -> str:
        """What the rule said there; of merged ones each on a line of its own, in their order."""
        if not self.others:
            return self.piece or self.unit.text
        return "\n".join(u.text for u in sorted((self.unit, *self.others), key=lambda u: u.line))


def together(merged: Sequence[Origin], words: str) -> Origin:
    """Several units that became one, as one origin.

    That is the one with the (normalised) words that were asked about; where they do not tell, the
    longest is followed, the first of equals.
    """
    asked = tokens(words) if words else frozenset()
    shares = [len(asked & tokens(o.unit.norm)) for o in merged]
    most = max(shares)
    meant = 2 * most > len(asked) and shares.count(most) == 1
    longest = max(merged, key=lambda origin: len(origin.unit.norm))
    main = merged[shares.index(most)] if meant else longest
    others = tuple(o.unit for o in merged if o is not main)
    return main._replace(others=others, meant=meant)


def likeliest(found: Sequence[Origin]) -> Origin | None:
    """The surest origin. A merge that made a third wording out of two has a past on either side."""
    best = max(found, key=lambda o: (o.link.grade, o.link.score), default=None)
    if best is None or best.link.how != "reworded":
        return best
    others = {o.unit.norm for o in found if o.blob != best.blob}
    return best._replace(meant=not others - {best.unit.norm})


def unit_of(versions: Versions, spot: Spot) -> Unit:
    """The unit at a spot, with the text of the piece where only that is meant."""
    unit = versions.unit_at(spot)
    assert unit is not None  # every spot was made from a unit
    return unit._replace(text=spot.part, norm=normalised(spot.part)) if spot.part else unit


def units_around(versions: Versions, spot: Spot) -> list[Unit]:
    """The units of the version, in which a piece stands for the whole it is in."""
    units = versions.units(spot.blob, spot.path)
    if not spot.part:
        return units
    ours, whole = unit_of(versions, spot), versions.unit_at(spot)
    return [ours if unit is whole else unit for unit in units]


def origins(versions: Versions, spot: Spot, blob: str) -> list[Origin]:
    """Where the text at `spot` may have stood in the older version `blob` of the same file."""
    old = versions.units(blob, spot.path)
    if not spot.part:
        links = versions.links(blob, spot.blob, spot.path)
        ours = versions.units(spot.blob, spot.path).index(unit_of(versions, spot))
        return [Origin(blob, old[k.old], k) for k in links if k.new == ours]
    found = list(_pieces(versions, spot, blob))
    if found:
        return found
    around = units_around(versions, spot)
    ours = around.index(unit_of(versions, spot))
    if _sentences(spot.part, versions.units(spot.blob, spot.path)[ours].text):
        old = _without_wholes(versions, spot, blob)
    mine = [k for k in versions.linked(old, around) if k.new == ours]
    return [Origin(blob, old[k.old], k, spot.part if k.how == "split" else "") for k in mine]


def same_section(versions: Versions, spot: Spot, unit: Unit, origin: Origin) -> bool:
    """True if it stayed under its heading, which may have been renamed: neither is on both sides."""
    before = origin.unit.section
    if before == unit.section:
        return True
    blobs = (origin.blob, spot.blob)
    old, new = ({u.section for u in versions.units(b, spot.path)} for b in blobs)
    return unit.section not in old and before not in new


def said_in(units: Sequence[Unit], wanted: Unit, part: str) -> Unit | None:
    """The first unit that says the same, or (where `part` is a piece) that holds it."""
    for unit in units:
        held = bool(part) and wanted.norm in unit.norm
        if unit.kind == wanted.kind and (held or unit.norm == wanted.norm):
            return unit
    return None


def piece_of(unit: Unit, whole: Unit) -> str:
    """The stretch of `whole` that became `unit`."""
    return (window(unit.text, whole.text)[1] or unit.text).rstrip(" .,;:")


def _all_of(piece: str, unit: Unit) -> bool:
    """True if the piece is all that the unit says, but for its full stop."""
    return _bare(piece) == unit.norm.rstrip(" .,;:")


def _joined(piece: str, merged: Sequence[tuple[Unit, Link]]) -> tuple[Unit, Link] | None:
    """Of units that were merged the one that lives on as the piece, whole; None where none does."""
    best, said = None, 0.0
    ours = normalised(piece)
    for unit, link in merged:
        shorter, longer = sorted((ours, unit.norm), key=len)
        alike = part_ratio(shorter, longer, SURE)
        most = 1.0 if _all_of(piece, unit) else alike / 100
        if most and len(unit.norm) <= MORE * len(ours) and most * len(shorter) > said:
            best, said = (unit, link), most * len(shorter)
    return best


def _earlier(piece: str, whole: str, before: str) -> tuple[float, str]:
    """What a piece of `whole` most likely was in `before`, and how like it is (0-100).

    Of sentences it was sentences; and what still stands beside it was never it.
    """
    ours, still = _bare(piece), normalised(whole)
    count = _sentences(piece, whole)
    runs = [run for _, run in _runs(before, count + 1 if count else 0)]
    kept = [run for run in runs if (said := _bare(run)) and said in still]
    lost = [run for run in runs if not any(other in run for other in kept)]
    best = max(((ratio(ours, _bare(run)), run) for run in lost), default=(0.0, ""))
    if best[0] >= LIKE:
        return best
    for run in kept:
        before = before.replace(run, " ")
    return window(piece, before)


def _sentences(piece: str, whole: str) -> int:
    """Of how many sentences of the whole the piece consists; 0 where its ends are none of theirs."""
    ours = _bare(piece)
    return next((n for n, run in _runs(whole, MOST_SENTENCES) if _bare(run) == ours), 0)


def _without_wholes(versions: Versions, spot: Spot, blob: str) -> list[Unit]:
    """The older units that did not become the whole around the piece: those live on without it."""
    old, new = versions.units(blob, spot.path), versions.units(spot.blob, spot.path)
    links, whole = versions.links(blob, spot.blob, spot.path), versions.unit_at(spot)
    wholes = {k.old for k in links if k.grade >= Grade.PROBABLE and new[k.new] is whole}
    return [unit for i, unit in enumerate(old) if i not in wholes]


def _runs(text: str, most: int) -> Iterator[tuple[int, str]]:
    """Stretches of one to `most` whole sentences, and of how many."""
    if not most:
        return
    from promptops.source.sentences import sentence_ranges  # with all that marks an end

    ends = list(sentence_ranges(text))
    for count in range(1, most + 1):
        for first in range(len(ends) - count + 1):
            yield count, text[ends[first][0] : ends[first + count - 1][1]]


def _bare(text: str) -> str:
    """The text for comparison without its full stop."""
    return normalised(text).rstrip(" .,;:")


def _pieces(versions: Versions, spot: Spot, blob: str) -> Iterator[Origin]:
    """The piece inside those units that became the whole it is in."""
    old, new = versions.units(blob, spot.path), versions.units(spot.blob, spot.path)
    whole = versions.unit_at(spot)
    links = [
        link
        for link in versions.links(blob, spot.blob, spot.path)
        if new[link.new] is whole and link.grade >= Grade.PROBABLE
    ]
    joined = _joined(spot.part, [(old[k.old], k) for k in links if k.how == "merged"])
    if joined is not None:
        yield Origin(blob, *joined)
        return
    for found in links:
        before = old[found.old]
        if normalised(spot.part) in before.norm:
            same = Link(found.old, found.new, "same", 100.0, Grade.CERTAIN)
            yield Origin(blob, before, same, spot.part)
            continue
        score, piece = _earlier(spot.part, new[found.new].text, before.text)
        if score >= LIKE:
            grade = Grade.CERTAIN if score >= SURE else Grade.PROBABLE
            link = Link(found.old, found.new, "reworded", score, grade)
            yield Origin(blob, before, link, piece.rstrip(" .,;:"))
