"""Why a rule is there: its life in the words of those who shaped it. Records, never inventions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from promptops.errors import UsageError
from promptops.history.activity import Person, people_of
from promptops.history.beside import NOTHING, Beside, beside, retired_rule
from promptops.history.horizon import COMPLETE
from promptops.history.links import Grade
from promptops.history.messages import Message
from promptops.history.past import Past
from promptops.history.provenance import Event, Spot, Trace
from promptops.history.similarity import tokens
from promptops.history.targets import Target, find_target, spot_in_head, units_now
from promptops.history.units import normalised
from promptops.history.walk import follow
from promptops.values import NamedTuple, dataclass, field

TYPE_CHECKING = False  # `typing` takes a while to load
if TYPE_CHECKING:
    from promptops.history.removed import Removed
    from promptops.model import Retired

MOST_NAMED = 8  # rules of a prompt, where none has the name that was asked for


class Why(NamedTuple):
    """What is known of one rule.

    events: oldest first; those before `introduced` are guesses (weak). messages: of every commit
    in events, by id. uncommitted: how the file on the disk differs from HEAD here ("" not at all,
    "new" if nothing of it is committed, "removed" if it is gone from the disk alone). complete: False where this clone does not hold it all.
    beside: rationale, decision records, tests and evidence of the rule as it stands now.
    """

    target: Target
    text: str
    events: tuple[Event, ...]
    introduced: Event | None
    messages: Mapping[str, Message]
    people: tuple[Person, ...]
    uncommitted: str = ""
    retired: Retired | None = None
    beside: Beside = NOTHING
    complete: bool = True
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Found:
    """What following the target gave, before anything is added."""

    target: Target
    text: str
    trace: Trace = field(default_factory=lambda: Trace(()))
    uncommitted: str = ""
    retired: Retired | None = None
    notes: list[str] = field(default_factory=list)


def why(past: Past, named: str, inside: Callable[[str], str]) -> Why:
    """The life of what `named` means; `inside` turns a path as typed into one relative to the root.

    UsageError or InputError for a target that never was.
    """
    target = find_target(past, named, inside)
    found = _living(past, target) if target.present else _gone(past, target)
    events = found.trace.events
    messages = {e.commit.id: past.message(e.commit.id) for e in events}
    everybody = people_of(past, [(e.commit, messages[e.commit.id]) for e in events[::-1]])
    notes = (*found.notes, *found.trace.notes, *_elsewhere_too(found.target))
    if found.trace.complete:
        notes += _lacking(past)
    return Why(
        found.target,
        found.text,
        events[::-1],
        introduced(events),
        messages,
        everybody,
        uncommitted=found.uncommitted,
        retired=found.retired,
        beside=beside(past, found.target, messages.values()),
        complete=found.trace.complete and not past.repository.missing,
        notes=notes,
    )


def _lacking(past: Past) -> tuple[str, ...]:
    many = len(past.repository.missing)
    said = f"{many} versions it was looked for in are" if many > 1 else "a version of a file is"
    return (f"{said} not in this clone: `{COMPLETE}`",) if many else ()


def introduced(events: tuple[Event, ...]) -> Event | None:
    """The event (of those newest first) that brought the rule in: none before a weak link counts."""
    arrivals = [e for e in events if e.kind != "removed"]
    for event in arrivals:
        if event.grade == Grade.WEAK:
            return event
    return arrivals[-1] if arrivals else None


def off_topic(event: Event, message: Message) -> bool:
    """True if the commit's own words share none with the rule: it was about something else."""
    said = normalised(f"{message.subject} {message.body}")
    if event.path.rpartition("/")[2].casefold() in said:
        return False
    rule = tokens(normalised(event.after)) | tokens(normalised(event.before))
    return not {_stem(word) for word in tokens(said)} & {_stem(word) for word in rule}


def _stem(word: str) -> str:
    """A word without its commonest English ending: `amend` of `amending`."""
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word.removesuffix(ending)
    return word


def _living(past: Past, target: Target) -> _Found:
    assert target.unit is not None
    found = _Found(target, target.unit.text)
    there = spot_in_head(past, target)
    if there is None:
        found.uncommitted = "new"
        found.notes.append("not committed yet: history has nothing to say")
        return found
    spot, how, _ = there
    if how != "same":
        found.uncommitted = how
        found.notes.append(
            "it differs from what is committed; this is the committed rule's history"
        )
    assert past.head is not None
    found.trace = follow(past.versions, past.head, spot, target.phrase or target.said)
    return found


def _gone(past: Past, target: Target) -> _Found:
    """What was there once: a retired or removed rule, or a phrase that stands nowhere now."""
    from promptops.history.removed import in_head, last_seen

    there = in_head(past, target.path, target.rule, target.phrase)
    if there is not None:
        return _just_removed(past, target, *there)
    if not target.rule:
        return _gone_phrase(past, target)
    removed = last_seen(past, target.path, target.rule)
    return _never(past, target) if removed is None else _removed(past, target, removed)


def _gone_phrase(past: Past, target: Target) -> _Found:
    """A phrase that no prompt-like file holds: it may stand in other files, and may have for ever."""
    from promptops.history.removed import moved_to, removed_anywhere, removed_phrase
    from promptops.history.targets import anywhere

    removed = removed_phrase(past, target.phrase)
    places = anywhere(past, target.phrase) if removed is None or removed.how == "removed" else []
    heirs = moved_to(past, removed, places) if removed else places
    if heirs:
        (path, unit), *rest = heirs
        others = tuple(f"{path}:{unit.line}" for path, unit in rest)
        return _living(past, target._replace(path=path, unit=unit, others=others))
    removed = removed or removed_anywhere(past, target.phrase)
    if removed is None and past.versions.code_met and not past.versions.by_line:
        past.versions.by_line = True  # it stands, or stood, in a block of code
        target = find_target(past, target.named, str)
        return _living(past, target) if target.present else _gone(past, target)
    if removed is None:
        return _never(past, target)
    found = _removed(past, target, removed)
    if places:
        shown = ", ".join(f"{path}:{unit.line}" for path, unit in places[:5])
        found.notes.append(f"the same words stand in another file: {shown}")
    return found


def _removed(past: Past, target: Target, removed: Removed) -> _Found:
    commit, path, text = removed.commit, removed.path, removed.unit.text
    how, link = removed.how, removed.link
    grade, score = (link.grade, link.score) if link else (Grade.CERTAIN, 100.0)
    ending = Event(how, commit, removed.to or path, text, removed.instead, grade, score)
    trace = follow(
        past.versions,
        commit.parents[0],
        past.versions.spot(path, removed.blob, removed.unit),
        target.phrase,
    )
    found = _Found(target._replace(path=path), text)
    found.trace = trace._replace(events=(ending, *trace.events))
    found.retired = retired_rule(past, target.path, target.rule)
    if how != "removed":
        found.notes.append("these words are gone; the rule may live on in others")
    return found


def _just_removed(past: Past, target: Target, spot: Spot, text: str) -> _Found:
    """Gone on the disk alone: the next commit would remove it."""
    assert past.head is not None
    found = _Found(target._replace(path=spot.path), text, uncommitted="removed")
    found.trace = follow(past.versions, past.head, spot, target.phrase)
    found.retired = retired_rule(past, target.path, target.rule)
    found.notes.append("it is gone from the files, and that is not committed yet")
    return found


def _never(past: Past, target: Target) -> _Found:
    """Nowhere in history: an error, unless the prompt itself remembers a retired rule."""
    retired = retired_rule(past, target.path, target.rule)
    if retired is not None:
        return _Found(target, retired.text, retired=retired)
    hint = "this is a shallow clone: git fetch --unshallow brings the rest"
    if target.rule:
        from promptops.source.shape import nearest

        ids = [unit.id for unit in units_now(past, target.path) if unit.id]
        guess = nearest(target.rule, ids)
        there = f"its rules are {', '.join(ids[:MOST_NAMED])}" if ids else "it has no rules now"
        there += f" and {len(ids) - MOST_NAMED} more" if len(ids) > MOST_NAMED else ""
        shallow = hint if past.repository.shallow else there
        hint = f"did you mean `{target.prompt}/{guess}`?" if guess else shallow
        raise UsageError(f"no rule `{target.rule}` in {target.prompt}, now or ever", hint)
    if not past.repository.shallow:
        hint = "; ".join(_lacking(past)) or "name it as PROMPT/RULE, FILE:LINE or by its own words"
    raise UsageError(f"{target.named!r} is in no rule of this history", hint)


def _elsewhere_too(target: Target) -> tuple[str, ...]:
    if not target.others:
        return ()
    shown = ", ".join(target.others[:5])
    return (f"the phrase stands {len(target.others)} more times: {shown}",)
